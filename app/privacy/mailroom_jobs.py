"""The worker at the mailbox: fetches the letters that a human must look through, and removes what was chosen."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from app import outbox, processors
from app.clock import iso
from app.extensions import db
from app.privacy import by_hand, identity, mailroom
from app.privacy.mailroom import Choice
from app.privacy.models import PrivacyTask
from app.sync.jobs import speaking

if TYPE_CHECKING:
    from app.processors.google.gmail import Gmail, Letter


@outbox.handles("privacy.mail")
def look(ref: str) -> None:
    """What is shown of each letter is kept sealed, until the question has been answered."""
    task, gmail = _open(ref)
    if task is None or gmail is None:
        return
    profile, _objects = identity.thaw(task.sealed)
    db.session.commit()
    with speaking(mailroom.HOLDER):
        letters = gmail.correspondence(profile)
    mailroom.keep(task, [_shown(letter) for letter in letters])
    db.session.commit()


def _shown(letter: Letter) -> dict[str, object]:
    known = asdict(letter)
    known.pop("spam")
    return known | {"at": iso(letter.at)}


@outbox.handles("privacy.unmail")
def remove(ref: str) -> None:
    """Exactly the chosen letters go. That it was done is noted as the work of whoever chose; a read follows."""
    task, gmail = _open(ref)
    if task is None or gmail is None:
        return
    choice = mailroom.chosen(task)
    db.session.commit()
    if choice.gone:
        with speaking(mailroom.HOLDER):
            gmail.discard(choice.gone)
    outbox.fault("privacy.gmail.discarded")
    _note(task, choice)
    db.session.commit()


def _note(task: PrivacyTask, choice: Choice) -> None:
    mailroom.close(task)
    proof, actor = f"Removed: {len(choice.gone)}. Kept: {len(choice.kept)}.", choice.actor or "system"
    mailroom.remember(task, choice)
    if choice.kept:
        by_hand.keep(task, choice.ground, choice.last_day, proof, actor)
    else:
        by_hand.confirm_manual(task, proof, actor)


def _open(ref: str) -> tuple[PrivacyTask | None, Gmail | None]:
    task = db.session.get(PrivacyTask, int(ref))
    gmail: Gmail | None = processors.active().get(mailroom.HOLDER)  # type: ignore[assignment]
    return (task, gmail) if task and mailroom.open_question(task) else (None, None)
