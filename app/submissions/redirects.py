"""Origins (RFC 6454), and where a visitor may be sent after a form: only back to the form's own site."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import SplitResult, quote, urlsplit

import idna

MAX_URL = 2000
_ORIGIN = re.compile(r"(https?)://([^\s/\\?#@:\[\]%]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?)*")
_DEFAULT_PORT = {"http": 80, "https": 443}
_ON_THIS_MACHINE = frozenset({"localhost", "127.0.0.1"})
_IN_PATH = "/%:@!$&'()*+,;=-._~"


def normal_origin(origin: str) -> str | None:
    """`scheme://host[:port]` in lower case, host in A-labels, no default port. None for `null` and all else.

    IPv6 literals and hosts with a final dot are not origins of any site of ours, and are None too.
    """
    match = _ORIGIN.fullmatch(origin)
    host = match and _ascii_host(match[2])
    if not match or not host:
        return None
    scheme, port = match[1].lower(), int(match[3] or 0)
    if port > 65535 or (match[3] and not port):
        return None
    return f"{scheme}://{host}" if port in (0, _DEFAULT_PORT[scheme]) else f"{scheme}://{host}:{port}"


def _ascii_host(host: str) -> str | None:
    host = host.lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except UnicodeError:  # idna.IDNAError is one
            return None
    return host if _HOST.fullmatch(host) else None


def same_origin(a: str, b: str) -> bool:
    """Exactly the same scheme, host and port. Nothing is the same as `null`, not even `null`."""
    normal = normal_origin(a)
    return normal is not None and normal == normal_origin(b)


def safe_next(candidate: str, page_origin: str, allowed_origins: Iterable[str] = ()) -> str | None:
    """An absolute ASCII URL on the form's own site, or None, when the form's thank-you page is the place to go.

    `candidate` is a path from the root, or a whole URL, as a visitor's browser sent it: whoever wrote the page chose
    it, but anyone can post. The answer is put together from parts that were checked, never the text itself.
    """
    base = normal_origin(page_origin)
    if base is None or not 0 < len(candidate) <= MAX_URL or any(map(_suspect, candidate)):
        return None
    parts = _resolve(candidate, base)
    origin = parts and normal_origin(f"{parts.scheme}://{parts.netloc}")
    if not parts or not origin or not _safe_transport(origin):
        return None
    if origin != base and origin not in {normal_origin(allowed) for allowed in allowed_origins}:
        return None
    return origin + _rest(parts)


def _suspect(char: str) -> bool:
    # Browsers drop TAB and line breaks and read a backslash as a slash; urlsplit does neither.
    return char == "\\" or unicodedata.category(char)[0] in "CZ"


def _resolve(candidate: str, base: str) -> SplitResult | None:
    if candidate.startswith("/") and not candidate.startswith("//"):
        candidate = base + candidate
    try:
        return urlsplit(candidate)
    except ValueError:
        return None


def _safe_transport(origin: str) -> bool:
    return origin.startswith("https://") or urlsplit(origin).hostname in _ON_THIS_MACHINE


def _rest(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=_IN_PATH)
    query = f"?{quote(parts.query, safe=_IN_PATH + '?')}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe=_IN_PATH + '?')}" if parts.fragment else ""
    return path + query + fragment
