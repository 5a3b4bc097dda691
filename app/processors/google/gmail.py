"""The verbs at Gmail.

A mailbox holds two kinds of things about a person: copies that we put there, which we remove without asking, and
correspondence, which belongs to the company as well (GDPR article 15(4), and the duty to keep what documents a sale):
somebody must look at that and say yes or no. Google keeps what is deleted for a while:
https://support.google.com/a/answer/112445.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message as Mail
from typing import TYPE_CHECKING, Any

from app.processors.base import Cap, Held, Member, Outcome, Pace, Processor, Profile
from app.processors.google import settings as google
from app.processors.google.mailboxes import UNITS, Found, Mailboxes

if TYPE_CHECKING:
    from app.processors.google.news import News

TRASH = timedelta(days=31)  # Gmail empties it after 30
AGAIN = timedelta(days=1)
TAIL = "in the trash, which Google empties after 30 days; for another 25 an administrator can bring them back."
RESTRICTED = "Samtykke/restricted (GDPR 18)"  # no form can be called so
RESTRICTED_ASIDE = f"{RESTRICTED}, not from the inbox"  # so that lifting it puts nothing there that was not there


@dataclass(frozen=True)
class Letter:
    """One piece of correspondence, as much of it as a human needs who decides about it. `id` is that of `find`.

    Personal data, of the person and of others: shown to staff who are asked, and written down nowhere.
    """

    id: str
    at: datetime
    sender: str
    to: str
    subject: str
    party: bool  # did the person write or get it, or is she only named in it?
    spam: bool = False


class Gmail(Processor):
    """The company's mailboxes. It is no list: nobody is subscribed here, and a push tells it nothing."""

    name = "gmail"
    cap = Cap(*UNITS)

    def __init__(self, settings: google.Settings, mailboxes: Sequence[str]) -> None:
        self.boxes = Mailboxes(settings, mailboxes)

    def share(self, pace: Pace) -> None:
        self.boxes.share(pace)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Gmail:
        """Raises `ValueError` naming the setting that is missing or wrong."""
        return cls(google.read(config), google.mailboxes(config))

    def push(self, profile: Profile) -> Outcome:
        return Outcome("not_held", "A mailbox is no list.")

    def copy(self, mail: Mail, form: str) -> str:
        """Put a submission's copy into the first mailbox, under the form's label; returns its id.

        The same Message-ID is put in once, however often this is called.
        """
        return self.boxes.box(self.address).insert(mail, f"Samtykke/{form}")

    def send(self, mail: Mail) -> str:
        """Send a letter from the first mailbox, once for each Message-ID; returns its id."""
        return self.boxes.box(self.address).send(mail)

    def find(self, profile: Profile) -> list[Held]:
        """Ids are `mailbox/message`."""
        return [Held(found.kind, found.id) for found in self.boxes.about(profile.address)]

    def export(self, profile: Profile) -> dict[str, Any]:
        """Our copies in full. Of correspondence only what it is: it may show others, so a human picks from it."""
        from app.processors.google import export

        found = list(self.boxes.about(profile.address))
        shown = {
            "copies": [export.copy(one.message) for one in found if one.ours],
            "correspondence": [export.listed(one.message, one.id, profile.address) for one in found if not one.ours],
        }
        return {name: rows for name, rows in shown.items() if rows}

    def correspondence(self, profile: Profile) -> list[Letter]:
        """What a human must say yes or no to, the newest first. What lies in the trash already is not asked about."""
        from app.processors.google import export

        found = [one for one in self.boxes.about(profile.address) if one.kind == "correspondence"]
        letters = [Letter(one.id, **export.shown(one.message, profile.address)) for one in found]
        return sorted(letters, key=lambda letter: letter.at, reverse=True)

    def messages(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The messages that a human has picked to be handed out, whole (RFC 5322), one at a time. Who is gone is left
        out. Raises `ValueError` for an id that is not of a mailbox of ours.
        """
        for id in ids:
            content = self.message(id)
            if content:
                yield id, content

    def message(self, id: str) -> bytes:
        """One message as it is, for a human to read and hand out; empty where it is gone. `id` is one of `find`."""
        box, key = self.boxes.at(id)
        found = box.read(key)
        return found.mail.as_bytes() if found else b""

    def erase(self, profile: Profile) -> Outcome:
        """Remove our copies. Correspondence is left to a human, who removes it with `discard`."""
        before = list(self.boxes.about(profile.address))
        removed = [one for one in before if one.ours and self.boxes.remove(one.box, one.message)]
        after = list(self.boxes.about(profile.address)) if removed else before
        return _outcome([one.kind for one in after], bool(removed), known=bool(before) or profile.acquainted)

    def discard(self, ids: Iterable[str]) -> Outcome:
        """Remove exactly the messages that a human has said yes to. `ids` are those of `find` and `correspondence`.

        Twice is the same as once. Into the trash (`pending`, with the day on which Google has emptied it), or for good
        where the owner granted that. Raises `ValueError` before anything is touched where an id is not ours.
        """
        kinds = []
        for box, key in [self.boxes.at(id) for id in ids]:
            found = box.read(key)
            if found:
                self.boxes.remove(box, found)
            left = box.read(key)
            kinds += ["trash" if left.trashed else "copy"] if left else []
        return _outcome(kinds, True, known=True)

    def rectify(self, profile: Profile, new_address: str = "") -> Outcome:
        """Letters bear the address that they were sent to: of a new one nobody need tell them."""
        if new_address or not self.find(profile):
            return Outcome("not_held")
        return Outcome("manual", "Messages stay as they were written: answer the person, or add a note for staff.")

    def restrict(self, profile: Profile, restricted: bool) -> Outcome:
        """Label what is there, and take it out of the inbox; or the other way."""
        found = [one for one in self.boxes.about(profile.address) if not one.message.trashed]
        for one in found:
            self._restrict(one, restricted)
        if not found:
            return Outcome("not_held")
        return Outcome("held", f"{len(found)} messages labelled: a label stops nobody who opens them.")

    def _restrict(self, one: Found, restricted: bool) -> None:
        """Once labelled, or never labelled, is left as it is: twice is the same as once."""
        if not restricted and not one.message.labels & one.box.our_labels():
            return
        inbox, aside = one.box.label(RESTRICTED), one.box.label(RESTRICTED_ASIDE)
        before = one.message.labels & {inbox, aside}
        if restricted and not before:
            one.box.relabel(one.message.id, [inbox if "INBOX" in one.message.labels else aside], ["INBOX"])
        elif before and not restricted:
            one.box.relabel(one.message.id, ["INBOX"] if inbox in before else [], before)

    def members(self) -> Iterator[Member]:
        """Nobody: a mailbox is no list."""
        return iter(())

    def ping(self) -> str:
        counts = [self.boxes.box(address).labels() for address in self.boxes.addresses]
        return f"Gmail answers, mailboxes: {len(counts)}"

    @property
    def address(self) -> str:
        """The first mailbox: copies go there, letters leave from there, and answers to them come there."""
        return self.boxes.addresses[0]

    def news(self, since: str, written: Callable[[str], str], address: str = "") -> News:
        """Bounces and wishes to leave that came since `since`, which is `history` of the last time, or empty.

        `written` tells by a Message-ID to whom we sent that letter, and is empty for any other: anybody can make up a
        bounce. Where Gmail no longer knows `since`, the last 30 days are read again; a repeat has the same key.
        """
        from app.processors.google import news

        return news.read(self.boxes.box(address or self.address), since, written)


def _outcome(kinds: Sequence[str], removed: bool, known: bool) -> Outcome:
    """What is left, in words. Something that we removed and that is still shown has not settled yet."""
    trash, left, human = kinds.count("trash"), kinds.count("copy"), kinds.count("correspondence")
    check = datetime.now(UTC) + (TRASH if removed and trash else AGAIN) if trash or left else None
    text = f"{trash} messages are {TAIL}" if trash else "Gmail has not removed everything yet." if left else ""
    if human:
        work = f"{human} messages are correspondence: somebody must look at them and say yes or no."
        return Outcome("manual", f"{work} {text}".strip(), check_at=check)
    if trash or left:
        return Outcome("pending", text, check_at=check)
    return Outcome("erased" if known else "not_held")
