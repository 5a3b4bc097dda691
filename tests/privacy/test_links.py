"""Links of requests: forged, cut, old or used ones open nothing; three wrong tries end one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.clock import now
from app.extensions import db
from app.privacy import identity, links
from app.privacy.identity import Identity
from app.privacy.models import PrivacyLink
from app.sites.models import Site


@pytest.fixture
def context(app: Any, demo: Any) -> Any:
    with app.app_context():
        yield


def opened(use: str = "page", address: str = "kari@example.no") -> PrivacyLink:
    site = db.session.scalars(select(Site)).one()
    link = links.open(use, Identity(address, address), site=site, lang="nb")
    db.session.commit()
    return link


def wrong(token: str) -> str:
    """The same row with another secret of the right length."""
    link_id, _, secret = token.partition(".")
    return f"{link_id}.{'A' if secret[0] != 'A' else 'B'}{secret[1:]}"


def test_a_fresh_link_is_found_and_says_whose_it_is(context: Any) -> None:
    link = opened()
    found = links.find("page", links.word(link.id))
    assert found and identity.reveal(found.sealed) == Identity("kari@example.no", "kari@example.no")


def test_the_database_holds_neither_the_token_nor_the_address(context: Any) -> None:
    link = opened()
    secret = links.word(link.id).partition(".")[2]
    stored = repr([getattr(link, column.key) for column in PrivacyLink.__table__.columns])
    assert secret not in stored and "kari" not in stored


def test_a_link_for_one_use_opens_no_other(context: Any) -> None:
    token = links.word(opened("page").id)
    assert links.find("archive", token) is None and links.find("prove", token) is None


@pytest.mark.parametrize(("use", "lives"), [("prove", 24 * 60), ("page", 30), ("archive", 7 * 24 * 60)])
def test_each_link_lives_as_long_as_it_says(context: Any, use: str, lives: int) -> None:
    token, start = links.word(opened(use).id), now()
    with time_machine.travel(start + timedelta(minutes=lives, seconds=-2), tick=False):
        assert links.find(use, token) and links.press(use, token)
    with time_machine.travel(start + timedelta(minutes=lives, seconds=2), tick=False):
        assert links.find(use, token) is None and links.press(use, token) is None


def test_a_used_link_is_used_up(context: Any) -> None:
    link = opened("prove")
    token = links.word(link.id)
    links.spend(link)
    assert links.find("prove", token) is None and links.press("prove", token) is None
    assert links.find("prove", token, spent=True) is link


def test_three_wrong_tries_end_a_link(context: Any) -> None:
    token = links.word(opened().id)
    for tries in (1, 2):
        assert links.press("page", wrong(token)) is None
        assert db.session.scalars(select(PrivacyLink.tries)).one() == tries
        assert links.find("page", token)
    assert links.press("page", wrong(token)) is None
    assert links.find("page", token) is None and links.press("page", token) is None


def test_looking_counts_nothing(context: Any) -> None:
    token = links.word(opened().id)
    for _ in range(5):
        assert links.find("page", wrong(token)) is None
    assert not db.session.dirty and db.session.scalars(select(PrivacyLink.tries)).one() == 0
    assert links.find("page", token)


def test_wrong_tries_at_olas_link_leave_karis_alone(context: Any) -> None:
    kari, ola = links.word(opened().id), links.word(opened(address="ola@example.no").id)
    for _ in range(3):
        links.press("page", wrong(ola))
    assert links.find("page", kari) and links.find("page", ola) is None


def test_the_secret_of_one_row_opens_no_other(context: Any) -> None:
    kari, ola = opened(), opened(address="ola@example.no")
    crossed = f"{ola.id}.{links.word(kari.id).partition('.')[2]}"
    assert links.find("page", crossed) is None


def test_a_row_that_a_stranger_wrote_has_no_token(context: Any) -> None:
    """Whoever can write to the database, and has not the key, cannot make a link of his own."""
    secret = links.word(opened().id).partition(".")[2]
    db.session.execute(update(PrivacyLink).values(id="a-row-of-his-own"))
    assert links.find("page", f"a-row-of-his-own.{secret}") is None


def test_an_old_key_still_opens_what_it_made(context: Any, app: Any) -> None:
    from app.crypto import Keyring

    token = links.word(opened().id)
    app.extensions["keyring"] = Keyring("a-new-secret-of-thirty-two-characters!", [app.config["SECRET_KEY"]])
    assert links.find("page", token)
    app.extensions["keyring"] = Keyring("a-new-secret-of-thirty-two-characters!", [])
    assert links.find("page", token) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.one_of(st.text(max_size=200), st.text(max_size=40).map(lambda word: f"{'0' * 36}.{word}")))
def test_anything_at_all_can_stand_where_a_token_should(context: Any, token: str) -> None:
    assert links.find("page", token) is None and links.press("page", token) is None


@pytest.mark.parametrize("token", ["", ".", "a.", ".a", "\x00.\x00", "é.é", "a" * 5000, "a.b.c"])
def test_crumbs_of_a_token_open_nothing(context: Any, token: str) -> None:
    assert links.find("page", token) is None and links.press("page", token) is None
