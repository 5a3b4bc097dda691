"""The permission that a click at Google gave: kept encrypted, read by whoever speaks to Google, given back."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.fernet import MultiFernet
from flask import Flask, current_app
from sqlalchemy import Engine, Row, select, update

from app import audit, outbox
from app.clock import now
from app.contacts.models import Contact
from app.crypto import InvalidToken, Keyring, keyring
from app.extensions import db
from app.outbox.models import OutboxRow
from app.processors import REGISTRY
from app.processors.google.auth import FEATURES, Grant, Scope, identity
from app.sync import links
from app.sync.models import GoogleGrant
from app.sync.profile import Known, knows

BOX = "google"  # the purpose of the key
ROW = 1
OBJECT = "processor:google"


class Kept:
    """Where the processors find the permission (`auth.Source`).

    They may ask from any thread, with or without an app context, so every look is a transaction of its own.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app

    def load(self) -> Grant | None:
        row = self._row()
        token = _opened(self._box, row.sealed) if row else ""
        return Grant(token, frozenset(row.scopes)) if row and token else None

    def revoked(self, token: str) -> None:
        """Note it, unless a newer click has put another permission in the place of this one."""
        row = self._row()
        if row is None or not hmac.compare_digest(_opened(self._box, row.sealed).encode(), token.encode()):
            return
        same = update(GoogleGrant).where(GoogleGrant.id == ROW, GoogleGrant.sealed == row.sealed)
        with self._engine.begin() as connection:
            ended = connection.execute(same.values(sealed=b"", revoked_at=now())).rowcount
        if ended:
            with self._app.app_context():
                audit.look("system", "lost_google", object=OBJECT)

    def _row(self) -> Row[bytes, list[str]] | None:
        query = select(GoogleGrant.sealed, GoogleGrant.scopes).where(GoogleGrant.id == ROW)
        with self._engine.connect() as connection:
            return connection.execution_options(read_only=True).execute(query).one_or_none()

    @property
    def _engine(self) -> Engine:
        with self._app.app_context():
            return db.engine

    @property
    def _box(self) -> MultiFernet:
        ring: Keyring = self._app.extensions["keyring"]
        return ring.box(BOX)


def init_app(app: Flask) -> None:
    """The processors of this app find there what a member of staff permitted."""
    app.config["GOOGLE_SOURCE"] = Kept(app)


def _opened(box: MultiFernet, sealed: bytes) -> str:
    """Empty where the permission has ended, and where the secret that it was sealed with is gone."""
    try:
        return box.decrypt(sealed).decode() if sealed else ""
    except InvalidToken:
        return ""


@knows("gmail")
def met_by_mail(contact: Contact) -> Known:
    """A mailbox is no list: nobody is told of to Gmail, and whoever wrote there is found by her address."""
    return Known()


@dataclass(frozen=True)
class Standing:
    """How we get into Google.

    `way` is `off` (nothing of Google's is turned on), `missing` or `broken` (GOOGLE_CREDENTIALS), `own` (a service
    account or a user's JSON: nobody has to click), or for a client that needs a click: `asked` (nobody has), `revoked`,
    `sealed` (by a secret we no longer have), `partial` (scopes are missing) or `given`.
    """

    way: str
    wanted: Mapping[str, tuple[Scope, ...]]
    missing: tuple[Scope, ...] = ()
    given_by: str = ""
    given_at: datetime | None = None
    revoked_at: datetime | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def by_click(self) -> bool:
        return self.way in {"asked", "revoked", "sealed", "partial", "given"}

    @property
    def admitted(self) -> bool:
        """Is there any use in knocking?"""
        return self.way in {"own", "given", "partial"}


def wanted(config: Mapping[str, Any]) -> dict[str, tuple[Scope, ...]]:
    """The parts that are turned on, each with the least scopes that it works with."""
    return {name: FEATURES[name] for name in FEATURES if name in REGISTRY and config.get(REGISTRY[name][0])}


def needed(config: Mapping[str, Any]) -> list[Scope]:
    """All of these scopes, each once."""
    return list(dict.fromkeys(scope for scopes in wanted(config).values() for scope in scopes))


def standing() -> Standing:
    """How things stand now. Calls nobody."""
    config = current_app.config
    parts = wanted(config)
    if not parts:
        return Standing("off", parts)
    if not config["GOOGLE_CREDENTIALS"]:
        return Standing("missing", parts)
    try:
        kind = identity(config["GOOGLE_CREDENTIALS"]).kind
    except ValueError:
        return Standing("broken", parts)
    return _clicked(parts) if kind == "client" else Standing("own", parts)


def _clicked(parts: Mapping[str, tuple[Scope, ...]]) -> Standing:
    row = db.session.get(GoogleGrant, ROW)
    if row is None:
        return Standing("asked", parts)
    scopes = frozenset(row.scopes)
    lacking = tuple(scope for scope in needed(current_app.config) if scope.url not in scopes)
    readable = bool(_opened(keyring().box(BOX), row.sealed))
    way = "revoked" if row.revoked_at else "sealed" if not readable else "partial" if lacking else "given"
    return Standing(way, parts, lacking, row.given_by, row.given_at, row.revoked_at, scopes)


def keep(grant: Grant, actor: str) -> None:
    """A new permission in place of the old one. The worker tries the doors, and all that had failed without it."""
    db.session.merge(
        GoogleGrant(
            id=ROW,
            sealed=keyring().box(BOX).encrypt(grant.refresh_token.encode()),
            scopes=sorted(grant.scopes),
            given_by=actor,
            given_at=now(),
            revoked_at=None,
        )
    )
    audit.record(actor, "connected_google", object=OBJECT, note=f"{len(grant.scopes)} scopes")
    for name in wanted(current_app.config):
        outbox.enqueue("sync.test", name, lane=f"test:{name}")
        _again(name)


def _again(name: str) -> None:
    given_up = select(OutboxRow.id).where(OutboxRow.failed_at.is_not(None), links.of(name)).order_by(OutboxRow.id)
    for row_id in db.session.scalars(given_up).all():
        outbox.retry(row_id)


def held() -> Grant | None:
    """The permission as it is kept, to be given back."""
    row = db.session.get(GoogleGrant, ROW)
    token = _opened(keyring().box(BOX), row.sealed) if row else ""
    return Grant(token, frozenset(row.scopes)) if row and token else None


def forget(actor: str) -> bool:
    """Remove it here. False where there was none."""
    row = db.session.get(GoogleGrant, ROW)
    if row is None:
        return False
    db.session.delete(row)
    audit.record(actor, "disconnected_google", object=OBJECT)
    return True
