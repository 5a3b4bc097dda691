"""Tokens: had from google-auth, renewed when they are old, and honest about a permission that is gone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request
from google.oauth2 import credentials, service_account

from app.processors.base import Rejected, Retry
from app.processors.google.auth import Identity, Source

REVOKED = "The permission at Google was revoked, or has run out: connect again"
RENEWED = "The permission at Google has just been renewed"
UNCONNECTED = "Google is not connected: a member of staff must connect it"


class Key:
    """Opens Google for one user and some scopes. Safe for several threads."""

    def __init__(
        self, identity: Identity, subject: str, scopes: Sequence[str], session: requests.Session, source: Source | None
    ) -> None:
        self._identity, self._subject, self._scopes = identity, subject, list(scopes)
        self._source = source if identity.kind == "client" else None  # the others bring a permission of their own
        self._request = Request(session)
        self._lock = threading.Lock()
        self._made: Any = None

    def header(self, renew: bool = False) -> str:
        """The Authorization header. `renew` after Google has refused the token before its time."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            if renew or not self._made.valid:
                self._refresh()
            return f"Bearer {self._made.token}"

    def allows(self, scope: str) -> bool:
        """Has the owner granted this scope? Where no click says so, found out by asking for a token with it alone."""
        grant = self._source.load() if self._source else None
        if grant:
            return scope in grant.scopes
        probe = Key(self._identity, self._subject, [scope], self._request.session, self._source)
        try:
            probe.header()
        except Rejected:
            return False
        granted = getattr(probe._made, "granted_scopes", None)  # a service account gets all or nothing
        return granted is None or scope in granted

    def _make(self) -> Any:
        """Raises `Rejected` where nobody has given us a permission."""
        values = self._identity.values
        if self._identity.kind == "service_account":
            try:
                made = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
                    {**values, "token_uri": self._identity.token_uri}, scopes=self._scopes
                )
            except (ValueError, GoogleAuthError):
                raise _shut("GOOGLE_CREDENTIALS holds a private key that cannot be read") from None
            return made.with_subject(self._subject) if self._subject else made
        grant = self._source.load() if self._source else None
        token = grant.refresh_token if grant else values.get("refresh_token")
        if not token:
            raise _shut(UNCONNECTED)
        return credentials.Credentials(  # type: ignore[no-untyped-call]
            None,
            refresh_token=token,
            token_uri=self._identity.token_uri,
            client_id=values["client_id"],
            client_secret=values["client_secret"],
            scopes=self._scopes,
        )

    def _refresh(self) -> None:
        # Their texts repeat what Google said, and that may name the user.
        try:
            self._made.refresh(self._request)
        except TransportError as error:
            raise Retry(f"Google did not answer: {type(error).__name__}") from None
        except RefreshError as error:
            raise self._refusal(error) from None

    def _refusal(self, error: RefreshError) -> Retry | Rejected:
        refused = str(getattr(self._made, "refresh_token", None) or "")
        self._made = None  # the next call looks for a newer permission
        said = " ".join(map(str, error.args))
        if error.retryable:
            return Retry("Google gives no token at the moment")
        if "unauthorized_client" in said or "access_denied" in said:
            return _shut(
                "Google lets this service account act for nobody with these scopes: see domain-wide delegation"
            )
        if "invalid_scope" in said:
            return _shut("The permission at Google does not cover this: connect again")
        if "invalid_grant" in said:
            if self._identity.kind == "service_account":
                return _shut("Google knows no such user for this service account, or our clock is wrong")
            return self._ended(refused)
        return _shut("Google gives no token for GOOGLE_CREDENTIALS")

    def _ended(self, refused: str) -> Retry | Rejected:
        """A click may have given a newer permission than the one that this process still held."""
        if self._source:
            self._source.revoked(refused)
            if self._source.load():
                return Retry(RENEWED, 0.0)
        return _shut(REVOKED)


def _shut(text: str) -> Rejected:
    """Nobody can be told of without a token."""
    return Rejected(text, everybody=True)
