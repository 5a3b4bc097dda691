"""Base64 for URLs (RFC 4648 section 5), without padding unless asked for."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode


def b64(raw: bytes, pad: bool = False) -> str:
    text = urlsafe_b64encode(raw).decode()
    return text if pad else text.rstrip("=")


def unb64(text: str) -> bytes:
    """The bytes behind `b64`. Raises ValueError when the text is not base64."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
