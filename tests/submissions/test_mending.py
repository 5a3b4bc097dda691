"""A refused form comes back whole: pressing again after mending one answer sends what a good first post would have."""

from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from app.submissions.decode import MAX_FIELDS
from tests.submissions.conftest import AGED, CLOSED, KARI, MINIMAL, SITE, load

FORM = "application/x-www-form-urlencoded"
OURS = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/f/kontakt"}
ANOTHER_BOX = [
    ("fields:", "intro: {nb: Ny, en: New}\n    fields:"),
    ("{name: nyhetsbrev,", "{name: letters, aliases: [nyhetsbrev],"),
]


class Page(HTMLParser):
    """What a browser would send of the form on a page, untouched."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self._in_textarea = False
        self.feed(html.split("<form method")[1])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in_textarea = tag == "textarea"
        if tag == "textarea" or (tag == "input" and (given.get("type") != "checkbox" or "checked" in given)):
            self.sent.append((given["name"], given.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._in_textarea:
            self.sent[-1] = (self.sent[-1][0], data.removeprefix("\n"))

    def handle_endtag(self, tag: str) -> None:
        self._in_textarea = False


@pytest.fixture
def mend(post):
    """mend(pairs, changes, **headers): the post is refused; she changes what is in `changes` and presses again."""

    def go(pairs, changes, **headers):
        refused = post(urlencode(pairs), content_type=FORM, headers=headers)
        assert refused.status_code == 422
        sent = [(name, changes.get(name, value)) for name, value in Page(refused.text).sent]
        return post(urlencode(sent), content_type=FORM, headers=OURS)

    return go


def wrong(**more: str) -> list[tuple[str, str]]:
    return [*{**KARI, "email": "kari@@x", **more}.items()]


def test_what_the_page_asks_beside_the_form_is_still_there_after_mending(mend, kept) -> None:
    beside = [("budget", "50 000 <kr>"), ("tema[]", "Kurs"), ("tema[]", "Foredrag"), ("work[city]", "Bodø\nMo")]
    assert mend([*wrong(), *beside], {"email": KARI["email"]}).status_code == 303
    more = {"budget": "50 000 <kr>", "tema": ["Kurs", "Foredrag"], "work[city]": "Bodø\nMo"}
    assert kept()[0].answers == {**KARI, **more}


def test_after_mending_she_comes_to_the_page_that_the_form_named(mend) -> None:
    assert mend(wrong(_next="/takk"), {"email": KARI["email"]}).location == f"{SITE}/takk"


@pytest.mark.parametrize(
    ("said", "headers"), [({"_page": f"{SITE}/kontakt/"}, {}), ({}, {"Referer": f"{SITE}/kontakt/?utm=1"})]
)
def test_the_page_she_came_from_is_still_known_after_mending(mend, kept, said, headers) -> None:
    mend(wrong(**said), {"email": KARI["email"]}, **headers)
    assert kept()[0].page_url == f"{SITE}/kontakt/"


def test_a_trap_and_a_key_for_other_words_are_not_given_back(post) -> None:
    said = wrong(_gotcha="x", _sid="en-to", _subject="Hei", _cc="x")
    back = dict(Page(post(dict(said)).text).sent)
    assert back["_gotcha"] == ""
    assert {name for name in back if name[0] == "_"} == {"_t", "_lang", "_gotcha"}


def test_a_number_that_must_not_be_kept_is_not_given_back(post) -> None:
    said = wrong(cpr="01129907300", _next="/takk?nr=4111111111111111", _page=f"{SITE}/01129907300")
    page = post(dict(said), headers={"Referer": f"{SITE}/?nr=01129907300"}).text
    assert "•••" in page
    assert "01129907300" not in page and "4111" not in page


def test_of_a_field_that_came_as_a_list_the_last_is_shown(mend, kept) -> None:
    mend([("name[]", "A"), ("name[]", "B"), ("email", "x")], {"email": KARI["email"]})
    assert kept()[0].answers["name"] == "B"


def test_a_box_of_yesterdays_form_is_no_hidden_yes_to_todays(site, mend, kept, token) -> None:
    word, today = token(), MINIMAL
    for old, new in ANOTHER_BOX:
        today = today.replace(old, new)
    load(site, today + AGED + CLOSED)
    mend(wrong(_t=word, nyhetsbrev="ja"), {"email": KARI["email"]})
    assert kept()[0].asked == {}


def test_what_is_given_back_is_never_more_than_one_may_send(mend, kept) -> None:
    many = [(f"q{number}[{part}]", "x") for number in range(2) for part in range(MAX_FIELDS // 2 - 3)]
    assert mend([*wrong(), *many], {"email": KARI["email"]}).status_code == 303
    assert len(kept()) == 1
