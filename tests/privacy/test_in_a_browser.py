"""The whole way of a request in a real browser, in both languages, and with the keyboard alone."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from tests.flows.test_in_a_browser import fits, subscribe
from tests.support.browser import follow
from tests.support.mailbox import links
from tests.support.processes import eventually

pytestmark = pytest.mark.browser
LANGUAGES = ("nb", "en")
AT = {"nb": "/personvern", "en": "/privacy"}


@pytest.fixture
def look(page, axe):
    """look(lang): the page speaks this language, axe finds nothing, and nothing scrolls sideways."""

    def at(lang):
        assert page.get_attribute("html", "lang") == lang
        axe(page)
        fits(page)

    return at


def member(page, live, lang):
    """Somebody who has subscribed and confirmed."""
    address = f"kari+{uuid4().hex[:8]}@example.no"
    subscribe(page, live, address, lang)
    page.goto(live.mailbox.link("/confirm/", to=address))
    follow(page, "button[type=submit]")
    eventually(lambda: known(live, address)["processors"]["sandbox"]["state"] == "subscribed")
    return address


def asks(page, live, lang, wish, address):
    page.goto(live.url + AT[lang])
    page.check(f"input[value={wish}]")
    page.fill("input[name=address]", address)
    follow(page, "main button[type=submit]")


def letter(live, address, part, times=1):
    """The newest link of this kind that came by mail, once there are so many."""

    def came():
        found = [link for one in live.mailbox.to(address) for link in links(one, part)]
        return found[-1] if len(found) >= times else None

    return eventually(came)


def known(live, address):
    return json.loads(live.flask("contact", "show", address, "--json"))


def waiting(live, state):
    """The number of the newest request that stands so."""
    rows = [row for row in json.loads(live.flask("requests", "list", "--all", "--json")) if row["state"] == state]
    return max((row["number"] for row in rows), default=None)


def press(page, verb):
    page.click(f"details:has(form[action$='/{verb}']) > summary")
    follow(page, f"form[action$='/{verb}'] button[type=submit]")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_kari_asks_sees_corrects_and_is_erased_everywhere(page, shared_live, look, lang):
    live = shared_live
    address = member(page, live, lang)
    page.goto(live.url + AT[lang])
    look(lang)
    follow(page, "main button[type=submit]")
    look(lang)
    asks(page, live, lang, "page", address)
    look(lang)
    page.goto(letter(live, address, "/privacy/"))
    look(lang)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    look(lang)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
    page.click("details:has(form[action$='/rectification']) > summary")
    page.fill("input[name=name]", "Kari Hansen")
    follow(page, "form[action$='/rectification'] button[type=submit]")
    look(lang)
    eventually(lambda: known(live, address)["fields"].get("name") == "Kari Hansen")
    press(page, "erasure")
    look(lang)
    number = eventually(lambda: waiting(live, "awaiting_approval"))
    live.flask("requests", "approve", str(number))
    receipt = letter(live, address, "/privacy/receipt/", times=2)  # the correction had one too
    page.reload()
    look(lang)
    page.goto(f"{receipt}?lang={lang}")
    look(lang)
    left = known(live, address)
    assert (left["fields"], left["submissions"], left["suppressed"]) == ({}, [], True)
    assert json.loads(live.flask("requests", "show", str(number), "--json"))["state"] == "completed"
    assert live.flask("requests", "verify").startswith("OK")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_stranger_gets_her_answer_too(page, shared_live, look, lang):
    address = f"nobody+{uuid4().hex[:8]}@example.no"
    asks(page, shared_live, lang, "access", address)
    page.goto(letter(shared_live, address, "/privacy/"))
    look(lang)
    follow(page, "main button[type=submit]")
    look(lang)
    page.goto(letter(shared_live, address, "/privacy/archive/"))
    look(lang)


def test_a_link_that_opens_nothing_leads_to_a_new_one(page, shared_live, look):
    page.goto(f"{shared_live.url}/privacy/forged?lang=en")
    look("en")
    follow(page, "main a.btn")
    assert page.is_checked("input[value=page]")


def test_with_the_keyboard_alone_she_asks_and_confirms(page, shared_live):
    address = f"kari+{uuid4().hex[:8]}@example.no"
    page.goto(f"{shared_live.url}/privacy")
    page.focus("input[name=wish] >> nth=0")
    for _ in range(3):  # page, copy, correct, delete
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "erasure"
    page.keyboard.press("Tab")
    page.keyboard.type(address)
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")
    page.goto(letter(shared_live, address, "/privacy/"))
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('main button')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**said=proven")
    assert page.inner_text("[role=status]")


def test_a_scanner_that_opens_every_link_decides_nothing(browser, page, shared_live):
    """GET and HEAD of every link of the letters, in a browser that runs scripts."""
    live, address = shared_live, f"kari+{uuid4().hex[:8]}@example.no"
    asks(page, live, "en", "erasure", address)
    letter(live, address, "/privacy/")
    before = live.flask("requests", "list", "--all", "--json")
    scanner = browser.new_context(java_script_enabled=True)
    tab = scanner.new_page()
    for one in live.mailbox.to(address):
        for link in links(one, live.url):
            scanner.request.head(link)
            tab.goto(link, wait_until="load")
    scanner.close()
    assert live.flask("requests", "list", "--all", "--json") == before
