"""The letters that were sent, read back from the folder of the `file:` transport."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from functools import lru_cache
from pathlib import Path
from typing import overload

COMPANIES = ("@fjordlys.example", "@nettsted.example")  # who writes from there works there
LINK = re.compile(r"https?://[^\s<>\"')\]]+")


class Mailbox(Sequence[EmailMessage]):
    """Every letter sent so far, oldest first. Looks anew at each use, so it also follows another process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def letters(self) -> list[EmailMessage]:
        files = ((file.stat().st_mtime_ns, file.name, file) for file in self.folder.rglob("*.eml"))
        return [_read(file, moment) for moment, _, file in sorted(files)]

    def to(self, address: str) -> list[EmailMessage]:
        """Letters to this address, oldest first."""
        return [letter for letter in self.letters() if address.lower() in recipients(letter)]

    def link(self, part: str, to: str | None = None) -> str:
        """The first link that holds `part`, in the newest letter that has one (to `to` when named)."""
        letters = self.to(to) if to else self.letters()
        for letter in reversed(letters):
            if found := links(letter, part):
                return found[0]
        raise AssertionError(f"no link with {part!r} in {len(letters)} letters")

    def clear(self) -> None:
        """Forget what was sent so far."""
        for file in self.folder.rglob("*.eml"):
            file.unlink()

    def without_a_way_out(self) -> list[str]:
        """Subjects of letters to persons that mail programs can show no button to unsubscribe for (RFC 8058)."""
        return [
            letter["Subject"]
            for letter in self.letters()
            if not {"List-Unsubscribe", "List-Unsubscribe-Post"} <= set(letter.keys()) and not _to_staff(letter)
        ]

    def __len__(self) -> int:
        return len(self.letters())

    @overload
    def __getitem__(self, index: int) -> EmailMessage: ...
    @overload
    def __getitem__(self, index: slice) -> list[EmailMessage]: ...
    def __getitem__(self, index: int | slice) -> EmailMessage | list[EmailMessage]:
        return self.letters()[index]

    def __iter__(self) -> Iterator[EmailMessage]:
        return iter(self.letters())


@lru_cache(maxsize=200)
def _read(file: Path, moment: int) -> EmailMessage:
    """Every look reads every letter again, so each is taken apart once. `moment` tells a new one of the same name."""
    return message_from_bytes(file.read_bytes(), policy=default)


@lru_cache(maxsize=200)
def recipients(letter: EmailMessage) -> list[str]:
    return [address.lower() for _, address in getaddresses(letter.get_all("To", []))]


def _to_staff(letter: EmailMessage) -> bool:
    return all(address.endswith(COMPANIES) for address in recipients(letter))


def text(letter: EmailMessage) -> str:
    """The plain text part."""
    body = letter.get_body(("plain",))
    return body.get_content() if body else ""


def html(letter: EmailMessage) -> str:
    """The HTML part, empty when there is none."""
    body = letter.get_body(("html",))
    return body.get_content() if body else ""


def links(letter: EmailMessage, part: str = "") -> list[str]:
    """Links of the plain text, in order, that hold `part`."""
    return [link.rstrip(".,;") for link in LINK.findall(text(letter)) if part in link]


def one_click(letter: EmailMessage) -> str:
    """The address in List-Unsubscribe that takes a POST (RFC 8058)."""
    return next(link.rstrip(">") for link in LINK.findall(letter["List-Unsubscribe"] or ""))
