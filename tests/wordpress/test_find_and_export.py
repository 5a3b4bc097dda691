"""What WordPress holds of a person is found by reading its tables, and shown."""

from __future__ import annotations

from app.processors.base import Held
from app.processors.wordpress.client import Client
from app.processors.wordpress.processor import WordPress
from tests.support.wordpress import rows
from tests.support.wordpress.site import Site
from tests.wordpress.people import KARI, OLA, kari, met


def test_find_names_each_object(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.comments(db, KARI, 1, "spam")
        entry, account = rows.message(db, KARI, status="trash"), rows.user(db, KARI)
        rows.entries(db, KARI, 2)
    comment = site.query("SELECT comment_ID FROM wp_comments WHERE comment_author_email = ?", KARI)[0][0]
    assert processor.find(kari) == [
        Held("user", str(account)),
        Held("comment", str(comment)),
        Held("flamingo_inbound", str(entry)),
        Held("table:wp_entries", "2 rows"),
    ]


def test_counts_are_told_by_status(site: Site, plugin: Client) -> None:
    with site.database() as db:
        for number, status in enumerate(("1", "0", "spam", "trash", "post-trashed"), 1):
            rows.comments(db, KARI, number, status)
    groups = plugin.call("find", email=KARI)["held"]
    counts = {group["status"]: group["count"] for group in groups}
    assert counts == {"approved": 1, "hold": 2, "spam": 3, "trash": 4, "post-trashed": 5}
    assert [len(group["ids"]) for group in groups] == [group["count"] for group in groups]


def test_places_that_name_her_in_passing_are_listed_apart(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.comments(db, "per@example.no", 1, text=f"Ask {KARI}!")
        page = rows.post(db, "page", {}, text=f"<a href='mailto:{KARI}'>Kari</a>")
        account = rows.user(db, "per@example.no", billing_email=KARI)
        rows.entries(db, "per@example.no", 1, note='{"to": "kari@example.no"}')
        rows.option(db, "woocommerce_stock_email_recipient", f"boss@fjordlys.example, {KARI}")
    comment = site.query("SELECT max(comment_ID) FROM wp_comments")[0][0]
    assert processor.find(kari) == [
        Held("mention:user", str(account)),
        Held("mention:comment", str(comment)),
        Held("mention:post", str(page)),
        Held("mention:option", "woocommerce_stock_email_recipient"),
        Held("mention:table:wp_entries", "1 rows"),
    ]


def test_a_longer_address_is_somebody_else(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        for other in ("okari@example.no", "x.kari@example.no", "kari@example.no.uk", "kari@example.nox"):
            rows.comments(db, other, 1)
            rows.message(db, other)
            rows.entries(db, other, 1, note=f"from {other}.")
    assert processor.find(kari) == []


def test_export_shows_everything_of_hers_and_nothing_of_his(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        for address in (KARI, OLA):
            rows.comments(db, address, 3, text=f"approved by {address}")
            rows.comments(db, address, 2, "spam", text=f"spam by {address}")
            rows.comments(db, address, 150, "trash", text=f"trash by {address}")
            rows.message(db, address, status="flamingo-spam", field="epost", sender=False)
            rows.user(db, address)
    shown = processor.export(kari)
    sizes = {label: len(items) for label, items in shown.items()}
    assert sizes == {"User": 1, "Comments": 3, "Comments in spam and trash": 152, "Form entries": 1}
    assert shown["Form entries"][0]["epost"] == KARI
    assert shown["Comments in spam and trash"][0]["IP address"] == "203.0.113.7"
    assert OLA not in str(shown)


def test_export_of_a_stranger_is_empty(processor: WordPress) -> None:
    assert processor.export(kari) == {}


def test_an_exporter_that_fails_is_named_and_one_that_never_ends_is_left(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.comments(db, KARI, 1)
        rows.option(db, "liars", ["throws-export", "endless-export"])
    shown = processor.export(kari)
    assert shown["incomplete"] == ["throws-export"]
    assert len(shown["Comments"]) == 1


def test_after_erasing_find_and_export_are_empty(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.comments(db, KARI, 2, "trash")
        rows.user(db, KARI)
        rows.message(db, KARI)
    assert processor.erase(kari).state == "erased"
    assert (processor.find(met), processor.export(met)) == ([], {})


def test_coverage_names_plugins_that_say_nothing_of_personal_data(site: Site, plugin: Client) -> None:
    folder = site.folder / "wp-content/plugins/quiet"
    folder.mkdir(exist_ok=True)
    (folder / "quiet.php").write_text("<?php /* Plugin Name: Quiet\nVersion: 2.1 */")
    with site.database() as db:
        rows.option(db, "active_plugins", ["quiet/quiet.php", "samtykke/samtykke.php"])
        rows.option(db, "liars", ["skips"])
    coverage = plugin.call("coverage")
    assert coverage["plugins"] == {"quiet": "2.1", "samtykke": "1.0.0"}
    assert coverage["silent"] == ["quiet"]
    assert coverage["erasers"] == {"wordpress-comments": "", "skips": "liars.php"}
    assert coverage["exporters"]["samtykke-every-status"] == "samtykke"


def test_ping_tells_versions_and_nobody(site: Site, processor: WordPress) -> None:
    assert processor.ping() == f"WordPress {site.versions['wordpress']} answers, plugins: 1, erasers: 1"
    assert "@" not in processor.ping()


def test_there_is_no_list(processor: WordPress) -> None:
    assert list(processor.members()) == []


def test_a_list_with_holes_is_read(site: Site, processor: WordPress) -> None:
    with site.database() as db:
        rows.option(db, "liars", ["holes-export"])
    assert processor.export(kari) == {"Holes": [{"E-mail": KARI}]}
