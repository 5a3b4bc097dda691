"""Connections, a comparison and the register in a real browser, in both languages."""

import pytest

from tests.flows.test_in_a_browser import fits
from tests.support.browser import follow
from tests.support.processes import eventually

pytestmark = pytest.mark.browser

ANSWERS = {"nb": "Øvelseslisten svarer", "en": "The practice list answers"}


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_siri_minds_the_connections(page, shared_live, axe, lang):
    live = shared_live

    def good():
        axe(page)
        fits(page)
        assert page.get_attribute("html", "lang") == lang

    def pressed(verb):
        follow(page, f"form[action='/admin/connections/sandbox/{verb}'] button")
        good()

    page.goto(f"{live.url}/admin/connections")
    page.fill("input[name=email]", live.demo.email)
    page.fill("input[name=password]", live.demo.password)
    follow(page, "main button")
    if page.get_attribute("html", "lang") != lang:
        follow(page, "button.tongue")
    good()
    pressed("pause")
    pressed("resume")
    pressed("test")
    eventually(lambda: page.reload() and page.get_by_text(ANSWERS[lang]).count())
    pressed("compare")
    eventually(lambda: page.reload() and page.locator("dl.facts").count())
    good()
    page.goto(f"{live.url}/admin/register")
    good()
    follow(page, "tbody a >> nth=1")
    page.click("summary >> nth=0")
    good()
    page.goto(f"{live.url}/admin/register/record/nb")
    good()
