"""What is wrong is corrected, quietly; what is restricted is out of sight, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from app.processors.wordpress.processor import WordPress
from tests.support.wordpress import rows
from tests.support.wordpress.site import Site
from tests.wordpress.people import KARI, OLA, kari

NEW = "kari.nordmann@example.no"


@pytest.fixture(autouse=True)
def ola_is_left_alone(site: Site) -> Iterator[None]:
    with site.database() as db:
        rows.user(db, OLA)
        rows.comments(db, OLA, 2)
    before = site.raw("ola")
    yield
    assert site.raw("ola") == before


def names(site: Site, account: int) -> dict[str, str]:
    found = "SELECT meta_key, meta_value FROM wp_usermeta WHERE user_id = ? AND meta_key IN ('first_name', 'last_name')"
    return dict(site.query(found, account))


def address(site: Site, account: int) -> str:
    return str(site.query("SELECT user_email FROM wp_users WHERE ID = ?", account)[0][0])


def statuses(site: Site) -> list[tuple[str]]:
    return site.query("SELECT comment_approved FROM wp_comments WHERE comment_author_email = ? ORDER BY 1", KARI)


def test_a_push_fills_in_a_missing_name(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        account = rows.user(db, KARI)
    assert processor.push(kari).state == "held"
    assert names(site, account) == {"first_name": "Kari", "last_name": "Nordmann"}


def test_a_push_replaces_nothing_that_stands_there(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        account = rows.user(db, KARI, first_name="Karianne", last_name="Hansen")
    assert processor.push(kari).state == "held"
    assert names(site, account) == {"first_name": "Karianne", "last_name": "Hansen"}


def test_a_push_introduces_nobody(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.comments(db, "per@example.no", 1)
    assert processor.push(kari).state == "not_held"
    assert processor.push(replace(kari, name="")).state == "not_held"
    assert site.raw("kari") == b""


def test_a_push_of_an_account_with_rights_changes_nothing(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        account = rows.user(db, KARI, "editor")
    assert processor.push(kari).state == "held"
    assert names(site, account) == {"first_name": "", "last_name": ""}


def test_rectifying_replaces_the_name(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        account = rows.user(db, KARI, first_name="Cari", last_name="Nordman")
    assert processor.rectify(kari).state == "held"
    assert names(site, account) == {"first_name": "Kari", "last_name": "Nordmann"}


def test_a_new_address_reaches_account_and_comments_without_a_letter(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        account = rows.user(db, KARI)
        for status in ("1", "spam", "trash"):
            rows.comments(db, KARI, 2, status)
    before = site.query("SELECT comment_content, comment_date, comment_author FROM wp_comments ORDER BY comment_ID")
    assert processor.rectify(kari, NEW).state == "held"
    assert address(site, account) == NEW
    assert site.query("SELECT count(*) FROM wp_comments WHERE comment_author_email = ?", NEW) == [(6,)]
    after = site.query("SELECT comment_content, comment_date, comment_author FROM wp_comments ORDER BY comment_ID")
    assert after == before
    assert site.sent() == []


def test_wordpress_by_itself_would_have_written_to_the_old_address(site: Site) -> None:
    with site.database() as db:
        account = rows.user(db, KARI)
    site.php(f"return wp_update_user( array( 'ID' => {account}, 'user_email' => '{NEW}' ) );")
    assert [letter["To"] for letter in site.sent()] == [KARI]


def test_the_address_of_an_account_with_rights_is_not_changed(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        account = rows.user(db, KARI, "administrator")
    assert processor.rectify(kari, NEW).state == "manual"
    assert address(site, account) == KARI


def test_an_address_that_somebody_has_is_not_taken_from_them(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        account = rows.user(db, KARI)
    assert processor.rectify(kari, OLA).state == "manual"
    assert address(site, account) == KARI


def test_restricting_locks_the_account_and_hides_comments_until_it_is_lifted(site: Site, processor: WordPress) -> None:
    account = site.php(f"return wp_create_user( 'kari', 'a-password-of-kari', '{KARI}' );")
    with site.database() as db:
        for status in ("1", "0", "spam"):
            rows.comments(db, KARI, 1, status)
    assert signs_in(site)
    assert processor.restrict(kari, True).state == "held"
    assert processor.restrict(kari, True).state == "held"
    assert statuses(site) == [("0",), ("0",), ("spam",)]
    assert not signs_in(site)
    assert site.query(
        "SELECT count(*) FROM wp_usermeta WHERE user_id = ? AND meta_key = 'session_tokens'", account
    ) == [(0,)]
    assert processor.restrict(kari, False).state == "held"
    assert statuses(site) == [("0",), ("1",), ("spam",)]
    assert signs_in(site)
    assert [letter["To"] for letter in site.sent()] == []


def test_restricting_locks_nobody_who_works_here(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.user(db, KARI, "editor")
    assert processor.restrict(kari, True).state == "manual"
    assert site.query("SELECT count(*) FROM wp_usermeta WHERE meta_key = 'samtykke_restricted'") == [(0,)]


def test_restricting_a_stranger_changes_nothing(processor: WordPress) -> None:
    assert processor.restrict(kari, True).state == "not_held"


def signs_in(site: Site) -> bool:
    session = requests.Session()
    session.get(f"{site.url}/wp-login.php", timeout=20)
    form = {"log": "kari", "pwd": "a-password-of-kari", "testcookie": "1"}
    session.post(f"{site.url}/wp-login.php", data=form, timeout=20)
    return "wordpress_logged_in" in str(session.cookies)


def test_the_name_that_everybody_sees_follows_when_it_was_put_together_from_hers(
    site: Site, processor: WordPress
) -> None:
    with site.database() as db:
        account = rows.user(db, KARI, first_name="Kari", last_name="Nordman")
        db.execute("UPDATE wp_users SET display_name = 'Kari Nordman' WHERE ID = ?", (account,))
    processor.rectify(kari)
    assert site.query("SELECT display_name FROM wp_users WHERE ID = ?", account) == [("Kari Nordmann",)]


@pytest.mark.parametrize(("call", "stands"), [("wp_spam_comment", "spam"), ("wp_trash_comment", "trash")])
def test_what_was_moderated_while_it_was_restricted_stays_so(
    site: Site, processor: WordPress, call: str, stands: str
) -> None:
    with site.database() as db:
        rows.comments(db, KARI, 1, "1")
    [(id,)] = site.query("SELECT comment_ID FROM wp_comments WHERE comment_author_email = ?", KARI)
    processor.restrict(kari, True)
    site.php(f"return {call}( {id} );")
    processor.restrict(kari, False)
    assert site.query("SELECT comment_approved FROM wp_comments WHERE comment_ID = ?", id) == [(stands,)]
