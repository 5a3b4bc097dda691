"""What the plugin asks of us: only the plugin gets an answer, and it is all that we hold about the person asked for."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.extensions import db
from app.privacy.models import PrivacyRequest
from app.sync.models import ReceivedNotice
from app.webhooks import held, wordpress
from app.webhooks.wordpress import Asked, Erased
from tests.conftest import KARI, OLA

PING, EXPORT, ERASE = (f"/webhooks/wordpress/{verb}" for verb in ("ping", "export", "erase"))
SECRET = "a-secret-of-the-plugin-for-tests-0123456789"
OLD = "an-older-secret-of-the-plugin-0123456789"

pytestmark = pytest.mark.settings(
    WORDPRESS_KEY_ID="new", WORDPRESS_SECRET=SECRET, WORDPRESS_KEY_ID_OLD="old", WORDPRESS_SECRET_OLD=OLD
)


def signed(path: str, body: str, **other: str) -> dict[str, str]:
    """Headers as the plugin's readme says, by hand. `other` replaces parts before they are signed."""
    part = {"key": "new", "secret": SECRET, "at": str(int(time.time())), "nonce": uuid4().hex, **other}
    lines = ["POST", path, part["at"], part["nonce"], hashlib.sha256(body.encode()).hexdigest()]
    signature = hmac.new(part["secret"].encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    names = {"Key": part["key"], "At": part["at"], "Nonce": part["nonce"], "Signature": signature}
    return {f"X-Samtykke-{name}": value for name, value in names.items()}


def about(email: Any = KARI, page: Any = 1) -> str:
    return json.dumps({"email": email, "page": page, "site": "http://localhost"})


@dataclass(frozen=True)
class Door:
    """Where the plugin knocks."""

    app: Flask
    client: FlaskClient

    def post(self, path: str = PING, body: str = "{}", **other: str) -> Any:
        return self.client.post(path, data=body, headers=signed(path, body, **other))

    def nonces(self) -> int:
        with self.app.app_context():
            return len(db.session.scalars(select(ReceivedNotice)).all())

    def looks(self) -> list[tuple[str, str]]:
        with self.app.app_context():
            rows = db.session.scalars(select(AuditEntry).where(AuditEntry.actor == "processor:wordpress"))
            return [(row.action, row.object) for row in rows]


@pytest.fixture
def door(app: Flask, client: FlaskClient, demo: Any) -> Door:
    return Door(app, client)


def silent(response: Any) -> bool:
    return (response.status_code, response.data) == (401, b"")


# Who may speak


def test_a_signed_call_is_answered(door: Door) -> None:
    response = door.post()
    assert (response.status_code, response.get_json()) == (200, {"service": "samtykke"})
    assert response.headers["Cache-Control"] == "no-store"


def test_both_keys_are_good_while_one_is_replaced(door: Door) -> None:
    assert door.post(key="old", secret=OLD).status_code == 200
    assert silent(door.post(key="old", secret=SECRET))
    assert silent(door.post(key="third"))


@pytest.mark.settings(WORDPRESS_KEY_ID_OLD="", WORDPRESS_SECRET_OLD="")
def test_an_old_key_dies_with_its_setting(door: Door) -> None:
    assert silent(door.post(key="old", secret=OLD))
    assert silent(door.post(key="", secret=""))


@pytest.mark.settings(WORDPRESS_SECRET="short", WORDPRESS_KEY_ID_OLD="", WORDPRESS_SECRET_OLD="")
def test_a_short_secret_opens_nothing(door: Door) -> None:
    assert door.post(secret="short").status_code == 404


@pytest.mark.settings(WORDPRESS_KEY_ID="", WORDPRESS_SECRET="", WORDPRESS_KEY_ID_OLD="", WORDPRESS_SECRET_OLD="")
def test_without_keys_there_is_no_door(door: Door) -> None:
    assert door.post(key="", secret="").status_code == 404


@pytest.mark.parametrize("name", ["Key", "At", "Nonce", "Signature"])
@pytest.mark.parametrize("value", ["", "x", "é".encode().decode("latin-1"), "9" * 5000, "null"])
def test_a_forged_header_is_refused_without_a_word(door: Door, name: str, value: str) -> None:
    headers = {**signed(EXPORT, about()), f"X-Samtykke-{name}": value}
    assert silent(door.client.post(EXPORT, data=about(), headers=headers))
    assert (door.nonces(), door.looks()) == (0, [])


def test_a_call_without_any_header_is_refused_without_a_word(door: Door) -> None:
    assert silent(door.client.post(ERASE, data=about()))


def test_every_part_of_a_call_is_signed(door: Door) -> None:
    headers = signed(EXPORT, about())
    assert silent(door.client.post(EXPORT, data=about(OLA), headers=headers))
    assert silent(door.client.post(ERASE, data=about(), headers=headers))
    later = {**headers, "X-Samtykke-At": str(int(time.time()) + 7)}
    assert silent(door.client.post(EXPORT, data=about(), headers=later))
    assert silent(door.client.post(EXPORT, data=about(), headers={**headers, "X-Samtykke-Nonce": uuid4().hex}))
    assert door.client.post(EXPORT, data=about(), headers=headers).status_code == 200


@pytest.mark.parametrize("seconds", [-310, 310, -86_400, 86_400 * 365])
def test_a_call_from_another_time_is_refused_in_both_directions(door: Door, seconds: int) -> None:
    assert silent(door.post(at=str(int(time.time()) + seconds)))


@pytest.mark.parametrize("seconds", [-280, 280])
def test_clocks_may_differ_a_little(door: Door, seconds: int) -> None:
    assert door.post(at=str(int(time.time()) + seconds)).status_code == 200


def test_the_same_call_twice_is_refused(door: Door) -> None:
    headers = signed(EXPORT, about())
    assert door.client.post(EXPORT, data=about(), headers=headers).status_code == 200
    assert silent(door.client.post(EXPORT, data=about(), headers=headers))
    assert len(door.looks()) == 1


def test_of_eight_equal_calls_at_once_one_gets_in(door: Door) -> None:
    headers = signed(PING, "{}")

    def knock(_: int) -> int:
        return door.app.test_client().post(PING, data="{}", headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(knock, range(8))) == [200] + [401] * 7


def test_a_forged_call_learns_nothing_of_whom_we_know(door: Door) -> None:
    answers = [door.post(path, about(email), secret="x" * 40) for path in (EXPORT, ERASE) for email in (KARI, OLA)]
    assert all(map(silent, answers))


@pytest.mark.parametrize("path", [PING, EXPORT, ERASE])
def test_a_large_body_is_refused(door: Door, path: str) -> None:
    assert door.post(path, json.dumps({"email": "k" * 10_000})).status_code == 413


@pytest.mark.parametrize("path", [PING, EXPORT, ERASE])
def test_looking_is_no_calling(door: Door, path: str) -> None:
    assert door.client.get(path, headers=signed(path, "")).status_code == 405


@pytest.mark.parametrize("body", ["", "[]", "7", "null", '{"email"', "\ufeff{}", "[" * 4000])
def test_a_signed_body_that_is_no_object_is_refused(door: Door, body: str) -> None:
    assert door.post(EXPORT, body).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        about("no address"),
        about(None),
        about(["a@b.no"]),
        about(page=0),
        about(page="1"),
        about(page=True),
        about(page=10**9),
        "{}",
    ],
)
def test_what_the_plugin_never_says_is_refused(door: Door, body: str) -> None:
    assert door.post(EXPORT, body).status_code == door.post(ERASE, body).status_code == 400
    assert door.looks() == []


# What is shown


@pytest.fixture
def written(door: Door, worker: Callable[[], int]) -> Door:
    """Kari has signed up and confirmed nothing yet; Ola has written too."""
    for name, email in (("Kari <b>Nordmann</b>", KARI), ("Ola", OLA)):
        sent = {"name": name, "email": email, "consent_newsletter": "yes"}
        assert door.client.post("/f/nyhetsbrev", data=sent).status_code == 303
    worker()
    return door


def shown(door: Door, email: str = KARI) -> list[dict[str, Any]]:
    answer = door.post(EXPORT, about(email)).get_json()
    assert answer["done"] is True
    items: list[dict[str, Any]] = answer["data"]
    return items


def groups(items: list[dict[str, Any]]) -> list[str]:
    return [item["group_id"] for item in items]


def values(items: list[dict[str, Any]], group: str) -> list[str]:
    return [pair["value"] for item in items if item["group_id"] == f"samtykke-{group}" for pair in item["data"]]


def test_an_export_shows_all_that_is_held(written: Door) -> None:
    items = shown(written)
    kinds = [f"samtykke-{kind}" for kind in ("details", "consents", "history", "submissions", "letters")]
    assert list(dict.fromkeys(groups(items))) == kinds
    assert KARI in values(items, "details")
    assert any("nyhetsbrev" in value.casefold() for value in values(items, "consents"))
    assert KARI in values(items, "submissions")
    assert OLA not in json.dumps(items)


def test_the_text_that_was_shown_is_part_of_it(written: Door) -> None:
    schema = written.client.get("/f/nyhetsbrev/schema?lang=nb").get_json()
    texts = {box["text"] for box in schema["consents"]}
    assert texts & set(values(shown(written), "history"))


def test_every_item_has_the_shape_that_wordpress_wants(written: Door) -> None:
    for item in shown(written):
        assert set(item) == {"group_id", "group_label", "item_id", "data"}
        assert all(set(pair) == {"name", "value"} and isinstance(pair["value"], str) for pair in item["data"])
        assert all(pair["value"] for pair in item["data"])
    ids = [item["item_id"] for item in shown(written)]
    assert len(ids) == len(set(ids))


def test_what_somebody_wrote_is_no_markup(written: Door) -> None:
    text = json.dumps(shown(written))
    assert "Kari &lt;b&gt;Nordmann" in text
    assert "<b>" not in text


def test_the_person_is_found_however_her_address_is_spelt(written: Door) -> None:
    assert shown(written, " Kari@EXAMPLE.no ") == shown(written)


def test_nothing_is_said_of_a_stranger(written: Door) -> None:
    assert shown(written, "nobody@example.no") == []
    assert ("exported_for_wordpress", "") in written.looks()


def test_every_look_is_written_down(written: Door) -> None:
    shown(written)
    [(action, object)] = written.looks()
    assert action == "exported_for_wordpress"
    assert object.startswith("contact:")


def test_pages_together_are_the_whole(written: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shown(written)
    monkeypatch.setattr(held, "PAGE", 2)
    pages = [written.post(EXPORT, about(page=number)).get_json() for number in range(1, len(whole) // 2 + 2)]
    pages = pages if len(whole) % 2 else pages[:-1]
    assert [item for page in pages for item in page["data"]] == whole
    assert [page["done"] for page in pages] == [False] * (len(pages) - 1) + [True]
    assert written.post(EXPORT, about(page=99)).get_json() == {"data": [], "done": True}


def test_labels_are_in_the_language_of_the_website(written: Door) -> None:
    with written.app.app_context():
        site = db.session.scalars(select(wordpress.Site)).one()
        site.languages, site.origin = ["en", "nb"], "https://en.example"
        db.session.commit()
    answer = written.post(EXPORT, json.dumps({"email": KARI, "page": 1, "site": "https://en.example/blog"}))
    assert answer.get_json()["data"][0]["group_label"] == "Samtykke: particulars"


# A wish to be erased


def test_without_anybody_who_keeps_requests_the_administrator_is_told_where_to_go(
    written: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wordpress, "ON_ERASE", None)
    answer = written.post(ERASE, about()).get_json()
    assert (answer["items_removed"], answer["items_retained"], answer["done"]) == (False, True, True)
    assert "http://localhost/admin/" in answer["messages"][0]
    assert groups(shown(written))
    assert written.looks()[0][0] == "asked_erasure_at_wordpress"


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    heard: list[str] = []

    def open_request(asked: Asked) -> Erased:
        heard.append(asked.address)
        return Erased(retained=True, messages=("A request has been opened.",))

    monkeypatch.setattr(wordpress, "ON_ERASE", open_request)
    yield heard


def test_a_wish_goes_to_whoever_keeps_requests(written: Door, wishes: list[str]) -> None:
    answer = written.post(ERASE, about("KARI@example.no")).get_json()
    assert answer == {
        "items_removed": False,
        "items_retained": True,
        "messages": ["A request has been opened."],
        "done": True,
    }
    assert wishes == [KARI]


def test_who_asked_is_on_record(written: Door, wishes: list[str]) -> None:
    written.post(ERASE, about())
    written.post(ERASE, json.dumps({**json.loads(about()), "confirmed": True}))
    with written.app.app_context():
        rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "asked_erasure_at_wordpress"))
        assert [row.note for row in rows] == ["by an administrator", "confirmed by mail"]


def test_a_wish_of_somebody_unknown_here_counts_too(door: Door, wishes: list[str]) -> None:
    door.post(ERASE, about("nobody@example.no"))
    assert wishes == ["nobody@example.no"]


def test_a_forged_wish_reaches_nobody(written: Door, wishes: list[str]) -> None:
    assert silent(written.post(ERASE, about(), secret="x" * 40))
    assert wishes == []


# A wish becomes a request


def requests(door: Door) -> list[tuple[str, str]]:
    with door.app.app_context():
        rows = db.session.scalars(select(PrivacyRequest).order_by(PrivacyRequest.id))
        return [(row.kind, row.state) for row in rows]


def test_a_wish_she_confirmed_at_wordpress_opens_one_request_however_often_it_is_told(written: Door) -> None:
    for _again in range(3):
        written.post(ERASE, json.dumps({**json.loads(about()), "confirmed": True}))
    assert requests(written) == [("erasure", "received")]


def test_a_wish_that_only_an_administrator_pressed_waits_for_her(written: Door) -> None:
    for _again in range(2):
        answer = written.post(ERASE, about()).get_json()
    assert requests(written) == [("erasure", "identity_pending")] and answer["items_retained"]
    written.post(ERASE, json.dumps({**json.loads(about()), "confirmed": True}))
    assert requests(written) == [("erasure", "received")]
