"""Who comes in, and who does not."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from flask_security import hash_password
from sqlalchemy import select

from app import create_app
from app.admin import service
from app.admin.models import User
from app.audit.models import AuditEntry
from app.clock import now
from app.extensions import db
from tests.admin.conftest import EMAIL, PASSWORD, Desk

pytestmark = pytest.mark.usefixtures("siri")


def account():
    return db.session.scalars(select(User)).one()


def test_without_signing_in_every_page_leads_to_the_sign_in_page_and_back(stranger):
    answer = stranger.get("/admin/contacts?before=7")
    assert answer.location == "/admin/login?next=/admin/contacts?before%3D7"
    answer = stranger.get(answer.location)
    answer = stranger.post("/admin/login", {"email": EMAIL, "password": PASSWORD, "next": "/admin/contacts?before=7"})
    assert answer.location == "/admin/contacts?before=7"


def sends_a_form_too_late(desk, path, referer=None):
    """The day is over: the form that was open is sent, and the sign-in page comes; the value is that page."""
    with time_machine.travel(now() + timedelta(hours=17)):
        answer = desk.post(path, {"note": "Ringte tirsdag"}, headers={"Referer": referer} if referer else {})
        page = desk.get(answer.location)
        assert "Du var logget ut. Ingenting ble lagret." in page.text
        form = {"email": EMAIL, "password": PASSWORD, "next": re.search(r'name="next" value="([^"]*)"', page.text)[1]}
        return desk.post(answer.location, form).location


def test_whoever_sends_a_form_too_late_is_told_and_led_back_to_it(desk):
    came = "http://localhost/admin/requests/new?contact=7"
    assert sends_a_form_too_late(desk, "/admin/requests/new", came) == "/admin/requests/new?contact=7"


@pytest.mark.parametrize(
    "referer",
    [
        None,
        "https://evil.example/admin/contacts",
        "http://localhost/f/kontakt",
        "http://localhost/admin/requests/3/deny",
    ],
)
def test_whoever_sends_a_form_too_late_is_led_to_a_page_of_ours_that_can_be_opened(desk, referer):
    assert sends_a_form_too_late(desk, "/admin/requests/3/extend", referer) == "/admin/requests/3"


def test_changing_the_language_before_signing_in_keeps_the_way_back(stranger):
    page = stranger.get("/admin/login?next=/admin/contacts?before%3D7&lost=1").text
    english = stranger.get(unescape(re.search(r'class="tongue" href="([^"]+)"', page)[1])).text
    assert "You were signed out. Nothing was saved." in english
    assert 'name="next" value="/admin/contacts?before=7"' in english


def test_signing_out_too_late_loses_nothing(desk):
    with time_machine.travel(now() + timedelta(hours=17)):
        assert "lost" not in desk.post("/admin/logout").location


@pytest.mark.parametrize(
    "next",
    [
        "/admin/requests/3/deny",
        "https://evil.example/admin/",
        "//evil.example",
        "/\\evil.example",
        "/f/kontakt",
        "javascript:1",
        "/admin/..\\x",
        "http:/admin/",
    ],
)
def test_signing_in_leads_nowhere_else(stranger, next):
    stranger.get("/admin/login")
    answer = stranger.post("/admin/login", {"email": EMAIL, "password": PASSWORD, "next": next})
    assert answer.location == "/admin/"


def test_the_address_may_be_typed_in_any_case(stranger):
    assert stranger.signs_in("  Siri@EXAMPLE.no ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "feil"),
        (EMAIL, ""),
        ("", ""),
        ("ukjent@example.no", PASSWORD),
        (EMAIL, PASSWORD + " "),
        ("\0", "\0"),
        (EMAIL, "x" * 5000),
        ("a" * 5000, "b"),
    ],
)
def test_every_wrong_pair_gets_the_same_answer(stranger, email, password):
    answer, usual = stranger.signs_in(email, password), stranger.signs_in("noen@example.no", "noe")
    assert answer.status_code == usual.status_code == 422
    assert without_values(answer) == without_values(usual)
    assert stranger.get("/admin/").status_code == 302


def without_values(answer):
    return re.sub(r'\s*value="[^"]*"', "", answer.text)


def test_an_unknown_address_costs_as_much_work_as_a_wrong_password(app, monkeypatch):
    work = []
    monkeypatch.setattr(service, "hash_password", lambda word: work.append("hash"))
    monkeypatch.setattr(service, "verify_password", lambda word, known: work.append("verify"))
    with app.app_context():
        service.authenticate("ukjent@example.no", "feil")
        service.authenticate(EMAIL, "feil")
    assert work == ["hash", "verify"]


def test_passwords_are_kept_as_argon2(app):
    with app.app_context():
        assert account().password.startswith("$argon2id$")


def test_passwords_are_as_dear_as_the_library_makes_them(tmp_path):
    """Tests make them cheaper; nothing else does. OWASP's least is 19 MiB, twice, or 46 MiB once."""
    app = create_app({"SAMTYKKE_ENV": "development", "INSTANCE_DIR": str(tmp_path)})
    with app.app_context():
        memory, rounds = map(int, re.search(r"m=(\d+),t=(\d+)", hash_password("riktig hest")).groups())
    assert memory * rounds >= 2 * 19 * 1024


def test_a_rotated_secret_locks_nobody_out(app, stranger):
    app.config["SECRET_KEY"] = "another-secret-0123456789-0123456789"
    assert stranger.signs_in().status_code == 303


def test_signing_in_needs_the_token_of_its_own_page(stranger):
    assert stranger.post("/admin/login", {"email": EMAIL, "password": PASSWORD}).status_code == 400


def test_a_session_begun_before_signing_in_does_not_outlive_it(app, stranger):
    stranger.get("/admin/login")
    with stranger.client.session_transaction("/admin/") as session:
        session["planted"] = "by somebody else"
        before = session["csrf_token"]
    stranger.get("/admin/login")
    stranger.signs_in()
    stranger.get("/admin/")
    with stranger.client.session_transaction("/admin/") as session:
        assert "planted" not in session
        assert session["csrf_token"] != before


def test_a_session_ends_after_a_working_day_without_use(desk):
    with time_machine.travel(now() + timedelta(hours=7), tick=False):
        assert desk.get("/admin/").status_code == 200
    with time_machine.travel(now() + timedelta(hours=14), tick=False):
        assert desk.get("/admin/").status_code == 200
    with time_machine.travel(now() + timedelta(hours=23), tick=False):
        assert desk.get("/admin/").status_code == 302


def test_even_a_busy_session_ends(desk):
    for hours in (6, 12):
        with time_machine.travel(now() + timedelta(hours=hours), tick=False):
            assert desk.get("/admin/").status_code == 200
    with time_machine.travel(now() + timedelta(hours=17), tick=False):
        assert desk.get("/admin/").status_code == 302


def test_signing_out_makes_a_copied_cookie_worthless(app, desk):
    copied = desk.client.get_cookie("samtykke").value
    assert desk.post("/admin/logout").location == "/admin/login"
    thief = Desk(app.test_client())
    thief.client.set_cookie("samtykke", copied)
    assert thief.get("/admin/").status_code == 302
    assert desk.get("/admin/").status_code == 302


def test_a_closed_account_is_out_at_once(app, desk):
    with app.app_context():
        service.disable(account())
        db.session.commit()
    assert desk.get("/admin/").status_code == 302
    assert desk.signs_in().status_code == 422


def test_without_a_role_one_sees_nothing(app, stranger):
    with app.app_context():
        account().roles = []
        db.session.commit()
    stranger.signs_in()
    for url in ("/admin/", "/admin/contacts", "/admin/submissions", "/admin/audit", "/admin/contacts/1"):
        assert stranger.get(url).status_code == 403


@pytest.mark.settings(LOGIN_LIMIT="3 per minute")
class TestTooMany:
    def test_wrong_passwords_for_one_address_have_to_wait_wherever_they_come_from(self, app):
        for number in range(3):
            desk = Desk(app.test_client())
            desk.client.environ_base["REMOTE_ADDR"] = f"192.0.{number}.1"
            assert desk.signs_in(password="feil").status_code == 422
        desk.client.environ_base["REMOTE_ADDR"] = "192.0.9.1"
        assert desk.signs_in().status_code == 429

    def test_wrong_passwords_from_one_network_have_to_wait_whoever_they_are_for(self, app, stranger):
        for number in range(3):
            stranger.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
            assert stranger.signs_in(email=f"nr{number}@example.no").status_code == 422
        answer = stranger.signs_in(email="nr9@example.no")
        assert answer.status_code == 429
        assert "<html" in answer.text
        stranger.client.environ_base["REMOTE_ADDR"] = "198.51.100.1"
        assert stranger.signs_in().status_code == 303

    def test_who_knows_the_password_may_come_and_go(self, stranger):
        for _ in range(5):
            assert stranger.signs_in().status_code == 303
            stranger.get("/admin/")
            stranger.post("/admin/logout")


def test_signing_in_and_out_is_on_record(app, desk):
    desk.post("/admin/logout")
    with app.app_context():
        assert db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all() == [
            "signed_in",
            "signed_out",
        ]


# The door itself


def test_staff_pages_are_kept_nowhere_and_load_nothing_from_elsewhere(desk):
    headers = desk.get("/admin/contacts").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_post_from_another_site_goes_no_further(desk, site):
    assert desk.post("/admin/logout", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert desk.get("/admin/").status_code == 200


def test_a_post_without_its_token_goes_no_further(desk):
    desk.token = "forged"
    assert desk.post("/admin/logout").status_code == 400
    assert desk.get("/admin/").status_code == 200


def test_leaving_takes_a_post(desk):
    assert desk.get("/admin/logout").status_code == 405


@pytest.mark.parametrize("url", ["/f/kontakt", "/receipt/x", "/nowhere", "/unsubscribe", "/administrator"])
def test_public_pages_read_no_session_and_set_no_cookie(desk, url):
    for answer in (desk.client.get(url), desk.client.post(url)):
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_writing_to_a_session_that_is_none_is_a_mistake_that_shows(app):
    from flask import session

    with app.test_request_context("/f/kontakt"), pytest.raises(RuntimeError, match="no session"):
        session["x"] = 1


# Languages


def test_the_language_is_remembered_for_the_account(app, desk):
    assert '<html lang="nb"' in desk.get("/admin/").text
    answer = desk.post("/admin/language", {"lang": "en", "next": "/admin/outbox"})
    assert answer.location == "/admin/outbox"
    assert '<html lang="en"' in desk.get("/admin/outbox", headers={"Accept-Language": "nb"}).text
    other = Desk(app.test_client())
    other.signs_in()
    assert '<html lang="en"' in other.get("/admin/").text


def test_a_language_that_we_do_not_speak_changes_nothing(desk):
    desk.post("/admin/language", {"lang": "de"})
    assert '<html lang="nb"' in desk.get("/admin/").text


def test_the_sign_in_page_speaks_the_browsers_language(stranger):
    assert '<html lang="en"' in stranger.get("/admin/login", headers={"Accept-Language": "en"}).text
    assert '<html lang="nb"' in stranger.get("/admin/login?lang=nb", headers={"Accept-Language": "en"}).text
