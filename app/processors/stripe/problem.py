"""Stripe said no."""

from __future__ import annotations

import re

from app.processors.base import NO_ACCESS, Rejected

LACKS = re.compile(r"\brak_[a-z_]{1,60}")  # how Stripe names a right


class Problem(Rejected):
    """`code` is one of https://docs.stripe.com/error-codes. Stripe's `message` may quote values: it is left behind."""

    def __init__(self, status: int, code: str = "", param: str = "", message: str = "") -> None:
        self.status, self.code = status, _word(code)
        about = f"({_word(param)})" if _word(param) else ""
        lacks = LACKS.search(message) if status == 403 else None
        right = f": the restricted key lacks {lacks[0]}" if lacks else ""
        text = " ".join(f"Stripe answered {status} {self.code} {about}".split()) + right
        super().__init__(text, everybody=status in NO_ACCESS)


def _word(text: str) -> str:
    """A name of Stripe's, and nothing else: what was sent could be echoed here."""
    return text if re.fullmatch(r"[\w.\[\]-]{1,80}", text) else ""
