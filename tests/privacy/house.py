"""The demo company with everybody's rows in every table, so that it can be seen what is left of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select, text

from app import contacts, letters
from app.arrivals import service as arrivals
from app.arrivals.models import ArrivalRun
from app.billing import service as billing
from app.billing import store
from app.clock import now
from app.consent import links
from app.crypto import keyring
from app.extensions import Base, db
from app.letters.models import Letter
from app.processors.base import Profile
from app.processors.stripe.statement import Invoice, Statement
from app.sites.models import Site
from app.submissions.models import Submission
from app.sync import profile
from app.sync.models import DriftFinding, DriftRun, DriftStranger
from tests.privacy.world import World
from tests.support.mailbox import Mailbox

NAMES = {"kari@example.no": "Kari Nordmann", "ola@example.no": "Ola Hansen"}
PHONES = {"kari@example.no": "93 44 55 66", "ola@example.no": "41 22 33 44"}
DIALLED = {"kari@example.no": "+4793445566", "ola@example.no": "+4741223344"}


class House(World):
    """`world` on the demo company: forms are posted, letters are read, and every table can be searched."""

    mailbox: Mailbox
    run = ArrivalRun

    def settle(self) -> House:
        with self.app.app_context():
            self.site_id = db.session.scalars(select(Site.id)).one()
            self.mailbox = Mailbox(Path(self.app.config["MAIL_URL"].removeprefix("file:")))
        return self

    def posts(self, address: str, form: str = "kontakt", **more: str) -> int:
        """She sends a form, and what follows is done."""
        said = {"email": address, "name": NAMES[address], "phone": PHONES[address], "message": "Hei fra meg"}
        answer = self.app.test_client().post(f"/f/{form}", data={**said, "consent_newsletter": "1", **more})
        self.work()
        return answer.status_code

    def presses(self, address: str) -> int:
        """The button behind her newest confirm link."""
        link = self.mailbox.link("/confirm/", to=address)
        answer = self.app.test_client().post(link.removeprefix("http://localhost"))
        self.work()
        return answer.status_code

    def knows_all_over(self, address: str) -> None:
        """Rows in every table that may hold anything of a person."""
        assert self.posts(address) in (200, 303)
        assert self.presses(address) == 200
        assert self.posts(address, message="Et spørsmål til", _sid=f"again {address}") in (200, 303)
        body = f'{{"email": "{address.replace("@", chr(92) + "u0040")}", "name": "{NAMES[address]}", '
        broken = self.app.test_client().post("/f/kontakt", data=body, content_type="application/json")
        assert broken.status_code >= 400
        with self.app.app_context():
            self._more(address)
            db.session.commit()
        self.work()

    def _more(self, address: str) -> None:
        contact, site = contacts.find(address), db.session.get_one(Site, self.site_id)
        assert contact is not None
        links.open_preferences(contact, site, "nb")
        letters.write("receipt_confirmed", contact=contact, site=site, lang="nb", refs={"events": []}, run_at=soon())
        issued = Invoice(f"in_{contact.id}", f"F-{contact.id}", "paid", "nok", 1000, 0, now(), now(), None, "")
        sale = Statement(f"cus_{contact.id}", address=address, created_at=now(), invoices=(issued,))
        store.customer(sale, contact.id, keyring().mac(billing.NAME, address.encode()))
        store.customer(Statement(f"cs_{contact.id}"), None, keyring().mac(billing.NAME, address.encode()))
        run = DriftRun(processor="sandbox", actor="test")
        db.session.add(run)
        db.session.flush()
        db.session.add(DriftFinding(run_id=run.id, contact_id=contact.id, kind="missing"))
        db.session.add(DriftStranger(run_id=run.id, masked=f"{address[0]}…@example.no"))
        spam = db.session.scalars(select(Submission).where(Submission.contact_id == contact.id)).first()
        assert spam is not None
        columns = {c.name: getattr(spam, c.name) for c in Submission.__table__.columns}
        boxed = {"id": spam.id + 1, "dedupe": f"spam {contact.id}", "box": "spam", "contact_id": None}
        db.session.add(Submission(**{**columns, **boxed, "processed_at": None}))

    def waits_with_a_list(self, *addresses: str) -> int:
        """Staff have uploaded a list, and look at its preview."""
        rows = "\r\n".join(["E-post;Navn", *(f"{address};{NAMES[address]}" for address in addresses)])
        folder = Path(self.app.config["INSTANCE_DIR"]) / "upload.csv"
        folder.write_text(rows)
        with self.app.app_context(), folder.open("rb") as stream:
            run = arrivals.receive(stream, purpose="newsletter", site_id=self.site_id, actor="staff:1", columns={})
            db.session.commit()
            number = run.id
        folder.unlink()
        self.work()
        return number

    def profile(self, address: str) -> Profile:
        with self.app.app_context():
            contact = contacts.find(address)
            found = profile.build_each(contact, ["own"])["own"] if contact else Profile(address)
            db.session.rollback()
            return found

    # What is true

    def contact(self, address: str) -> Any:
        with self.app.app_context():
            found = contacts.find(address)
            if found:
                assert found.values is not None
                db.session.expunge_all()
            return found

    def values(self, address: str) -> dict[str, tuple[str, str]]:
        found = self.contact(address)
        return {one.field: (one.value, one.source.partition(":")[0]) for one in found.values} if found else {}

    def letters(self, address: str) -> list[str]:
        """Subjects of what she got."""
        return [letter["Subject"] for letter in self.mailbox.to(address)]

    def unsent(self, address: str) -> list[tuple[str, str]]:
        with self.app.app_context():
            contact = contacts.find(address)
            mine = select(Letter).where(Letter.contact_id == (contact.id if contact else 0), Letter.sent_at.is_(None))
            return sorted((row.kind, row.dropped) for row in db.session.scalars(mine))

    def everything_here(self, address: str) -> str:
        """Every row of every table that names a person, in whatever column, also sealed ones."""
        with self.app.app_context():
            return "\n".join(sorted(self._rows_naming(address)))

    def _rows_naming(self, address: str) -> list[str]:
        contact = contacts.find(address)
        assert contact is not None
        found = []
        for table in Base.metadata.sorted_tables:
            hers = [key.parent.name for key in table.foreign_keys if key.column.table.name == "contact"]
            for row in db.session.execute(select(table)):
                shown, values = _shown(table.name, row), row._mapping
                mine = contact.subject in shown or any(values[name] == contact.id for name in hers)
                if mine or named(shown, address):
                    found.append(f"{table.name}: {shown}")
        return found

    def tables_naming(self, address: str) -> set[str]:
        """Tables of ours, and of the search, that hold her address, her name or her telephone number."""
        with self.app.app_context():
            found = set()
            for name in tables():
                for row in db.session.execute(text(f'SELECT * FROM "{name}"')):
                    if named(_shown(name, row), address):
                        found.add(name)
            return found

    def files_naming(self, address: str) -> set[str]:
        """Files in INSTANCE_DIR, and those of an embedded database, that hold any of the three."""
        with self.app.app_context():
            files = list(Path(self.app.config["INSTANCE_DIR"]).rglob("*"))
            if db.engine.dialect.name == "sqlite":
                path = Path(str(db.engine.url.database))
                files += path.parent.glob(f"{path.name}*")
            db.session.remove()
        return {file.name for file in files if file.is_file() and named_in_bytes(file.read_bytes(), address)}

    def forgets_the_mail(self) -> None:
        """What the stand-ins for a mail server and a list provider were given is not ours any more."""
        self.mailbox.clear()
        Path(self.app.config["SANDBOX_PATH"]).unlink(missing_ok=True)
        for file in Path(self.app.config["SANDBOX_PATH"]).parent.glob("sandbox.db*"):
            file.unlink()


def soon() -> datetime:
    return now() + timedelta(days=1)


def tables() -> list[str]:
    return sorted(inspect(db.engine).get_table_names())


def _shown(table: str, row: Any) -> str:
    values = []
    for value in row:
        if isinstance(value, bytes | memoryview):
            values.append(_opened(bytes(value)))
        else:
            values.append(json.dumps(value, ensure_ascii=False, default=str))
    return " ".join(values)


def _opened(value: bytes) -> str:
    for purpose in ("unread", "arrivals", "google"):
        try:
            return keyring().box(purpose).decrypt(value).decode("utf-8", "replace")
        except Exception:
            continue
    return value.decode("utf-8", "replace")


def marks(address: str) -> list[str]:
    """What a person is known by. In the search everything is in small letters."""
    digits = PHONES[address].replace(" ", "")
    return [address, address.replace("@", "\\u0040"), NAMES[address].lower(), PHONES[address], digits]


def named(shown: str, address: str) -> bool:
    low = shown.lower()
    return any(mark in low for mark in marks(address))


def named_in_bytes(content: bytes, address: str) -> bool:
    return any(mark.encode() in content.lower() for mark in marks(address))
