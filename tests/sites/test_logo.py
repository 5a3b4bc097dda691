"""A company's logo on our pages: fetched once, served by us, so that no visitor is seen by another address."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest
from sqlalchemy import update

from app.extensions import db
from app.sites.models import Site
from tests.submissions.conftest import MINIMAL
from tests.support.listening import Asked, Listening

SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
PICTURES = {
    "svg": (SVG, "image/svg+xml"),
    "png": (PNG, "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0" + b"\x00" * 40, "image/jpeg"),
    "gif": (b"GIF89a" + b"\x00" * 40, "image/gif"),
    "webp": (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
    "avif": (b"\x00\x00\x00\x1cftypavif\x00\x00", "image/avif"),
}


@dataclass
class Website:
    """The company's own site, where its logo lies. `raw` may be changed while it runs."""

    raw: bytes = SVG
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/logo.svg"


@pytest.fixture
def website() -> Iterator[Website]:
    site = Website()

    class Handler(Listening):
        def respond(self, asked: Asked) -> Website:
            return site

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.01}).start()
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture
def load(app, website):
    """load(): what `flask forms load` says of a site whose logo lies at the website."""

    def run(url=None):
        text = MINIMAL.replace("{name: Nettsted, ", f"{{name: Nettsted, logo_url: '{url or website.url}', ")
        return app.test_cli_runner().invoke(args=["forms", "load", "-"], input=text)

    return run


def shown(client):
    """The address of the logo on a page that visitors see."""
    found = re.search(r'<img src="([^"]+)" alt="Nettsted">', client.get("/f/kontakt").text)
    return found[1] if found else None


@pytest.mark.parametrize("name", PICTURES)
def test_it_is_served_by_us_as_what_it_is(load, website, client, name):
    website.raw, kind = PICTURES[name]
    website.headers["Content-Type"] = "text/html"  # what its server says does not count
    assert load().exit_code == 0
    answer = client.get(shown(client))
    assert (answer.status_code, answer.mimetype, answer.data) == (200, kind, website.raw)
    assert "immutable" in answer.headers["Cache-Control"]


def test_nothing_on_a_page_comes_from_another_address(load, client):
    load()
    page = client.get("/f/kontakt")
    assert shown(client).startswith("/logo/")
    assert "img-src 'self' data:;" in page.headers["Content-Security-Policy"]
    assert "img-src 'self' data:;" in client.get("/unsubscribe").headers["Content-Security-Policy"]


def test_a_picture_opened_by_itself_can_run_nothing(load, client):
    load()
    policy = client.get(shown(client)).headers
    assert "sandbox" in policy["Content-Security-Policy"] and "script-src" not in policy["Content-Security-Policy"]
    assert policy["X-Content-Type-Options"] == "nosniff"


def test_a_new_picture_at_the_same_address_gets_a_new_one_here(load, website, client):
    load()
    before = shown(client)
    website.raw = PNG
    assert "site nettsted: logo" in load().output
    assert shown(client) != before
    assert client.get(before).data == SVG  # a page that was shown a moment ago still asks for it


def test_loading_again_changes_nothing(load):
    load()
    assert load().output.endswith("nothing new\n")


def test_a_packed_answer_is_unpacked(load, website, client):
    website.raw, website.headers["Content-Encoding"] = gzip.compress(SVG), "gzip"
    load()
    assert client.get(shown(client)).data == SVG


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": 404}, "cannot be fetched: the address answers 404"),
        ({"cut": True}, "cannot be fetched (ConnectionError)"),
        ({"raw": b"<!doctype html><title>Hei</title>"}, "is no picture: SVG, PNG, JPEG, WebP, AVIF or GIF"),
        ({"raw": b""}, "is no picture"),
        ({"raw": b"<!-- not found --><html><svg></svg></html>"}, "is no picture"),
        ({"raw": PNG + b"\x00" * 600_000}, "is larger than 512 kB"),
    ],
)
def test_what_cannot_be_shown_is_named_by_line_and_field_and_nothing_is_loaded(load, website, client, change, why):
    for name, value in change.items():
        setattr(website, name, value)
    said = load()
    assert said.exit_code == 1
    assert f": sites.nettsted.logo_url: {why}" in said.output
    assert client.get("/f/kontakt").status_code == 404


def test_an_address_that_leads_nowhere_is_named(load):
    assert "sites.nettsted.logo_url: cannot be fetched" in load("http://127.0.0.1:1/logo.svg").output
    assert "sites.nettsted.logo_url: cannot be fetched" in load("http://[::1/logo.svg").output


def test_while_the_website_is_away_the_logo_from_before_stays(load, website, client):
    load()
    before = shown(client)
    website.status = 503
    said = load()
    assert said.exit_code == 0
    assert "the address answers 503. The one from before stays." in said.output
    assert shown(client) == before


def test_a_logo_from_before_is_missed_by_the_check_until_the_definitions_are_loaded(app, load, client):
    load()
    with app.app_context():
        db.session.execute(update(Site).values(logo=""))
        db.session.commit()
    check = app.test_cli_runner().invoke(args=["check"]).output
    assert "not fetched for nettsted: load the definitions again" in check
    load()
    assert "not fetched" not in app.test_cli_runner().invoke(args=["check"]).output


def test_a_picture_that_nobody_has_is_not_found(client, app):
    assert client.get(f"/logo/{'0' * 64}").status_code == 404


def test_a_dump_names_the_address_that_the_logo_was_fetched_from(app, load, website):
    load()
    assert f"logo_url: {website.url}" in app.test_cli_runner().invoke(args=["forms", "dump"]).output


@pytest.mark.parametrize("name", ["%00", "a%00b", "x" * 5000, "%F0%9F%98%80", "..%2F..%2Fetc", "%ff"])
def test_a_name_that_can_be_none_is_not_found(client, app, name):
    assert client.get(f"/logo/{name}").status_code == 404
