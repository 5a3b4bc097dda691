"""National identity numbers and payment card numbers are taken out before anything is stored.

We say in the privacy policy that we do not collect them (personopplysningsloven § 12 allows it only for a factual
need), so what somebody types anyway is replaced by a mark. The rules lean towards masking: a bank account number or a
KID that is also a well-formed identity or card number cannot be told from one, and goes too.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate, cycle, islice
from operator import mul

from stdnum.exceptions import ValidationError
from stdnum.no import fodselsnummer

NATIONAL_ID, CARD = "national_id", "card"
MARK = "•" * 11
BYTES_MARK = b"*" * 11  # reads the same in every encoding

Span = tuple[int, int, str]

_INSIDE = r"\xa0\u2000-\u200a\u202f\u205f\u3000 \t./_:·．／：\-‐‑‒–—―−－"
_WIDE_GAP = rf"[{_INSIDE}\r\n\x0b\x0c\x85\u2028\u2029]{{0,3}}+"
# Controls, and what takes no room (Unicode's Default_Ignorable_Code_Point). Telephones put such marks around a number
# that is copied, and they are taken out before anything is stored.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_GAP = rf"[{_INSIDE}]{{0,2}}+"
_NOT_DIGITS = re.compile("[^0-9]+")
_ENOUGH_DIGITS = re.compile(rf"\d(?:{_WIDE_GAP}\d){{10}}")
_CARD_RUN = re.compile(rf"\d(?:{_GAP}\d){{12,}}")
# A digit before, or the plus of a telephone number, means that the number began earlier. A lookahead, because one
# candidate may begin inside another.
_ID_LIKE = re.compile(rf"(?<!\d)(?<!\+)(?=(\d(?:{_WIDE_GAP}\d){{10}})(?!\d))")
_SECOND_CHECK = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)

# Issuer ranges (ISO/IEC 7812) and the lengths that the issuer uses, by first digit: without them every tenth long
# number would be a card.
_ISSUERS: dict[str, list[tuple[re.Pattern[str], tuple[int, ...]]]] = {
    "2": [
        (re.compile("222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
        (re.compile("220[0-4]"), (16, 17, 18, 19)),  # Mir
    ],
    "3": [
        (re.compile("3[47]"), (15,)),  # American Express
        (re.compile("30[0-5]|3095|36|3[89]"), (14, 15, 16, 17, 18, 19)),  # Diners Club
        (re.compile("352[89]|35[3-8]"), (16, 17, 18, 19)),  # JCB
    ],
    "4": [(re.compile("4"), (13, 16, 18, 19))],  # Visa
    "5": [
        (re.compile("5[1-5]"), (16,)),  # Mastercard
        (re.compile("501[89]|5020|5038|5893"), (13, 14, 15, 16, 17, 18, 19)),  # Maestro, Dankort
    ],
    "6": [
        (re.compile("6011|64[4-9]|65|62"), (16, 17, 18, 19)),  # Discover, UnionPay
        (re.compile("6304|6759|676[1-3]"), (13, 14, 15, 16, 17, 18, 19)),  # Maestro
    ],
    "8": [(re.compile("81"), (16, 17, 18, 19))],  # UnionPay
}
_DOUBLED = str.maketrans("0123456789", "0246813579")
_PHONE_GROUPS = ((8,), (2,), (3, 2, 3), (2, 3, 3), (3, 3, 2))  # how Norwegians write one, from any group on


def mask(text: str) -> tuple[str, frozenset[str]]:
    """The text with every such number replaced by `MARK`, and which kinds there were (`national_id`, `card`)."""
    spans, kinds = _find(text)
    if not spans:
        return text, kinds
    kept, last = [], 0
    for start, end in spans:
        kept.append(text[last:start])
        last = end
    return MARK.join([*kept, text[last:]]), kinds


def mask_bytes(raw: bytes) -> tuple[bytes, frozenset[str]]:
    """The same for a body that nobody could read. Sees through percent-encoding, `+` and the escapes of JSON."""
    plain, origin = _unescape(raw)
    text = plain.decode("utf-8", "surrogateescape")
    spans, kinds = _find(text)
    kept, last, at, seen = [], 0, 0, 0  # `at` bytes of the plain body hold the first `seen` characters
    for start, end in spans:
        first = at + len(text[seen:start].encode("utf-8", "surrogateescape"))
        at, seen = first + len(text[start:end].encode("utf-8", "surrogateescape")), end
        kept.append(raw[last : origin(first)])
        last = origin(at)
    return BYTES_MARK.join([*kept, raw[last:]]), kinds


def _find(text: str) -> tuple[list[tuple[int, int]], frozenset[str]]:
    """Spans in order, none overlapping another, and the kinds that were found in them."""
    if (text.isascii() and text.isprintable()) or not _UNSEEN.search(text):
        return _found(text)
    seen, origin = _see_through(text)
    spans, kinds = _found(seen)
    return [(origin(start), origin(end - 1) + 1) for start, end in spans], kinds


def _found(text: str) -> tuple[list[tuple[int, int]], frozenset[str]]:
    if not _ENOUGH_DIGITS.search(text):
        return [], frozenset()
    found = sorted([*_cards(text), *_national_ids(text)])
    spans: list[tuple[int, int]] = []
    for start, end, _ in found:
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans, frozenset(kind for *_, kind in found)


def _national_ids(text: str) -> Iterator[Span]:
    for match in _ID_LIKE.finditer(text):
        if is_national_id(_digits(match[1])):
            yield match.start(1), match.end(1), NATIONAL_ID


def is_national_id(digits: str) -> bool:
    """Eleven digits that are a birth number, D-number or H-number, or a synthetic one (month + 80, Skatteetaten).

    FH-numbers hold no date, so that every hundredth order number would be one: they are left alone.
    """
    if sum(map(mul, _SECOND_CHECK, map(int, digits))) % 11 or digits[9] != fodselsnummer.calc_check_digit1(digits):
        return False
    month = int(digits[2:4])
    if month > 80:
        digits = f"{digits[:2]}{month - 80:02}{digits[4:]}"
    try:
        return bool(fodselsnummer.get_birth_date(digits) <= datetime.now(UTC).date())
    except ValidationError:
        return False


def _cards(text: str) -> Iterator[Span]:
    for run in _CARD_RUN.finditer(text):
        at = [index for index in range(run.start(), run.end()) if text[index].isdecimal()]
        for first, last in _card_windows(_digits(run[0])):
            start, end = at[first], at[last] + 1
            alone = not text[start - 1 : start].isdecimal() and not text[end : end + 1].isdecimal()
            if alone and text[start - 1 : start] != "+" and not _reads_as_phones(text[start:end]):
                yield start, end, CARD


def _card_windows(digits: str) -> Iterator[tuple[int, int]]:
    """First and last index of every stretch that is a card number by issuer, length and check digit."""
    luhn = _running_luhn(digits)
    for first in range(len(digits) - 12):
        for length in _lengths(digits, first):
            last = first + length - 1
            if last < len(digits) and (luhn[last % 2][last + 1] - luhn[last % 2][first]) % 10 == 0:
                yield first, last


def _running_luhn(digits: str) -> tuple[list[int], list[int]]:
    """Running sums for numbers that end at an even and at an odd index: one subtraction then checks any stretch.

    Checking each stretch by itself would let a long row of digits occupy a worker for seconds.
    """
    plain, doubled = [int(d) for d in digits], [int(d) for d in digits.translate(_DOUBLED)]
    even = [doubled[i] if i % 2 else plain[i] for i in range(len(digits))]
    odd = [plain[i] if i % 2 else doubled[i] for i in range(len(digits))]
    return [0, *accumulate(even)], [0, *accumulate(odd)]


def _lengths(digits: str, first: int) -> tuple[int, ...]:
    for issuer, lengths in _ISSUERS.get(digits[first], ()):
        if issuer.match(digits, first):
            return lengths
    return ()


def _reads_as_phones(text: str) -> bool:
    """Telephone numbers one after the other; every tenth such pair would else be a card."""
    sizes = [len(group) for group in re.findall(r"\d+", text)]
    return any(sizes == list(islice(cycle(groups), len(sizes))) for groups in _PHONE_GROUPS)


def _digits(text: str) -> str:
    if text.isascii():
        return _NOT_DIGITS.sub("", text)
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}|\+|\\u[0-9A-Fa-f]{4}|\\[nrt/]")


class _Origin:
    """Where a byte, or a character, of the plain text stood in the raw one."""

    def __init__(self) -> None:
        self.plain, self.raw = [0], [0]

    def note(self, plain: int, raw: int) -> None:
        self.plain.append(plain)
        self.raw.append(raw)

    def __call__(self, plain: int) -> int:
        nearest = bisect_right(self.plain, plain) - 1
        return self.raw[nearest] + plain - self.plain[nearest]


def _see_through(text: str) -> tuple[str, _Origin]:
    """The text as it is seen."""
    pieces, origin, last, size = [], _Origin(), 0, 0
    for match in _UNSEEN.finditer(text):
        pieces.append(text[last : match.start()])
        size, last = size + match.start() - last, match.end()
        origin.note(size, last)
    return "".join([*pieces, text[last:]]), origin


def _unescape(raw: bytes) -> tuple[bytes, _Origin]:
    plain, origin, last = bytearray(), _Origin(), 0
    for match in _ESCAPE.finditer(raw):
        plain += raw[last : match.start()] + _meaning(match[0])
        last = match.end()
        origin.note(len(plain), last)
    return bytes(plain + raw[last:]), origin


def _meaning(escape: bytes) -> bytes:
    if escape[:1] == b"%":
        return bytes.fromhex(escape[1:].decode("ascii"))
    if escape[:2] == b"\\u":
        return chr(int(escape[2:], 16)).encode("utf-8", "surrogatepass")
    return b"/" if escape == b"\\/" else b" "
