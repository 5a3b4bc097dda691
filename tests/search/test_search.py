"""Finding people and what they sent."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app import search
from app.extensions import db
from app.search import postgres
from app.search.words import parts, words

PEOPLE = {
    1: "kari@example.no\nKari Nordmann\nFjordlys AS\n+47 400 12 345\n+4740012345",
    2: "ola@example.no\nOla Åsen",
    3: "per_100%@annet.no\nPer O'Brien",
}

SYNTAX = [
    *('"', '"kari', "kari*", "^kari", "text:kari", "NEAR(kari ola)", "AND OR NOT", "'", "\\", "a & b | !c", "<->"),
    *("kari:*", "%(x)s", ":id", "\0abc", "\ud800abc", "ﷺ" * 300, "x" * 100_000, "e\u0301\u0301"),
]


@pytest.fixture
def people(app):
    with app.app_context():
        for id, content in PEOPLE.items():
            search.index_contact(id, content)
            search.index_submission(id, content)
        db.session.commit()
        yield


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kari@example.no", [1]),
        ("ARI@EXAM", [1]),
        ("example.no", [2, 1]),
        ("nordmann fjordlys", [1]),
        ("kari fjord", [1]),
        ("kari ola", []),
        ("40012345", [1]),
        ("asen", [2]),
        ("ÅSEN", [2]),
        ("_100%", [3]),
        ("per_1", [3]),
        ("exampleno", []),
        ("nordnord", []),
        ("fjordfjordlys", []),
        ("o'brien", [3]),
        ("%%%", []),
        ("___", []),
        ("ka", []),
        ("", []),
    ],
)
def test_a_contact_is_found_by_any_part(people, query, found):
    assert search.find_contacts(query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kari", [1]),
        ("kari@example.no", [1]),
        ("no example", [2, 1]),
        ("Nordmann, KARI!", [1]),
        ("åsen", [2]),
        ("nord", []),
        ("kari ola", []),
        ("...", []),
    ],
)
def test_a_submission_is_found_by_its_words(people, query, found):
    assert search.find_submissions(query) == found


def test_pieces_in_another_order_are_another_text(app):
    with app.app_context():
        search.index_contact(1, "abcdefghi")
        search.index_contact(2, "cdefghi xabcde")
        assert search.find_contacts("abcdefghi") == search.find_contacts("abcdef") == [1]
        assert search.find_contacts("abcde") == [2, 1]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("abc", max_size=30), st.text("abc", min_size=3, max_size=8), st.text("abc", min_size=3, max_size=5))
def test_a_contact_is_found_by_exactly_what_its_text_holds(people, content, one, other):
    search.index_contact(9, content)
    assert (9 in search.find_contacts(f"{one} {other}")) == (one in content and other in content)


def test_newest_first_and_page_by_page(app):
    with app.app_context():
        for id in range(1, 8):
            search.index_contact(id, f"person{id}@example.no")
            search.index_submission(id, "hei")
        for find, query in ((search.find_contacts, "example"), (search.find_submissions, "hei")):
            assert find(query, limit=3) == [7, 6, 5]
            assert find(query, before=5, limit=3) == [4, 3, 2]
            assert find(query, before=2, limit=3) == [1]
            assert find(query, after=1, limit=3) == [4, 3, 2]
            assert find(query, after=4, limit=9) == [7, 6, 5]


def test_indexing_again_replaces(people):
    search.index_contact(1, "kari@nytt.no")
    search.index_submission(1, "nytt")
    assert search.find_contacts("nordmann") == search.find_submissions("nordmann") == []
    assert search.find_contacts("nytt") == search.find_submissions("nytt") == [1]


def test_who_is_removed_is_not_found_and_others_are(people):
    search.remove_contact(1)
    search.remove_submission(1)
    assert search.find_contacts("example") == search.find_submissions("example") == [2]


def test_ids_are_as_large_as_those_of_submissions(app):
    with app.app_context():
        search.index_submission(2**62 + 5, "hei")
        assert search.find_submissions("hei") == [2**62 + 5]


@pytest.mark.parametrize("query", SYNTAX)
def test_what_is_searched_for_is_never_syntax(people, query):
    assert search.find_contacts(query) in ([], [1])
    assert search.find_submissions(query) in ([], [1], [3])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_text_can_be_indexed_and_searched_for(people, content):
    search.index_contact(9, content)
    search.index_submission(9, content)
    assert (9 in search.find_contacts(content)) == bool(parts(content))
    assert (9 in search.find_submissions(content)) == bool(words(content))


def test_a_very_long_text_is_findable_by_its_first_words(app):
    with app.app_context():
        search.index_submission(1, " ".join(f"ord{number:06}" for number in range(150_000)))
        assert search.find_submissions("ord000000") == [1]


def test_a_search_that_takes_too_long_is_given_up_and_harms_nothing(people, database_kind, monkeypatch):
    if database_kind == "sqlite":
        pytest.skip("SQLite keeps no time; its searches are bounded by their index")
    monkeypatch.setattr(postgres, "PATIENCE", 50)
    with pytest.raises(search.TooSlow), postgres._patience():
        db.session.execute(text("SELECT pg_sleep(5)"))
    assert db.session.scalar(text("SHOW statement_timeout")) == "0"
    assert search.find_contacts("kari") == [1]
