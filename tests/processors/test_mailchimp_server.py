"""The stand-in is strict: what would break at Mailchimp, or be ignored there in silence, breaks here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from app.processors.base import Rejected
from app.processors.mailchimp.client import Client
from app.processors.mailchimp.webhook import parse, verify
from tests.support.mailchimp_server import AUDIENCE, DESCRIPTION, KEY, MailchimpServer
from tests.support.mailchimp_store import member_id

KARI = "kari@example.no"
MEMBER = f"/lists/{AUDIENCE}/members/{member_id(KARI)}"
GOOD = {"email_address": KARI, "status_if_new": "subscribed"}


@pytest.fixture
def server() -> Iterator[MailchimpServer]:
    """One whose violations are what the test is about."""
    with MailchimpServer() as running:
        yield running


@pytest.fixture
def client(server: MailchimpServer) -> Client:
    return Client(server.url, KEY)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"emial_address": KARI}, "emial_address"),
        ({"status_if_new": "happy"}, "'happy' is not one of"),
        ({"language": 1}, "1 is not of type 'string'"),
        ({"timestamp_opt": "2026-03-02 12:00"}, "is not a 'date-time'"),
        ({"timestamp_opt": "yesterday"}, "is not a 'date-time'"),
        ({"last_changed": "2026-03-02T12:00:00+00:00"}, "last_changed"),
        ({"marketing_permissions": [{"enabled": "yes"}]}, "'yes' is not of type 'boolean'"),
    ],
)
def test_a_body_that_breaks_the_description_is_a_violation(change: dict[str, Any], complaint: str) -> None:
    body = json.dumps({**GOOD, **change}).encode()
    [error] = DESCRIPTION.request_errors("PUT", MEMBER, {}, "application/json", body)
    assert complaint in error


def test_a_missing_field_is_a_violation() -> None:
    body = json.dumps({"email_address": KARI}).encode()
    [error] = DESCRIPTION.request_errors("PUT", MEMBER, {}, "application/json", body)
    assert "'status_if_new' is a required property" in error


@pytest.mark.parametrize("query", [{"skip_merge_validation": "True"}, {"skip": "true"}])
def test_a_query_that_breaks_the_description_is_a_violation(query: dict[str, str]) -> None:
    assert len(DESCRIPTION.request_errors("PUT", MEMBER, query, "application/json", json.dumps(GOOD).encode())) == 1


def test_a_body_where_none_belongs_and_a_wrong_type_are_violations() -> None:
    assert DESCRIPTION.request_errors("POST", f"{MEMBER}/actions/delete-permanent", {}, "application/json", b"null")
    assert DESCRIPTION.request_errors("PUT", MEMBER, {}, "text/plain", json.dumps(GOOD).encode())
    assert DESCRIPTION.request_errors("GET", "/nowhere", {}, "", b"")


def test_an_answer_that_breaks_the_description_is_a_violation() -> None:
    assert DESCRIPTION.answer_errors("GET", MEMBER, 200, b'{"status": "happy"}')
    assert DESCRIPTION.answer_errors("GET", MEMBER, 404, b'{"title": "Resource Not Found"}')
    assert DESCRIPTION.answer_errors("GET", MEMBER, 204, b"")
    assert DESCRIPTION.answer_errors("GET", MEMBER, 200, b"") == ["the body is not JSON"]


def test_a_violation_is_kept_for_the_fixture_to_find(server: MailchimpServer, client: Client) -> None:
    client.lists.set_list_member(AUDIENCE, member_id(KARI), {**GOOD, "emial": KARI})
    assert len(server.violations) == 1
    assert "emial" in server.violations[0]


@pytest.mark.parametrize("status", ["archived", "pending", "cleaned"])
def test_some_members_cannot_be_removed(server: MailchimpServer, client: Client, status: str) -> None:
    server.store.joins(server.audience, KARI, status)
    with pytest.raises(Rejected, match="405"):
        client.lists.delete_list_member(AUDIENCE, member_id(KARI))


def test_deleting_is_only_archiving(server: MailchimpServer, client: Client) -> None:
    server.store.joins(server.audience, KARI)
    client.lists.delete_list_member(AUDIENCE, member_id(KARI))
    assert client.lists.get_list_member(AUDIENCE, member_id(KARI))["status"] == "archived"
    assert client.lists.get_list_members_info(AUDIENCE)["members"] == []


def test_tags_of_a_stranger_are_a_404(client: Client) -> None:
    with pytest.raises(Rejected, match="404 Resource Not Found"):
        client.lists.update_list_member_tags(AUDIENCE, member_id(KARI), {"tags": []})


def test_a_wrong_key_is_refused(server: MailchimpServer) -> None:
    with pytest.raises(Rejected, match="401"):
        Client(server.url, "another-us1").lists.get_list(AUDIENCE)


def test_a_click_in_a_campaign_is_followed_by_a_signed_webhook() -> None:
    with HTTPServer(("127.0.0.1", 0), Listener) as listener:
        threading.Thread(target=listener.handle_request, daemon=True).start()
        hook = f"http://127.0.0.1:{listener.server_port}/webhooks/mailchimp/secret"
        with MailchimpServer(webhook=hook, secret="signing") as running:
            running.store.joins(running.audience, KARI)
            data = urllib.parse.urlencode({"address": KARI}).encode()
            urllib.request.urlopen(f"{running.url}/stand-in/unsubscribe", data)
    headers, raw = Listener.heard[-1]
    assert verify("signing", headers, raw, time.time())
    notice = parse(dict(urllib.parse.parse_qsl(raw.decode())), audience=AUDIENCE)
    assert notice is not None
    assert (notice.kind, notice.address) == ("unsubscribed", KARI)


class Listener(BaseHTTPRequestHandler):
    """Our webhook's place."""

    heard: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        self.heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_it_runs_by_hand_and_somebody_can_leave() -> None:
    command = [sys.executable, "-m", "tests.support.mailchimp_server", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        try:
            assert running.stdout is not None
            settings = dict(pair.split("=", 1) for pair in running.stdout.readline().split())
            base = settings["MAILCHIMP_API_BASE"]
            client = Client(base, settings["MAILCHIMP_API_KEY"])
            client.lists.set_list_member(settings["MAILCHIMP_AUDIENCE"], member_id(KARI), GOOD)
            urllib.request.urlopen(f"{base}/stand-in/unsubscribe", urllib.parse.urlencode({"address": KARI}).encode())
            [shown] = json.load(urllib.request.urlopen(f"{base}/stand-in/members"))["members"]
            assert shown["status"] == "unsubscribed"
        finally:
            running.kill()
