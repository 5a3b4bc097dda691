"""Astrid gives the service permission at Google by a click. Google's pages are emulate's, through our stand-in."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import outbox, processors
from app.admin import service as accounts
from app.admin.models import User
from app.audit.models import AuditEntry
from app.clock import now
from app.crypto import Keyring
from app.extensions import db
from app.outbox.models import OutboxRow
from app.processors.google.auth import CONTACTS, FULL, MODIFY, OTHERS, Grant
from app.sync.mail import jobs
from app.sync.models import GoogleGrant
from tests.admin.conftest import PASSWORD, Desk
from tests.processors.google_world import service_account
from tests.support.gmail import connect
from tests.support.google_emulate import CLIENT_ID, CLIENT_SECRET, MAILBOX, REDIRECT
from tests.support.google_server import Answer, GoogleServer

pytestmark = [pytest.mark.usefixtures("demo"), pytest.mark.settings(BASE_URL="http://127.0.0.1:8000")]


@pytest.fixture(autouse=True)
def connected(app: Flask, google_server: GoogleServer) -> Flask:
    """The service knows the company's OAuth client and its mailbox; nobody has clicked."""
    connect(app, google_server, client(google_server.url))
    return app


@pytest.fixture
def astrid(app: Flask) -> Desk:
    return admin(app, "astrid@example.no")


def admin(app: Flask, email: str) -> Desk:
    with app.app_context():
        accounts.create_user(email, PASSWORD, "admin").lang = "en"
        db.session.commit()
    desk = Desk(app.test_client())
    assert desk.signs_in(email).status_code == 303
    desk.get("/admin/google?lang=en")
    return desk


def client(url: str) -> str:
    """An OAuth client as Google's console hands it out."""
    uris = {"auth_uri": f"{url}/o/oauth2/v2/auth", "token_uri": f"{url}/oauth2/token"}
    return json.dumps({"web": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **uris}})


@dataclass
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def chooses(url: str, **unticked: str) -> str:
    """Astrid chooses the company's account on Google's page: where that leads. `scope` is what she leaves ticked."""
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    assert MAILBOX in urllib.request.urlopen(url).read().decode()
    form = urllib.parse.urlencode({**query, "email": MAILBOX, **unticked}).encode()
    try:
        urllib.request.build_opener(Stay).open(f"{url.partition('?')[0]}/callback", form)
    except urllib.error.HTTPError as answer:
        back: str = answer.headers["Location"]
        assert back.startswith(f"{REDIRECT}?")
        return back.removeprefix("http://127.0.0.1:8000")
    raise AssertionError("no way back")


def begins(desk: Desk, **boxes: str) -> str:
    """She presses the button: the address of Google's page."""
    desk.get("/admin/google?lang=en")
    answer = desk.post("/admin/google/start", boxes)
    assert answer.status_code == 303
    return str(answer.location)


def finishes(desk: Desk, back: str) -> Any:
    """She comes back, and presses the button there."""
    page = desk.get(f"{back}&lang=en").text
    fields = dict(re.findall(r'name="(code|state)" value="([^"]*)"', page))
    assert set(fields) == {"code", "state"}, page
    return desk.post("/admin/google/finish", fields, follow_redirects=True)


def signs_in_at_google(desk: Desk, scope: str = "", **boxes: str) -> Any:
    url = begins(desk, **boxes)
    return finishes(desk, chooses(url, **({"scope": scope} if scope else {})))


def kept(app: Flask) -> Grant | None:
    grant: Grant | None = app.config["GOOGLE_SOURCE"].load()
    return grant


def acts(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(row.actor, row.action) for row in rows if row.action.endswith("_google")]


def actor(app: Flask, email: str = "astrid@example.no") -> str:
    with app.app_context():
        return f"staff:{db.session.scalars(select(User.id).where(User.email == email)).one()}"


def ping(app: Flask) -> str:
    with app.app_context():
        return processors.active()["gmail"].ping()


def check(app: Flask) -> str:
    output = app.test_cli_runner().invoke(args=["check"]).output
    return next(line for line in output.splitlines() if " google " in line)


# The page


def test_the_page_lists_the_least_that_each_part_works_with(app: Flask, astrid: Desk) -> None:
    app.config.update(GOOGLE_CONTACTS_GROUP="Nyhetsbrev")
    page = astrid.get("/admin/google?lang=en").text
    listed = page.partition("Sign in at Google")[0]
    assert re.findall(r"<h2 id=\"g-\d\">([^<]+)", listed) == ["Gmail", "Google Contacts"]
    assert re.findall(r"<code class=\"soft\">([^<]+)", listed) == [MODIFY.url, CONTACTS.url, OTHERS.url]
    assert "See the addresses that Google has collected" in page
    assert REDIRECT in page


def test_deleting_for_good_is_an_extra_that_nobody_has_ticked_for_her(astrid: Desk) -> None:
    page = astrid.get("/admin/google?lang=en").text
    [box] = re.findall(r'<input type="checkbox"[^>]*>', page)
    assert 'name="permanent"' in box and "checked" not in box
    assert "nobody can bring a message back" in page
    assert FULL.url not in begins(astrid)
    assert FULL.url in urllib.parse.unquote(begins(astrid, permanent="yes"))


def test_the_connections_lead_there(astrid: Desk) -> None:
    assert 'href="/admin/google"' in astrid.get("/admin/connections").text


def test_nothing_of_googles_is_nothing_to_sign_in_for(app: Flask, astrid: Desk) -> None:
    app.config.update(GMAIL_MAILBOX="")
    assert "/admin/google/start" not in astrid.get("/admin/google").text
    assert astrid.post("/admin/google/start").status_code == 404
    assert "/admin/google" not in astrid.get("/admin/connections").text


def test_a_service_account_needs_no_click(app: Flask, google_server: GoogleServer, astrid: Desk) -> None:
    app.config.update(GOOGLE_CREDENTIALS=service_account(google_server.url))
    page = astrid.get("/admin/google?lang=en").text
    assert "Nobody has to sign in" in page and "/admin/google/start" not in page


@pytest.mark.parametrize(("credentials", "words"), [("", "is missing"), ("{", "cannot be read")])
def test_credentials_that_cannot_be_right_are_told(app: Flask, astrid: Desk, credentials: str, words: str) -> None:
    app.config.update(GOOGLE_CREDENTIALS=credentials)
    assert words in astrid.get("/admin/google?lang=en").text


# The way there and back


def test_the_way_to_google_carries_a_challenge_and_no_secret(astrid: Desk) -> None:
    url = urllib.parse.urlsplit(begins(astrid))
    query = dict(urllib.parse.parse_qsl(url.query))
    assert (query["redirect_uri"], query["scope"]) == (REDIRECT, MODIFY.url)
    assert (query["code_challenge_method"], query["access_type"]) == ("S256", "offline")
    assert (query["login_hint"], len(query["state"]) > 20) == (MAILBOX, True)
    assert CLIENT_SECRET not in url.query


def test_the_page_lets_the_browser_go_to_google_and_nowhere_else(google_server: GoogleServer, astrid: Desk) -> None:
    policy = astrid.get("/admin/google").headers["Content-Security-Policy"]
    assert f"form-action 'self' {google_server.url};" in policy and "default-src 'none'" in policy
    assert "no-store" in astrid.get("/admin/google").headers["Cache-Control"]
    assert google_server.url not in astrid.get("/admin/connections").headers["Content-Security-Policy"]


def test_a_click_gives_a_permission_that_works(app: Flask, astrid: Desk, worker: Any) -> None:
    page = signs_in_at_google(astrid).text
    assert "astrid@example.no" in page and "The permission is in force" in page
    worker()
    assert "Gmail answers, mailboxes: 1" in astrid.get("/admin/connections").text
    assert acts(app) == [(actor(app), "connected_google")]


def test_coming_back_changes_nothing_before_the_button_is_pressed(
    app: Flask, google_server: GoogleServer, astrid: Desk
) -> None:
    back = chooses(begins(astrid))
    for _ in range(2):
        assert astrid.get(back).status_code == 200
    assert google_server.asked("POST", "/oauth2/token") == []
    assert kept(app) is None and acts(app) == []
    finishes(astrid, back)
    assert kept(app) is not None


def test_the_token_is_not_in_clear_in_the_database(app: Flask, astrid: Desk) -> None:
    signs_in_at_google(astrid)
    grant = kept(app)
    assert grant is not None and grant.refresh_token.startswith("google_refresh_")
    with app.app_context():
        for table in db.metadata.tables.values():
            for row in db.session.execute(select(table)):
                assert grant.refresh_token not in repr(tuple(row)), table.name
        assert db.session.scalars(select(GoogleGrant.sealed)).one().startswith(b"gAAAA")


@pytest.mark.parametrize("state", ["", "forged", "å"])
def test_a_forged_state_is_refused(app: Flask, google_server: GoogleServer, astrid: Desk, state: str) -> None:
    back = chooses(begins(astrid))
    code = dict(urllib.parse.parse_qsl(back.partition("?")[2]))["code"]
    query = urllib.parse.urlencode({"code": code, "state": state, "lang": "en"})
    answer = astrid.get(f"/admin/google/answer?{query}")
    assert answer.status_code == 400 and "begun" in answer.text and "/finish" not in answer.text
    refused = astrid.post("/admin/google/finish", {"code": code, "state": state}, follow_redirects=True)
    assert "Begin again" in refused.text
    assert google_server.asked("POST", "/oauth2/token") == [] and kept(app) is None


def test_an_answer_counts_once_also_with_a_cookie_that_was_kept(
    app: Flask, google_server: GoogleServer, astrid: Desk
) -> None:
    back = chooses(begins(astrid))
    cookie = astrid.client.get_cookie("samtykke", "localhost")
    finishes(astrid, back)
    assert astrid.get(back).status_code == 400
    fields = dict(urllib.parse.parse_qsl(back.partition("?")[2]))
    astrid.client.set_cookie("samtykke", cookie.value)  # type: ignore[union-attr]
    again = astrid.post("/admin/google/finish", fields, follow_redirects=True)
    assert "begun" in again.text
    assert len(google_server.asked("POST", "/oauth2/token")) == 1


def test_somebody_elses_answer_is_not_hers(app: Flask, google_server: GoogleServer, astrid: Desk) -> None:
    """An attacker sends her the way back of a sign-in of his own, so that our mail would go to his account."""
    theirs = chooses(begins(admin(app, "per@example.no")))
    assert astrid.get(theirs).status_code == 400
    begins(astrid)
    assert astrid.get(theirs).status_code == 400
    assert google_server.asked("POST", "/oauth2/token") == []


def test_an_answer_that_comes_too_late_is_refused(app: Flask, google_server: GoogleServer, astrid: Desk) -> None:
    back = chooses(begins(astrid))
    with time_machine.travel(now() + timedelta(minutes=31)):
        assert astrid.get(back).status_code == 400
    assert kept(app) is None


def test_no_at_google_is_no(app: Flask, astrid: Desk) -> None:
    state = dict(urllib.parse.parse_qsl(begins(astrid)))["state"]
    answer = astrid.get(f"/admin/google/answer?error=access_denied&state={state}&lang=en")
    assert answer.status_code == 400 and "Nothing has been changed" in answer.text
    assert kept(app) is None


def test_what_was_unticked_at_google_is_named_and_nothing_is_kept(app: Flask, astrid: Desk) -> None:
    app.config.update(GOOGLE_CONTACTS_GROUP="Nyhetsbrev")
    page = signs_in_at_google(astrid, scope=MODIFY.url).text
    assert "See, make, change and delete contacts." in page.partition("<h1>")[0]
    assert "company’s mailbox" not in page.partition("<h1>")[0]
    assert kept(app) is None and acts(app) == []


@pytest.mark.parametrize("trouble", [Answer(503), Answer(400, b"{}"), Answer(200, b'{"access_token": "a"}')])
def test_an_exchange_that_fails_says_begin_again(
    app: Flask, google_server: GoogleServer, astrid: Desk, trouble: Answer
) -> None:
    back = chooses(begins(astrid))
    google_server.fail(trouble, "POST", "/oauth2/token")
    assert "Begin again" in finishes(astrid, back).text
    assert kept(app) is None


def test_the_extra_deletes_for_good_and_only_then(app: Flask, astrid: Desk) -> None:
    signs_in_at_google(astrid)
    assert not may_delete(app)
    page = signs_in_at_google(astrid, permanent="yes").text
    assert may_delete(app)
    assert "This is permitted now" in page
    signs_in_at_google(astrid)
    assert not may_delete(app)


def may_delete(app: Flask) -> bool:
    with app.app_context():
        gmail: Any = processors.active()["gmail"]
        allowed: bool = gmail.boxes.client(MAILBOX, MODIFY).allows(FULL)
        return allowed


def test_only_those_who_answer_for_the_company_may_click(app: Flask, desk: Desk) -> None:
    page = desk.get("/admin/google?lang=en").text
    assert "Only those in the role admin" in page
    assert "/admin/google/start" not in page and "/admin/google/remove" not in page
    for act in ("start", "finish", "remove"):
        assert desk.post(f"/admin/google/{act}").status_code == 403
    assert desk.get("/admin/google/answer").status_code == 403


# The end of a permission


def test_a_permission_that_was_withdrawn_at_google_is_noticed_and_shown(
    app: Flask, google_server: GoogleServer, astrid: Desk, worker: Any
) -> None:
    signs_in_at_google(astrid)
    withdrawn_at_google(app, google_server)
    astrid.get("/admin/connections")
    astrid.post("/admin/connections/gmail/test")
    worker()
    page = astrid.get("/admin/connections?lang=en").text
    assert "The permission at Google was withdrawn on" in page and "sign in again" in page
    assert "We have no permission there, or it was withdrawn" in page
    assert "withdrawn on" in astrid.get("/admin/google?lang=en").text
    assert acts(app)[-1] == ("system", "lost_google")
    with app.app_context():
        assert db.session.scalars(select(GoogleGrant.sealed)).one() == b""
    signs_in_at_google(astrid)
    assert ping(app) == "Gmail answers, mailboxes: 1"
    assert "was withdrawn" not in astrid.get("/admin/connections?lang=en").text.partition("<section")[0]


def test_what_failed_without_a_permission_is_done_when_there_is_one(
    app: Flask, google_server: GoogleServer, astrid: Desk, worker: Any
) -> None:
    with app.app_context():
        outbox.enqueue("sync.inbox", lane="gmail:inbox")
        db.session.commit()
    worker()
    assert [row.kind for row in given_up(app)] == ["sync.inbox"]
    signs_in_at_google(astrid)
    worker()
    assert given_up(app) == []
    assert google_server.asked("GET", "/profile") != []


def given_up(app: Flask) -> list[OutboxRow]:
    with app.app_context():
        return list(db.session.scalars(select(OutboxRow).where(OutboxRow.failed_at.is_not(None))))


def test_a_mailbox_that_nobody_may_read_is_not_knocked_at(app: Flask, astrid: Desk) -> None:
    assert [knocks(app), signs_in_at_google(astrid) and knocks(app)] == [0, 1]


def knocks(app: Flask) -> int:
    """How often the mailbox is to be read, five minutes later."""
    with app.app_context():
        jobs.mail()
        return len(db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "sync.inbox")).all())


def withdrawn_at_google(app: Flask, google_server: GoogleServer) -> None:
    """On the page of the account's connections at Google."""
    grant = kept(app)
    assert grant
    form = urllib.parse.urlencode({"token": grant.refresh_token}).encode()
    urllib.request.urlopen(f"{google_server.url}/oauth2/revoke", form).close()


def test_a_permission_is_given_back_and_forgotten(app: Flask, google_server: GoogleServer, astrid: Desk) -> None:
    signs_in_at_google(astrid)
    grant = kept(app)
    assert grant
    page = astrid.post("/admin/google/remove", follow_redirects=True).text
    assert "has been removed" in page and "Nobody has given permission yet" in page
    [call] = google_server.asked("POST", "/oauth2/revoke")
    assert call.raw.decode() == f"token={grant.refresh_token}"
    with app.app_context():
        assert db.session.scalars(select(GoogleGrant)).all() == []
    assert [action for _, action in acts(app)] == ["connected_google", "disconnected_google"]


def test_while_google_is_away_the_permission_stays(app: Flask, google_server: GoogleServer, astrid: Desk) -> None:
    signs_in_at_google(astrid)
    google_server.fail(Answer(503), "POST", "/oauth2/revoke")
    assert "still in force" in astrid.post("/admin/google/remove", follow_redirects=True).text
    assert kept(app) is not None


def test_what_google_does_not_take_back_is_forgotten_and_told(
    app: Flask, google_server: GoogleServer, astrid: Desk
) -> None:
    signs_in_at_google(astrid)
    google_server.fail(Answer(403, b"{}"), "POST", "/oauth2/revoke")
    page = astrid.post("/admin/google/remove", follow_redirects=True).text
    assert "by hand" in page and kept(app) is None


def test_a_permission_outlives_a_new_secret_and_not_a_lost_one(app: Flask, astrid: Desk) -> None:
    signs_in_at_google(astrid)
    grant, secret = kept(app), app.config["SECRET_KEY"]
    app.extensions["keyring"] = Keyring("a-new-secret-0123456789-0123456789-ab", [secret])
    assert kept(app) == grant
    app.extensions["keyring"] = Keyring("a-new-secret-0123456789-0123456789-ab", [])
    assert kept(app) is None
    assert check(app).startswith("BAD")


# For whoever runs it


def test_check_says_what_is_missing_given_and_gone(app: Flask, google_server: GoogleServer, astrid: Desk) -> None:
    assert "nobody has signed in" in check(app) and check(app).startswith("BAD")
    signs_in_at_google(astrid)
    assert "gmail.modify" in check(app) and check(app).startswith("ok")
    app.config.update(GOOGLE_CONTACTS_GROUP="Nyhetsbrev")
    assert "contacts.other.readonly" in check(app) and check(app).startswith("BAD")
    app.config.update(GOOGLE_CONTACTS_GROUP="")
    withdrawn_at_google(app, google_server)
    app.extensions["processors"] = None
    check(app)
    assert "withdrawn" in check(app) and check(app).startswith("BAD")
    app.config.update(GOOGLE_CREDENTIALS=service_account(google_server.url))
    assert "service account" in check(app)


def test_letters_leave_by_gmail_with_the_permission_of_a_click(
    app: Flask, google_server: GoogleServer, astrid: Desk, worker: Any
) -> None:
    signs_in_at_google(astrid)
    worker()
    app.config.update(MAIL_URL="gmail:")
    answers = {"name": "Kari Nordmann", "email": "kari@example.no", "message": "Har dere lamper?"}
    assert app.test_client().post("/f/kontakt", data=answers).status_code == 303
    worker()
    with app.app_context():
        failed = db.session.scalars(select(OutboxRow.error).where(OutboxRow.error != "")).all()
    assert failed == []
    assert len(google_server.asked("POST", "/messages/send")) == 1
