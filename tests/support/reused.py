"""One PostgreSQL database for all tests of a process, put back before each as it was when it was made.

To copy a database costs a checkpoint, and every new one needs new connections that know nothing yet. Emptying the
tables that were written to, with connections that are kept, takes a fifth of that.
"""

from __future__ import annotations

from typing import Any

from psycopg import OperationalError
from sqlalchemy import Engine, Pool, event

from tests.support.postgres import Server

NAME = "reused"

# Kept in a schema of its own: `keep` remembers every row and every counter, `bring_back` makes them so again.
FUNCTIONS = """
CREATE SCHEMA kept;
CREATE TABLE kept.counters (moment text, name text, last bigint);
CREATE TABLE kept.known (name text PRIMARY KEY);
CREATE FUNCTION kept.tables() RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
$$;
CREATE FUNCTION kept.has_rows(name text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE found boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO found;
    RETURN found;
END $$;
CREATE FUNCTION kept.columns(name text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = format('public.%I', name)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
$$;
CREATE FUNCTION kept.keep(moment text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    EXECUTE format('CREATE SCHEMA %I', moment);
    FOR name IN SELECT kept.tables() LOOP
        IF kept.has_rows(name) THEN
            EXECUTE format('CREATE TABLE %I.%I AS SELECT %s FROM public.%I', moment, name, kept.columns(name), name);
        END IF;
    END LOOP;
    INSERT INTO kept.known SELECT kept.tables() ON CONFLICT DO NOTHING;
    INSERT INTO kept.counters SELECT moment, sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
END $$;
CREATE FUNCTION kept.bring_back(moment text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text; before bigint; list text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- what may never be changed is taken away all the same
    FOR name IN SELECT kept.tables() EXCEPT SELECT k.name FROM kept.known k LOOP
        EXECUTE format('DROP TABLE public.%I', name);  -- such as the queue's, when a worker was hired
    END LOOP;
    FOR name IN SELECT kept.tables() LOOP
        IF kept.has_rows(name) THEN
            EXECUTE format('DELETE FROM public.%I', name);
        END IF;
    END LOOP;
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = moment::regnamespace AND relkind = 'r' LOOP
        list := kept.columns(name);
        EXECUTE format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %I.%I',
                       name, list, list, moment, name);
    END LOOP;
    FOR name, before IN
        SELECT c.name, c.last FROM kept.counters c JOIN pg_sequences s ON s.sequencename = c.name
        WHERE c.moment = bring_back.moment AND s.schemaname = 'public' AND s.last_value IS DISTINCT FROM c.last
    LOOP
        PERFORM setval(format('public.%I', name), coalesce(before, 1), before IS NOT NULL);
    END LOOP;
    FOR name IN SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgenabled = 'D' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', name);
    END LOOP;
END $$;
"""


def keep(server: Server, name: str, moment: str) -> None:
    """Remember what database `name` holds now."""
    with server.connect(name) as connection:
        if connection.execute("SELECT to_regnamespace('kept')").fetchone() == (None,):
            connection.execute(FUNCTIONS)
        connection.execute("SELECT kept.keep(%s)", [moment])


def forget(server: Server, name: str) -> None:
    """Leave no trace of `keep` in database `name`."""
    with server.connect(name) as connection:
        connection.execute("DROP SCHEMA kept, migrated, demo CASCADE")


class Reused:
    """The database, and the connections to it that outlive a test."""

    def __init__(self, server: Server, template: str) -> None:
        self.url = server.create(NAME, template)
        self._server, self._connection = server, server.connect(NAME)
        self._pool: Pool | None = None
        self._idle: set[int] = set()
        KNOWN[self.url] = self

    def as_when(self, moment: str) -> str:
        """Its URL; it holds what it held at that moment, and nobody is connected to it who might change that."""
        try:
            self._bring_back(moment)
        except OperationalError:  # a test has thrown everybody out, us too
            self._connection = self._server.connect(NAME)
            self._bring_back(moment)
        return self.url

    def _bring_back(self, moment: str) -> None:
        ours = [self._connection.info.backend_pid, *self._idle]
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> ALL(%s)"
        self._connection.execute(others, [NAME, ours])
        self._connection.execute("SELECT kept.bring_back(%s)", [moment])

    def lend(self, engine: Engine) -> None:
        if self._pool is None:
            self._pool = engine.pool
            for name, noted in {"checkin": self._is_back, "checkout": self._is_out, "close": self._is_out}.items():
                event.listen(self._pool, name, noted)
        engine.pool = self._pool

    def _is_back(self, connection: Any, _record: Any) -> None:
        if connection is not None:
            self._idle.add(connection.info.backend_pid)

    def _is_out(self, connection: Any, *_more: Any) -> None:
        self._idle.discard(connection.info.backend_pid)


KNOWN: dict[str, Reused] = {}


def lends(engine: Engine) -> bool:
    """Do the connections of this engine outlive it?"""
    return engine.url.render_as_string(hide_password=False) in KNOWN


def lend(engine: Engine) -> None:
    """An app that is made for a database of ours uses the connections of the app before."""
    if lends(engine):
        KNOWN[engine.url.render_as_string(hide_password=False)].lend(engine)
