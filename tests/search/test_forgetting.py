"""Who is forgotten is forgotten by the search too, down to the bytes of its file."""

from pathlib import Path

from sqlalchemy import text

from app import search
from app.clock import now
from app.extensions import db
from app.outbox.models import OutboxRow

SECRET = "hemmeligsignatur"


def store_two(app):
    with app.app_context():
        for id in range(1, 300):
            search.index_contact(id, f"person{id}@example.no")
            search.index_submission(id, f"melding nummer {id}")
        search.index_contact(300, f"{SECRET}@example.no")
        search.index_submission(300, f"jeg heter {SECRET}")
        db.session.commit()


def forget(app):
    with app.app_context():
        search.remove_contact(300)
        search.remove_submission(300)
        db.session.commit()


def bytes_on_disk(app):
    """Everything in the database's files."""
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        path = Path(db.engine.url.database)
        db.session.remove()
        db.engine.dispose()
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def rows_left(app):
    with app.app_context():
        return [
            db.session.scalar(text(f"SELECT count(*) FROM {table} WHERE {key} = 300"))
            for table, key in (("search_contact", "id"), ("search_submission", "id"))
        ]


def traces(app, database_kind):
    """Is the person's text still stored?"""
    if database_kind == "postgres":
        return rows_left(app) != [0, 0]
    content = bytes_on_disk(app)
    # the trigrams of a word follow one another in the index only as long as it is indexed
    return SECRET.encode() in content or trigram_known(app)


def trigram_known(app):
    with app.app_context():
        vocabulary = "temp.vocabulary USING fts5vocab('main', 'search_contact', 'row')"
        db.session.execute(text(f"CREATE VIRTUAL TABLE {vocabulary}"))
        known = db.session.scalar(text("SELECT count(*) FROM temp.vocabulary WHERE term = 'gsi'"))
        db.session.rollback()
        return bool(known)


def compact(app):
    from app.outbox.registry import handler

    with app.app_context():
        handler("search.compact")("")
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_the_text_is_there_before_and_gone_after(app, database_kind):
    store_two(app)
    assert traces(app, database_kind)
    forget(app)
    compact(app)
    assert not traces(app, database_kind)
    with app.app_context():
        assert search.find_contacts("person17@") == [17]
        assert search.find_submissions("17") == [17]


def test_removing_asks_for_the_traces_to_be_cleared_once(app):
    store_two(app)
    forget(app)
    forget(app)
    with app.app_context():
        rows = db.session.query(OutboxRow).filter_by(kind="search.compact").all()
        assert len(rows) == 1
        assert rows[0].run_at > now()


def test_nothing_is_asked_for_when_nothing_was_there(app):
    with app.app_context():
        search.remove_contact(12345)
        db.session.commit()
        assert db.session.query(OutboxRow).count() == 0


def test_compacting_an_empty_index_does_nothing(app):
    with app.app_context():
        assert len(list(search.compact())) <= 2
