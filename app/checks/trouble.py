"""What a database says that does not do as it is told, in plain words and without what it was told."""

from __future__ import annotations

import re
import sqlite3

from sqlalchemy.exc import SQLAlchemyError

FULL = "the disk of the database is full"
READ_ONLY = "the database can be read and not written"
BUSY = "the database is busy: somebody else writes for a long time. Try again"
SHAPE = "the database has not the shape that this program was written for: run `flask db upgrade`"
NO_TABLES = "the database has no tables yet, or not all: `flask db upgrade` makes them"
LOCKED_OUT = (
    "the database does not let us in: look at user and password in DATABASE_URL, and at the server's pg_hba.conf"
)
NO_SUCH_NAME = "the server answers, and has no database of the name in DATABASE_URL: make it with `createdb`"
UNREACHABLE = "the database cannot be reached: does the server run, and are host and port in DATABASE_URL right?"
TURNED_AWAY = "the server turns us away: its log says why"

SQLITE = {sqlite3.SQLITE_FULL: FULL, sqlite3.SQLITE_READONLY: READ_ONLY, sqlite3.SQLITE_BUSY: BUSY}
STATES = {
    "28P01": LOCKED_OUT,
    "28000": LOCKED_OUT,
    "3D000": NO_SUCH_NAME,
    "42P01": NO_TABLES,
    "42703": SHAPE,
    "53100": FULL,
    "25006": READ_ONLY,
    "55P03": BUSY,
}
# Whoever is not let in gets no SQLSTATE from libpq, only words; SQLite has no other than words.
WORDS = (
    (r'FATAL: +database ".*" does not exist', NO_SUCH_NAME),
    (r'FATAL: +(password|role ".*" does not exist|no pg_hba)|no password supplied', LOCKED_OUT),
    (r"FATAL", TURNED_AWAY),
    (r"connection (failed|timeout)|failed to resolve host", UNREACHABLE),
    (r"no such table", NO_TABLES),
    (r"no such column|has no column", SHAPE),
)


def said(error: SQLAlchemyError) -> str:
    """What is the matter, for whoever can mend it. Nothing of the error's own words, which hold a name and a host."""
    cause = getattr(error, "orig", None)
    known = SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF) or STATES.get(getattr(cause, "sqlstate", "") or "")
    words = (plain for pattern, plain in WORDS if re.search(pattern, str(cause)))
    return known or next(words, f"the database does not answer ({type(error).__name__})")
