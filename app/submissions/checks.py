"""Is this an answer to that field? One function a kind; each returns the answer tidied, or raises `Refused`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from stdnum.no import orgnr

from app.contacts.addresses import Address, InvalidAddress, canonical
from app.submissions.answers import clean_identifier, clean_text, granted
from app.submissions.decode import MAX_VALUE

EMPTY, EMAIL, TEL, ORG_NUMBER = "REQUIRED_FIELD_EMPTY", "TYPE_EMAIL", "TYPE_PHONE", "TYPE_ORG_NUMBER"
SHORT, LONG, CHOICE, FILES, AGE = "TOO_SHORT", "TOO_LONG", "UNKNOWN_CHOICE", "NO_FILE_UPLOADS", "AGE_STATEMENT"
CONFLICT, SEVERAL = "TWO_ANSWERS", "ONE_ADDRESS_ONLY"

LINE = 1000  # characters of a one-line answer whose definition names no `max`

Field = Mapping[str, Any]


class Refused(Exception):
    """An answer that cannot be taken. `code` is stable, for scripts; `limit` is the number it broke, if any."""

    def __init__(self, code: str, limit: int = 0) -> None:
        super().__init__(code)
        self.code, self.limit = code, limit


def check(field: Field, value: str) -> str:
    """The tidied answer; an empty one is fine where the field is voluntary."""
    answer = _KINDS[field["kind"]](field, value)
    if not answer:
        if field["required"]:
            raise Refused(EMPTY)
        return ""
    if len(answer) > (most := field.get("max") or _usual(field)):
        raise Refused(LONG, most)
    if len(answer) < field.get("min", 0):
        raise Refused(SHORT, field["min"])
    return answer


def _usual(field: Field) -> int:
    return MAX_VALUE if field["kind"] == "textarea" else LINE


def _line(field: Field, value: str) -> str:
    return clean_text(value)


def _text(field: Field, value: str) -> str:
    return clean_text(value, multiline=True)


def _email(field: Field, value: str) -> str:
    found = address(value)
    return found.display if found else ""


def address(value: str) -> Address | None:
    """The one address in an answer; None when it is empty."""
    try:
        return canonical(value) if value and not value.isspace() else None
    except InvalidAddress as error:
        if error.code == "empty":
            return None
        raise Refused(SEVERAL if error.code == "several" else EMAIL) from None


_PHONE = re.compile(r"[+(]?[\d][\d ()./-]*")


def _tel(field: Field, value: str) -> str:
    number = clean_identifier(value)
    if number and not (_PHONE.fullmatch(number) and sum(map(str.isdecimal, number)) >= 5):
        raise Refused(TEL)
    return number


def _org_number(field: Field, value: str) -> str:
    """Nine digits from 8 or 9 on, with a check digit (Enhetsregisteret); `NO` and `MVA` may surround them."""
    number = orgnr.compact(clean_identifier(value)).upper()
    bare = number.removeprefix("NO").removesuffix("MVA").strip()
    if number and not (bare[:1] in ("8", "9") and orgnr.is_valid(bare)):
        raise Refused(ORG_NUMBER)
    return number


def _select(field: Field, value: str) -> str:
    choice = clean_text(value)
    if choice and choice not in {option["value"] for option in field["options"]}:
        raise Refused(CHOICE)
    return choice


def _checkbox(field: Field, value: str) -> str:
    return "yes" if granted(value) else ""


_KINDS: dict[str, Callable[[Field, str], str]] = {
    "text": _line,
    "email": _email,
    "tel": _tel,
    "textarea": _text,
    "select": _select,
    "checkbox": _checkbox,
    "org_number": _org_number,
}
