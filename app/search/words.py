"""From what people write to what is looked up. Both databases get the same words, so they find the same rows."""

from __future__ import annotations

import re
from unicodedata import combining, normalize

WORD = re.compile(r"[^\W_]+")
LONGEST = 200  # characters of one word; what is longer is no word
MOST = 12  # words of one query; more of them find nothing that these do not
SHORTEST_PART = 3  # both databases look parts up by groups of three characters


def fold(text: str) -> str:
    """Lower case without accents: `Åse Müller` and `ase muller` are the same to somebody who searches."""
    writable = text.replace("\0", " ").encode(errors="ignore").decode()  # a lone surrogate fits in no database
    spread = normalize("NFKD", writable).casefold()
    return "".join(letter for letter in spread if not combining(letter))


def words(text: str) -> list[str]:
    """The words of a text, each once, sorted. An address is taken apart at its signs."""
    return sorted({word for word in WORD.findall(fold(text)) if len(word) <= LONGEST})


def parts(query: str) -> list[str]:
    """What each piece of a query must be a part of: `kari@ex han` asks for both."""
    pieces = (piece[:LONGEST] for piece in fold(query).split())
    return [piece for piece in dict.fromkeys(pieces) if len(piece) >= SHORTEST_PART][:MOST]
