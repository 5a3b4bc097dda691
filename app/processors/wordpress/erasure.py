"""How a person is removed from WordPress and its plugins.

An eraser's word is no evidence: WordPress's own says that it is done with hundreds of comments left, others never say
so, report removals where there was nothing, or keep what they say is gone. Each is therefore called again while what
the plugin counts in the tables goes down, and then what no eraser reaches is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.processors.base import Retry
from app.processors.wordpress.client import Client, Data

T = TypeVar("T")
PASSES = 5
PAGES = 200
BEFORE = ("signed_comments",)  # WordPress takes the name off comments; one that is signed in its text would stay
AFTER = ("comments", "flamingo", "user")
FLAGS = ("items_removed", "items_retained", "messages", "done")


@dataclass
class Erasure:
    """One run over one person. `failed` are erasers that broke, `refused` accounts that are not ours to delete."""

    client: Client
    address: str
    failed: list[str] = field(default_factory=list)
    refused: list[Data] = field(default_factory=list)

    def run(self, erasers: Iterable[str]) -> None:
        """Everything that can be done from here. What is left shows in `find`, and nowhere else."""
        self._own(BEFORE)
        for eraser in erasers:
            self._passes(eraser)
        self._own(AFTER)
        self._call("purge_traces", email=self.address)

    def _passes(self, eraser: str) -> None:
        """Until nothing is held, or a pass has changed nothing."""
        for _ in range(PASSES):
            before, after = self._pass(eraser)
            if after in (0, before):
                return

    def _pass(self, eraser: str) -> tuple[int, int]:
        """Page after page until it says done, or says the same twice without effect. Returns the counts around it."""
        first, last = None, None
        for page in range(1, PAGES + 1):
            answer = self._call("erase", email=self.address, eraser=eraser, page=page)
            before, after = said(answer, "count_before", int), said(answer, "count_after", int)
            first = before if first is None else first
            if "error" in answer:
                self._note(eraser)
                break
            now = {name: answer.get(name) for name in FLAGS}
            if now["done"] is True or (now == last and before == after):
                break
            last = now
        return first or 0, after

    def _note(self, eraser: str) -> None:
        if eraser not in self.failed:
            self.failed.append(eraser)

    def _own(self, targets: tuple[str, ...]) -> None:
        for target in targets:
            answer = self._call("erase_own", email=self.address, target=target)
            while said(answer, "left", int) and said(answer, "touched", list):
                answer = self._call("erase_own", email=self.address, target=target)
            self.refused += said(answer, "refused", list)

    def _call(self, verb: str, **says: Any) -> Data:
        return self.client.call(verb, **says)


def said(answer: Data, name: str, kind: type[T]) -> T:
    """A part of an answer. One that lacks it is no answer."""
    value = answer.get(name)
    if kind is dict and value == []:  # to PHP an empty map is an empty list
        return kind()
    if not isinstance(value, kind):
        raise Retry(f"WordPress answered without {name}")
    return value
