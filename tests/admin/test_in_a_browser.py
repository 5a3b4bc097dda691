"""A member of staff with a real browser, in both languages, on a telephone and on a desk."""

from uuid import uuid4

import pytest

from tests.flows.test_in_a_browser import fits
from tests.support.browser import follow
from tests.support.processes import eventually

pytestmark = pytest.mark.browser


def arrived(page, live, address):
    """A visitor has written, and the worker has seen to it."""
    form = {"name": "Kari Nordmann", "email": address, "message": "Har dere lamper?", "consent_newsletter": "1"}
    assert page.request.post(f"{live.url}/f/kontakt", form=form, max_redirects=0).status == 303
    eventually(lambda: live.mailbox.to(address))


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_siri_answers_the_telephone(page, shared_live, axe, lang):
    live, address = shared_live, f"kari+{uuid4().hex[:8]}@example.no"
    page.request.post(f"{live.url}/f/kontakt", data=b"{", headers={"Content-Type": "application/json"})
    arrived(page, live, address)

    def good():
        axe(page)
        fits(page)
        assert page.get_attribute("html", "lang") == lang

    page.goto(f"{live.url}/admin/contacts")
    page.goto(f"{page.url}&lang={lang}")
    good()
    page.fill("input[name=email]", live.demo.email)
    page.fill("input[name=password]", "feil")
    follow(page, "main button")
    axe(page)
    page.fill("input[name=email]", live.demo.email)
    page.fill("input[name=password]", live.demo.password)
    follow(page, "main button")
    if page.get_attribute("html", "lang") != lang:
        follow(page, "button.tongue")
    assert "/admin/contacts" in page.url
    good()
    page.fill("input[name=q]", address)
    follow(page, "main button")
    assert address.split("@")[0] not in page.url
    good()
    follow(page, f"text={address}")
    good()
    page.select_option("select[name=purpose]", "newsletter")
    page.fill("input[name=note]", "Ringte tirsdag")
    follow(page, "button.btn-grave")
    assert page.locator("[role=status]").count() == 1
    assert page.get_by_text("Ringte tirsdag").count() == 1
    good()
    for kind in ("restriction", "erasure"):
        live.flask("requests", "open", kind, address, "--identified-by", "telephone")
    eventually(lambda: "awaiting_approval" in live.flask("requests", "list", "--all"))
    for url in ("", "submissions", "requests", "review", "outbox", "audit"):
        page.goto(f"{live.url}/admin/{url}")
        good()
    page.goto(f"{live.url}/admin/submissions")
    follow(page, "tbody a >> nth=0")
    good()
    page.goto(f"{live.url}/admin/review")
    follow(page, "tbody a >> nth=0")
    good()
    follow(page, "header form[action='/admin/logout'] button")
    assert page.url.endswith("/admin/login")


def signs_in(page, live):
    page.goto(f"{live.url}/admin/contacts")
    page.fill("input[name=email]", live.demo.email)
    page.fill("input[name=password]", live.demo.password)
    follow(page, "main button")


MENU = "[...document.querySelectorAll('.nav a')]"


def test_on_a_desk_the_menu_is_one_row_below_the_name_and_begins_where_the_page_begins(page, shared_live):
    signs_in(page, shared_live)
    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.evaluate(f"new Set({MENU}.map(a => a.getBoundingClientRect().top)).size") == 1
    left = "(a => a.getBoundingClientRect().left + parseFloat(getComputedStyle(a).paddingLeft))"
    assert page.evaluate(f"{left}({MENU}[0])") == page.evaluate(f"{left}(document.querySelector('.bar .company'))")
    top = "document.querySelector({0}).getBoundingClientRect().top"
    assert page.evaluate(top.format("'.tools'")) < page.evaluate(top.format("'.nav'"))


def test_where_the_machine_chooses_the_colours_only_the_page_we_are_on_is_marked(page, shared_live):
    signs_in(page, shared_live)
    page.emulate_media(forced_colors="active")
    line = "a => getComputedStyle(a).borderBottomColor"
    here = page.evaluate(f"{MENU}.filter(a => a.ariaCurrent).map({line})")
    others = set(page.evaluate(f"{MENU}.filter(a => !a.ariaCurrent).map({line})"))
    assert len(here) == 1 and others == {page.evaluate("getComputedStyle(document.body).backgroundColor")}
    assert here[0] not in others
    assert page.evaluate("getComputedStyle(document.querySelector('.badge')).borderTopStyle") == "solid"
