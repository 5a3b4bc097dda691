"""A person is removed from WordPress and all its plugins, whatever their erasers say of themselves."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from app.processors.base import Profile
from app.processors.wordpress.client import Client
from app.processors.wordpress.processor import WordPress
from tests.support.wordpress import rows
from tests.support.wordpress.site import Site
from tests.wordpress.people import KARI, OLA, kari, met

LOOSE = """<?php
add_filter( 'query', function ( $sql ) {
	$loose = "replace(comment_author_email, 'å', 'a') = 'kari@example.no'";
	return str_replace( "comment_author_email = 'kari@example.no'", $loose, $sql );
} );
"""
FLAMINGO = ("publish", "flamingo-spam", "trash", "draft", "private", "pending")


@pytest.fixture(autouse=True)
def ola_is_left_alone(site: Site) -> Iterator[None]:
    """Ola has one of everything, and all of it is byte for byte the same in the end."""
    with site.database() as db:
        for status in ("1", "0", "spam", "trash", "post-trashed"):
            rows.comments(db, OLA, 2, status)
        rows.comments(db, f"o{KARI}", 1)
        rows.comments(db, "ola2@example.no", 1, text=f"ola says hello, not k{KARI}")
        for status in FLAMINGO:
            rows.message(db, OLA, status=status)
            rows.contact(db, OLA, status)
        rows.user(db, OLA)
        rows.entries(db, OLA, 3)
    before = site.raw("ola") + site.raw(f"o{KARI}")
    assert before.count(b"ola@example.no") > 20
    yield
    assert site.raw("ola") + site.raw(f"o{KARI}") == before


def held(processor: WordPress) -> Counter[str]:
    return Counter(held.kind for held in processor.find(kari))


def test_two_thousand_comments_in_every_status_are_gone(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        for status, count in (("1", 1200), ("spam", 400), ("trash", 400), ("0", 3), ("post-trashed", 2)):
            rows.comments(db, KARI, count, status)
    assert held(processor) == {"comment": 2005}
    assert processor.erase(kari).state == "erased"
    assert held(processor) == {}
    assert site.query("SELECT count(*) FROM wp_comments WHERE comment_author LIKE 'Kari'") == [(0,)]


def test_wordpress_alone_would_have_left_hundreds(site: Site, plugin: Client) -> None:
    with site.database() as db:
        rows.comments(db, KARI, 1200)
        rows.comments(db, KARI, 400, "spam")
    for page, done in ((1, False), (2, True)):
        answer = plugin.call("erase", email=KARI, eraser="wordpress-comments", page=page)
        assert answer["done"] is done
    assert answer["items_retained"] is False
    assert (answer["count_before"], answer["count_after"]) == (1100, 900)


def test_an_address_is_the_same_in_capitals(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.comments(db, "Kari@Example.NO", 2, "spam")
        rows.message(db, " KARI@example.no ", field="epost", sender=False)
    assert held(processor) == {"comment": 2, "flamingo_inbound": 1}
    assert processor.erase(kari).state == "erased"


def test_a_comment_signed_in_its_text_is_deleted_where_others_lose_the_name(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.comments(db, KARI, 1, name="Kari Nordmann", text="Ring meg! Hilsen kari")
        rows.comments(db, KARI, 1, name="Kari Nordmann", text="Fin lampe, karius.")
    assert processor.erase(kari).state == "erased"
    assert site.query("SELECT count(*) FROM wp_comments WHERE comment_content LIKE '%Hilsen kari%'") == [(0,)]
    who = "SELECT comment_author, comment_author_email, comment_author_IP FROM wp_comments"
    assert site.query(who + " WHERE comment_content LIKE '%karius%'") == [("Anonymous", "", "203.0.113.0")]


def test_form_entries_in_every_status_and_field_are_deleted(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        for status in FLAMINGO:
            rows.message(db, KARI, status=status)
            rows.message(db, KARI, status=status, field="epost", sender=False)
            rows.contact(db, KARI, status)
        rows.post(db, "flamingo_outbound", {"_to": [KARI]})
    assert held(processor) == {"flamingo_inbound": 12, "flamingo_contact": 6, "flamingo_outbound": 1}
    assert processor.erase(kari).state == "erased"
    assert site.query("SELECT count(*) FROM wp_posts WHERE post_type LIKE 'flamingo%'") == [(12,)]
    assert site.query("SELECT count(*) FROM wp_postmeta WHERE meta_value LIKE ?", KARI) == [(0,)]


def test_somebody_elses_message_that_names_her_is_for_a_person_to_judge(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        told = rows.message(db, OLA.replace("ola", "per"), field="about", sender=True)
        db.execute("UPDATE wp_posts SET post_content = ? WHERE ID = ?", (f"Ask {KARI}.", told))
        page = rows.message(db, "per@example.no", page_author=KARI)
    outcome = processor.erase(kari)
    assert outcome.state == "manual"
    assert outcome.text == f"Look at 2 × flamingo ({told}, {page}), which names the person in its text."
    assert site.query("SELECT count(*) FROM wp_posts WHERE ID IN (?, ?)", told, page) == [(2,)]


def test_a_readers_account_is_deleted_with_what_it_wrote_under_another_address(
    site: Site, processor: WordPress
) -> None:
    with site.database() as db:
        reader = rows.user(db, KARI, "subscriber")
        rows.user(db, "else@example.no", login=KARI)
        rows.comments(db, "old-address@example.no", 3, user=reader)
    assert held(processor) == {"user": 2, "comment": 3}
    assert processor.erase(kari).state == "erased"
    assert site.query("SELECT count(*) FROM wp_users WHERE user_login LIKE 'kari%'") == [(0,)]
    assert site.query("SELECT count(*) FROM wp_usermeta WHERE user_id = ?", reader) == [(0,)]


@pytest.mark.parametrize("role", ["administrator", "editor", "author", "contributor"])
def test_an_account_with_rights_is_never_deleted(site: Site, processor: WordPress, role: str) -> None:
    with site.database() as db:
        account = rows.user(db, KARI, role)
        rows.comments(db, KARI, 2, "spam")
    outcome = processor.erase(kari)
    assert outcome.state == "manual"
    assert outcome.text.startswith(f"Account {account} may do more than read")
    assert held(processor) == {"user": 1}


def test_the_service_user_cannot_delete_itself(processor: WordPress) -> None:
    outcome = processor.erase(Profile("samtykke@fjordlys.example"))
    assert outcome.state == "manual"
    assert "answers" in processor.ping()


def test_an_account_that_has_written_posts_is_left_for_a_person(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        account = rows.user(db, KARI)
        rows.post(db, "topic", {}, author=account)
    outcome = processor.erase(kari)
    assert (outcome.state, f"Account {account} has written posts" in outcome.text) == ("manual", True)


def test_orders_are_kept_for_as_long_as_the_law_wants(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.post(db, "shop_order", {"_billing_email": KARI}, status="wc-completed")
    outcome = processor.erase(kari)
    assert (outcome.state, outcome.law, outcome.until) == ("kept", "bokføringsloven § 13", date(2031, 12, 31))


def test_a_table_of_an_unknown_plugin_is_found_and_named(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.entries(db, KARI, 2)
    outcome = processor.erase(kari)
    assert outcome.state == "manual"
    assert "2 rows of the table wp_entries" in outcome.text


def test_requests_archives_and_cursors_are_purged(site: Site, processor: WordPress) -> None:
    archive = site.php("wp_mkdir_p(wp_privacy_exports_dir()); return wp_privacy_exports_dir() . 'a-random-name.zip';")
    (site.folder / archive).write_text("personal data")
    with site.database() as db:
        meta = {"_export_file_name": "a-random-name.zip"}
        rows.post(db, "user_request", meta, status="request-completed", title=KARI)
        rows.option(db, "_jetpack_pde_feedback_" + "0fdcc2d9b0c5b0c9ad3bd6b0b4a5a2de", 5)
        rows.option(db, "_jetpack_pde_feedback_" + _md5(KARI), 5)
    assert held(processor) == {"user_request": 1, "cursor": 1}
    assert processor.erase(kari).state == "erased"
    assert not (site.folder / archive).exists()
    assert site.query("SELECT count(*) FROM wp_options WHERE option_name LIKE '_jetpack%'") == [(1,)]


def test_erasing_twice_is_the_same_as_once_and_a_stranger_is_not_held(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.comments(db, KARI, 1)
    assert [processor.erase(met).state, processor.erase(met).state] == ["erased", "erased"]
    assert processor.erase(kari).state == "not_held"


def test_nothing_erased_is_told_in_a_letter(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.user(db, KARI)
        rows.comments(db, KARI, 5)
    processor.erase(kari)
    assert site.sent() == []


def test_whom_only_the_database_takes_for_her_is_left_alone(site: Site, plugin: Client, processor: WordPress) -> None:
    """To MySQL kåri@ is kari@; SQLite is told so here. WordPress's own eraser would take both."""
    with site.database() as db:
        rows.comments(db, KARI, 2)
        rows.comments(db, "kåri@example.no", 2, name="Kåri")
    before = site.raw("kåri@")
    (site.folder / "wp-content/mu-plugins/mysql.php").write_text(LOOSE)
    try:
        shown = plugin.call("export", email=KARI, exporter="wordpress-comments", page=1)
        exported = processor.export(kari)
        outcome = processor.erase(kari)
    finally:
        (site.folder / "wp-content/mu-plugins/mysql.php").unlink()
    assert shown == {"error": "lookalikes"}
    assert len(exported["Comments in spam and trash"]) == 2
    assert outcome.text == "These erasers failed: wordpress-comments."
    assert (held(processor), site.raw("kåri@")) == ({}, before)


# Erasers that say what is not true


Liars = Callable[..., None]


@pytest.fixture
def liars(site: Site) -> Liars:
    """liars("skips"): install these, and 450 rows of Kari's for them to erase."""

    def install(*names: str) -> None:
        with site.database() as db:
            rows.option(db, "liars", list(names))
            rows.entries(db, KARI, 450)

    return install


def test_an_eraser_that_skips_every_other_page_is_called_until_nothing_is_left(
    processor: WordPress, liars: Liars
) -> None:
    liars("skips")
    assert processor.erase(kari).state == "erased"


def test_an_eraser_that_needs_rights_gets_them(processor: WordPress, liars: Liars) -> None:
    liars("asks-for-rights")
    assert processor.erase(kari).state == "erased"


@pytest.mark.parametrize("liar", ["does-nothing", "endless", "boasts", "retains", "misshapen", "throws", "refuses"])
def test_what_an_eraser_leaves_is_found_whatever_it_says(processor: WordPress, liars: Liars, liar: str) -> None:
    liars(liar)
    outcome = processor.erase(kari)
    assert outcome.state == "manual"
    assert "450 rows of the table wp_entries" in outcome.text
    assert KARI not in outcome.text


@pytest.mark.parametrize("liar", ["throws", "refuses", "misshapen"])
def test_a_broken_eraser_stops_no_other_and_is_named(site: Site, processor: WordPress, liars: Liars, liar: str) -> None:
    liars(liar, "skips")
    with site.database() as db:
        rows.comments(db, KARI, 1, "spam")
    outcome = processor.erase(kari)
    assert (outcome.state, outcome.text) == ("manual", f"These erasers failed: {liar}.")
    assert held(processor) == {}


@pytest.mark.parametrize("liar", ["boasts", "retains", "endless", "does-nothing", "prints"])
def test_a_lie_about_nobody_changes_nothing(site: Site, processor: WordPress, liar: str) -> None:
    with site.database() as db:
        rows.option(db, "liars", [liar])
    assert processor.erase(kari).state == "not_held"


def test_an_eraser_that_chatters_forever_is_cut_off(
    site: Site, processor: WordPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.database() as db:
        rows.option(db, "liars", ["chatters"])
    monkeypatch.setattr("app.processors.wordpress.erasure.PAGES", 7)
    pages = []
    call = Client.call

    def counted(self: Client, verb: str, **says: Any) -> Any:
        pages.extend([says["page"]] if says.get("eraser") == "chatters" else [])
        return call(self, verb, **says)

    monkeypatch.setattr(Client, "call", counted)
    assert processor.erase(kari).state == "not_held"
    assert pages == [1, 2, 3, 4, 5, 6, 7]


def test_an_error_tells_where_and_not_whom(plugin: Client, liars: Liars) -> None:
    liars("throws", "refuses")
    thrown = plugin.call("erase", email=KARI, eraser="throws", page=1)
    assert thrown["error"] == "threw"
    assert thrown["where"].startswith("TypeError in liars.php:")
    assert KARI not in str(thrown) + str(plugin.call("erase", email=KARI, eraser="refuses", page=1))


def test_an_exporter_that_still_shows_something_is_named(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.option(db, "liars", ["hidden-store"])
        rows.comments(db, KARI, 1)
    outcome = processor.erase(kari)
    assert (outcome.state, outcome.text) == ("manual", "These exporters still show something: hidden-store.")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def test_an_exporter_that_cannot_be_read_proves_nothing(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.comments(db, KARI, 1)
        rows.option(db, "liars", ["throws-export"])
    outcome = processor.erase(kari)
    assert outcome.state == "manual" and "could not be read: throws-export" in outcome.text
