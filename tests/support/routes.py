"""Paths that can be asked for, from the rules of a URL map."""

from __future__ import annotations

import re


def first_choice(rule: str) -> str:
    """`/<any(one, two):name>` as `/one`."""
    return re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", rule)
