"""What an adapter makes of a sender's payload. An adapter knows its sender and nothing of us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Draft:
    """`pairs`: what is left to read as answers and `_` controls, in the order sent.

    `source`: what the sender says of itself (`form_id`, `page_url`, `locale` …): a claim, to be shown as one.
    `aliases`: the sender's usual names for our fields, for a form that has no field of the name that came.
    """

    adapter: str
    pairs: Pairs
    source: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)


class Adapter(Protocol):
    """A module with these two. Both are pure; header names are in lower case."""

    def recognises(self, pairs: Pairs, headers: Mapping[str, str]) -> bool: ...

    def read(self, pairs: Pairs, headers: Mapping[str, str]) -> Draft: ...
