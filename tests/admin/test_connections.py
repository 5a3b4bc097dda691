"""The page of connections, a comparison on its page, and the register of processors."""

import html
import re

import pytest
from sqlalchemy import select

from app import outbox, processors
from app.admin import service as accounts
from app.admin.reasons import plain
from app.audit.models import AuditEntry
from app.clock import now
from app.extensions import db
from app.outbox.models import OutboxRow
from app.processors.base import Consent, Processor, Profile
from app.register import fields
from app.register.models import RegisterVersion
from app.sync import links
from app.sync.coverage import service as coverage
from app.sync.models import DriftRun
from tests.admin.conftest import PASSWORD, Desk, met

pytestmark = pytest.mark.usefixtures("demo")


def acts(app):
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(row.action, row.object) for row in rows if not row.action.startswith(("signed", "created"))]


def held(app):
    with app.app_context():
        return set(outbox.held(now()))


@pytest.fixture
def astrid(app):
    """Somebody in the role admin, at her desk."""
    with app.app_context():
        accounts.create_user("astrid@example.no", PASSWORD, "admin")
        db.session.commit()
    desk = Desk(app.test_client())
    assert desk.signs_in("astrid@example.no").status_code == 303
    return desk


# Connections


def test_a_connection_is_paused_and_resumed(app, desk):
    desk.get("/admin/connections")
    assert desk.post("/admin/connections/sandbox/pause").status_code == 303
    assert held(app) == {"sandbox"}
    page = desk.get("/admin/connections").text
    assert "/admin/connections/sandbox/resume" in page and "/admin/connections/sandbox/pause" not in page
    assert desk.post("/admin/connections/sandbox/resume").status_code == 303
    assert held(app) == set()
    assert acts(app) == [("paused_processor", "processor:sandbox"), ("resumed_processor", "processor:sandbox")]


def test_the_worker_tests_and_the_page_says_what_it_heard(desk, worker):
    desk.get("/admin/connections")
    desk.post("/admin/connections/sandbox/test")
    worker()
    assert "Øvelseslisten svarer, påmeldte: 0" in desk.get("/admin/connections?lang=nb").text


@pytest.mark.parametrize(
    ("lang", "words"),
    [("nb", ("Svarer ikke", "Prøves på nytt av seg selv")), ("en", ("Does not answer", "Tried again by itself"))],
)
def test_a_system_that_does_not_answer_is_said_to_be_away_and_when_it_is_tried_again(app, desk, lang, words):
    with app.app_context():
        for _ in range(links.TRIES):
            links.stumbled("sandbox", "Sandbox answered 503.")
        db.session.commit()
    page = html.unescape(desk.get(f"/admin/connections?lang={lang}").text)
    assert all(word in page for word in words)
    assert "/admin/connections/sandbox/resume" not in page
    assert desk.post("/admin/connections/sandbox/retry").status_code == 303
    assert held(app) == set()


def test_failures_stand_there_in_plain_words_and_are_tried_again(app, desk):
    with app.app_context():
        failed = {"attempts": 9, "failed_at": now(), "error": "Rejected: Sandbox answered 401"}
        db.session.add(OutboxRow(kind="sync.push", lane="sandbox:1", ref="sandbox:1", **failed))
        db.session.commit()
    page = desk.get("/admin/connections?lang=en").text
    assert "It does not accept our key any more" in page and "Sandbox answered 401" in page
    assert desk.post("/admin/connections/sandbox/retry").status_code == 303
    with app.app_context():
        open_ = OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None)
        assert db.session.scalars(select(OutboxRow.ref).where(*open_)).all() == ["sandbox:1"]


@pytest.mark.parametrize("verb", ["test", "compare"])
def test_what_is_not_connected_has_no_buttons(desk, verb):
    assert "/admin/connections/stripe" not in desk.get("/admin/connections").text
    assert desk.post(f"/admin/connections/stripe/{verb}").status_code == 404
    assert desk.post("/admin/connections/pigeon/test").status_code == 404


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("Retry: Mailchimp answered 429", "be slower"),
        ("Retry: Mailchimp answered 503", "trouble of its own"),
        ("Rejected: Google answered 403 forbidden", "accept our key"),
        ("Rejected: Mailchimp answered 400 Invalid Resource", "refused what we sent"),
        ("Rejected: Mailchimp answered 404", "not there any more"),
        ("Retry: Stripe did not answer: ConnectTimeout", "cannot be reached"),
        ("Retry: Google's limit is reached for now", "more slowly"),
        ("Rejected: The worker died every time.", "stopped in the middle"),
        ("Rejected: something new", "did not do what we asked"),
        ("KeyError at audience.py:12", "wrong in the program"),
    ],
)
def test_errors_have_plain_words(app, error, words):
    with app.test_request_context("/?lang=en"):
        assert words in plain(error)


# Drift


def drifted(app, *addresses):
    """People on the list who never consented."""
    with app.app_context():
        for address in addresses:
            met(address)
            consents = {"newsletter": Consent("newsletter", True, now())}
            processors.active()["sandbox"].push(Profile(address, consents=consents))
        db.session.commit()


def on_the_list(app):
    with app.app_context():
        return {member.address for member in processors.active()["sandbox"].members() if member.subscribed}


def compared(desk, worker):
    desk.get("/admin/connections")
    url = desk.post("/admin/connections/sandbox/compare").location
    worker()
    return url


def test_a_comparison_names_people_and_the_button_names_the_number(app, desk, worker, kari):
    drifted(app, kari)
    url = compared(desk, worker)
    page = desk.get(url).text
    assert kari in page and 'name="agreed" value="1"' in page
    assert on_the_list(app) == {kari}
    assert desk.post(f"{url}/mend", {"agreed": "1"}).status_code == 303
    worker()
    assert on_the_list(app) == set()
    assert [act for act, _ in acts(app)] == ["compared_list", "looked_at_drift", "mended_list"]
    assert "/mend" not in desk.get(url).text
    assert desk.post(f"{url}/mend", {"agreed": "1"}).status_code == 404


@pytest.mark.parametrize(("lang", "words"), [("nb", "er satt på pause"), ("en", "is paused")])
def test_a_comparison_that_waits_for_a_pause_to_end_says_so(desk, worker, lang, words):
    desk.get("/admin/connections")
    desk.post("/admin/connections/sandbox/pause")
    url = compared(desk, worker)
    assert words in desk.get(f"{url}?lang={lang}").text
    desk.post("/admin/connections/sandbox/resume")
    assert words not in desk.get(f"{url}?lang={lang}").text


def test_a_yes_to_another_number_does_nothing(app, desk, worker):
    drifted(app, *(f"person{number}@example.no" for number in range(21)))
    url = compared(desk, worker)
    for said in ("20", "22", "", "x", "-1"):
        desk.get(url)
        assert desk.post(f"{url}/mend", {"agreed": said}).status_code == 303
        worker()
        assert len(on_the_list(app)) == 21, said


def test_strangers_are_masked_and_no_comparison_is_no_page(app, desk, worker):
    with app.app_context():
        consents = {"newsletter": Consent("newsletter", True, now())}
        processors.active()["sandbox"].push(Profile("stranger@example.no", consents=consents))
    page = desk.get(compared(desk, worker)).text
    assert "s…@example.no" in page and "stranger@" not in page
    assert desk.get("/admin/drift/999").status_code == 404
    assert desk.get("/admin/drift/9223372036854775807").status_code == 404


def test_a_long_list_of_differences_has_pages(app, desk, worker, monkeypatch):
    monkeypatch.setattr("app.admin.pages.drift.TABLE", 2)
    drifted(app, *(f"p{number}@example.no" for number in range(3)))
    first = desk.get(compared(desk, worker)).text
    assert re.findall(r"\bp(\d)@example", first) == ["0", "1"]
    more = re.search(r'href="([^"]+)" rel="next"', first)[1]
    assert re.findall(r"\bp(\d)@example", desk.get(more).text) == ["2"]


def test_a_run_that_failed_says_why(app, desk):
    with app.app_context():
        db.session.add(DriftRun(processor="sandbox", actor="system", state="failed", error="Sandbox answered 401"))
        db.session.commit()
    page = desk.get("/admin/drift/1?lang=en").text
    assert "accept our key" in page and "On the list there" not in page


# The register


def form_of(page):
    """What a browser would send back unchanged."""
    areas = dict(re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n([^<]*)</textarea>', page))
    doubts = re.findall(r'name="unsure" value="([^"]+)" checked', page)
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]
    return {**areas, "unsure": doubts, "seen": seen}


def unescaped(form):
    return {name: html.unescape(value) if isinstance(value, str) else value for name, value in form.items()}


@pytest.mark.parametrize("lang", fields.LANGUAGES)
def test_every_entry_is_filled_in_both_languages(desk, lang):
    for entry in fields.ENTRIES:
        answer = desk.get(f"/admin/register/{entry}?lang={lang}")
        assert answer.status_code == 200 and ">–<" not in answer.text, entry


def test_an_edit_is_a_new_version_and_the_old_one_stays(app, astrid):
    form = unescaped(form_of(astrid.get("/admin/register/mailchimp").text))
    old = form["en.backups"]
    form |= {"en.backups": "Thirty days, says our account manager.", "unsure": ["country"]}
    assert astrid.post("/admin/register/mailchimp", form).status_code == 303
    page = astrid.get("/admin/register/mailchimp").text
    assert "Thirty days" in form_of(page)["en.backups"] and form_of(page)["unsure"] == ["country"]
    assert old in html.unescape(page.partition("<details")[2])
    with app.app_context():
        row = db.session.scalars(select(RegisterVersion)).one()
        assert (row.entry, row.version, row.actor) == ("mailchimp", 1, "staff:2")
    assert acts(app) == [("changed_register", "register:mailchimp")]


def test_saving_what_is_there_makes_no_version(app, astrid):
    form = unescaped(form_of(astrid.get("/admin/register/stripe").text))
    assert astrid.post("/admin/register/stripe", form).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(RegisterVersion)).all() == []


def test_two_who_edit_at_once_do_not_overwrite_each_other(app, astrid):
    form = unescaped(form_of(astrid.get("/admin/register/stripe").text))
    assert astrid.post("/admin/register/stripe", {**form, "nb.why": "Først"}).status_code == 303
    late = astrid.post("/admin/register/stripe", {**form, "nb.why": "Sist"})
    assert late.status_code == 409 and "Sist" in late.text
    with app.app_context():
        assert [row.body["nb"]["why"] for row in db.session.scalars(select(RegisterVersion))] == ["Først"]


def test_a_text_without_end_is_refused(astrid):
    form = unescaped(form_of(astrid.get("/admin/register/stripe").text))
    assert astrid.post("/admin/register/stripe", {**form, "nb.why": "x" * 4001}).status_code == 422


def test_only_the_role_admin_changes_the_register(app, desk):
    assert "<textarea" not in desk.get("/admin/register/stripe").text
    desk.get("/admin/connections")
    assert desk.post("/admin/register/stripe", {"seen": "0", "nb.why": "x"}).status_code == 403
    with app.app_context():
        assert db.session.scalars(select(RegisterVersion)).all() == []


def test_an_entry_that_is_not_there(desk, astrid):
    assert desk.get("/admin/register/pigeon").status_code == 404
    astrid.get("/admin/register/stripe")
    assert astrid.post("/admin/register/pigeon", {"seen": "0"}).status_code == 404


@pytest.mark.parametrize(("lang", "title"), [("nb", "Protokoll over behandlingsaktiviteter"), ("en", "Record of")])
def test_the_record_is_printed_in_both_languages(app, desk, lang, title):
    page = desk.get(f"/admin/register/record/{lang}").text
    printed = app.test_cli_runner().invoke(args=["register", "print", "--lang", lang])
    assert printed.exit_code == 0
    for name in ("Mailchimp", "Stripe", "Gmail", "WP Engine", "Google"):
        assert name in page and name in printed.output
    assert title in page and title in printed.output
    assert max(map(len, printed.output.splitlines())) <= 110


# Plugins that come and go


def plugins(app, *silent):
    """What was read of WordPress's plugins just now."""
    said = {"plugins": dict.fromkeys(silent, "1.0"), "exporters": {}, "erasers": {}, "silent": silent}
    with app.app_context():
        coverage.note("wordpress", said)
        db.session.commit()


@pytest.fixture
def wordpress(app):
    app.extensions["processors"] = {"wordpress": Processor()}


def test_a_new_plugin_stands_on_the_page_until_somebody_has_looked(app, wordpress, desk):
    plugins(app, "clock")
    page = desk.get("/admin/connections?lang=en").text
    assert "clock" in page and "/admin/connections/wordpress/coverage" not in page
    plugins(app, "clock", "raffle")
    page = desk.get("/admin/connections?lang=en").text
    assert "The plugin raffle is new and says nothing of personal data." in page
    seen = re.search(r'name="fingerprint" value="([0-9a-f]{64})"', page)[1]
    assert desk.post("/admin/connections/wordpress/coverage", {"fingerprint": seen}).status_code == 303
    assert "/admin/connections/wordpress/coverage" not in desk.get("/admin/connections").text
    assert acts(app) == [("accepted_coverage", "processor:wordpress")]


def test_a_look_at_an_older_page_accepts_nothing(app, wordpress, desk):
    plugins(app, "clock")
    plugins(app, "clock", "raffle")
    page = desk.get("/admin/connections").text
    seen = re.search(r'name="fingerprint" value="([0-9a-f]{64})"', page)[1]
    plugins(app, "clock", "raffle", "lottery")
    desk.post("/admin/connections/wordpress/coverage", {"fingerprint": seen})
    assert "lottery" in desk.get("/admin/connections").text
    assert acts(app) == []


def test_what_was_never_read_cannot_be_accepted(desk):
    desk.get("/admin/connections")
    assert desk.post("/admin/connections/mailchimp/coverage", {"fingerprint": ""}).status_code == 404
