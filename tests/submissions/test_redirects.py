import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.submissions.redirects import normal_origin, safe_next, same_origin

SITE = "https://nettsted.example"


@pytest.mark.parametrize(
    "candidate",
    [
        "//evil.example/x",
        "///evil.example/x",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "\thttps://evil.example",
        "/\t/evil.example",
        " https://nettsted.example/",
        "https://nettsted.example\\@evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "https://nettsted.example.evil.example/",
        "https://nettsted.example@evil.example/",
        "https://kari:x@nettsted.example/",
        "https://@nettsted.example/",
        "https://nettst\u0435d.example/",  # a Cyrillic letter
        "https://nettsted.example:8443/",
        "https://nettsted.example:0/",
        "https://nettsted.example:/",
        "https://nettsted.example./",
        "http://nettsted.example/",
        "https://xnettsted.example/",
        "https://nettsted.example%2eevil.example/",
        "https://nettsted.example%00/",
        "https://[nettsted.example]/",
        "https://[::1]/",
        "/takk\r\nSet-Cookie: a=b",
        "/takk\x00",
        "/takk\x85",
        "/ta\u202ekk",
        "/ta\u200bkk",
        "/ta kk",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://nettsted.example/",
        "takk/",
        "@evil.example",
        ".evil.example",
        "?a=1",
        "",
        "/" + "x" * 2000,
        "null",
    ],
)
def test_a_visitor_is_sent_nowhere_but_to_the_forms_own_site(candidate: str) -> None:
    assert safe_next(candidate, SITE, [SITE]) is None


@pytest.mark.parametrize(
    ("candidate", "where"),
    [
        ("/takk/?a=1", "https://nettsted.example/takk/?a=1"),
        ("/", "https://nettsted.example/"),
        ("/takk#ned", "https://nettsted.example/takk#ned"),
        ("/påmelding/?q=æ", "https://nettsted.example/p%C3%A5melding/?q=%C3%A6"),
        ("/a%0D%0Ab%2F", "https://nettsted.example/a%0D%0Ab%2F"),
        ("/@evil.example", "https://nettsted.example/@evil.example"),
        ("https://nettsted.example", "https://nettsted.example/"),
        ("HTTPS://Nettsted.Example:443/takk", "https://nettsted.example/takk"),
        ("https://andre.example/x", "https://andre.example/x"),
    ],
)
def test_a_path_or_a_url_on_the_forms_own_sites_is_followed(candidate: str, where: str) -> None:
    assert safe_next(candidate, SITE, ["https://andre.example/"[:-1]]) == where


def test_a_norwegian_site_is_known_in_both_spellings() -> None:
    for origin in ("https://blåbær.example", "https://xn--blbr-roah.example"):
        for candidate in ("https://blåbær.example/takk", "https://xn--blbr-roah.example/takk", "/takk"):
            assert safe_next(candidate, origin, []) == "https://xn--blbr-roah.example/takk"


def test_plain_http_is_for_this_machine_only() -> None:
    assert safe_next("/takk", "http://localhost:8000", []) == "http://localhost:8000/takk"
    assert safe_next("http://127.0.0.1:5000/x", "http://127.0.0.1:5000", []) == "http://127.0.0.1:5000/x"
    assert safe_next("/takk", "http://nettsted.example", ["http://nettsted.example"]) is None
    assert safe_next("http://localhost:9000/", "http://localhost:8000", []) is None
    assert safe_next("http://localhost.evil.example/", "http://localhost.evil.example", []) is None


def test_a_form_without_a_proper_origin_sends_nobody_anywhere() -> None:
    for origin in ("", "null", "nettsted.example", "https://nettsted.example/side"):
        assert safe_next("/takk", origin, ["null"]) is None


@given(
    st.text(max_size=60)
    | st.from_regex(r"(https?:)?[/\\]{0,3}(nettsted\.example)?[@:.]?(evil\.example)?/?\w?", fullmatch=True)
)
def test_whatever_is_asked_the_answer_is_on_the_site_or_none(candidate: str) -> None:
    answer = safe_next(candidate, SITE, [])
    assert answer is None or (answer.startswith(SITE + "/") and answer.isascii() and answer.isprintable())


@pytest.mark.parametrize(
    ("origin", "normal"),
    [
        ("https://Nettsted.Example", "https://nettsted.example"),
        ("https://nettsted.example:443", "https://nettsted.example"),
        ("http://nettsted.example:80", "http://nettsted.example"),
        ("https://nettsted.example:8443", "https://nettsted.example:8443"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("https://BLÅBÆR.example", "https://xn--blbr-roah.example"),
        ("null", None),
        ("", None),
        ("*", None),
        ("https://", None),
        ("https://nettsted.example/", None),
        ("https://nettsted.example, https://evil.example", None),
        ("https://a@nettsted.example", None),
        ("https://nettsted.example:99999", None),
        ("https://-a.example", None),
        ("https://a..example", None),
        ("file://x", None),
        ("https://nettsted.example\n", None),
    ],
)
def test_an_origin_has_one_spelling(origin: str, normal: str | None) -> None:
    assert normal_origin(origin) == normal


@pytest.mark.parametrize(
    "origin",
    ["null", "", "https://nettsted.example.evil.example", "http://nettsted.example", "https://nettsted.example:444"],
)
def test_another_origin_is_not_the_same(origin: str) -> None:
    assert not same_origin(origin, SITE) and not same_origin(origin, "null")
    assert same_origin("https://NETTSTED.example:443", SITE)


@given(st.text(max_size=40) | st.text(max_size=20).map("https://{}".format))
def test_any_text_is_an_origin_or_none(text: str) -> None:
    normal = normal_origin(text)
    assert normal is None or normal_origin(normal) == normal
