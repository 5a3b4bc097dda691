import random
import string

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.addresses import InvalidAddress, _full, _plain, canonical, suggestion


def code_of(text: str) -> str:
    with pytest.raises(InvalidAddress) as refused:
        canonical(text)
    assert text not in str(refused.value) or not text
    return refused.value.code


def test_a_norwegian_domain_and_its_punycode_are_the_same_subscriber() -> None:
    typed, wire = canonical("ola@blåbærsyltetøy.no"), canonical("ola@xn--blbrsyltety-y8ao3x.no")
    assert typed == wire
    assert typed.canonical == typed.ascii == "ola@xn--blbrsyltety-y8ao3x.no"
    assert typed.display == "ola@blåbærsyltetøy.no"


def test_a_domain_typed_with_loose_accents_is_the_same_domain() -> None:
    assert canonical("ola@bla\u030abær.no") == canonical("ola@blåbær.no")


@pytest.mark.parametrize("text", [" kari@example.no\n", "\u00a0Kari@Example.NO", "\ufeffKARI@example.no\u200b"])
def test_what_surrounds_an_address_and_its_case_do_not_matter(text: str) -> None:
    assert canonical(text).canonical == "kari@example.no"


def test_letters_are_sent_to_the_mailbox_as_it_was_typed() -> None:
    address = canonical("Kari.Nordmann@Example.NO")
    assert (address.canonical, address.ascii) == ("kari.nordmann@example.no", "Kari.Nordmann@example.no")


def test_tags_and_dots_are_part_of_the_address() -> None:
    assert canonical("kari.n+nyhetsbrev@example.no").canonical == "kari.n+nyhetsbrev@example.no"
    assert canonical("karin@example.no") != canonical("kari.n@example.no")


@pytest.mark.parametrize("parted", [", ", ";", " ", " og ", "\t", "\u00a0", "\n"])
def test_two_addresses_are_not_an_address(parted: str) -> None:
    assert code_of(f"ola@example.no{parted}evil@example.com") == "several"


@pytest.mark.parametrize("text", ["kari@@example", "kari@@example.no", "a@b@c.no", "kari @ @ example.no"])
def test_an_at_sign_too_many_is_a_slip_and_not_a_second_address(text: str) -> None:
    assert code_of(text) == "syntax"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \u200b ", "empty"),
        ("kari", "syntax"),
        ("kari@", "syntax"),
        ("kari@example", "syntax"),
        ("kari@example..no", "syntax"),
        ("Kari <kari@example.no>", "syntax"),
        ('"kari n"@example.no', "syntax"),
        ("kari@[127.0.0.1]", "syntax"),
        ("kari@server.local", "syntax"),
        ("kari@example.no\r\nBcc: evil@example.com", "several"),
        ("ka\u200bri@example.no", "local_not_ascii"),
        ("ka\u202eri@example.no", "local_not_ascii"),
        ("øystein@example.no", "local_not_ascii"),
        ("\u212aari@example.no", "local_not_ascii"),
        ("kari@exa\u200bmple.no", "syntax"),
        (f"{'k' * 250}@example.no", "too_long"),
        ("k" * 10_000, "too_long"),
        ("\ud800@example.no", "local_not_ascii"),
    ],
)
def test_what_is_not_an_address_is_refused_with_its_reason(text: str, code: str) -> None:
    assert code_of(text) == code


def agrees(text: str) -> bool:
    """Does the fast path recognise it? Then it must have said what the library says."""
    fast = _plain(text)
    if fast is None:
        return False
    assert fast == _full(text)
    found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    assert (fast.ascii, fast.display) == (found.ascii_email, found.normalized)
    return True


NASTY = string.ascii_letters + string.digits + "--..__++''@@@ \t\nåß\u200b\u0130,;\"()<>[]\\"
WORDS = ["kari", "Info", "POSTMASTER", "a" * 64, "x-", "-x", "a--b", "xn--", "xn--fiq", "1", "no", "com", "local"]
WORDS += ["test", "onion", "example", "ab--c", "", "a" * 63, "0x1", "é", "'", "=?", "{x}", "arpa", "sub.localhost"]


def test_the_fast_path_never_disagrees_with_the_library() -> None:
    chance = random.Random(20)
    recognised = 0
    for _ in range(20_000):
        local, *domain = (chance.choice(WORDS) for _ in range(chance.randint(2, 5)))
        text = local + chance.choice(["@", "@", ".x@", "+n@", "@@"]) + ".".join(domain)
        if chance.random() < 0.3:
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(NASTY) + text[at:]
        recognised += agrees(text)
    assert recognised > 500


@given(st.emails() | st.text(NASTY, max_size=40) | st.from_regex(r"[a-z.+-]{1,9}@[a-z0-9.-]{1,40}\.[a-z0-9]{1,6}"))
def test_the_fast_path_never_disagrees_on_anything_generated(text: str) -> None:
    agrees(text)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    try:
        address = canonical(text)
    except InvalidAddress:
        return
    assert canonical(address.canonical).canonical == address.canonical
    assert canonical(address.display).canonical == address.canonical
    assert address.canonical.isascii()


def test_the_fast_path_is_not_wider_than_the_library() -> None:
    for text in ("a@b.c1", "a@x_y.no", "a.@x.no", ".a@x.no", "a@-x.no", "a@x.test", f"a@{'x' * 64}.no"):
        assert _plain(text) is None
        with pytest.raises(EmailNotValidError):
            validate_email(text, check_deliverability=False, allow_smtputf8=False)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kari@gmail.con", "kari@gmail.com"),
        ("kari@gmial.com", "kari@gmail.com"),
        ("kari@gmai.com", "kari@gmail.com"),
        ("kari@gmsil.com", "kari@gmail.com"),
        ("kari@gmaill.con", "kari@gmail.com"),
        ("kari@gmail.co", "kari@gmail.com"),
        ("kari@gmail.no", "kari@gmail.com"),
        ("Kari@hotmial.com", "Kari@hotmail.com"),
        ("kari@hotmial.no", "kari@hotmail.no"),
        ("kari@outlok.com", "kari@outlook.com"),
        ("kari@eksempel.con", "kari@eksempel.com"),
    ],
)
def test_a_slip_of_the_finger_is_met_with_a_question(typed: str, meant: str) -> None:
    assert suggestion(canonical(typed)) == meant


REAL = "gmail.com mail.com email.com ymail.com gmx.com hotmail.no hotmail.nl yahoo.co.uk live.no online.no example.no"


@pytest.mark.parametrize("domain", [*REAL.split(), "outlook.dk", "eksempel.co", "blåbær.no", "sub.gmail.example.no"])
def test_a_real_domain_is_left_alone(domain: str) -> None:
    assert suggestion(canonical(f"kari@{domain}")) is None
