"""Only the service gets in, only now, only once, and only as the service user."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
import requests

from app.processors.base import Rejected
from app.processors.wordpress.client import Client
from app.processors.wordpress.settings import Settings
from tests.support.wordpress import rows
from tests.support.wordpress.site import KEYS, Site
from tests.wordpress.people import KARI


@dataclass(frozen=True)
class Call:
    """One call, signed as the plugin documents it, by hand."""

    site: Site
    action: str = "samtykke_find"
    body: str = json.dumps({"user": "samtykke", "email": KARI})
    key: str = "first"
    secret: str = KEYS["first"]
    at: str = ""
    nonce: str = ""
    signature: str = ""

    def fields(self) -> dict[str, str]:
        at, nonce = self.at or str(int(time.time())), self.nonce or uuid4().hex
        lines = ["POST", self.action, at, nonce, hashlib.sha256(self.body.encode()).hexdigest()]
        right = hmac.new(self.secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
        signed = {"key": self.key, "at": at, "nonce": nonce, "body": self.body}
        return {"action": self.action, **signed, "signature": self.signature or right}

    def send(self, **changed: str) -> requests.Response:
        return requests.post(f"{self.site.url}/wp-admin/admin-ajax.php", data=self.fields() | changed, timeout=30)


@pytest.fixture
def call(site: Site) -> Call:
    return Call(site)


def refused(response: requests.Response, status: int, code: str) -> bool:
    return response.status_code == status and response.json()["error"] == code


def test_a_signed_call_gets_a_signed_answer_that_nobody_may_keep(call: Call) -> None:
    response = replace(call, nonce="0123456789abcdef").send()
    answer = response.json()
    lines = ["ANSWER", "samtykke_find", "0123456789abcdef", hashlib.sha256(answer["answer"].encode()).hexdigest()]
    expected = hmac.new(KEYS["first"].encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    assert (response.status_code, answer["signature"]) == (200, expected)
    assert response.headers["Cache-Control"] == "no-store, private"
    assert json.loads(answer["answer"])["held"] == []


@pytest.mark.parametrize("signature", ["", "0" * 64, "é", "a" * 10_000])
def test_a_forged_signature_is_refused(call: Call, signature: str) -> None:
    assert refused(call.send(signature=signature), 401, "signature")


@pytest.mark.parametrize(
    "changed",
    [
        {"body": json.dumps({"user": "samtykke", "email": "ola@example.no"})},
        {"nonce": "another-nonce-0123456789"},
        {"at": "seven seconds later"},
        {"action": "samtykke_coverage"},
    ],
)
def test_every_part_of_a_call_is_signed(call: Call, changed: dict[str, str]) -> None:
    if "at" in changed:  # said now, and not when the tests were collected
        changed = {"at": str(int(time.time()) + 7)}
    assert refused(call.send(**changed), 401, "signature")


@pytest.mark.parametrize("seconds", [-301, 310, -86400, 86400])
def test_a_call_from_another_time_is_refused_in_both_directions(call: Call, seconds: int) -> None:
    assert refused(replace(call, at=str(int(time.time()) + seconds)).send(), 401, "clock")


@pytest.mark.parametrize("seconds", [-280, 280])
def test_clocks_may_differ_a_little(call: Call, seconds: int) -> None:
    assert replace(call, at=str(int(time.time()) + seconds)).send().status_code == 200


@pytest.mark.parametrize("at", ["", "now", "-1", "1e9", "9" * 40, "٣"])
def test_a_time_that_is_none_is_refused(call: Call, at: str) -> None:
    assert refused(call.send(at=at), 401, "clock")


def test_the_same_call_twice_is_refused(call: Call) -> None:
    fields = call.fields()
    assert call.send(**fields).status_code == 200
    assert refused(call.send(**fields), 409, "replayed")


def test_of_ten_equal_calls_at_once_one_gets_in(call: Call) -> None:
    fields = call.fields()
    with ThreadPoolExecutor(10) as pool:
        statuses = [response.status_code for response in pool.map(lambda _: call.send(**fields), range(10))]
    assert sorted(statuses) == [200] + [409] * 9


def test_a_nonce_is_remembered_for_ten_minutes_and_then_forgotten(site: Site, call: Call) -> None:
    call.send()
    nonces = "SELECT count(*) FROM wp_options WHERE option_name LIKE 'samtykke_nonce_%'"
    age = "UPDATE wp_options SET option_value = option_value - ? WHERE option_name LIKE 'samtykke_nonce_%'"
    site.query(age, 590)
    call.send()
    assert site.query(nonces) == [(2,)]
    site.query(age, 20)
    call.send()
    assert site.query(nonces) == [(2,)]


def test_a_forged_call_leaves_no_nonce_behind(site: Site, call: Call) -> None:
    call.send(signature="0" * 64)
    assert site.query("SELECT count(*) FROM wp_options WHERE option_name LIKE 'samtykke_nonce_%'") == [(0,)]


def test_an_unknown_key_is_refused(call: Call) -> None:
    assert refused(replace(call, key="third").send(), 401, "unknown_key")
    assert refused(call.send(key=""), 401, "unknown_key")


def test_two_keys_live_beside_each_other_and_an_old_one_dies(site: Site, call: Call) -> None:
    second = replace(call, key="second", secret=KEYS["second"])
    assert [call.send().status_code, second.send().status_code] == [200, 200]
    site.set_keys({"second": KEYS["second"], "third": "a-third-secret-for-tests-only-0123456789"})
    assert refused(call.send(), 401, "unknown_key")
    assert second.send().status_code == 200


def test_of_three_keys_only_the_newest_two_live(site: Site, call: Call) -> None:
    site.set_keys({**KEYS, "third": "a-third-secret-for-tests-only-0123456789"})
    assert refused(call.send(), 401, "unknown_key")


def test_a_short_secret_opens_nothing(site: Site, call: Call) -> None:
    site.set_keys({"first": "short"})
    assert refused(replace(call, secret="short").send(), 401, "unknown_key")


def test_without_keys_nobody_gets_in(site: Site, call: Call) -> None:
    site.set_keys(None)
    assert refused(call.send(), 401, "unknown_key")
    assert refused(replace(call, key="", secret="").send(), 401, "unknown_key")


@pytest.mark.parametrize("body", ["", "null", "[", '"text"', "7"])
def test_a_signed_body_that_is_no_object_is_refused(call: Call, body: str) -> None:
    assert refused(replace(call, body=body).send(), 400, "malformed")


@pytest.mark.parametrize("nonce", ["short", "with space in it 0123", "x" * 65])
def test_a_nonce_that_is_none_is_refused(call: Call, nonce: str) -> None:
    assert refused(replace(call, nonce=nonce).send(), 400, "malformed")


def test_odd_bytes_reach_the_plugin_as_they_were_signed(call: Call) -> None:
    body = json.dumps({"user": "samtykke", "email": 'o\'hara\\+"x"@example.no'}, ensure_ascii=False)
    assert replace(call, body=body).send().status_code == 200


def test_looking_is_no_calling(site: Site, call: Call) -> None:
    response = requests.get(f"{site.url}/wp-admin/admin-ajax.php", params=call.fields(), timeout=30)
    assert refused(response, 401, "unknown_key")


def test_the_service_must_name_the_service_user(settings: Settings) -> None:
    with pytest.raises(Rejected, match="acts as another user"):
        Client(replace(settings, user="boss")).call("coverage")


def test_a_service_user_without_rights_may_do_nothing(site: Site, plugin: Client, settings: Settings) -> None:
    with site.database() as db:
        rows.user(db, "editor@fjordlys.example", "editor", "editor")
        rows.option(db, "samtykke_settings", {"service": "", "user": "editor"})
    with pytest.raises(Rejected, match="lacks rights: make it an administrator"):
        Client(replace(settings, user="editor")).call("find", email=KARI)


def test_a_call_signs_nobody_in(call: Call) -> None:
    assert not call.send().cookies


@pytest.mark.parametrize("verb", ["find", "export", "erase", "erase_own", "purge_traces", "rectify", "restrict"])
@pytest.mark.parametrize("email", ["", "no address", "a@b c", "%", "@", "x" * 330 + "@example.no"])
def test_what_is_no_address_is_refused(plugin: Client, verb: str, email: Any) -> None:
    with pytest.raises(Rejected, match="takes no such address"):
        plugin.call(verb, email=email)


def test_an_unknown_target_is_refused(plugin: Client) -> None:
    with pytest.raises(Rejected, match="bring the plugin up to date"):
        plugin.call("erase_own", email=KARI, target="everything")


def test_wildcards_of_sql_find_nobody(site: Site, plugin: Client) -> None:
    with site.database() as db:
        rows.comments(db, KARI, 1)
        rows.message(db, KARI)
        rows.entries(db, KARI, 1)
    for email in ("%@example.no", "k_ri@example.no", "' OR '1'='1@example.no".replace(" ", "")):
        found = plugin.call("find", email=email)
        assert found == {"held": [], "mentions": [], "unfinished": []}
