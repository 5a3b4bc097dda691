"""Whom a verb is about, and how she is recognised in text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from sqlalchemy import ColumnElement

from app import contacts
from app.contacts.models import Contact
from app.processors.base import Profile
from app.submissions.hers import hers
from app.submissions.models import Submission

# What may stand before or after an address without being part of a longer one.
BEFORE, AFTER = r"(?<![\w.+-])", r"(?![\w-]|\.\w)"


@dataclass(frozen=True)
class Who:
    """A canonical address, its spellings, and the person behind it while she is known. Held, where `hold` was asked."""

    address: str
    contact: Contact | None
    spellings: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, profile: Profile, hold: bool = False) -> Who:
        contact = contacts.find(profile.address)
        if contact and hold:
            contact = contacts.lock(contact.id)
        written = {profile.address, profile.typed, contact.display if contact else ""}
        return cls(profile.address, contact, frozenset(text.lower() for text in written if text))

    @property
    def contact_id(self) -> int:
        """0 for somebody who is not known (any more)."""
        return self.contact.id if self.contact else 0

    def wrote(self) -> ColumnElement[bool]:
        """Submissions that are hers: linked to her, or under her address where nobody has linked them (yet)."""
        return Submission.id.in_(hers(self.address, self.contact.id if self.contact else None))

    def named_in(self, text: str) -> bool:
        """Does her address stand in it, and not as a part of somebody else's?"""
        low = text.lower()
        return any(re.search(f"{BEFORE}{re.escape(one)}{AFTER}", low) for one in self.spellings if one in low)

    def named_in_bytes(self, raw: bytes, encoding: str = "utf-8") -> bool:
        """The same in a body as it was sent, through percent-encoding and the escapes of JSON."""
        text = raw.decode(encoding, "replace").replace("\0", "")
        return any(map(self.named_in, (text, unquote_plus(text), _unescaped(text))))


def _unescaped(text: str) -> str:
    return re.sub(r"\\u[0-9a-fA-F]{4}", lambda match: str(json.loads(f'"{match[0]}"')), text)
