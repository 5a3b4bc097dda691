"""A company with a list in its hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import contacts
from app.arrivals.models import ArrivalRun
from app.consent.models import ConsentEvidence
from app.contacts.models import Contact
from app.extensions import db
from tests.support.mailchimp_server import MailchimpServer
from tests.sync.world import World, events_of


class Office(World):
    """What the company does with its list, and what is then true."""

    folder: Path

    def list(self, *lines: str, name: str = "list.csv", encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_bytes("\r\n".join(lines).encode(encoding))
        return path

    def imports(self, *words: Any) -> str:
        """`flask import WORDS`; fails when the command does."""
        done = self.app.test_cli_runner().invoke(args=["import", *map(str, words)])
        assert done.exit_code == 0, done.output
        return done.output

    def brings(self, *lines: str, **options: Any) -> str:
        return self.imports("csv", self.list(*lines), *(word for pair in options.items() for word in self._word(*pair)))

    @staticmethod
    def _word(name: str, value: Any) -> Sequence[str]:
        return [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])

    def happened(self, address: str) -> Sequence[str]:
        return [event.type for event in events_of(self.app, address)]

    def evidence(self, address: str) -> Sequence[dict[str, Any]]:
        with self.app.app_context():
            contact = contacts.find(address)
            mine = select(ConsentEvidence).where(ConsentEvidence.contact_id == (contact.id if contact else 0))
            return [row.facts for row in db.session.scalars(mine.order_by(ConsentEvidence.event_id))]

    def told(self, address: str, processor: str = "mailchimp") -> Any:
        return super().told(address, processor)

    def values(self, address: str) -> dict[str, str]:
        with self.app.app_context():
            contact = contacts.find(address)
            return {value.field: value.value for value in contact.values} if contact else {}

    def known(self, address: str) -> bool:
        with self.app.app_context():
            return contacts.find(address) is not None

    def count(self, table: Any = Contact) -> int:
        with self.app.app_context():
            return int(db.session.scalar(select(db.func.count()).select_from(table)) or 0)

    def run(self) -> ArrivalRun:
        """The newest import."""
        with self.app.app_context():
            return db.session.scalars(select(ArrivalRun).order_by(ArrivalRun.id.desc()).limit(1)).one()


@pytest.fixture
def office(app: Flask, tmp_path: Path) -> Iterator[Office]:
    """A test that breaks Mailchimp's own description of itself fails."""
    with MailchimpServer() as mailchimp:
        office = Office(app, mailchimp)
        office.folder = tmp_path
        office.furnished()
        yield office
        assert mailchimp.violations == []
