"""An administrator of a real WordPress exports and erases a person with WordPress's own tools, and our real service,
running beside it, is part of both."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import requests
from sqlalchemy import create_engine, text

from tests.conftest import Store, make_live
from tests.support.browser import follow
from tests.support.processes import Live, eventually
from tests.support.wordpress import rows
from tests.support.wordpress.site import KEYS, Site
from tests.wordpress.people import KARI, OLA

pytestmark = [pytest.mark.slow, pytest.mark.one_database]  # what we answer is tried on both, in the webhooks


@pytest.fixture(scope="module")
def ours(store: Store, tmp_path_factory: pytest.TempPathFactory, running_site: Site) -> Iterator[Live]:
    """Our service and its worker, in which Kari and Ola have signed up."""
    keys = {"WORDPRESS_KEY_ID": "second", "WORDPRESS_SECRET": KEYS["second"]}
    keys |= {"WORDPRESS_URL": running_site.url, "WORDPRESS_USER": "samtykke"}
    live = make_live(store, "wordpress", tmp_path_factory.mktemp("ours"), **keys).start()
    for name, email in (("Kari Nordmann", KARI), ("Ola Nordmann", OLA)):
        sent = {"name": name, "email": email, "message": f"Hei fra {name}", "consent_newsletter": "yes"}
        eventually(lambda sent=sent: accepted(live, sent))
        eventually(lambda email=email: live.mailbox.to(email))
    yield live
    live.stop()
    store.drop("wordpress")


def accepted(live: Live, sent: dict[str, str]) -> bool:
    """A service that has just begun beside its worker may ask a visitor to come back in a moment."""
    answer = requests.post(f"{live.url}/f/kontakt", data=sent, allow_redirects=False, timeout=20)
    assert answer.status_code in (303, 503)
    return answer.status_code == 303


@dataclass
class Tool:
    """One of WordPress's two tools, as the script on its page works it."""

    site: Site
    session: requests.Session
    verb: str  # export, erase

    def asks(self, email: str) -> None:
        """The administrator adds a request that needs no letter."""
        action = "export_personal_data" if self.verb == "export" else "remove_personal_data"
        nonce = re.search(r'name="_wpnonce" value="(\w+)"', self.page())
        assert nonce
        form = {"action": f"add_{action}_request", "type_of_action": action, "_wpnonce": nonce[1], "submit": "1"}
        form["username_or_email_for_privacy_request"] = email
        assert self.session.post(self.url, data=form, timeout=30).status_code == 200

    def works(self) -> list[dict[str, Any]]:
        """Every page of every plugin, in turn. Returns the answers."""
        page = html.unescape(self.page())
        about = dict(re.findall(r'data-(request-id|nonce|exporters-count|erasers-count)="([^"]*)"', page))
        total = int(about.get("exporters-count") or about["erasers-count"])
        found = []
        for number in range(1, total + 1):
            page, done = 1, False
            while not done:
                answer = self.page_of(number, page, about)
                found.append(answer)
                page, done = page + 1, answer["done"]
        return found

    def page_of(self, number: int, page: int, about: dict[str, str]) -> dict[str, Any]:
        name = "exporter" if self.verb == "export" else "eraser"
        form = {"action": f"wp-privacy-{self.verb}-personal-data", name: number, "page": page, "sendAsEmail": "false"}
        form |= {"id": about["request-id"], "security": about["nonce"]}
        answer = self.session.post(f"{self.site.url}/wp-admin/admin-ajax.php", data=form, timeout=60).json()
        assert answer["success"], answer
        data: dict[str, Any] = answer["data"]
        return data

    def page(self) -> str:
        return self.session.get(self.url, timeout=30).text

    @property
    def url(self) -> str:
        return f"{self.site.url}/wp-admin/{self.verb}-personal-data.php"


@pytest.fixture
def joined(site: Site, ours: Live) -> Site:
    with site.database() as db:
        rows.option(db, "samtykke_settings", {"service": ours.url, "user": "samtykke"})
    return site


@pytest.fixture
def boss(joined: Site) -> requests.Session:
    return joined.signed_in()


def archive(tool: Tool, last: dict[str, Any]) -> dict[str, str]:
    content = tool.session.get(last["url"], timeout=30).content
    with ZipFile(BytesIO(content)) as files:
        return {Path(name).suffix: files.read(name).decode() for name in files.namelist()}


def test_the_archive_that_wordpress_makes_holds_our_data(joined: Site, boss: requests.Session, ours: Live) -> None:
    tool = Tool(joined, boss, "export")
    tool.asks(KARI)
    files = archive(tool, tool.works()[-1])
    for words in ("Hei fra Kari Nordmann", "Kontakt oss", "Nyhetsbrev"):
        assert words in files[".html"], words
    data = json.loads(files[".json"])[next(iter(json.loads(files[".json"])))]
    groups = {group for group in data if group.startswith("samtykke-")}
    assert groups >= {"samtykke-details", "samtykke-history", "samtykke-submissions", "samtykke-letters"}
    assert OLA not in files[".html"] + files[".json"]
    assert "Ola Nordmann" not in files[".html"]


def test_a_person_nobody_knows_has_an_archive_without_our_groups(joined: Site, boss: requests.Session) -> None:
    tool = Tool(joined, boss, "export")
    tool.asks("nobody@example.no")
    assert "samtykke-details" not in archive(tool, tool.works()[-1])[".json"]


def test_an_erasure_in_wordpress_reaches_us_and_says_what_is_still_to_do(
    joined: Site, boss: requests.Session, ours: Live
) -> None:
    tool = Tool(joined, boss, "erase")
    tool.asks(KARI)
    answers = tool.works()
    [ours_said] = [answer for answer in answers if answer["items_retained"]]
    assert ours_said["messages"]
    assert "asked_erasure_at_wordpress" in trail(ours)


def test_the_settings_page_says_that_it_works(joined: Site, boss: requests.Session) -> None:
    page = boss.get(f"{joined.url}/wp-admin/options-general.php?page=samtykke", timeout=30).text
    nonce = re.search(r'name="action" value="samtykke_test">.*?name="_wpnonce" value="(\w+)"', page, re.DOTALL)
    assert nonce
    form = {"action": "samtykke_test", "_wpnonce": nonce[1]}
    answer = boss.post(f"{joined.url}/wp-admin/admin-post.php", data=form, timeout=30)
    assert "samtykke=works" in answer.url


def test_a_key_that_is_not_ours_stops_the_tool(joined: Site, boss: requests.Session) -> None:
    joined.set_keys({"second": "another-secret-altogether-0123456789abcdef"})
    tool = Tool(joined, boss, "export")
    tool.asks(KARI)
    with pytest.raises(AssertionError, match="does not accept our key"):
        tool.works()


RAFFLE = "<?php\n/* Plugin Name: Raffle\nVersion: 1.0 */\n"


@pytest.fixture
def add_raffle(joined: Site) -> Iterator[Callable[[], None]]:
    """An administrator installs a plugin that says nothing of personal data."""
    file = joined.folder / "wp-content/plugins/raffle.php"

    def install() -> None:
        file.write_text(RAFFLE)
        joined.php("activate_plugin( 'raffle.php' ); return 1;")

    yield install
    file.unlink(missing_ok=True)


@pytest.mark.browser
def test_a_plugin_that_was_added_waits_for_a_look(
    add_raffle: Callable[[], None], joined: Site, ours: Live, page: Any, axe: Any
) -> None:
    """Read from the real plugins, shown on the page of connections, and gone when somebody has looked."""
    form = "form[action='/admin/connections/wordpress/{}'] button"
    page.goto(f"{ours.url}/admin/connections")
    page.fill("input[name=email]", ours.demo.email)
    page.fill("input[name=password]", ours.demo.password)
    follow(page, "main button")
    follow(page, form.format("test"))
    eventually(lambda: page.reload() and page.get_by_text(f"WordPress {joined.versions['wordpress']}").count())
    eventually(lambda: read(ours, "SELECT processor FROM processor_coverage"))
    page.reload()
    assert page.locator(form.format("coverage")).count() == 0
    add_raffle()
    follow(page, form.format("test"))
    eventually(lambda: page.reload() and page.locator(form.format("coverage")).count())
    assert page.locator("section[aria-labelledby=c-wordpress] .note li").count() == 1
    assert page.locator(".note li").get_by_text("raffle").count() == 1
    axe(page)
    follow(page, form.format("coverage"))
    assert page.locator(form.format("coverage")).count() == 0
    assert "accepted_coverage" in trail(ours)


def trail(ours: Live) -> list[Any]:
    return read(ours, "SELECT action FROM audit_entry")


def read(ours: Live, query: str) -> list[Any]:
    """The first column, from the database of the running service."""
    engine = create_engine(ours.environ["DATABASE_URL"])
    with engine.connect() as connection:
        found = list(connection.execute(text(query)).scalars())
    engine.dispose()
    return found
