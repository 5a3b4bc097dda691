"""From pairs to answers: what steers us is set apart, and what a field finally says is decided once, here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

Pair = tuple[str, str]
Value = str | list[str]

# Everything that begins with `_` steers and is never an answer. Unknown ones are ignored: a sender must not be able to
# choose a recipient (`_cc`) or the text that was consented to (`_consent_text`).
CONTROLS = frozenset({"_next", "_lang", "_subject", "_gotcha", "_t", "_sid", "_page"})
GRANTED = frozenset({"1", "on", "true", "yes", "ja", "checked", "accepted", "godtatt"})


def split(pairs: Iterable[Pair]) -> tuple[dict[str, str], list[Pair]]:
    """Control fields that we know, the last value of each, and the answers in the order sent."""
    controls: dict[str, str] = {}
    answers: list[Pair] = []
    for name, value in pairs:
        if name[:1] != "_":
            answers.append((name, value))
        elif name in CONTROLS:
            controls[name] = value
    return controls, answers


@dataclass(slots=True)
class Answers:
    """`conflicts`: e-mail fields that were given two different addresses; neither may be believed."""

    values: dict[str, Value]
    conflicts: set[str] = field(default_factory=set)


_LIST_NAME = re.compile(r"(.+)\[(\d*)\]")


def collate(pairs: Iterable[Pair], lists: Collection[str] = (), emails: Collection[str] = ()) -> Answers:
    """One value a field: the last one sent, as a checkbox sends 0 and then 1 under one name.

    A list only where the name says so (`tema[]`, `tema[0]`) or the form does (`lists`). Numbers order nothing and
    allocate nothing: the order is the order sent.
    """
    sent: dict[str, list[str]] = {}
    plural = set(lists)
    for name, value in pairs:
        if name[-1:] == "]" and (match := _LIST_NAME.fullmatch(name)):
            name = match[1]
            plural.add(name)
        sent.setdefault(name, []).append(value)
    answers = Answers({name: values if name in plural else values[-1] for name, values in sent.items()})
    for name in emails:
        _settle_email(name, sent.get(name, []), answers)
    return answers


def _settle_email(name: str, sent: list[str], answers: Answers) -> None:
    given = [value for value in sent if value.strip()]
    if len({value.strip().casefold() for value in given}) > 1:
        answers.conflicts.add(name)
    if sent:
        answers.values[name] = given[-1] if given else ""


def granted(value: Value | None, allowed: Collection[str] = GRANTED) -> bool:
    """Is this a yes? Only a value on the list is. Anything else, unknown words included, is a no.

    An active, unambiguous act is needed (GDPR art. 4 (11)); a text that the sender's plugin adds by itself is none.
    """
    if isinstance(value, list):
        value = value[-1] if value else None
    if value is None:
        return False
    said = value.strip().casefold()
    return bool(said) and (said in allowed or said in {word.strip().casefold() for word in allowed})


_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Controls, and the marks that turn the reading direction of what follows (UAX 9): they hide what a text says.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_GAP = re.compile("[\n\t ]+")
# Marks on marks: putting them in order takes the square of their number. No script stacks more (UAX 15, stream-safe).
_MOST_MARKS = 30
_STACKED = re.compile(rf"[^\w\s!-~]{{{_MOST_MARKS + 1},}}")


def clean_text(value: str, multiline: bool = False) -> str:
    """NFC without control characters, trimmed. Line breaks become LF, or a space where one line is wanted."""
    if value.isascii() and value.isprintable():
        return value.strip()
    value = _SURROGATE.sub("\ufffd", _UNSEEN.sub("", _BREAKS.sub("\n", value)))
    if not multiline:
        value = _GAP.sub(lambda gap: " " if gap[0].strip(" ") else gap[0], value)
    return unicodedata.normalize("NFC", _STACKED.sub(_fewer_marks, value)).strip()


def _fewer_marks(row: re.Match[str]) -> str:
    kept, marks = [], 0
    for char in row[0]:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def clean_identifier(value: str) -> str:
    """For addresses, telephone and registration numbers: also without anything that takes no room (category Cf)."""
    value = clean_text(value)
    if value.isascii():
        return value
    return "".join(char for char in value if unicodedata.category(char) != "Cf").strip()
