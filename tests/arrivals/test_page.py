"""The staff page: upload a list, see what would become of everybody, take it in."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.admin.pages import arrivals as page
from app.arrivals import service, upload
from app.arrivals.models import ArrivalPart, ArrivalRun
from app.audit.models import AuditEntry
from app.clock import now
from app.consent.models import ConsentEvent
from app.extensions import db
from app.letters.models import Letter
from tests.admin.conftest import desk, met, siri, stranger

__all__ = ["desk", "siri", "stranger"]

pytestmark = pytest.mark.usefixtures("demo")

HEADER = "E-post;Navn;Dato\n"
KARI = "kari@example.no;Kari;2.3.2024\n"


def uploads(desk, *lines: str, **more: str):
    desk.get("/admin/import")
    file = (io.BytesIO("".join([HEADER, *lines]).encode()), "kunder.csv")
    return desk.post("/admin/import", {"purpose": "newsletter", "site": "fjordlys", "file": file, **more})


def run(app) -> ArrivalRun:
    with app.app_context():
        return db.session.scalars(select(ArrivalRun).order_by(ArrivalRun.id.desc()).limit(1)).one()


def count(app, table) -> int:
    with app.app_context():
        return db.session.scalar(select(db.func.count()).select_from(table))


def acts(app) -> list[str]:
    with app.app_context():
        return [row.action for row in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)) if row.object]


def test_a_list_is_looked_through_and_then_taken_in(app, desk, worker, kari):
    answer = uploads(desk, KARI, "ola@example.no;Ola;\n", "tull;Per;\n")
    assert answer.status_code == 303
    assert "being looked through" in desk.get(f"{answer.location}?lang=en").text
    worker()
    shown = desk.get(f"{answer.location}?lang=en").text
    assert "<dt>New</dt><dd>1<br>" in shown and "<dt>Doubtful, left out</dt><dd>2<br>" in shown
    assert "ola@example.no" in shown and "tull" in shown
    assert count(app, ConsentEvent) == 0
    assert desk.post(f"{answer.location}/start").status_code == 303
    worker()
    assert run(app).state == "done" and count(app, ConsentEvent) == 1
    assert "What has happened" in desk.get(f"{answer.location}?lang=en").text
    assert "taken in" in desk.get("/admin/import?lang=en").text
    assert count(app, Letter) == 0


def test_a_name_that_is_too_long_is_said_beside_its_field_and_stays_there(app, desk):
    answer = uploads(desk, KARI, unproven="on", vouched_by="S" * 101)
    assert answer.status_code == 422 and "100" in answer.text and "S" * 101 in answer.text
    assert count(app, ArrivalRun) == 0


def test_who_brought_it_is_on_record(app, desk, siri, worker):
    where = uploads(desk, KARI).location
    worker()
    desk.get(where)
    desk.post(f"{where}/start")
    worker()
    done = [act for act in acts(app) if "import" in act or "list" in act]
    assert done == ["uploaded_list", "looked_at_import", "started_import"]
    with app.app_context():
        assert db.session.scalars(select(ConsentEvent)).one().actor == f"staff:{siri}"


def test_the_list_is_kept_encrypted_and_removed_at_the_end(app, desk, worker, kari):
    where = uploads(desk, KARI).location
    with app.app_context():
        kept = b"".join(db.session.scalars(select(ArrivalPart.content)))
        assert kari.encode() not in kept
        assert b"".join(upload.read(1)) == f"{HEADER}{KARI}".encode()
        db.session.rollback()
    worker()
    desk.post(f"{where}/start")
    worker()
    assert count(app, ArrivalPart) == 0


def test_a_list_that_nobody_took_in_is_gone_after_a_day(app, desk, worker, monkeypatch):
    where = uploads(desk, KARI, "ola@example.no;Ola;\n").location
    worker()
    with app.app_context():
        service.tidy()
        db.session.commit()
        assert run(app).state == "ready"
        monkeypatch.setattr(service, "now", lambda: now() + timedelta(hours=25))
        service.tidy()
        db.session.commit()
    assert (run(app).state, run(app).examples, count(app, ArrivalPart)) == ("discarded", b"", 0)
    monkeypatch.undo()
    desk.post(f"{where}/start")
    worker()
    assert count(app, ConsentEvent) == 0


def test_the_doubtful_are_shown_for_a_day_and_no_longer(app, desk, worker, ola, monkeypatch):
    where = uploads(desk, f"{ola};Ola;\n").location
    worker()
    desk.post(f"{where}/start")
    worker()
    assert ola in desk.get(where).text
    with app.app_context():
        monkeypatch.setattr(service, "now", lambda: now() + timedelta(hours=25))
        service.tidy()
        db.session.commit()
    assert ola not in desk.get(where).text
    assert run(app).counts["doubtful"] == 1


def test_staff_may_think_again(app, desk, worker):
    where = uploads(desk, KARI).location
    worker()
    assert desk.post(f"{where}/discard").location == "/admin/import"
    desk.post(f"{where}/start")
    worker()
    assert (run(app).state, count(app, ArrivalPart), count(app, ConsentEvent)) == ("discarded", 0, 0)


def test_pressing_twice_takes_in_once(app, desk, worker):
    where = uploads(desk, KARI).location
    worker()
    for _ in range(2):
        desk.post(f"{where}/start")
    worker()
    desk.post(f"{where}/start")
    worker()
    assert count(app, ConsentEvent) == 1


def test_names_without_proof_need_a_name_that_vouches(app, desk, worker, ola):
    refused = uploads(desk, f"{ola};Ola;\n", unproven="yes")
    assert refused.status_code == 422 and count(app, ArrivalRun) == 0
    where = uploads(desk, f"{ola};Ola;\n", unproven="yes", vouched_by="Siri Sørby").location
    worker()
    desk.post(f"{where}/start")
    worker()
    assert run(app).counts == {"new": 1, "new:D": 1}


@pytest.mark.parametrize("more", [{"purpose": "nope"}, {"site": "nope"}, {"file": ""}])
def test_what_is_missing_is_said(app, desk, more):
    assert uploads(desk, KARI, **more).status_code == 422
    assert count(app, ArrivalRun) == 0


def test_a_file_that_cannot_be_used_is_said(app, desk, worker):
    desk.get("/admin/import")
    form = {"purpose": "newsletter", "site": "fjordlys", "file": (io.BytesIO(b""), "x.csv")}
    where = desk.post("/admin/import", form).location
    worker()
    assert run(app).state == "failed" and count(app, ArrivalPart) == 0
    assert "nothing in the file" in desk.get(f"{where}?lang=en").text


def test_a_list_may_be_larger_than_a_form(app, desk, worker):
    people = [f"person{n}@example.no;{'x' * 400};\n" for n in range(4000)]
    assert uploads(desk, *people).status_code == 303
    worker()
    assert run(app).total == 4000 and count(app, ArrivalPart) > 1


def test_a_list_may_not_be_without_end(app, desk, monkeypatch):
    monkeypatch.setattr(page, "LARGEST", 500)
    assert uploads(desk, KARI * 100).status_code == 413
    assert count(app, ArrivalRun) == 0


def test_a_stranger_may_not_send_a_list(app, stranger):
    answer = stranger.post("/admin/import", {"file": (io.BytesIO(b"x" * 2_000_000), "x.csv")})
    assert answer.status_code in {302, 303} and "/admin/login" in answer.location
    assert count(app, ArrivalRun) == 0


def test_a_lost_key_is_no_endless_work(app, desk, worker):
    uploads(desk, KARI)
    with app.app_context():
        db.session.execute(db.update(ArrivalPart).values(content=b"not ours"))
        db.session.commit()
    worker()
    assert (run(app).state, run(app).problem) == ("failed", "lost_key")


def test_who_is_in_the_list_is_shown_among_the_contacts(app, desk, worker, kari):
    where = uploads(desk, KARI).location
    worker()
    desk.post(f"{where}/start")
    worker()
    assert kari in desk.searches("/admin/contacts", "kari").text


def test_ola_is_left_alone(app, desk, worker, ola):
    with app.app_context():
        met(ola, name="Ola")
        db.session.commit()
    where = uploads(desk, KARI).location
    worker()
    desk.post(f"{where}/start")
    worker()
    with app.app_context():
        from app import contacts
        from app.consent import ledger

        assert ledger.events(contacts.find(ola).subject) == []


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_page_speaks_both_languages(desk, lang):
    assert desk.get(f"/admin/import?lang={lang}").status_code == 200


def test_the_audience_that_is_connected_is_offered_only_where_there_is_one(desk):
    assert "From Mailchimp" not in desk.get("/admin/import?lang=en").text
    form = {"purpose": "newsletter", "site": "fjordlys", "source": "mailchimp"}
    assert desk.post("/admin/import", form).status_code == 404


# Columns that we do not recognise


def strange(desk):
    desk.get("/admin/import")
    file = (io.BytesIO(b"Hvem;Kontakt;Tidspunkt\nKari;kari@example.no;2.3.2024\n"), "kunder.csv")
    return desk.post("/admin/import", {"purpose": "newsletter", "site": "fjordlys", "file": file}).location


def test_staff_say_which_column_is_which_and_see_the_preview(app, desk, worker, kari):
    url = strange(desk)
    worker()
    asked = desk.get(f"{url}?lang=en").text
    assert run(app).state == "asking" and '<option value="Kontakt">' in asked and "Take the list in" not in asked
    assert desk.post(f"{url}/start").status_code == 303 and run(app).state == "asking"
    assert desk.post(f"{url}/columns", {"email": "Kontakt", "opt_in": "Tidspunkt", "name": "Hvem"}).status_code == 303
    worker()
    told = {field: column for field, column in run(app).columns.items() if column}
    assert told == {"email": "Kontakt", "opt_in": "Tidspunkt", "name": "Hvem"}
    assert "<dt>New</dt><dd>1<br>" in desk.get(f"{url}?lang=en").text
    desk.post(f"{url}/start")
    worker()
    assert run(app).counts["new"] == 1 and count(app, ArrivalPart) == 0


@pytest.mark.parametrize("said", [{}, {"name": "Hvem"}, {"email": "Finnes ikke"}])
def test_without_a_column_of_addresses_it_is_asked_again(app, desk, worker, said):
    url = strange(desk)
    worker()
    desk.post(f"{url}/columns", said)
    worker()
    assert run(app).state == "asking" and count(app, ArrivalPart) == 1


def test_a_column_that_we_guessed_wrong_can_be_left_out(app, desk, worker, ola):
    url = uploads(desk, "ola@example.no;Ola;2.3.2024\n").location
    worker()
    assert run(app).preview.get("new") == 1
    desk.post(f"{url}/columns", {"email": "E-post", "name": "Navn", "opt_in": ""})
    worker()
    assert run(app).state == "ready" and run(app).preview.get("new", 0) == 0


def test_a_list_that_is_being_taken_in_is_not_arranged_anew(app, desk, worker):
    url = uploads(desk, KARI).location
    worker()
    desk.post(f"{url}/start")
    desk.post(f"{url}/columns", {"email": "Navn"})
    worker()
    assert run(app).state == "done" and run(app).columns == {}
