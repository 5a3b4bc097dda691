"""The row of a submission: what is written, what tells a repeat from news, and the keyed hash over it all."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.clock import now, to_ms
from app.crypto import Keyring, canonical_json, keyring
from app.submissions.ids import new_id
from app.submissions.models import Submission
from app.submissions.reading import Reading

# Milliseconds in which the same words are one submission: from the same place, and from the same page left open.
WINDOW, OPEN = 60_000, 600_000
# What the keyed hash covers. Not `box` and `reason`, which staff may change, and not what the worker fills in.
SEALED = ("form_id", "version_id", "lang", "address", "asked", "masked", "network", "user_agent", "page_url", "render")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sender:
    """What the request told besides the answers. `network` is cut short, `page_url` has no query.

    `trust` is `browser`, or `signed` or `secret` for a server that has proven who it is.
    """

    lang: str
    network: str = ""
    user_agent: str = ""
    page_url: str = ""
    key: str = ""
    trust: str = "browser"


def compose(said: Reading, sender: Sender, box: str, reason: str) -> Row:
    """A row ready to be written. `before` is the name it would have had in the window before this one, and what has
    that name is the same submission if it came after `since`.
    """
    ring, moment = keyring(), to_ms(now())
    answers = {name: value for name, value in said.answers.items() if value}
    body = ring.mac("body", canonical_json({"answers": answers, "ticked": said.ticked}))
    dedupe, before, since = _dedupe(ring, said, sender, body, moment)
    row = {
        "id": new_id(),
        "form_id": said.shown.form_id,
        "version_id": said.shown.version_id,
        "box": box,
        "reason": reason,
        "received_at": moment,
        "lang": sender.lang,
        "address": said.address.canonical if said.address else "",
        "answers": answers,
        "asked": _asked(said, sender.lang),
        "masked": said.masked,
        "network": sender.network,
        "user_agent": sender.user_agent,
        "page_url": sender.page_url,
        "render": said.token.render,
        "dedupe": dedupe,
        "body_hash": body,
        "before": before,
        "since": since,
    }
    row["mac"] = ring.mac("submission", _sealed(row))
    return row


def _asked(said: Reading, lang: str) -> dict[str, str]:
    """Purpose to the fingerprint of the words that stood beside the box that was ticked."""
    boxes = [said.shown.boxes[name] for name in said.ticked]
    lang = said.token.lang or lang
    return {box["purpose"]: box["texts"].get(lang) or next(iter(box["texts"].values())) for box in boxes}


def _dedupe(ring: Keyring, said: Reading, sender: Sender, body: str, moment: int) -> tuple[str, str, int]:
    form = said.shown.form_id
    if sender.key:
        return _name(ring, form, "key", sender.key), "", 0
    length, words = _sameness(said, sender, body)
    window = moment // length
    this, before = (_name(ring, form, number, *words) for number in (window, window - 1))
    return this, before, moment - length


def _sameness(said: Reading, sender: Sender, body: str) -> tuple[int, tuple[str, ...]]:
    """How long a repeat is no news, and what makes it a repeat."""
    if said.token.nonce:
        return OPEN, ("token", said.token.nonce, body)
    return WINDOW, ("window", sender.network, body, sender.user_agent)


def _name(ring: Keyring, *parts: object) -> str:
    return ring.mac("dedupe", "\n".join(map(str, parts)).encode())  # only the last may hold a line break


def _sealed(row: Mapping[str, Any]) -> bytes:
    facts = {name: row[name] for name in SEALED}
    numbers = {"id": str(row["id"]), "received_at": str(row["received_at"])}  # JSON has no whole numbers this long
    return canonical_json(
        {**facts, **numbers, "answers": row["answers"], "dedupe": row["dedupe"], "body": row["body_hash"]}
    )


def genuine(submission: Submission) -> bool:
    """Was this row written by our intake, and is it still what was written? Holds under every key of the ring."""
    row = {name: getattr(submission, name) for name in (*SEALED, "id", "answers", "dedupe", "body_hash")}
    expected = keyring().macs("submission", _sealed({**row, "received_at": to_ms(submission.received_at)}))
    return any(hmac.compare_digest(mac, submission.mac) for mac in expected)
