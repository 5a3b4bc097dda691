"""What people do in these tests, in their own words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from app.extensions import db
from tests.support.mailbox import Mailbox, links, one_click

NEWSLETTER = {"consent_newsletter": "1"}
BOTH = {"consent_newsletter": "1", "consent_offers": "1"}


def path(link: str) -> str:
    """The part of a link that the test client wants."""
    parts = urlsplit(link)
    return parts.path + (f"?{parts.query}" if parts.query else "")


class Person:
    """Somebody with a browser and a mailbox."""

    def __init__(self, client: Any, worker: Any, mailbox: Mailbox, address: str) -> None:
        self.client, self.worker, self.mailbox, self.address = client, worker, mailbox, address

    def asks(self, boxes: dict[str, str] = NEWSLETTER, form: str = "nyhetsbrev", **more: str) -> Any:
        """Sends the form, and the worker does what follows."""
        data = {"email": self.address, "name": "Kari Nordmann", **boxes, **more}
        answer = self.client.post(f"/f/{form}", data=data)
        self.worker()
        return answer

    def confirm_link(self) -> str:
        return path(self.mailbox.link("/confirm/", to=self.address))

    def confirms(self) -> Any:
        answer = self.client.post(self.confirm_link())
        self.worker()
        return answer

    def subscribes(self, boxes: dict[str, str] = NEWSLETTER) -> Person:
        self.asks(boxes)
        assert self.confirms().status_code == 200
        return self

    def unsubscribe_link(self) -> str:
        return path(one_click([letter for letter in self.letters() if letter["List-Unsubscribe"]][-1]))

    def leaves(self) -> Any:
        """One click in the mail program."""
        answer = self.client.post(self.unsubscribe_link(), data={"List-Unsubscribe": "One-Click"})
        self.worker()
        return answer

    def letters(self) -> list[Any]:
        return self.mailbox.to(self.address)

    def all_links(self) -> list[str]:
        return [path(link) for letter in self.letters() for link in links(letter) if "localhost" in link]


def person(app: Any, address: str) -> dict[str, Any]:
    """What `flask contact show ADDRESS --json` says."""
    from app.admin.person import describe

    with app.app_context():
        return describe(address)


def consent(app: Any, address: str, purpose: str = "newsletter") -> str:
    return person(app, address)["consents"][purpose]


def history(app: Any, address: str) -> list[str]:
    """Types of the person's events, oldest first."""
    from app.consent import ledger
    from app.contacts.service import find

    with app.app_context():
        contact = find(address)
        return [event.type for event in ledger.events(contact.subject)] if contact else []


def database(app: Any, *but: str) -> dict[str, list[Any]]:
    """Every row of every table, to compare before and after."""
    with app.app_context():
        tables = [table for table in db.metadata.sorted_tables if table.name not in but]
        return {t.name: sorted(map(str, db.session.execute(t.select()).all())) for t in tables}
