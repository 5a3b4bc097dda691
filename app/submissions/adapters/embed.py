"""Our embed script when it sends JSON: the answers, and an object `_meta` with page, language, token and id."""

from __future__ import annotations

from collections.abc import Mapping

from app.submissions.adapters.base import Draft, Pairs


def recognises(pairs: Pairs, headers: Mapping[str, str]) -> bool:
    return any(name.startswith("_meta[") for name, _ in pairs)


def read(pairs: Pairs, headers: Mapping[str, str]) -> Draft:
    """`_meta[t]` becomes the control `_t`, as a form without scripts would send it."""
    renamed = [(_control(name), value) for name, value in pairs]
    page = dict(renamed).get("_page")
    return Draft("embed", renamed, {"page_url": page} if page else {})


def _control(name: str) -> str:
    if name.startswith("_meta[") and name.endswith("]"):
        return f"_{name[6:-1]}"
    return name
