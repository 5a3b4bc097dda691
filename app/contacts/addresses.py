"""One person, one address: the form that rows are keyed on, the form that mail is sent to, the form people read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES


class InvalidAddress(ValueError):
    """Not one deliverable address. `code` is `empty`, `too_long`, `several`, `local_not_ascii` or `syntax`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """`canonical`: lower case, domain in A-labels (RFC 5890); two spellings of one mailbox are equal here.

    `ascii`: what SMTP gets; capitals before the @ are kept, since RFC 5321 leaves their meaning to the receiver.
    `display`: the same with the domain as people write it.
    """

    canonical: str
    ascii: str
    display: str


MAX_LENGTH = 254  # octets, RFC 5321 4.5.3.1.3 and erratum 1690 of RFC 3696

# Taken off by `strip`: an expression that looks for white space before the end takes hours over a long row of it.
_EDGES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u200c\u200d\u2060\ufeff"
_ATOM = r"[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,62}"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+{_LABEL})")
_RESERVED = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)
_PARTED = re.compile(r"[\s,;]+")  # what stands between two addresses; an @ too many is a slip of the finger
_ROLES = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)


def canonical(text: str) -> Address:
    """The address in `text`; plus-tags and dots are part of it and stay. Raises InvalidAddress, never with the text."""
    text = text.strip()
    return _plain(text) or _full(text.strip(_EDGES))


def _plain(text: str) -> Address | None:
    """What email-validator would say of an ordinary ASCII address, 20 times as fast. None where it must be asked."""
    match = _PLAIN.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        return None
    local, domain = match[1], match[2].lower()
    odd = not domain[-1].isalpha() or f".{domain}".endswith(_RESERVED) or local.lower() in _ROLES
    if odd or max(map(len, domain.split("."))) > 63:
        return None
    address = f"{local}@{domain}"
    return Address(address.lower(), address, address)


def _full(text: str) -> Address:
    if not text or len(text) > 2 * MAX_LENGTH:
        raise InvalidAddress("too_long" if text else "empty")
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except (EmailNotValidError, UnicodeError):
        raise InvalidAddress(_what_is_wrong(text)) from None
    ascii_form = found.ascii_email or ""
    return Address(ascii_form.lower(), ascii_form, found.normalized)


def _what_is_wrong(text: str) -> str:
    if sum("@" in part.strip("@") for part in _PARTED.split(text)) > 1:
        return "several"
    if len(text) > MAX_LENGTH:
        return "too_long"
    local, at, _ = text.partition("@")
    return "local_not_ascii" if at and not local.isascii() else "syntax"


_PROVIDERS = {
    "gmail": ("com",),
    "hotmail": ("com", "no"),
    "icloud": ("com",),
    "outlook": ("com",),
    "yahoo": ("com", "no"),
}
_ALSO_REAL = frozenset({"mail", "email", "ymail"})  # one slip from a provider, and a provider too
_SLIPS = {"con": "com", "cmo": "com", "ocm": "com", "vom": "com", "xom": "com", "cpm": "com", "comm": "com"}
_PROVIDER_SLIPS = {"co": "com", "cm": "com", "om": "com"}  # countries, but these providers are not there


def suggestion(address: Address) -> str | None:
    """What the person may have meant, as a question for the page. A slip is a hint, never a refusal."""
    local, _, domain = address.display.rpartition("@")
    mended = _mend(domain)
    return f"{local}@{mended}" if mended != domain else None


def _mend(domain: str) -> str:
    name, _, ending = domain.rpartition(".")
    ending = _SLIPS.get(ending, ending)
    if name not in _PROVIDERS and name not in _ALSO_REAL:
        name = next((real for real, endings in _PROVIDERS.items() if ending in endings and _one_slip(name, real)), name)
    if name in _PROVIDERS:
        ending = _PROVIDER_SLIPS.get(ending, ending)
    return "gmail.com" if (name, ending) == ("gmail", "no") else f"{name}.{ending}"


def _one_slip(a: str, b: str) -> bool:
    """One letter too many, too few or wrong, or two neighbours swapped."""
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[start:], b[start:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
