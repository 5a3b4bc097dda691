"""What a person takes home: her copy and her receipt, in a real browser, on a telephone and on a desk."""

from __future__ import annotations

import json
import zipfile

import pytest

from tests.flows.test_in_a_browser import fits
from tests.privacy.test_in_a_browser import letter, member

pytestmark = pytest.mark.browser
WIDTHS = (320, 1280)


@pytest.fixture
def look(page, axe):
    """look(lang): at both widths nothing scrolls sideways, and axe finds nothing."""

    def at(lang):
        assert page.get_attribute("html", "lang") == lang
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            axe(page)
            fits(page)

    return at


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_kari_fetches_her_copy_and_reads_her_receipt(page, shared_live, look, tmp_path, lang):
    live = shared_live
    address = member(page, live, lang)
    live.flask("requests", "open", "access", address, "--identified-by", "telephone", "--json")
    page.goto(letter(live, address, "/privacy/archive/"))
    look(lang)
    with page.expect_download() as download:
        page.click("main button[type=submit]")
    with zipfile.ZipFile(download.value.path()) as copy:
        copy.extractall(tmp_path)
    (data,) = tmp_path.glob("*.json")
    assert json.loads(data.read_text())["holders"]["own"]["contact"]["address"] == address
    (own,) = tmp_path.glob("*.html")
    page.goto(own.as_uri())
    assert address in page.inner_text("main")
    look(lang)
    page.goto(letter(live, address, "/privacy/receipt/") + f"?lang={lang}")
    look(lang)
    page.click("summary")
    look(lang)
    paper = page.request.get(live.url + page.get_attribute("a[href*='.pdf']", "href"))
    assert paper.headers["content-type"] == "application/pdf" and paper.body().startswith(b"%PDF-")
