"""The way to Google and back in a real browser, in both languages. Google's own page is emulate's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Store, make_live
from tests.flows.test_in_a_browser import fits
from tests.support.browser import follow
from tests.support.google_emulate import CLIENT_ID, CLIENT_SECRET, MAILBOX, Emulate, Missing
from tests.support.processes import Live, eventually, free_port

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def company(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The service as it runs, with an OAuth client of the company's and its mailbox."""
    url, folder = f"http://127.0.0.1:{free_port()}", tmp_path_factory.mktemp("company")
    try:
        emulate = Emulate(folder, redirect=f"{url}/admin/google/answer")
    except Missing as reason:
        pytest.skip(f"signing in at Google is not seen in a browser here: {reason}")
    uris = {"auth_uri": f"{emulate.url}/o/oauth2/v2/auth", "token_uri": f"{emulate.url}/oauth2/token"}
    client = json.dumps({"web": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **uris}})
    google = {"GOOGLE_CREDENTIALS": client, "GOOGLE_API_BASE": emulate.url, "GMAIL_MAILBOX": MAILBOX}
    live = make_live(store, "company", folder, BASE_URL=url, **google).start()
    yield live
    live.stop()
    store.drop("company")
    emulate.stop()


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_astrid_signs_in_at_google_and_takes_it_back(page: Any, company: Live, axe: Any, lang: str) -> None:
    live: Any = company

    def good() -> None:
        axe(page)
        fits(page)
        assert page.get_attribute("html", "lang") == lang

    page.goto(f"{live.url}/admin/google")
    page.fill("input[name=email]", live.demo.email)
    page.fill("input[name=password]", live.demo.password)
    follow(page, "main button")
    if page.get_attribute("html", "lang") != lang:
        follow(page, "button.tongue")
    good()
    assert not page.is_checked("input[name=permanent]")
    follow(page, "form[action='/admin/google/start'] button")
    assert "/o/oauth2/v2/auth" in page.url
    follow(page, f"form:has-text('{MAILBOX}') button")
    assert "/admin/google/answer" in page.url
    good()
    follow(page, "form[action='/admin/google/finish'] button")
    assert page.locator("main").get_by_text(live.demo.email).count() == 1
    good()
    page.goto(f"{live.url}/admin/connections")
    eventually(lambda: page.reload() and page.get_by_text(re.compile("mailboxes: 1|postkasser: 1")).count())
    good()
    page.goto(f"{live.url}/admin/google")
    follow(page, "form[action='/admin/google/remove'] button")
    assert page.locator("form[action='/admin/google/remove']").count() == 0
    good()
    page.goto(f"{live.url}/admin/google/answer?code=x&state=forged")
    good()
