import pytest

from app.submissions.spam import Age, age_class, honeypot, link_count, text_key

DAY = 24 * 3600
KEY = b"k" * 32


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (1.0, Age.SPAM),
        (-5.0, Age.SPAM),
        (2.0, Age.FULL),
        (DAY, Age.FULL),
        (DAY + 1, Age.LOWER),
        (20 * DAY, Age.LOWER),
        (90 * DAY, Age.LOWER),
        (91 * DAY, Age.NONE),
        ("missing", Age.NONE),
        ("expired", Age.NONE),
        ("forged", Age.SPAM),
        ("other_form", Age.SPAM),
    ],
)
def test_the_age_of_a_token_tells_how_a_form_was_filled_in(token: float | str, expected: Age) -> None:
    assert age_class(token) is expected


def test_a_field_that_nobody_sees_is_filled_in_by_machines() -> None:
    assert honeypot({"_gotcha": "x"}) and honeypot({"fax": "1"}, {"fax"})
    assert not honeypot({"_gotcha": " "}) and not honeypot({}) and not honeypot({"_next": "/takk/"})


def test_a_message_is_known_again_in_other_clothes() -> None:
    first = text_key(["Kjøp billige klokker nå! Bare 99 kr"], KEY)
    assert first == text_key(["KJØP  billige klokker,", "nå bare\n1299 kr."], KEY)
    assert first != text_key(["Kjøp dyre klokker nå! Bare 99 kr"], KEY)


def test_the_key_of_a_message_tells_nothing_without_the_secret() -> None:
    text = ["Kjøp billige klokker nå! Bare 99 kr"]
    assert text_key(text, KEY) != text_key(text, b"another")


def test_a_short_message_may_come_twice() -> None:
    assert text_key(["Hei, ring meg!"], KEY) is None and text_key([], KEY) is None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Ingen lenker her, bare kari@example.no og nettsted.no", 0),
        ("https://a.example og http://b.example", 2),
        ("www.a.example", 1),
        ("https://www.a.example", 1),
        ('<a href="https://www.a.example/">x</a>', 1),
        ("[url=https://a.example]x[/url] [URL]http://b.example[/URL]", 2),
        ("Kjøp nå HTTPS://spam.example", 1),
    ],
)
def test_links_are_counted_however_they_are_written(text: str, count: int) -> None:
    assert link_count([text]) == count
