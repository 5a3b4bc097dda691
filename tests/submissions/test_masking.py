import random
from datetime import date
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
import time_machine
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.no import fodselsnummer, orgnr

from app.masking import (
    BYTES_MARK,
    CARD,
    MARK,
    NATIONAL_ID,
    _reads_as_phones,
    is_national_id,
    mask,
    mask_bytes,
)
from app.submissions.answers import clean_identifier, clean_text

# Numbers made for these tests. The first is the example in python-stdnum's own documentation.
BIRTH_NUMBER = "15108695088"
VISA, MASTERCARD, AMEX = "4111111111111111", "5555555555554444", "378282246310005"
UNSEEN = "\x01\x1f\x7f\x80\u061c\u200e\u200f\u202d\u202e\u2066\u2069\ufe0f\u3164\U000e0020"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@st.composite
def national_ids(draw: st.DrawFn, day: int = 0, month: int = 0) -> str:
    """A well-formed number; `day` 40 makes it a D-number, `month` 40 an H-number, 80 a synthetic one."""
    born = draw(st.dates(date(1940, 1, 1), date(1999, 12, 31)))
    first = f"{born.day + day:02}{born.month + month:02}{born:%y}{draw(st.integers(0, 499)):03}"
    one = fodselsnummer.calc_check_digit1(first)
    two = fodselsnummer.calc_check_digit2(first + one)
    assume(len(one) == len(two) == 1)
    return str(first + one + two)


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix, length = draw(
        st.sampled_from(
            [
                ("4", 16),
                ("4", 13),
                ("51", 16),
                ("2720", 16),
                ("37", 15),
                ("36", 14),
                ("6011", 16),
                ("3528", 16),
                ("62", 19),
                ("5018", 13),
                ("2204", 16),
            ]
        )
    )
    rest = draw(st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1))
    return prefix + rest + str(luhn.calc_check_digit(prefix + rest))


def spread(digits: str, gaps: list[str]) -> str:
    return "".join(digit + gap for digit, gap in zip(digits, [*gaps, ""], strict=False))


SEPARATORS = st.sampled_from([" ", "\u00a0", "\u202f", ".", "-", "–", "", "", "\u200b", ". ", "/"])
AROUND = st.text(st.characters(exclude_categories=["Nd", "Cs"], exclude_characters="+"), max_size=20)
IDS = national_ids() | national_ids(day=40) | national_ids(month=40) | national_ids(month=80)


@given(IDS, st.lists(SEPARATORS, min_size=10, max_size=10), AROUND, AROUND)
def test_every_national_id_is_masked_however_it_is_spaced(
    number: str, gaps: list[str], before: str, after: str
) -> None:
    masked, kinds = mask(before + spread(number, gaps) + after)
    assert masked == before + MARK + after
    assert kinds == {NATIONAL_ID}


@given(cards(), st.lists(SEPARATORS, min_size=18, max_size=18), AROUND, AROUND)
def test_every_card_is_masked_however_it_is_spaced(number: str, gaps: list[str], before: str, after: str) -> None:
    written = spread(number, gaps[: len(number) - 1])
    assume(not _reads_as_phones(written))
    masked, kinds = mask(before + written + after)
    assert number[-4:] not in masked and not any(char.isdecimal() for char in masked.replace(MARK, ""))
    assert CARD in kinds


@pytest.mark.parametrize(
    "text",
    [
        "151086 95088",
        "15.10.86-95088",
        "15 10 86 95 088",
        "151086\u00a095088",
        "151086 – 95088",
        "151086\r\n95088",
        BIRTH_NUMBER.translate(FULL_WIDTH),
        "15-10-86/950.88",
        "1 5 1 0 8 6 9 5 0 8 8",
        "151086:95088",
    ],
)
def test_a_birth_number_is_seen_in_the_ways_people_write_it(text: str) -> None:
    assert mask(f"Fnr: {text}.") == (f"Fnr: {MARK}.", {NATIONAL_ID})


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        VISA,
        VISA.translate(FULL_WIDTH),
        "4111\u00a01111\u00a01111\u00a01111",
        "3782 822463 10005",
        MASTERCARD,
        "5555.5555.5555.4444",
    ],
)
def test_a_card_is_seen_in_the_ways_people_write_it(text: str) -> None:
    assert mask(f"kort {text}, takk") == (f"kort {MARK}, takk", {CARD})


@given(national_ids(), st.lists(st.text(UNSEEN, max_size=6), min_size=12, max_size=12), st.booleans())
def test_no_number_is_put_together_by_taking_out_what_takes_no_room(number: str, marks: list[str], card: bool) -> None:
    digits = VISA if card else number
    written = "".join(mark + digit for mark, digit in zip([*marks, *marks], digits, strict=False))
    said, kinds = mask(f"nr {written}\u202c takk")
    assert (CARD if card else NATIONAL_ID) in kinds and MARK in said
    assert not any(mask(clean(said))[1] for clean in (clean_text, clean_identifier)) and said.endswith("takk")


def test_the_code_on_the_back_does_not_hide_the_card() -> None:
    assert mask("4111 1111 1111 1111 123")[1] == {CARD}


def test_several_numbers_in_one_text_all_go() -> None:
    masked, kinds = mask(f"{BIRTH_NUMBER} og {VISA}; 2 barn: {BIRTH_NUMBER}")
    assert masked == f"{MARK} og {MARK}; 2 barn: {MARK}"
    assert kinds == {NATIONAL_ID, CARD}


def test_a_card_that_begins_like_a_birth_number_is_both() -> None:
    assert mask("2 2 0 4 9 3 4 7 1 0 7 0 0 0 0 6") == (MARK, {NATIONAL_ID, CARD})


def test_a_number_stands_out_from_the_digits_beside_it() -> None:
    assert mask("tlf 41234567 fnr 151086 95088, 2 stk")[0] == f"tlf 41234567 fnr {MARK}, 2 stk"
    assert mask("5 151086 95088 7")[0] == f"5 {MARK} 7"


def test_masking_what_is_masked_changes_nothing() -> None:
    once = mask(f"a {BIRTH_NUMBER} b")[0]
    assert mask(once) == (once, frozenset())


@given(
    st.integers(20_000_000, 99_999_999),
    st.sampled_from(["+47", "0047", "+47 ", "(+47) ", "0047 ", ""]),
    st.sampled_from([(2, 2, 2, 2), (3, 2, 3), (8,), (4, 4)]),
)
def test_telephone_numbers_stay(number: int, prefix: str, groups: tuple[int, ...]) -> None:
    digits, ends = str(number), [sum(groups[: i + 1]) for i in range(len(groups))]
    text = prefix + " ".join(digits[a:b] for a, b in pairwise([0, *ends]))
    assert mask(f"Ring {text} etter kl. 16") == (f"Ring {text} etter kl. 16", frozenset())


@given(st.integers(10**9, 10**15 - 1))
def test_a_foreign_telephone_number_with_its_plus_stays(number: int) -> None:
    assert mask(f"Ring +{number}!") == (f"Ring +{number}!", frozenset())


@given(st.integers(80_000_000, 99_999_999))
def test_organisation_numbers_stay(number: int) -> None:
    digits = next((f"{number}{check}" for check in range(10) if orgnr.is_valid(f"{number}{check}")), "")
    assume(digits)
    for text in (digits, f"{digits[:3]} {digits[3:6]} {digits[6:]}", f"NO{digits}MVA", f"NO {digits} MVA"):
        assert mask(text) == (text, frozenset())


def test_two_telephone_numbers_are_not_a_card() -> None:
    chance = random.Random(3)
    for _ in range(300):
        a, b = (f"{chance.randint(40_000_000, 49_999_999)}" for _ in "ab")
        for text in (f"{a} {b}", f"{a}\n{b}", f"{a}, {b}", f"{a[:3]} {a[3:5]} {a[5:]} {b[:3]} {b[3:5]} {b[5:]}"):
            assert CARD not in mask(text)[1]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21 23:00:05",
        "15108695077",
        "915108695088",
        "151086950881",
        "Ordre 1000000000000008",
        "KID 0012345678903",
        "4111111111111112",
        "41111111111111111111",
        "a9f04111-1111-4111-8111-1111111111aa",
        "12.10.2026 kl. 12.30",
        "0,1,5,1,0,8,6,9,5,0,8,8",
        "80000000000",
        "3. mars 2026, rom 402, 15 personer",
        "00000000000",
    ],
)
def test_ordinary_numbers_stay(text: str) -> None:
    assert mask(text) == (text, frozenset())


def with_checks(first: str) -> str:
    one = fodselsnummer.calc_check_digit1(first)
    return str(first + one + fodselsnummer.calc_check_digit2(first + one))


@time_machine.travel("2030-06-01")
def test_somebody_who_is_not_born_yet_has_no_number() -> None:
    assert is_national_id(with_checks("010530501")) and not is_national_id(with_checks("010730503"))


# Bodies that nobody could read


@pytest.mark.parametrize(
    "written",
    [
        b"15108695088",
        b"151086+95088",
        b"151086%2095088",
        b"151086%C2%A095088",
        b"%31%35%31%30%38%36%39%35%30%38%38",
        rb"151086\u00a095088",
        rb"\u0031510869508\u0038",
        rb"151086\n95088",
        quote("１５１０８６９５０８８").encode(),
        "１５１０８６ ９５０８８".encode(),
        b"151086\xa095088".decode("latin-1").encode(),
    ],
)
def test_a_number_is_seen_through_the_ways_bytes_are_written(written: bytes) -> None:
    assert mask_bytes(b"n=K\xe5re&a=" + written + b"&b=%2") == (b"n=K\xe5re&a=" + BYTES_MARK + b"&b=%2", {NATIONAL_ID})


def test_a_card_is_seen_in_torn_json() -> None:
    masked, kinds = mask_bytes(rb'{"kort":"4111 1111\/1111\u00201111","navn":"K' + b"\xe5")
    assert masked == b'{"kort":"' + BYTES_MARK + b'","navn":"K\xe5' and kinds == {CARD}


def test_a_number_is_seen_in_utf_16() -> None:
    assert mask_bytes("fnr 151086 95088 ø".encode("utf-16-le"))[1] == {NATIONAL_ID}


@given(IDS, st.lists(SEPARATORS, min_size=10, max_size=10), st.sampled_from([quote, quote_plus]))
def test_every_national_id_is_masked_in_an_encoded_body(number: str, gaps: list[str], encode: object) -> None:
    assert callable(encode)
    body = encode(spread(number, gaps)).encode()
    assert mask_bytes(b"\xff&a=" + body + b"&b=c") == (b"\xff&a=" + BYTES_MARK + b"&b=c", {NATIONAL_ID})


@given(st.binary(max_size=300))
def test_any_bytes_can_be_looked_through_and_mostly_stay(raw: bytes) -> None:
    masked, kinds = mask_bytes(raw)
    assert (masked == raw) == (not kinds)


@given(st.text(max_size=300))
def test_any_text_can_be_looked_through(text: str) -> None:
    masked, kinds = mask(text)
    assert (masked == text) == (not kinds)
