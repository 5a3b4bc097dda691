"""Spam is boxed, never dropped: the person gets the same answer, staff see the reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app

from app.crypto import keyring
from app.submissions.catalogue import Published
from app.submissions.reading import Reading
from app.submissions.record import Sender
from app.submissions.spam import Age, age_class, honeypot, link_count, text_key
from app.submissions.tally import Tally

REPEATED = 3  # the same words so often in an hour are fine: people press twice, colleagues copy
REUSED = 10  # the same token so often from one network: a page left open and sent again
LINKS = 10


@dataclass
class Memory:
    """What this process has seen lately."""

    rate: Tally = field(default_factory=lambda: Tally(60))
    texts: Tally = field(default_factory=lambda: Tally(3600))
    tokens: Tally = field(default_factory=lambda: Tally(3600))


def memory() -> Memory:
    found: Memory = current_app.extensions.setdefault("intake_memory", Memory())
    return found


def rate(form: Published, network: str) -> int:
    """How many posts to this form came from this network in the last minute, this one included."""
    return memory().rate.hit((form.form_id, network)) if network else 0


def reason(said: Reading, sender: Sender, posts: int) -> str:
    """Why this belongs in the spam box; empty when it does not."""
    if honeypot(said.controls):
        return "honeypot"
    if age_class(said.token.age) is Age.SPAM:
        return "forged_token" if said.token.age == "forged" else "too_fast"
    if posts > current_app.config["INTAKE_BOX_PER_MINUTE"]:
        return "rate"
    # By network: of a cached page a whole town has the same token.
    if said.token.nonce and memory().tokens.hit((said.token.nonce, sender.network)) > REUSED:
        return "token_reused"
    return _words(said)


def _words(said: Reading) -> str:
    written = _written(said)
    if link_count([*written, *_beside(said)]) > LINKS:
        return "links"
    name = text_key(written, keyring().keys("text")[0])
    if name and memory().texts.hit((said.shown.form_id, name)) > REPEATED:
        return "repeated_text"
    return ""


def _written(said: Reading) -> list[str]:
    """What was written in free words."""
    fields = said.shown.fields.items()
    texts = [said.answers.get(name) for name, field in fields if field["kind"] == "textarea"]
    return [text for text in texts if isinstance(text, str)]


def _beside(said: Reading) -> list[str]:
    """Inputs that the form does not know. A button's label or a campaign's name is among them, and comes every time."""
    return [text for name, text in said.answers.items() if name not in said.shown.fields and isinstance(text, str)]
