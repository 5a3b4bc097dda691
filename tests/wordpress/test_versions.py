"""The plugin does its work on the oldest and on the newest PHP that it says it runs on.

`make wordpress` runs all the other tests of this folder on every PHP and WordPress that Debian and Ubuntu give, and
these here on PHP 8.0 too, which only npm has: half a gigabyte, and slow.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from app.processors.wordpress.processor import WordPress
from app.processors.wordpress.settings import Settings
from tests.support.wordpress import releases, rows
from tests.support.wordpress.site import KEYS, PLUGIN, Site
from tests.wordpress.people import KARI, OLA, kari

pytestmark = [pytest.mark.slow, pytest.mark.one_database, pytest.mark.timeout(300)]  # fetching, the first time

OLDEST, NEWEST = ("7.4", "6.1"), ("8.4", "6.8")
TRIED = [OLDEST, NEWEST, *([("8.0", "6.1")] if os.environ.get("SAMTYKKE_TEST_WASM") else [])]
PARSED = """
$files = new RegexIterator( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( '%s' ) ), '/\\.php$/' );
foreach ( $files as $file ) {
	token_get_all( file_get_contents( $file ), TOKEN_PARSE );
}
return iterator_count( $files );
"""


@pytest.fixture(scope="module", params=TRIED, ids=lambda tried: f"php-{tried[0]}")
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    try:
        site = Site(releases.stack(*request.param))
    except releases.Missing as reason:
        pytest.skip(f"the plugin is not tried on PHP {request.param[0]} here: {reason}")
    site.reset()
    yield site
    site.stop()


def test_these_are_the_versions_that_the_plugin_asks_for(site: Site) -> None:
    asked = re.findall(r"Requires (?:PHP|at least):\s+([\d.]+)", (PLUGIN / "samtykke.php").read_text())
    assert set(asked) == set(OLDEST)
    assert (site.versions["php"][:3], site.versions["wordpress"][:3]) in TRIED


def test_every_file_is_php_to_it(site: Site) -> None:
    assert site.php(PARSED % (site.folder / "wp-content/plugins/samtykke")) == len(list(PLUGIN.rglob("*.php")))


def test_kari_is_found_shown_and_forgotten_and_ola_left_alone(site: Site) -> None:
    processor = WordPress(Settings(site.url, "first", KEYS["first"], "samtykke"))
    with site.database() as db:
        for address in (KARI, OLA):
            for status in ("1", "spam", "trash"):
                rows.comments(db, address, 3, status)
            rows.message(db, address, status="flamingo-spam", field="epost", sender=False)
            rows.user(db, address)
            rows.post(db, "user_request", {}, status="request-completed", title=address)
    ola = site.raw(OLA)
    assert processor.coverage()["exporters"]["samtykke-every-status"] == "samtykke"
    assert {held.kind for held in processor.find(kari)} == {"user", "comment", "flamingo_inbound", "user_request"}
    assert set(processor.export(kari)) == {"User", "Comments", "Comments in spam and trash", "Form entries"}
    assert processor.erase(kari).state == "erased"
    assert (processor.find(kari), site.raw(KARI), site.raw(OLA)) == ([], b"", ola)


def test_the_pages_of_an_administrator_open_and_php_has_nothing_to_say(site: Site) -> None:
    browser = site.signed_in()
    for page in ("options-general.php?page=samtykke", "site-health.php?tab=debug", "plugins.php"):
        answer = browser.get(f"{site.url}/wp-admin/{page}", timeout=30)
        assert (answer.status_code, "Samtykke" in answer.text) == (200, True)
    assert site.log() == ""
