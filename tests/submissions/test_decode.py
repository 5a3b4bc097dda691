import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.submissions.decode import Decoded, DecodeError, TooLarge, Unreadable, Unsupported, decode

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MULTIPART = "multipart/form-data; boundary=grense"


def part(name: str, value: str, more: str = "") -> str:
    return f'--grense\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'


def multipart(*parts: str) -> bytes:
    return "".join([*parts, "--grense--\r\n"]).encode()


def refused(raw: bytes, content_type: str) -> tuple[type[DecodeError], str]:
    with pytest.raises(DecodeError) as error:
        decode(raw, content_type)
    return type(error.value), error.value.code


def test_the_three_types_say_the_same() -> None:
    same = [("navn", "Kåre"), ("tema[]", "Kurs"), ("tema[]", "Foredrag"), ("ok", "true")]
    form = b"navn=K%C3%A5re&tema%5B%5D=Kurs&tema[]=Foredrag&ok=true"
    parts = multipart(part("navn", "Kåre"), part("tema[]", "Kurs"), part("tema[]", "Foredrag"), part("ok", "true"))
    document = '{"navn":"Kåre","tema":["Kurs","Foredrag"],"ok":true}'.encode()
    assert decode(form, FORM).pairs == decode(parts, MULTIPART).pairs == decode(document, JSON).pairs == same


def test_the_type_may_carry_parameters_and_capitals() -> None:
    assert decode(b"a=1", "Application/X-WWW-Form-Urlencoded; charset=UTF-8").pairs == [("a", "1")]


def test_order_empty_values_and_dots_in_names_are_kept() -> None:
    assert decode(b"1.3=b&a=&1.3=c&d", FORM).pairs == [("1.3", "b"), ("a", ""), ("1.3", "c"), ("d", "")]


# What senders declare and what they send


def test_json_under_a_form_type_is_read_as_json() -> None:
    assert decode(b'{"test":true}', FORM).pairs == [("test", "true")]
    assert decode(b'\xef\xbb\xbf\r\n {"a":"b"}', MULTIPART).pairs == [("a", "b")]


def test_form_bytes_under_a_json_type_are_read_as_a_form() -> None:
    assert decode(b"name=John+Doe&email=john%40example.com", JSON).pairs[1] == ("email", "john@example.com")


def test_one_entry_in_a_list_is_that_entry() -> None:
    assert decode(b'[{"item_key":"x"}]', JSON).pairs == [("item_key", "x")]


def test_brackets_in_json_names_are_names_as_in_a_form() -> None:
    relayed = b'{"form[id]":"c1","fields[email][value]":"kari@example.no"}'
    assert decode(relayed, JSON).pairs == [("form[id]", "c1"), ("fields[email][value]", "kari@example.no")]


def test_objects_and_lists_of_objects_become_bracketed_names() -> None:
    document = {"a": {"b": {"c": 1}}, "rows": [{"x": 1.50}, {"x": None}], "none": None, "empty": [], "n": 10**30}
    expected = [("a[b][c]", "1"), ("rows[0][x]", "1.5"), ("n", str(10**30))]
    assert decode(json.dumps(document).encode(), JSON).pairs == expected


@pytest.mark.parametrize("content_type", ["text/xml", "text/plain", "", "application/json5", ";", "multipart/mixed"])
def test_other_types_are_unsupported(content_type: str) -> None:
    body = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    assert refused(body, content_type) == (Unsupported, "unsupported_type")
    assert refused(b'{"a":1}', content_type)[0] is Unsupported


# Encodings


@pytest.mark.parametrize("value", [b"\xe6\xf8\xe5", b"%E6%F8%E5", b"%E6\xf8%e5"])
def test_latin_1_letters_are_read_and_never_give_an_empty_form(value: bytes) -> None:
    assert decode(b"navn=" + value, FORM) == Decoded([("navn", "æøå")], latin1=True)
    assert decode(value, FORM) == Decoded([("æøå", "")], latin1=True)


def test_each_field_is_read_in_the_encoding_that_fits_it() -> None:
    decoded = decode("a=æ+&b=".encode() + b"%E6%20", FORM)
    assert decoded == Decoded([("a", "æ "), ("b", "æ ")], latin1=True)


def test_latin_1_is_read_in_multipart_and_json_too() -> None:
    latin1 = multipart(part("navn", "Kåre")).decode().encode("latin-1")
    assert decode(latin1, MULTIPART) == Decoded([("navn", "Kåre")], latin1=True)
    assert decode(multipart(part("nåvn", "Kåre")).decode().encode("latin-1"), MULTIPART).pairs == [("nåvn", "Kåre")]
    assert decode('{"navn":"Kåre"}'.encode("latin-1"), JSON) == Decoded([("navn", "Kåre")], latin1=True)


def test_utf_8_is_never_called_latin_1() -> None:
    assert not decode("navn=Kåre".encode(), FORM).latin1


def test_bytes_that_are_neither_are_kept_for_somebody_to_look_at() -> None:
    assert refused(b"navn=\x81\x8d", FORM) == (Unreadable, "encoding")
    assert refused(b'{"navn":"\x81"}', JSON) == (Unreadable, "encoding")
    assert refused(multipart(part("n", "?")).replace(b"?", b"\x81"), MULTIPART) == (Unreadable, "encoding")


def test_nul_is_stripped_and_a_lone_surrogate_becomes_a_mark() -> None:
    assert decode(b"a%00b=c%00d", FORM).pairs == [("ab", "cd")]
    assert decode(rb'{"x":"\ud800y\u0000","\udc00":"1"}', JSON).pairs == [("x", "�y"), ("�", "1")]
    assert decode(rb'{"x":"\ud83d\ude00"}', JSON).pairs == [("x", "😀")]


# Limits


def test_a_body_of_two_megabytes_is_too_large() -> None:
    assert refused(b"a=" + b"x" * 2_000_000, FORM) == (TooLarge, "body_too_large")


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"&".join([b"a=1"] * 5000), FORM),
        (multipart(*[part(f"a{i}", "1") for i in range(201)]), MULTIPART),
        (json.dumps({f"a{i}": 1 for i in range(201)}).encode(), JSON),
    ],
    ids=["form", "multipart", "json"],
)
def test_more_than_200_fields_are_too_many(raw: bytes, content_type: str) -> None:
    assert refused(raw, content_type) == (TooLarge, "too_many_fields")


def test_200_fields_are_not_too_many() -> None:
    assert len(decode(b"&".join(b"a%d=1" % i for i in range(200)), FORM).pairs) == 200
    assert len(decode(multipart(*[part(f"a{i}", "1") for i in range(200)]), MULTIPART).pairs) == 200


def test_names_values_and_lists_have_their_limits() -> None:
    assert refused(b"n" * 101 + b"=1", FORM) == (TooLarge, "name_too_long")
    assert refused(b"a=" + b"x" * 20_001, FORM) == (TooLarge, "value_too_long")
    assert refused(json.dumps({"a": [1] * 101}).encode(), JSON) == (TooLarge, "list_too_long")
    assert refused(b"&".join([b"a[]=1"] * 101), FORM) == (TooLarge, "list_too_long")
    assert len(decode(b"n" * 100 + b"=" + b"x" * 20_000, FORM).pairs) == 1


def test_nesting_ends_at_six_in_forms_and_json() -> None:
    assert decode(b"a[b][c][d][e][f]=1", FORM).pairs and decode(b'{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}', JSON).pairs
    assert refused(b"a[b][c][d][e][f][g]=1", FORM) == (Unreadable, "too_deep")
    assert refused(b"a" + b"[b]" * 30 + b"=1", FORM) == (Unreadable, "too_deep")
    assert refused(b'{"a":{"b":{"c":{"d":{"e":{"f":{"g":1}}}}}}}', JSON) == (Unreadable, "too_deep")


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"a":' * 100_000, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"])
def test_json_a_hundred_thousand_deep_is_refused_without_falling_over(raw: bytes) -> None:
    assert refused(raw, JSON) == (Unreadable, "too_deep")


def test_a_huge_index_makes_no_huge_list() -> None:
    assert decode(b"a[999999999]=1", FORM).pairs == [("a[999999999]", "1")]


# JSON that two readers would read differently


@pytest.mark.parametrize("raw", [b'{"x":NaN}', b'{"x":Infinity}', b'{"x":-Infinity}'])
def test_what_is_not_a_number_is_refused(raw: bytes) -> None:
    assert refused(raw, JSON) == (Unreadable, "json_not_a_number")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"nyhetsbrev":"0","nyhetsbrev":"1"}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":{"b":1},"a[b]":2}',
        rb'{"nyhetsbrev":"0","nyhetsbrev\u0000":"1"}',
    ],
)
def test_a_key_given_twice_is_refused(raw: bytes) -> None:
    assert refused(raw, JSON) == (Unreadable, "duplicate_key")


@pytest.mark.parametrize("raw", [b'{"a":', b'"a=b"', b"null", b"{'a': 1}", b'{"a":1} x'])
def test_broken_json_goes_to_somebody_to_look_at(raw: bytes) -> None:
    assert refused(raw, JSON) == (Unreadable, "json")


@pytest.mark.parametrize("raw", [b"[]", b"[1,2]", b'[{"a":1},{"b":2}]'])
def test_json_that_is_no_object_holds_no_fields(raw: bytes) -> None:
    assert refused(raw, JSON) == (Unreadable, "json_not_an_object")


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [(b"", FORM), (b"&&", FORM), (b"=x", FORM), (b"%00=x", FORM), (b"{}", JSON), (b'{"a":null}', JSON)],
)
def test_a_body_without_a_field_is_never_a_success(raw: bytes, content_type: str) -> None:
    assert refused(raw, content_type) == (Unreadable, "empty")


# Multipart


def test_a_file_is_left_out_and_named() -> None:
    hostile = part("vedlegg", "<html>", '; filename="../../søknad.html"')
    unused = part("bilde", "", '; filename=""')
    decoded = decode(multipart(part("navn", "Kari"), hostile, unused), MULTIPART)
    assert decoded == Decoded([("navn", "Kari")], dropped=["vedlegg"])


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=", MULTIPART])
def test_a_torn_multipart_body_goes_to_somebody_to_look_at(content_type: str) -> None:
    assert refused(part("navn", "Kari").encode(), content_type) == (Unreadable, "multipart")


def test_a_part_that_contains_something_like_the_boundary_is_whole() -> None:
    assert decode(multipart(part("a", "x\r\n--grensen\r\ny")), MULTIPART).pairs == [("a", "x\r\n--grensen\r\ny")]


# Whatever the bytes

SYNTAX = [b"{", b"[", b'"', b":", b",", b"=", b"&", b"%", b"%E6", b"\\ud800", b"\0", b"a", b"\xe6", b"\r\n", b"}", b"]"]
SYNTAX += [
    b"--grense",
    b"--",
    b'Content-Disposition: form-data; name="a"',
    b"; filename*=x''y",
    b"NaN",
    b"1e9",
    b"\n\n",
]
BODIES = st.binary(max_size=200) | st.lists(st.sampled_from(SYNTAX), max_size=30).map(b"".join)
PARAMETERS = ["", "; boundary=grense", "; boundary*=utf-8''x", "; charset=x", "; boundary=æ", "; boundary*0=gren"]
TYPES = st.sampled_from([FORM, JSON, "multipart/form-data"]).flatmap(
    lambda t: st.sampled_from([t + p for p in PARAMETERS])
)


@settings(max_examples=400)
@given(BODIES, TYPES | st.text(max_size=30))
def test_no_bytes_lead_to_anything_but_an_answer_or_a_code(raw: bytes, content_type: str) -> None:
    try:
        decoded = decode(raw, content_type)
    except DecodeError as error:
        assert error.code and error.status in (400, 413, 415)
    else:
        assert decoded.pairs or decoded.dropped
        for name, value in decoded.pairs:
            assert name and "\0" not in (name + value).encode("utf-8").decode()  # no lone surrogate either


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.floats() | st.integers(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=200)
@given(st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=5))
def test_no_json_document_leads_to_anything_but_an_answer_or_a_code(document: dict[str, object]) -> None:
    try:
        assert decode(json.dumps(document).encode(), JSON).pairs
    except DecodeError as error:
        assert error.code
