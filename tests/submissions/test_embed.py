"""The script on the company's own pages, in a real browser and from another origin. Without it everything works too."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest
import requests
from sqlalchemy import create_engine, select, text

from app.submissions.embed import _SPARE
from app.submissions.models import Submission
from tests.submissions.conftest import MINIMAL
from tests.support.processes import ROOT, Live, eventually

PLAIN = """
<form method="post" action="{url}/f/kontakt">
<p><label for="n">Navn</label> <input id="n" name="name"></p>
<p><label for="e">E-post</label> <input id="e" name="email" aria-describedby="hint"> <small id="hint">Din</small></p>
<p><label><input type="checkbox" name="nyhetsbrev" value="ja"> Nyhetsbrev</label></p>
<button>Send</button></form>
"""
THANKED = """
  bestilling:
    site: nettsted
    title: {nb: Bestilling, en: Order}
    thanks_page: /bestilt
    fields:
      - {name: email, kind: email, label: {nb: E-post, en: E-mail}, required: true}
"""
ORDER = """
<form method="post" action="{url}/f/bestilling">
<p><label>E-post <input name="email"></label></p><button>Send</button></form>
"""
ANSWER = '<button name="answer" value="yes">Ja</button> <button name="answer" value="no">Nei</button>'


class Website:
    """The company's own website: another origin than the service's, with one page that can be changed."""

    def __init__(self, live: Live) -> None:
        self.live, self.page = live, ""
        website = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write((website.page if self.path.startswith("/side") else "<p>Vi takker</p>").encode())

            def log_message(self, *_args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def is_known(self) -> bool:
        """Has the service heard of it? It learns of new forms within two seconds."""
        answer = requests.get(f"{self.live.url}/f/kontakt/token", headers={"Origin": self.url}, timeout=5)
        return answer.headers.get("Access-Control-Allow-Origin") == self.url


@pytest.fixture(scope="module")
def website(shared_live: Live, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """A form that belongs to this site, and to the demo company again afterwards."""
    website = Website(shared_live)
    file = tmp_path_factory.mktemp("forms") / "forms.yaml"
    file.write_text((MINIMAL + THANKED).replace("https://nettsted.example", website.url))
    shared_live.flask("forms", "load", str(file))
    eventually(website.is_known)
    yield website
    website.server.shutdown()
    shared_live.flask("demo", "load")
    eventually(lambda: not website.is_known())


@pytest.fixture
def open_page(page, website):
    """open_page(body, lang): a page of the website that uses the script."""
    # The header that names her network is the test's and not the script's: no preflight is asked about it.
    page.context.route("**/*", lambda route: route.continue_())

    def show(body: str, lang: str = "nb", script: bool = True):
        tag = f'<script src="{website.live.url}/embed.js" defer></script>' if script else ""
        head = (
            f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><link rel="icon" href="data:,"><title>x</title>'
        )
        website.page = f"{head}{tag}<body>{body}</body></html>"
        page.goto(f"{website.url}/side?x=1")
        return page

    return show


def rows(live: Live, address: str) -> list:
    with create_engine(live.environ["DATABASE_URL"]).connect() as connection:
        asked = text("SELECT box, render, page_url, lang FROM submission WHERE address = :a")
        return list(connection.execute(asked, {"a": address}))


def answers(live: Live, address: str) -> list:
    with create_engine(live.environ["DATABASE_URL"]).connect() as connection:
        asked = select(Submission.answers).where(Submission.address == address)
        return list(connection.scalars(asked))


def somebody() -> str:
    return f"kari+{uuid4().hex[:8]}@example.no"


def person(page) -> None:
    page.wait_for_selector("input[name=_t]", state="attached")
    page.wait_for_timeout(2100)  # whoever is faster is taken for a machine


def test_it_is_small_and_leaves_nothing_behind() -> None:
    source = (ROOT / "app/static/embed.js").read_text()
    assert len(_SPARE.sub("", source).encode()) < 6000
    assert not re.search(r"cookie|localStorage|sessionStorage|indexedDB|eval|innerHTML", source)


@pytest.mark.browser
def test_a_named_place_becomes_the_form(open_page, website, axe) -> None:
    page, address = open_page('<main><h1>Hei</h1><div data-samtykke="kontakt"></div></main>'), somebody()
    page.get_by_label("Navn").fill("Kari")
    page.get_by_label("E-post").fill(address)
    rights = page.get_by_role("link", name="Personvern: dine rettigheter").get_attribute("href")
    assert str(rights).startswith(f"{website.live.url}/personvern?site=")
    assert not page.get_by_role("checkbox").is_checked()
    page.get_by_role("checkbox").check()
    axe(page)
    person(page)
    page.get_by_role("button", name="Send").click()
    status = page.get_by_role("status")
    status.wait_for()
    assert "Takk" in status.inner_text()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "status"
    axe(page)
    assert rows(website.live, address) == [("accepted", "verified", f"{website.url}/side", "nb")]
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


@pytest.mark.browser
def test_the_form_speaks_the_language_of_the_page(open_page) -> None:
    page = open_page('<div data-samtykke="kontakt"></div>', lang="en")
    page.get_by_label("Name").wait_for()
    assert page.get_attribute("form", "lang") == "en"


@pytest.mark.browser
def test_a_mistake_is_said_beside_its_field_and_the_field_gets_the_focus(open_page, website, axe) -> None:
    page, address = open_page(f"<main><h1>Hei</h1>{PLAIN.format(url=website.live.url)}</main>"), somebody()
    page.fill("#n", "Kari")
    page.fill("#e", "kari@")
    person(page)
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector("[aria-invalid=true]")
    assert page.evaluate("document.activeElement.id") == "e"
    assert page.get_attribute("#e", "aria-describedby") == "hint e-wrong"
    assert page.inner_text("#e-wrong")
    axe(page)
    page.fill("#e", address)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("status").wait_for()
    assert len(rows(website.live, address)) == 1


@pytest.mark.browser
def test_a_page_that_names_where_to_go_next_goes_there(open_page, website) -> None:
    wish = '<input type="hidden" name="_next" value="/takk"><button>'
    page, address = open_page(PLAIN.format(url=website.live.url).replace("<button>", wish)), somebody()
    page.fill("#n", "Kari")
    page.fill("#e", address)
    person(page)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(f"{website.url}/takk")


@pytest.mark.browser
def test_a_plain_form_with_a_thank_you_page_of_the_companys_goes_there(open_page, website) -> None:
    page = open_page(ORDER.format(url=website.live.url))
    page.get_by_label("E-post").fill(somebody())
    person(page)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(f"{website.url}/bestilt")


@pytest.mark.browser
@pytest.mark.parametrize("drawn", [True, False])
def test_what_is_marked_thanks_where_it_stands_whatever_page_there_is(open_page, website, drawn) -> None:
    marked = ORDER.format(url=website.live.url).replace("<form", "<form data-samtykke")
    page = open_page('<div data-samtykke="bestilling"></div>' if drawn else marked)
    page.get_by_label("E-post").fill(somebody())
    person(page)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("status").wait_for()
    assert page.url.endswith("/side?x=1")


@pytest.mark.browser
def test_the_button_that_was_pressed_is_sent_along_and_no_other(open_page, website) -> None:
    form = PLAIN.format(url=website.live.url).replace("<button>Send</button>", ANSWER)
    page, address = open_page(form), somebody()
    page.fill("#n", "Kari")
    page.fill("#e", "kari@")
    person(page)
    page.get_by_role("button", name="Ja").click()
    page.wait_for_selector("[aria-invalid=true]")
    page.fill("#e", address)
    page.get_by_role("button", name="Nei").click()
    page.get_by_role("status").wait_for()
    assert answers(website.live, address) == [{"name": "Kari", "email": address, "answer": "no"}]


@pytest.mark.browser
def test_when_the_script_fails_half_way_the_browser_sends_it_once(browser, website) -> None:
    page, address = browser.new_page(), somebody()  # a page of its own: losing an answer is an error on the console
    form = PLAIN.format(url=website.live.url).replace("<button>Send</button>", ANSWER)
    website.page = f'<script src="{website.live.url}/embed.js" defer></script>{form}'
    page.goto(f"{website.url}/side")
    page.fill("#n", "Kari")
    page.fill("#e", address)
    person(page)

    def lose_the_answer(route) -> None:
        if route.request.resource_type == "fetch":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route(f"{website.live.url}/f/kontakt", lose_the_answer)
    with page.expect_navigation(url=re.compile("/f/kontakt/thanks")):
        page.get_by_role("button", name="Ja").click()
    page.close()
    assert answers(website.live, address) == [{"name": "Kari", "email": address, "answer": "yes"}]


@pytest.mark.browser
def test_without_the_script_the_plain_form_works(open_page, website) -> None:
    page, address = open_page(PLAIN.format(url=website.live.url), script=False), somebody()
    page.fill("#n", "Kari")
    page.fill("#e", address)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(re.compile("/f/kontakt/thanks"))
    eventually(lambda: rows(website.live, address))
    assert rows(website.live, address)[0][:2] == ("accepted", "absent")


@pytest.mark.browser
def test_the_hosted_page_sends_a_visitor_back_to_the_companys_own_page(page, website) -> None:
    page.goto(f"{website.live.url}/f/kontakt")
    page.fill("[name=name]", "Kari")
    page.fill("[name=email]", somebody())
    page.evaluate(
        "document.forms[0].append(Object.assign(document.createElement('input'), "
        "{type: 'hidden', name: '_next', value: '/takk'}))"
    )
    page.wait_for_timeout(2100)
    page.click("button[type=submit]")
    page.wait_for_url(f"{website.url}/takk")


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_demo_page_can_be_read_and_used_by_everybody(page, shared_live, axe, lang) -> None:
    address = somebody()
    page.goto(f"{shared_live.url}/demo?lang={lang}")
    axe(page)
    form = page.locator("form[action='/f/nyhetsbrev']")
    form.locator("[name=email]").fill(address)
    form.locator("[name=consent_newsletter]").check()
    form.locator("input[name=_t]").wait_for(state="attached")
    page.wait_for_timeout(2100)
    form.locator("button").click()
    page.get_by_role("status").wait_for()
    axe(page)
    assert rows(shared_live, address)[0][0] == "accepted"
