"""What a link carries. A signed link is `v1.kid.payload.mac` and never expires; a stored one is a bare random word."""

from __future__ import annotations

import hashlib
import hmac
import json

from app.crypto import Keyring, sha256_hex
from app.encoding import b64, unb64

MAX_LENGTH = 900  # an address of 254 characters, concealed


def sign(ring: Keyring, purpose: str, payload: list[str]) -> str:
    """A signed token for one purpose. The payload is opaque words, never personal data in the clear."""
    kid, key = ring.current(purpose)
    body = b64(json.dumps(payload, separators=(",", ":")).encode())
    return f"v1.{kid}.{body}.{b64(_mac(key, kid, body))}"


def read(ring: Keyring, purpose: str, token: str) -> list[str] | None:
    """The payload of a token signed with any key of the ring; None when it was forged, cut or meant for another use."""
    parts = token.split(".")
    if len(token) > MAX_LENGTH or not token.isascii() or len(parts) != 4 or parts[0] != "v1":
        return None
    _, kid, body, mac = parts
    key = ring.kids(purpose).get(kid)
    if key is None or not hmac.compare_digest(b64(_mac(key, kid, body)), mac):
        return None
    words: list[str] = json.loads(unb64(body))
    return words


def _mac(key: bytes, kid: str, body: str) -> bytes:
    return hmac.new(key, f"v1.{kid}.{body}".encode(), hashlib.sha256).digest()


def derived(ring: Keyring, purpose: str, row: str) -> str:
    """The secret word of a stored, one-time link.

    It follows from the row's random id and our key, so that a letter composed twice carries the same link, while
    the database holds only `digest(word)` and cannot be read back into a link.
    """
    return b64(hmac.new(ring.keys(purpose)[0], row.encode(), hashlib.sha256).digest())


def belongs(ring: Keyring, purpose: str, row: str, word: str) -> bool:
    """Was this word derived by us for this row? A row written into the database by a stranger has no valid word."""
    candidates = [b64(hmac.new(key, row.encode(), hashlib.sha256).digest()) for key in ring.keys(purpose)]
    return any(hmac.compare_digest(candidate.encode(), word.encode()) for candidate in candidates)


def digest(word: str) -> str:
    """What the database keeps of a one-time word."""
    return sha256_hex(word.encode())
