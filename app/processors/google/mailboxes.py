"""The company's mailboxes: the way into each, and what lies there about a person."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.processors.base import Pace
from app.processors.google.auth import FULL, MODIFY, Scope
from app.processors.google.limit import Limit
from app.processors.google.settings import Settings

if TYPE_CHECKING:
    from app.processors.google.mailbox import Mailbox
    from app.processors.google.message import Message

KNOWN = 300.0  # seconds for which an answer about our rights holds
UNITS = (250.0, 500.0)  # per second and at once: 15,000 a minute for one user


@dataclass(frozen=True)
class Found:
    """A message with or about the person, and the mailbox it lies in."""

    box: Mailbox
    message: Message
    ours: bool

    @property
    def id(self) -> str:
        return f"{self.box.address}/{self.message.id}"

    @property
    def kind(self) -> str:
        """`trash` is on its way out; `copy` is ours; `correspondence` needs a human yes or no."""
        return "trash" if self.message.trashed else "copy" if self.ours else "correspondence"


class Mailboxes:
    """Each is opened when it is first needed. Nothing of Google's library is loaded before."""

    def __init__(self, settings: Settings, addresses: Sequence[str]) -> None:
        self.addresses = list(addresses)
        self._settings = settings
        self._lock = threading.Lock()
        self._limits = {address: Limit(*UNITS) for address in self.addresses}
        self._boxes: dict[tuple[str, Scope], Mailbox] = {}
        self._permanent: dict[str, tuple[float, bool]] = {}

    def share(self, pace: Pace) -> None:
        for limit in self._limits.values():
            limit.shared = pace

    def box(self, address: str, scope: Scope = MODIFY) -> Mailbox:
        from app.processors.google.mailbox import Mailbox

        with self._lock:
            if (address, scope) not in self._boxes:
                self._boxes[address, scope] = Mailbox(self.client(address, scope), address)
            return self._boxes[address, scope]

    def client(self, address: str, scope: Scope) -> Any:
        from app.processors.google.service import Client

        return Client("gmail.v1", self._settings, address, [scope], self._limits[address])

    def at(self, id: str) -> tuple[Mailbox, str]:
        """Where the message of a `Found` lies: its mailbox, and its id there. Raises `ValueError` for one not ours."""
        address, _, key = id.rpartition("/")
        if address not in self.addresses:
            raise ValueError("not the id of a message here")
        return self.box(address), key

    def about(self, address: str) -> Iterator[Found]:
        """Every message with or about somebody, spam and trash included."""
        for mailbox in self.addresses:
            box = self.box(mailbox)
            labels = box.our_labels()
            for message in box.about(address):
                yield Found(box, message, message.ours(labels))

    def remove(self, box: Mailbox, message: Message) -> bool:
        """For good where the owner granted that, else into the trash. Was there anything to do?"""
        if self._may_delete(box.address):
            self.box(box.address, FULL).delete(message.id)
            return True
        if not message.trashed:
            box.trash(message.id)
        return not message.trashed

    def _may_delete(self, address: str) -> bool:
        """Asked again after a while: the owner may have given more, or taken it back."""
        asked, allowed = self._permanent.get(address, (-KNOWN, False))
        if time.monotonic() - asked >= KNOWN:
            allowed = self.client(address, MODIFY).allows(FULL)
            self._permanent[address] = time.monotonic(), allowed
        return allowed
