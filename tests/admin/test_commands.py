"""`flask staff`."""

import re

from sqlalchemy import select

from app.admin.models import User
from app.audit.models import AuditEntry
from app.extensions import db
from tests.admin.conftest import Desk


def run(app, *words):
    return app.test_cli_runner().invoke(args=["staff", *words])


def test_an_account_is_made_with_a_password_that_is_printed_once(app):
    done = run(app, "create", "Siri@example.no", "--role", "admin")
    password = re.search(r"Password: (\S{16})$", done.output.strip())[1]
    assert Desk(app.test_client()).signs_in("siri@example.no", password).status_code == 303
    with app.app_context():
        assert [role.name for role in db.session.scalars(select(User)).one().roles] == ["admin"]
        assert db.session.scalars(select(AuditEntry.action)).first() == "created_account"


def test_an_address_has_one_account(app):
    run(app, "create", "siri@example.no")
    again = run(app, "create", "SIRI@example.no")
    assert again.exit_code == 1
    assert "already" in again.output


def test_a_role_that_we_do_not_know_is_refused(app):
    assert run(app, "create", "siri@example.no", "--role", "king").exit_code == 2
    assert run(app, "create", "siri").exit_code == 2


def test_a_closed_account_is_listed_as_closed(app):
    run(app, "create", "siri@example.no")
    assert "siri@example.no\tstaff\topen" in run(app, "list").output
    assert run(app, "disable", "siri@example.no").exit_code == 0
    assert "siri@example.no\tstaff\tclosed" in run(app, "list").output
    assert run(app, "disable", "ukjent@example.no").exit_code == 1


def test_contact_show_is_there(app):
    assert app.test_cli_runner().invoke(args=["contact", "show", "--help"]).exit_code == 0
