import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.submissions.answers import clean_identifier, clean_text, collate, granted, split


def test_names_that_begin_with_an_underscore_are_never_answers() -> None:
    sent = [
        ("navn", "Kari"),
        ("_next", "/takk/"),
        ("_wpcf7", "1"),
        ("_meta[t]", "x"),
        ("_gotcha", ""),
        ("_next", "/b/"),
    ]
    assert split(sent) == ({"_next": "/b/", "_gotcha": ""}, [("navn", "Kari")])


@pytest.mark.parametrize("name", ["_cc", "_bcc", "_from", "_to", "_replyto", "_consent_text", "_consent_version"])
def test_a_sender_chooses_neither_recipients_nor_what_was_consented_to(name: str) -> None:
    assert split([(name, "evil@example.com")]) == ({}, [])


def test_the_last_value_counts_as_a_checkbox_sends_0_and_then_1() -> None:
    assert collate([("x", "0"), ("x", "1")]).values == {"x": "1"}
    assert granted(collate([("x", "0"), ("x", "1")]).values["x"])
    assert not granted(collate([("x", "0")]).values["x"])
    assert not granted(collate([("x", "1"), ("x", "0")]).values["x"])


def test_there_is_a_list_only_where_the_name_or_the_form_says_so() -> None:
    sent = [
        ("tema[]", "Kurs"),
        ("by[1]", "Oslo"),
        ("by[0]", "Bergen"),
        ("dag", "man"),
        ("dag", "tir"),
        ("farge", "blå"),
    ]
    values = collate(sent, lists={"dag"}).values
    assert values == {"tema": ["Kurs"], "by": ["Oslo", "Bergen"], "dag": ["man", "tir"], "farge": "blå"}


def test_a_list_and_a_single_value_of_one_name_are_one_list() -> None:
    assert collate([("tema", "Kurs"), ("tema[]", "Foredrag")]).values == {"tema": ["Kurs", "Foredrag"]}


def test_nested_names_stay_as_they_are() -> None:
    values = collate([("names[first]", "Kari"), ("a[b][]", "1"), ("a[b][]", "2"), ("[]", "x")]).values
    assert values == {"names[first]": "Kari", "a[b]": ["1", "2"], "[]": "x"}


def test_a_huge_index_makes_no_huge_list() -> None:
    assert collate([("a[999999999]", "1")]).values == {"a": ["1"]}


@pytest.mark.parametrize("name", ["epost", "epost[]"])
def test_two_different_addresses_in_one_field_are_an_error(name: str) -> None:
    assert collate([(name, "a@x.no"), (name, "b@y.no")], emails={"epost"}).conflicts == {"epost"}


def test_the_same_address_twice_or_an_empty_one_beside_it_is_one_address() -> None:
    answers = collate([("epost", "Kari@x.no"), ("epost", " kari@x.no"), ("epost", "")], emails={"epost", "reserve"})
    assert (answers.values, answers.conflicts) == ({"epost": " kari@x.no"}, set())


@pytest.mark.parametrize("value", ["1", "on", "true", "yes", "ja", "Ja", " JA ", "checked", "accepted", "godtatt"])
def test_a_yes_is_a_yes(value: str) -> None:
    assert granted(value) and granted([value])


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "0",
        "false",
        "off",
        "nei",
        "no",
        "kanskje",
        "Unchecked",
        "Jeg samtykker til nyhetsbrev",
        "１",
        "jaa",
        "\0",
    ],
)
def test_anything_but_a_yes_is_a_no(value: str) -> None:
    assert not granted(value) and not granted([value]) and not granted(["1", value])


def test_nothing_is_a_no() -> None:
    assert not granted(None) and not granted([])


def test_a_form_may_say_which_words_are_a_yes() -> None:
    assert granted("checked ", {"Checked"}) and not granted("1", {"Checked"}) and not granted("", {""})


def test_loose_accents_are_joined() -> None:
    assert clean_text("Ka\u030are") == "Kåre"


def test_line_breaks_become_lf_or_a_space() -> None:
    assert clean_text(" Hei!\r\nLinje\rto\u2028tre ", multiline=True) == "Hei!\nLinje\nto\ntre"
    assert clean_text("Hei\r\nBcc: evil@example.com\t!") == "Hei Bcc: evil@example.com !"


def test_what_cannot_be_seen_or_turns_the_text_round_is_gone() -> None:
    assert clean_text("a\0b\x1b[31m\u202egnp.exe\u2066\u2069\x9f", multiline=True) == "ab[31mgnp.exe"
    assert clean_text("\ud800") == "\ufffd"


def test_what_people_write_stays() -> None:
    for text in ("{{7*7}}", "<svg onload=alert(1)>", "=1+1", "👩\u200d👩\u200d👧", "x\u00a0y", "javascript:alert(1)"):
        assert clean_text(text, multiline=True) == text


def test_an_identifier_holds_nothing_without_width() -> None:
    assert clean_identifier(" 988\u200b077\ufeff917\u00ad ") == "988077917"


@given(st.text(), st.booleans())
def test_cleaning_twice_is_cleaning_once(text: str, multiline: bool) -> None:
    once = clean_text(text, multiline)
    assert clean_text(once, multiline) == once
    assert multiline or "\n" not in once
    once.encode("utf-8")
