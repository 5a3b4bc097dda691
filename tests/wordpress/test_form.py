"""The form on a WordPress page is the form of the service: same names, same words, nothing ticked."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from tests.support.wordpress import rows
from tests.support.wordpress.service import Answer, Service
from tests.support.wordpress.site import Site

PATH = "/f/nyhetsbrev/schema"


class Read(HTMLParser):
    """Controls with their attributes, and every text, of the first form of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.form: dict[str, str | None] = {}
        start = html.find('<form class="samtykke-form"')
        self.feed(html[start : html.find("</form>", start)] if start >= 0 else "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.form = dict(attrs)
        if tag in ("input", "textarea", "select", "button"):
            self.controls.append({"tag": tag, **dict(attrs)})

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


@pytest.fixture(params=["nb", "en"])
def schema(request: pytest.FixtureRequest, client: FlaskClient, demo: Any, connected: Service) -> dict[str, Any]:
    """What our own service says of the demo company's newsletter form."""
    found: dict[str, Any] = client.get(f"{PATH}?lang={request.param}").get_json()
    connected.answers[PATH] = Answer(body=found)
    return found


def shown(site: Site, content: str) -> str:
    """The page with this content, as a visitor gets it."""
    with site.database() as db:
        page = rows.post(db, "page", {}, title="Nyhetsbrev", text=content)
    answer = requests.get(f"{site.url}/?page_id={page}", timeout=30)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize(
    "content",
    ['[samtykke form="nyhetsbrev" lang="{}"]', '<!-- wp:samtykke/form {{"form":"nyhetsbrev","lang":"{}"}} /-->'],
)
def test_shortcode_and_block_show_what_the_service_says(site: Site, schema: dict[str, Any], content: str) -> None:
    html = shown(site, content.format(schema["lang"]))
    read = Read(html)
    assert read.form["action"] == schema["action"]
    assert (read.form["method"], read.form["lang"]) == ("post", schema["lang"])
    fields = [field["name"] for field in schema["fields"]] + [box["name"] for box in schema["consents"]]
    assert [control.get("name") for control in read.controls if control["tag"] != "button"] == [
        "_lang",
        *fields,
        "_gotcha",
    ]
    words = [field["label"] for field in schema["fields"]] + [box["text"] for box in schema["consents"]]
    assert [word for word in words if word not in read.texts] == []
    assert [c for c in read.controls if "checked" in c] == []
    required = {c["name"] for c in read.controls if "required" in c}
    assert required == {field["name"] for field in schema["fields"] if field["required"]}


def test_what_a_visitor_posts_from_there_is_accepted(site: Site, schema: dict[str, Any], client: FlaskClient) -> None:
    read = Read(shown(site, f'[samtykke form="nyhetsbrev" lang="{schema["lang"]}"]'))
    given = {str(c["name"]): c.get("value") or "" for c in read.controls if c.get("type") == "hidden"}
    answer = client.post("/f/nyhetsbrev", data={**given, "name": "Kari", "email": "kari@example.no", "_gotcha": ""})
    assert answer.status_code == 303


def test_a_page_can_be_cached(site: Site, schema: dict[str, Any]) -> None:
    content = f'[samtykke form="nyhetsbrev" lang="{schema["lang"]}"]'
    first, second = (Read(shown(site, content)) for _ in range(2))
    assert first.controls == second.controls
    assert "nonce" not in str(first.controls)


def test_the_service_is_asked_once_and_not_for_every_visitor(
    site: Site, schema: dict[str, Any], connected: Service
) -> None:
    for _ in range(3):
        shown(site, f'[samtykke form="nyhetsbrev" lang="{schema["lang"]}"]')
    assert [asked.path for asked in connected.asked] == [f"{PATH}?lang={schema['lang']}"]


def test_the_language_is_that_of_the_page(site: Site, connected: Service) -> None:
    shown(site, '[samtykke form="nyhetsbrev"]')
    with site.database() as db:
        rows.option(db, "WPLANG", "nb_NO")
    shown(site, '[samtykke form="nyhetsbrev"]')
    assert [asked.path for asked in connected.asked] == [f"{PATH}?lang=en", f"{PATH}?lang=nb"]


def test_the_script_is_the_services_own_and_only_where_a_form_is(
    site: Site, schema: dict[str, Any], connected: Service
) -> None:
    script = f"{connected.url}/embed.js"
    assert script in shown(site, f'[samtykke form="nyhetsbrev" lang="{schema["lang"]}"]')
    assert script not in shown(site, "Hello")


def test_before_the_service_is_connected_nothing_is_called_or_shown(site: Site, service: Service) -> None:
    html = shown(site, '[samtykke form="nyhetsbrev"]')
    assert "samtykke-form" not in html
    assert "embed.js" not in html
    assert "connect the service" not in html
    assert service.asked == []


def test_an_old_description_stands_in_while_the_service_is_away(
    site: Site, schema: dict[str, Any], connected: Service
) -> None:
    content = f'[samtykke form="nyhetsbrev" lang="{schema["lang"]}"]'
    fresh = Read(shown(site, content))
    old = "UPDATE wp_options SET option_value = replace(option_value, ?, ?) WHERE option_name LIKE ?"
    site.query(old, 'until";i:', 'until";i:-', "_transient_samtykke_form_%")
    connected.answers[PATH] = Answer(503)
    assert Read(shown(site, content)).controls == fresh.controls
    asked = len(connected.asked)
    shown(site, content)
    assert len(connected.asked) == asked == 2


def test_without_any_description_there_is_a_link(site: Site, connected: Service) -> None:
    connected.answers[PATH] = Answer(503)
    assert f'href="{connected.url}/f/nyhetsbrev"' in shown(site, '[samtykke form="nyhetsbrev"]')


@pytest.mark.parametrize("status", [404, 410])
def test_a_form_that_is_not_there_shows_nothing_to_visitors(site: Site, connected: Service, status: int) -> None:
    connected.answers[PATH] = Answer(status)
    html = shown(site, '[samtykke form="nyhetsbrev"]')
    assert "samtykke-form" not in html
    assert "no open form" not in html


@pytest.mark.parametrize("name", ["../admin", "a b", "nyhetsbrev?x=", "", "x" * 65])
def test_a_name_that_is_none_calls_nobody(site: Site, connected: Service, name: str) -> None:
    shown(site, f'[samtykke form="{name}"]')
    assert connected.asked == []


def test_the_form_leads_to_the_policy_and_to_the_page_of_her_rights(
    site: Site, schema: dict[str, Any], connected: Service
) -> None:
    html = shown(site, f'[samtykke form="nyhetsbrev" lang="{schema["lang"]}"]')
    rights = "/personvern?site=" if schema["lang"] == "nb" else "/privacy?site="
    assert f'href="{schema["policy_url"]}"' in html and rights in html
    del schema["links"]  # a service from before
    with site.database() as db:
        db.execute("DELETE FROM wp_options WHERE option_name LIKE '%transient%'")
    connected.answers[PATH] = Answer(body=schema)
    assert f'href="{schema["policy_url"]}"' in shown(site, f'[samtykke form="nyhetsbrev" lang="{schema["lang"]}"]')


def test_words_of_the_service_cannot_become_markup(site: Site, schema: dict[str, Any], connected: Service) -> None:
    attack = '"><script>alert(1)</script>'
    schema["fields"][0] |= {"label": attack, "help": attack, "name": attack, "autocomplete": attack}
    schema["consents"][0] |= {"text": attack, "purpose": attack}
    schema |= {"action": "javascript:alert(1)", "links": [["javascript:alert(1)", attack]], "other_contact": attack}
    connected.answers[PATH] = Answer(body=schema)
    html = shown(site, f'[samtykke form="nyhetsbrev" lang="{schema["lang"]}"]')
    assert "<script>alert" not in html
    assert "javascript:" not in html


@pytest.mark.parametrize("kind", ["text", "email", "tel", "textarea", "select", "checkbox"])
def test_every_kind_of_field_is_drawn(site: Site, schema: dict[str, Any], connected: Service, kind: str) -> None:
    options = [{"value": "a", "label": "First"}, {"value": "b", "label": "Second"}]
    schema["fields"] = [{**schema["fields"][0], "kind": kind, "options": options, "name": "it", "help": "A hint"}]
    connected.answers[PATH] = Answer(body=schema)
    read = Read(shown(site, f'[samtykke form="nyhetsbrev" lang="{schema["lang"]}"]'))
    drawn = next(control for control in read.controls if control.get("name") == "it")
    assert (drawn["tag"] if kind in ("textarea", "select") else drawn["type"]) == kind
    assert ("First" in read.texts) is (kind == "select")
