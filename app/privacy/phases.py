"""What is done for each kind of request, in which order, and where.

Order of an erasure: nothing comes in any more, then copies, then consent, then what hangs on others, then what others
hang on, then our own; then every holder is read again, and only then is the person told and her address dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OWN = "own"
LISTS = ("sandbox", "mailchimp", "google_groups", "google_contacts")

STOP, EXPORT, BEFORE, LEAVES, ROOTS, HERE, VERIFY, NOTIFY, LETTER, FORGET = range(1, 11)
TELL, LIFT, LIFTED = 11, 12, 13  # of a restriction, when it ends

# Acts that change something at a holder. What they did is read back by `verify`.
CHANGES = ("erase", "rectify", "restrict", "object")
# In these phases work that waits for a human does not hold up work elsewhere.
SIDE_BY_SIDE = (LEAVES, ROOTS, HERE)


@dataclass(frozen=True)
class Step:
    """One act at one holder."""

    phase: int
    act: str
    holder: str


def steps(kind: str, processors: Iterable[str], wishes: Mapping[str, Any] | None = None) -> list[Step]:
    """The whole way of a request, for the processors that are turned on. Raises KeyError for an unknown kind."""
    names = list(processors)
    return sorted(_WAYS[kind](names, wishes or {}), key=lambda step: (step.phase, step.act, step.holder))


def lifting(processors: Iterable[str]) -> list[Step]:
    """How a restriction ends: the person is told before (GDPR article 18 (3)), our own data is used again last."""
    there = [Step(LIFT, "lift", name) for name in processors]
    return [Step(TELL, "tell", OWN), *there, Step(LIFTED, "lift", OWN)]


def _erasure(names: Collection[str], wishes: Mapping[str, Any]) -> Iterator[Step]:
    yield Step(STOP, "stop", OWN)
    if wishes.get("copy_first") not in (None, False, "", "no"):
        yield from _copies(names)
    yield Step(BEFORE, "withdraw", OWN)
    yield from (Step(LEAVES if name in LISTS else ROOTS, "erase", name) for name in names)
    yield Step(HERE, "erase", OWN)
    yield from _end(names)


def _copies(names: Iterable[str]) -> Iterator[Step]:
    yield from (Step(EXPORT, "export", name) for name in (OWN, *names))
    yield Step(BEFORE, "archive", OWN)


def _access(names: Collection[str], _wishes: Mapping[str, Any]) -> Iterator[Step]:
    yield from _copies(names)
    yield Step(LETTER, "letter", OWN)
    yield Step(FORGET, "forget", OWN)


def _everywhere(act: str) -> Any:
    """Here first, so that whatever is asked of us meanwhile is answered by what is true already."""

    def way(names: Collection[str], _wishes: Mapping[str, Any]) -> Iterator[Step]:
        yield Step(STOP, act, OWN)
        yield from (Step(LEAVES, act, name) for name in names)
        yield from _end(names)

    return way


def _end(names: Iterable[str]) -> Iterator[Step]:
    for name in names:
        yield Step(VERIFY, "verify", name)
        yield Step(NOTIFY, "notify", name)  # recipients are told (GDPR article 19)
    yield Step(VERIFY, "verify", OWN)
    yield Step(LETTER, "letter", OWN)
    yield Step(FORGET, "forget", OWN)


_WAYS = {
    "erasure": _erasure,
    "access": _access,
    "portability": _access,
    "rectification": _everywhere("rectify"),
    "restriction": _everywhere("restrict"),
    "objection": _everywhere("object"),
}
