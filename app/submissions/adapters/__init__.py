"""One file a sender. The first that recognises a payload reads it, unless the form names its sender."""

from __future__ import annotations

from collections.abc import Mapping

from app.submissions.adapters import cf7, embed, plain
from app.submissions.adapters.base import Adapter, Draft, Pairs

__all__ = ["ADAPTERS", "Adapter", "Draft", "draft"]

ADAPTERS: dict[str, Adapter] = {"embed": embed, "cf7": cf7, "plain": plain}  # plain takes whatever is left


def draft(pairs: Pairs, headers: Mapping[str, str], adapter: str = "") -> Draft:
    """Read the pairs with the named adapter, or the one that recognises them. Header names in lower case.

    Raises KeyError for an adapter that is not registered: a mistake in a form's definition.
    """
    if adapter:
        return ADAPTERS[adapter].read(pairs, headers)
    return next(reader for reader in ADAPTERS.values() if reader.recognises(pairs, headers)).read(pairs, headers)
