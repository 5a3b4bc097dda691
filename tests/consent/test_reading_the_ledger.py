"""Checking the ledger takes its time, and nobody waits for it."""

from threading import Thread

from sqlalchemy import func, select, text

from app.consent import beside, verify
from app.consent.models import Seal
from app.extensions import db
from tests.consent.test_ledger import context, seal, write

__all__ = ["context"]


def test_others_write_while_the_ledger_is_checked(app, context, monkeypatch):
    write()
    seal()
    monkeypatch.setattr(beside, "CHECKS", [*beside.CHECKS, somebody_writes])
    assert app.test_cli_runner().invoke(args=["ledger", "verify"]).output.startswith("OK: 1 sealed")


def test_what_is_sealed_meanwhile_is_no_fault(app, context, monkeypatch):
    """The seals have been read, and now the worker seals an event that a moment ago was waiting."""
    write()
    seal()
    write()
    look = verify._check_waiting

    def sealing_first(*args):
        worker = Thread(target=in_its_own_context, args=(app, seal))
        worker.start()
        worker.join()
        return look(*args)

    monkeypatch.setattr(verify, "_check_waiting", sealing_first)
    db.session.rollback()  # the command finds a session that has not begun anything
    said = app.test_cli_runner().invoke(args=["ledger", "verify"]).output
    assert said.startswith("OK: 1 sealed events under 1 seals, 1 waiting")
    assert db.session.scalar(select(func.count()).select_from(Seal)) == 2


def in_its_own_context(app, act):
    with app.app_context():
        act()


def somebody_writes():
    with db.engine.connect() as another:
        if db.engine.dialect.name == "sqlite":
            another.exec_driver_sql("PRAGMA busy_timeout = 100")
        another.execute(text("UPDATE site SET name = 'Solsiden'"))
        another.commit()
    yield from ()
