"""Mailchimp said no."""

from __future__ import annotations

import re

from app.processors.base import Rejected


class Problem(Rejected):
    """`title` is one of Mailchimp's error glossary. Its `detail` names addresses, so it is never taken over."""

    def __init__(self, status: int, title: str = "", fields: str = "") -> None:
        self.status, self.title = status, _masked(title)
        super().__init__(" ".join(f"Mailchimp answered {status} {self.title} {_masked(fields)}".split()))


def _masked(text: str) -> str:
    return re.sub(r"\S+@\S+", "[address]", text)[:120]
