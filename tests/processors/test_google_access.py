"""Getting into Google: settings, service accounts, the click of a member of staff, limits, and what is refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from app.processors import build
from app.processors.base import Rejected, Retry
from app.processors.google import oauth
from app.processors.google.auth import CONTACTS, FEATURES, FULL, MEMBERS, MODIFY, OTHERS, Grant, identity
from app.processors.google.gmail import Gmail
from app.processors.google.groups import Groups
from app.processors.google.limit import Limit
from tests.processors.google_world import ADMIN, NO_LIMIT, google, refused, service_account, settings
from tests.processors.people import kari
from tests.support.google_discovery import operation, operations
from tests.support.google_emulate import CLIENT_ID, CLIENT_SECRET, MAILBOX, REDIRECT, Emulate
from tests.support.google_server import Answer, GoogleServer

GROUP = "newsletter@fjordlys.no"


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with google() as running:
        running.store.directory.groups = {GROUP: {}}
        yield running


def groups(server: GoogleServer, **changes: Any) -> Groups:
    return Groups(settings(server, **changes), [("", GROUP)], NO_LIMIT)


# Settings


def config(**changes: str) -> dict[str, str]:
    given = {"GOOGLE_CREDENTIALS": service_account("https://oauth2.googleapis.com"), "GOOGLE_SUBJECT": ADMIN}
    return {**given, "GMAIL_MAILBOX": MAILBOX, "GOOGLE_CONTACTS_GROUP": "Nyhetsbrev", "GOOGLE_GROUPS": GROUP, **changes}


def test_each_part_has_its_own_switch() -> None:
    assert list(build(config())) == ["gmail", "google_contacts", "google_groups"]
    assert list(build(config(GMAIL_MAILBOX="", GOOGLE_GROUPS=""))) == ["google_contacts"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("GOOGLE_CREDENTIALS", ""),
        ("GOOGLE_CREDENTIALS", "{"),
        ("GOOGLE_CREDENTIALS", '{"type": "service_account"}'),
        ("GOOGLE_CREDENTIALS", '{"type": "magic", "client_email": "a"}'),
        ("GOOGLE_CREDENTIALS", service_account("https://evil.example")),
        ("GOOGLE_CREDENTIALS", service_account("https://evilgoogleapis.com")),
        ("GOOGLE_SUBJECT", "admin"),
        ("GOOGLE_API_BASE", "http://example.no"),
        ("GOOGLE_API_BASE", "example.no"),
        ("GMAIL_MAILBOX", "post"),
        ("GMAIL_MAILBOX", "post@fjordlys.no, x/y@fjordlys.no"),
        ("GOOGLE_CONTACTS_GROUP", "a/b"),
        ("GOOGLE_GROUPS", "newsletter="),
        ("GOOGLE_GROUPS", "newsletter=a@b.no, offers"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named_and_the_key_is_not(setting: str, value: str) -> None:
    with pytest.raises(ValueError, match=setting) as caught:
        build(config(**{setting: value}))
    assert "PRIVATE" not in str(caught.value)


def test_several_mailboxes_and_groups_are_listed() -> None:
    built = build(config(GMAIL_MAILBOX=f"{MAILBOX}, ordre@fjordlys.no", GOOGLE_GROUPS=f"newsletter = {GROUP},a@b.no"))
    assert built["gmail"].boxes.addresses == [MAILBOX, "ordre@fjordlys.no"]  # type: ignore[attr-defined]
    assert built["google_groups"]._groups == [("newsletter", GROUP), ("", "a@b.no")]  # type: ignore[attr-defined]


def test_the_key_may_be_a_file_that_is_read_when_it_is_needed(server: GoogleServer, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    there = groups(server, credentials=str(file))
    with pytest.raises(Rejected, match="cannot be read"):
        there.ping()
    file.write_text(service_account(server.url))
    assert there.ping() == "Google Groups answers, groups: 1"


def test_importing_and_building_loads_no_library_of_google() -> None:
    program = (
        "import sys; from app.processors import build;"
        f"build({config()!r});"
        "print([m for m in ('googleapiclient', 'google.auth', 'httplib2', 'requests') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Service account


def test_a_service_account_acts_for_one_user_with_the_least_scopes(server: GoogleServer) -> None:
    groups(server).ping()
    assert list(server.tokens.values()) == [(ADMIN, {MEMBERS.url})]


def test_a_mailbox_is_opened_as_itself(server: GoogleServer) -> None:
    server.fail(Answer(200, b'{"labels": []}'), "GET", "/labels")
    Gmail(settings(server), [MAILBOX]).ping()
    assert list(server.tokens.values()) == [(MAILBOX, {MODIFY.url})]


def test_every_call_we_make_is_covered_by_a_scope_we_ask_for() -> None:
    asked = {scope.url for scopes in FEATURES.values() for scope in scopes}
    known = {scope for method in operations() for scope in method.scopes}
    assert asked <= known
    assert FULL not in FEATURES["gmail"]
    assert all(scope.text.endswith(".") for scopes in FEATURES.values() for scope in scopes)


def test_a_delegation_that_lacks_our_scopes_is_told_plainly(server: GoogleServer) -> None:
    server.delegated.clear()
    with pytest.raises(Rejected, match="domain-wide delegation") as caught:
        groups(server).ping()
    assert "@" not in str(caught.value)


def test_a_user_that_google_does_not_know_is_told_plainly(server: GoogleServer) -> None:
    server.fail(Answer(400, b'{"error": "invalid_grant", "error_description": "kari@example.no"}'), "POST", "/token")
    with pytest.raises(Rejected, match="no such user") as caught:
        groups(server).ping()
    assert "kari" not in str(caught.value)


@pytest.mark.parametrize("answer", [Answer(200, cut=True), Answer(200, b"{}"), Answer(400, b"kari@example.no")])
def test_a_token_that_cannot_be_had_names_nobody(server: GoogleServer, answer: Answer) -> None:
    server.fail(answer, "POST", "/token", times=9)
    with pytest.raises((Retry, Rejected)) as caught:
        groups(server).ping()
    assert "kari" not in str(caught.value)


def test_a_token_that_ends_before_its_time_is_had_anew(server: GoogleServer) -> None:
    there = groups(server)
    there.ping()
    server.tokens.clear()
    assert there.find(kari()) == []
    assert len(server.asked("POST", "/token")) == 2


def test_a_token_that_google_never_takes_is_a_refusal(server: GoogleServer) -> None:
    server.fail(refused(401, "authError"), "GET", "/members", times=2)
    with pytest.raises(Rejected, match="401"):
        groups(server).ping()


def test_one_token_serves_many_threads(server: GoogleServer) -> None:
    there = groups(server)
    threads = [threading.Thread(target=there.ping) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.asked("POST", "/token")) == 1


# A click


@dataclass
class Kept:
    """Where a test keeps the permission of a click."""

    grant: Grant | None = None
    ended: int = 0
    saved: list[Grant] = field(default_factory=list)

    def load(self) -> Grant | None:
        return self.grant

    def save(self, grant: Grant) -> None:
        self.grant = grant

    def revoked(self, token: str) -> None:
        self.ended += 1
        if self.grant and self.grant.refresh_token == token:
            self.grant = None


def client(emulate: Emulate, **changes: str) -> str:
    """The JSON of an OAuth client, as Google's console hands it out."""
    uris = {"auth_uri": f"{emulate.url}/o/oauth2/v2/auth", "token_uri": f"{emulate.url}/oauth2/token"}
    return json.dumps({"web": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **uris, **changes}})


def clicked(emulate: Emulate, url: str) -> tuple[str, str]:
    """Staff choose their account on Google's page: code and state, as they come back."""
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    page = urllib.request.urlopen(url).read().decode()
    assert "fjordlys.no" in page
    form = urllib.parse.urlencode({**query, "email": MAILBOX}).encode()

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(f"{emulate.url}/o/oauth2/v2/auth/callback", form)
    except urllib.error.HTTPError as answer:
        back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["Location"]).query))
        return back["code"], back["state"]
    raise AssertionError("no way back")


def permission(emulate: Emulate) -> Grant:
    found, secret = identity(client(emulate)), oauth.verifier()
    code, _ = clicked(emulate, oauth.consent_url(found, REDIRECT, [MODIFY], "s", secret))
    return oauth.exchange(found, REDIRECT, code, secret)


def test_the_page_is_asked_for_what_lasts_and_for_no_more(emulate: Emulate) -> None:
    url = oauth.consent_url(identity(client(emulate)), REDIRECT, [CONTACTS, OTHERS], "state-1", "v" * 43, MAILBOX)
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    assert query["scope"] == f"{CONTACTS.url} {OTHERS.url}"
    assert (query["access_type"], query["prompt"], query["state"]) == ("offline", "consent", "state-1")
    assert (query["code_challenge_method"], query["login_hint"]) == ("S256", MAILBOX)
    assert CLIENT_SECRET not in url and "v" * 43 not in url


def test_the_challenge_is_that_of_the_standard() -> None:
    """The example of RFC 7636, appendix B."""
    known = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.challenge(known) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert re.fullmatch(r"[\w-]{43,128}", oauth.verifier())
    assert oauth.verifier() != oauth.verifier()


def test_a_click_gives_a_permission_that_works(emulate: Emulate) -> None:
    found, secret = identity(client(emulate)), oauth.verifier()
    code, state = clicked(emulate, oauth.consent_url(found, REDIRECT, [MODIFY], "state-2", secret))
    assert state == "state-2"
    grant = oauth.exchange(found, REDIRECT, code, secret)
    assert oauth.missing(grant, [MODIFY, CONTACTS]) == [CONTACTS]
    assert grant.refresh_token not in repr(grant)
    with google(emulate.url) as server:
        gmail = Gmail(settings(server, credentials=client(emulate), source=Kept(grant)), [MAILBOX])
        assert gmail.ping() == "Gmail answers, mailboxes: 1"
        assert not gmail.boxes.client(MAILBOX, MODIFY).allows(FULL)
        assert gmail.boxes.client(MAILBOX, MODIFY).allows(MODIFY)


def test_a_code_works_once_and_only_with_its_verifier(emulate: Emulate) -> None:
    found, secret = identity(client(emulate)), oauth.verifier()
    code, _ = clicked(emulate, oauth.consent_url(found, REDIRECT, [MODIFY], "s", secret))
    with pytest.raises(Rejected, match="start again"):
        oauth.exchange(found, REDIRECT, code, oauth.verifier())
    code, _ = clicked(emulate, oauth.consent_url(found, REDIRECT, [MODIFY], "s", secret))
    oauth.exchange(found, REDIRECT, code, secret)
    with pytest.raises(Rejected, match="start again"):
        oauth.exchange(found, REDIRECT, code, secret)


def test_a_permission_that_does_not_last_is_refused(emulate: Emulate) -> None:
    with google(emulate.url) as server:
        server.fail(Answer(200, b'{"access_token": "a", "scope": "x"}'), "POST", "/oauth2/token")
        found = identity(client(emulate, token_uri=f"{server.url}/oauth2/token"))
        with pytest.raises(Rejected, match="no lasting permission"):
            oauth.exchange(found, REDIRECT, "code", "v" * 43)
        for trouble in (Answer(503), Answer(200, cut=True), Answer(200, b"<html>")):
            server.fail(trouble, "POST", "/oauth2/token")
            with pytest.raises(Retry):
                oauth.exchange(found, REDIRECT, "code", "v" * 43)


def test_nobody_has_clicked_yet(emulate: Emulate) -> None:
    with google(emulate.url) as server, pytest.raises(Rejected, match="must connect it"):
        Gmail(settings(server, credentials=client(emulate), source=Kept()), [MAILBOX]).ping()


def test_a_revoked_permission_is_noticed_and_told(emulate: Emulate) -> None:
    kept = Kept(Grant("google_refresh_made_up"))
    with google(emulate.url) as server:
        gmail = Gmail(settings(server, credentials=client(emulate), source=kept), [MAILBOX])
        with pytest.raises(Rejected, match=r"revoked.*connect again"):
            gmail.ping()
        assert kept.ended == 1
        kept.save(permission(emulate))
        assert gmail.ping() == "Gmail answers, mailboxes: 1"  # the same processor, after a new click


def test_a_newer_permission_is_not_ended_by_the_end_of_the_old_one(emulate: Emulate) -> None:
    """This process still holds the old one when Google refuses it."""
    kept = Kept(permission(emulate))
    with google(emulate.url) as server:
        gmail = Gmail(settings(server, credentials=client(emulate), source=kept), [MAILBOX])
        gmail.ping()
        oauth.revoke(identity(client(emulate)), kept.load().refresh_token)  # type: ignore[union-attr]
        kept.save(newer := permission(emulate))
        server.fail(refused(401, "authError"), "GET", "/labels")  # the access token ends with it
        with pytest.raises(Retry, match="renewed"):
            gmail.ping()
        assert kept.load() == newer
        assert gmail.ping() == "Gmail answers, mailboxes: 1"


def test_a_permission_is_given_back_once_or_twice(emulate: Emulate) -> None:
    found, grant = identity(client(emulate)), permission(emulate)
    for _ in range(2):
        oauth.revoke(found, grant.refresh_token)
    with google(emulate.url) as server, pytest.raises(Rejected, match="revoked"):
        Gmail(settings(server, credentials=client(emulate), source=Kept(grant)), [MAILBOX]).ping()


def test_giving_back_says_what_google_says(emulate: Emulate) -> None:
    with google(emulate.url) as server:
        found = identity(client(emulate, token_uri=f"{server.url}/oauth2/token"))
        server.fail(Answer(400, b'{"error": "invalid_token"}'), "POST", "/oauth2/revoke")
        oauth.revoke(found, "token")
        for trouble, error in ((Answer(503), Retry), (Answer(403, b"{}"), Rejected)):
            server.fail(trouble, "POST", "/oauth2/revoke")
            with pytest.raises(error):
                oauth.revoke(found, "token")
    google_itself = identity('{"web": {"client_id": "a", "client_secret": "b"}}')
    assert google_itself.revoke_uri == "https://oauth2.googleapis.com/revoke"


def test_a_permission_in_a_file_works_too(emulate: Emulate) -> None:
    values = json.loads(client(emulate))["web"] | {"type": "authorized_user"}
    token = permission(emulate).refresh_token
    with google(emulate.url) as server:
        user = json.dumps(values | {"refresh_token": token})
        assert Gmail(settings(server, credentials=user), [MAILBOX]).ping() == "Gmail answers, mailboxes: 1"


# What is refused, and how fast


def test_without_a_token_or_rights_everybody_is_refused_and_not_this_person(server: GoogleServer) -> None:
    server.delegated.clear()
    with pytest.raises(Rejected) as no_token:
        groups(server).push(kari("newsletter"))
    server.delegated.add(MEMBERS.url)
    refusals = []
    for status in (400, 401, 403):
        server.fail(refused(status, "forbidden"), "GET", "/members", times=2)  # a 401 is tried with a new token, once
        with pytest.raises(Rejected) as caught:
            groups(server).push(kari("newsletter"))
        server._faults.clear()
        refusals.append(caught.value.everybody)
    assert (no_token.value.everybody, refusals) == (True, [False, True, True])


def test_a_refusal_says_what_staff_can_do_and_names_nobody(server: GoogleServer) -> None:
    cases = {
        "accessNotConfigured": "Google answered 403 accessNotConfigured: turn this API on in the Google Cloud project",
        "insufficientPermissions": "Google answered 403 insufficientPermissions: the permission we were given does not"
        " cover this: connect again",
        "kari@example.no": "Google answered 403 kariexample.no",
    }
    for reason, text in cases.items():
        server.fail(refused(403, reason), "GET", "/members/")
        with pytest.raises(Rejected) as caught:
            groups(server).find(kari())
        assert str(caught.value) == text


def test_an_answer_we_do_not_know_is_a_refusal(server: GoogleServer) -> None:
    for answer in (
        Answer(302, b"", {"Location": "https://example.no/"}),
        Answer(400, b"<p>kari@example.no"),
        Answer(418),
    ):
        server.fail(answer, "GET", "/members/")
        with pytest.raises(Rejected) as caught:
            groups(server).find(kari())
        assert str(caught.value) == f"Google answered {answer.status}"


def test_retry_after_is_heard_in_seconds_and_as_a_date(server: GoogleServer) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    for header, expected in (("7", 7.0), (soon, pytest.approx(90, abs=5)), ("soon", None), ("", None)):
        server.fail(Answer(429, headers={"Retry-After": header}), "GET")
        with pytest.raises(Retry) as caught:
            groups(server).find(kari())
        assert caught.value.after == expected


@pytest.mark.parametrize("answer", [Answer(200, delay=0.6), Answer(200, cut=True)], ids=["slow", "cut"])
def test_silence_is_a_retry_that_names_nobody(server: GoogleServer, answer: Answer) -> None:
    hasty = groups(server, timeout=(0.3, 0.3))
    server.fail(answer, "GET", "/members/")
    with pytest.raises(Retry) as caught:
        hasty.find(kari())
    assert "kari" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nobody_at_home_is_a_retry(server: GoogleServer) -> None:
    with pytest.raises(Retry):
        groups(server, base="http://127.0.0.1:1").find(kari())


def test_searches_are_not_written_to_the_log(server: GoogleServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "googleapiclient"):
        groups(server).find(kari())
    assert "kari" not in caplog.text


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_calls_keep_to_the_rate_after_a_burst() -> None:
    clock = Clock()
    limit = Limit(10.0, 20.0, clock=clock, sleep=clock.sleep)
    for _ in range(60):
        with limit.turn():
            pass
    assert clock.now == pytest.approx(4.0)
    with limit.turn(20):
        pass
    assert clock.now == pytest.approx(6.0)


def test_whoever_would_wait_long_comes_back_later_and_takes_nothing() -> None:
    clock = Clock()
    limit = Limit(1.0, 10.0, patience=5.0, clock=clock, sleep=clock.sleep)
    with limit.turn(10):
        pass
    with pytest.raises(Retry) as caught, limit.turn(8):
        pass
    assert caught.value.after == pytest.approx(8.0)
    with limit.turn(5):
        pass
    assert clock.now == pytest.approx(5.0)


def test_a_crowd_that_is_sent_away_comes_back_in_line() -> None:
    clock = Clock()
    limit = Limit(2.0, 10.0, patience=1.0, clock=clock, sleep=clock.sleep)
    with limit.turn(10):
        pass
    waits = []
    for _ in range(4):
        with pytest.raises(Retry) as caught, limit.turn(4):
            pass
        waits.append(caught.value.after)
    assert waits == [pytest.approx(wait) for wait in (2.0, 4.0, 6.0, 8.0)]


def test_only_so_many_calls_are_under_way() -> None:
    limit = Limit(1e6, 1e6, at_once=1, patience=0.01)
    with limit.turn(), pytest.raises(Retry, match="busy"), limit.turn():
        pass
    with limit.turn():
        pass


# The stand-in is strict


@pytest.mark.parametrize(
    ("verb", "path", "body", "complaint"),
    [
        ("POST", f"/admin/directory/v1/groups/{GROUP}/members", {"emial": "a"}, "emial"),
        ("POST", f"/admin/directory/v1/groups/{GROUP}/members", {"email": 7}, "7 is not of type"),
        ("POST", "/v1/people:createContact", {"emailAddresses": [{"value": "a", "formattedType": "b"}]}, "formatted"),
        ("POST", "/v1/people:createContact", {"memberships": {}}, "not of type 'array'"),
        ("POST", f"/gmail/v1/users/{MAILBOX}/messages", {"raw": "x", "label": []}, "label"),
    ],
)
def test_a_body_that_breaks_googles_description_is_a_violation(
    verb: str, path: str, body: dict[str, Any], complaint: str
) -> None:
    described = operation(verb, path)
    assert described is not None
    [error] = described.request_errors({}, json.dumps(body).encode())
    assert complaint in error


def test_a_query_that_breaks_googles_description_is_a_violation() -> None:
    described = operation("GET", "/v1/people/me/connections")
    assert described is not None
    assert described.request_errors({"personFields": ["names"], "pageSize": ["1000"]}, b"") == []
    for query in ({"pageSize": ["many"]}, {"fields_": ["a"]}, {"pageToken": ["a", "b"]}):
        assert len(described.request_errors(query, b"")) == 1


def test_what_google_does_not_have_is_a_violation(server: GoogleServer) -> None:
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{server.url}/v1/nowhere")
    assert server.violations == ["GET /v1/nowhere is not described"]
    server.violations.clear()
