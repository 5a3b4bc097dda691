"""A site's logo: fetched when the definitions are loaded and served by us, so that no visitor's browser has to tell
another address that she was here."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.crypto import sha256_hex
from app.extensions import db
from app.sites.models import Picture, Site

LARGEST = 512 * 1024  # bytes: every page shows it
PATIENCE = 10  # seconds
KINDS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
SVG = (b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE svg")


class Unusable(ValueError):
    """No picture that we can show, and why."""


def fetch(url: str) -> bytes:
    """The picture at this address. Raises `Unusable`, in plain words."""
    import requests  # only who loads definitions needs it

    try:
        with requests.get(url, timeout=PATIENCE, stream=True) as answer:
            if not answer.ok:
                raise Unusable(f"cannot be fetched: the address answers {answer.status_code}")
            content = _at_most(LARGEST, answer.iter_content(64 * 1024))
    except requests.RequestException as error:
        raise Unusable(f"cannot be fetched ({type(error).__name__})") from None
    kind(content)
    return content


def _at_most(limit: int, parts: Iterable[bytes]) -> bytes:
    content = b""
    for part in parts:
        content += part
        if len(content) > limit:
            raise Unusable(f"is larger than {limit // 1024} kB")
    return content


def kind(content: bytes) -> str:
    """The media type, by what it holds and not by what its server calls it. Raises `Unusable` for what no browser
    shows as a picture."""
    for start, name in KINDS.items():
        if content.startswith(start):
            return name
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:12] == b"ftypavif":
        return "image/avif"
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(SVG) and b"<svg" in content and b"<html" not in content:
        return "image/svg+xml"
    raise Unusable("is no picture: SVG, PNG, JPEG, WebP, AVIF or GIF")


def keep(content: bytes) -> str:
    """The name that the picture is served under: its own hash. The caller commits. Raises `Unusable`."""
    name = sha256_hex(content)
    if db.session.get(Picture, name) is None:
        db.session.add(Picture(hash=name, kind=kind(content), content=content))
    return name


def kept(url: str) -> str:
    """The name of the picture that was fetched from this address before, or ''."""
    return db.session.scalar(select(Site.logo).where(Site.logo_url == url, Site.logo != "").limit(1)) or ""
