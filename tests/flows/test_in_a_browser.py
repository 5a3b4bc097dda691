"""The whole way in a real browser, in both languages; and a scanner's browser that opens everything."""

import json
import subprocess
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.support.browser import follow
from tests.support.mailbox import html, links, one_click
from tests.support.processes import eventually

pytestmark = pytest.mark.browser
LANGUAGES = ("nb", "en")
WORDS = {
    "nb": {"sent": "Takk", "confirm": "Ja, jeg bekrefter", "leave": "Meld meg av", "staff": "Logg inn"},
    "en": {"sent": "Thank", "confirm": "Yes, I confirm", "leave": "Unsubscribe", "staff": "Sign in"},
}


def fits(page):
    """No sideways scrolling at 320 pixels, on a tablet that lies, on a desk, and with text at twice its size."""
    for width, size in ((320, "100%"), (1024, "100%"), (1152, "100%"), (1280, "100%"), (640, "200%")):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("size => document.documentElement.style.fontSize = size", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width, size)
    page.evaluate("document.documentElement.style.fontSize = ''")


def torn(page):
    """Labels of facts that are too narrow for the longest of their words, with text at twice its size."""
    page.set_viewport_size({"width": 640, "height": 900})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    found = page.evaluate(TORN)
    page.evaluate("document.documentElement.style.fontSize = ''")
    return found


TORN = """() => [...document.querySelectorAll('.facts dt')].filter(dt => {
    const alone = dt.parentNode.appendChild(dt.cloneNode(true));
    alone.style = 'position: absolute; width: min-content; overflow-wrap: normal; hyphens: none';
    const needed = alone.getBoundingClientRect().width;
    alone.remove();
    return needed > dt.getBoundingClientRect().width + 1;
}).map(dt => dt.textContent)"""


def subscribe(page, live, address, lang="nb"):
    page.goto(f"{live.url}/f/nyhetsbrev?lang={lang}")
    page.fill("input[name=email]", address)
    page.check("input[name=consent_newsletter]")
    page.wait_for_timeout(2100)  # whoever is faster is taken for a machine
    follow(page, "button[type=submit]")
    return eventually(lambda: live.mailbox.to(address))[0]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_kari_walks_the_whole_way(page, shared_live, axe, lang):
    live, address = shared_live, f"kari+{uuid4().hex[:8]}@example.no"
    page.goto(f"{live.url}/f/nyhetsbrev?lang={lang}")
    assert page.get_attribute("html", "lang") == lang
    axe(page)
    fits(page)
    subscribe(page, live, address, lang)
    axe(page)
    page.goto(live.mailbox.link("/confirm/", to=address))
    assert page.get_attribute("html", "lang") == lang
    axe(page)
    fits(page)
    follow(page, "button[type=submit]")
    axe(page)
    fits(page)
    eventually(lambda: known(live, address)["processors"]["sandbox"]["state"] == "subscribed")
    eventually(lambda: len(live.mailbox.to(address)) == 2)
    page.goto(live.mailbox.link("/receipt/", to=address))
    axe(page)
    fits(page)
    assert torn(page) == []
    page.goto(one_click(live.mailbox.to(address)[-1]))
    axe(page)
    fits(page)
    follow(page, "main form button[type=submit] >> nth=0")
    axe(page)
    fits(page)
    assert known(live, address)["consents"]["newsletter"] == "withdrawn"
    eventually(lambda: known(live, address)["processors"]["sandbox"]["state"] == "unsubscribed")


def test_on_paper_the_proof_of_a_receipt_is_whole(page, shared_live):
    live, address = shared_live, f"kari+{uuid4().hex[:8]}@example.no"
    subscribe(page, live, address)
    page.goto(live.mailbox.link("/confirm/", to=address))
    follow(page, "button[type=submit]")
    eventually(lambda: len(live.mailbox.to(address)) == 2)
    live.flask("ledger", "seal")
    page.goto(live.mailbox.link("/receipt/", to=address))
    page.set_viewport_size({"width": 700, "height": 900})  # as wide as a sheet of A4
    page.emulate_media(media="print")
    page.click("summary")
    assert page.evaluate("(pre => pre.scrollWidth - pre.clientWidth)(document.querySelector('pre'))") <= 0
    assert page.evaluate("getComputedStyle(document.querySelector('a.company'), '::after').content") == "none"


def known(live, address):
    return json.loads(live.flask("contact", "show", address, "--json"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_she_lost_her_letter_and_chooses_anew(page, shared_live, axe, lang):
    live, address = shared_live, f"kari+{uuid4().hex[:8]}@example.no"
    subscribe(page, live, address, lang)
    page.goto(live.mailbox.link("/confirm/", to=address))
    follow(page, "button[type=submit]")
    page.goto(live.url + {"nb": "/meld-deg-av", "en": "/unsubscribe"}[lang])
    axe(page)
    fits(page)
    page.fill("input[name=address]", address)
    follow(page, "button[type=submit]")
    axe(page)
    page.goto(eventually(lambda: preferences_link(live, address)))
    axe(page)
    fits(page)
    page.uncheck("input[name=newsletter]")
    page.check("input[name=information]")
    follow(page, "main form button[type=submit] >> nth=0")
    axe(page)
    states = known(live, address)["consents"]
    assert (states["newsletter"], states["information"]) == ("withdrawn", "confirmed")


def preferences_link(live, address):
    found = [link for letter in live.mailbox.to(address) for link in links(letter, "/preferences/")]
    return found[-1] if found else None


def test_with_the_keyboard_alone_a_visitor_can_send_the_form(page, shared_live):
    address = f"kari+{uuid4().hex[:8]}@example.no"
    page.goto(f"{shared_live.url}/f/nyhetsbrev")
    page.focus("input[name=name]")
    page.keyboard.type("Kari")
    page.keyboard.press("Tab")
    page.keyboard.type(address)
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "consent_newsletter":
            page.keyboard.press("Space")
            break
    page.wait_for_timeout(2100)
    page.keyboard.press("Enter")
    page.wait_for_url("**/thanks*")
    assert eventually(lambda: shared_live.mailbox.to(address))


def test_no_public_page_sets_a_cookie_or_stores_anything(page, shared_live):
    subscribe(page, shared_live, f"kari+{uuid4().hex[:8]}@example.no")
    for path in ("/f/kontakt", "/f/nyhetsbrev", "/meld-deg-av", "/unsubscribe", "/demo"):
        page.goto(shared_live.url + path)
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_scanner_that_runs_scripts_and_opens_every_link_changes_nothing(browser, page, shared_live, worker_idle):
    """The replay test: GET and HEAD of every link of every letter, in a browser that runs scripts."""
    live, address = shared_live, f"kari+{uuid4().hex[:8]}@example.no"
    subscribe(page, live, address)
    page.goto(live.mailbox.link("/confirm/", to=address))
    follow(page, "button[type=submit]")
    other = f"unconfirmed+{uuid4().hex[:8]}@example.no"
    subscribe(page, live, other)
    worker_idle(live)
    before = live.flask("ledger", "verify").split(", checked")[0], known(live, address)
    scanner = browser.new_context(java_script_enabled=True)
    tab = scanner.new_page()
    for letter in [*live.mailbox.to(address), *live.mailbox.to(other)]:
        for link in {*links(letter), one_click(letter)} if letter["List-Unsubscribe"] else {*links(letter)}:
            if urlsplit(link).netloc == urlsplit(live.url).netloc:
                scanner.request.head(link)
                tab.goto(link, wait_until="load")
                tab.wait_for_timeout(50)
        tab.set_content(html(letter))
    scanner.close()
    worker_idle(live)
    assert (live.flask("ledger", "verify").split(", checked")[0], known(live, address)) == before


@pytest.fixture
def worker_idle():
    """Waits until nothing is due, but for requests of others, who wait for their day; and then seals."""

    def wait(live):
        eventually(lambda: "outbox_waiting" not in due(live), seconds=20)
        live.flask("ledger", "seal")

    return wait


def due(live):
    text = subprocess.run(["curl", "-s", f"{live.url}/metrics"], capture_output=True, text=True, check=True).stdout
    kinds = [line for line in text.splitlines() if "outbox_waiting{" in line and "privacy.advance" not in line]
    return "\n".join(line for line in kinds if not line.endswith(" 0.0"))
