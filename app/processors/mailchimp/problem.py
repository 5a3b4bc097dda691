"""Mailchimp said no."""

from __future__ import annotations

import re

from app.processors.base import NO_ACCESS, Rejected

NO_AUDIENCE = 404  # that of a single member is an answer, and heard where she is read


class Problem(Rejected):
    """`title` is one of Mailchimp's error glossary. Its `detail` names addresses, so it is never taken over."""

    def __init__(self, status: int, title: str = "", fields: str = "") -> None:
        self.status, self.title = status, _masked(title)
        text = " ".join(f"Mailchimp answered {status} {self.title} {_masked(fields)}".split())
        super().__init__(text, everybody=status in NO_ACCESS | {NO_AUDIENCE})


def _masked(text: str) -> str:
    return re.sub(r"\S+@\S+", "[address]", text)[:120]
