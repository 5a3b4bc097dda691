"""The click of a member of staff: the address of Google's page, and what comes back from it.

Authorization code with PKCE: RFC 6749 section 4.1, RFC 7636, https://developers.google.com/identity/protocols/oauth2.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from app.processors.base import Rejected, Retry
from app.processors.google.auth import Grant, Identity, Scope

PATIENCE = (5.0, 20.0)  # seconds: to connect, to read


def verifier() -> str:
    """A secret for one click, kept in the session of whoever clicks."""
    return secrets.token_urlsafe(48)


def challenge(secret: str) -> str:
    """The verifier's hash, which may be seen (RFC 7636 section 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode().rstrip("=")


def consent_url(
    client: Identity, redirect_uri: str, scopes: Iterable[Scope], state: str, secret: str, account: str = ""
) -> str:
    """Where to send the browser. `account` is the address whose mailbox or contacts are meant.

    `prompt=consent`: without it a second click gives no lasting token.
    """
    query = {
        "client_id": client.values["client_id"],
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": " ".join(scope.url for scope in scopes),
        "access_type": "offline",
        "prompt": "consent",
        "state": state,
        "code_challenge": challenge(secret),
        "code_challenge_method": "S256",
        "login_hint": account,
    }
    url = urlsplit(client.auth_uri)
    return urlunsplit(url._replace(query=urlencode({name: value for name, value in query.items() if value})))


def exchange(client: Identity, redirect_uri: str, code: str, secret: str) -> Grant:
    """The permission for a code. Raises `Rejected` where Google does not take it, or gave nothing that lasts."""
    said = _posted(
        client.token_uri,
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": str(client.values["client_id"]),
            "client_secret": str(client.values["client_secret"]),
            "code_verifier": secret,
        },
    )
    if not said.get("refresh_token"):
        raise Rejected(
            "Google gave no lasting permission: remove Samtykke from the account's connections and try again"
        )
    return Grant(str(said["refresh_token"]), frozenset(str(said.get("scope", "")).split()))


def missing(grant: Grant, scopes: Iterable[Scope]) -> list[Scope]:
    """What was asked for and not given: Google's page lets people untick."""
    return [scope for scope in scopes if scope.url not in grant.scopes]


def revoke(client: Identity, token: str) -> None:
    """Give a permission back (RFC 7009); one that is gone already is as good. Raises `Retry`, or `Rejected`.

    Google ends everything that this account has permitted us, whichever of its clicks the token is from:
    https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke.
    """
    status, said = _answered(client.revoke_uri, {"token": token})
    if status != 200 and said.get("error") != "invalid_token":
        raise Rejected(f"Google answered {status} when the permission was given back")


def _posted(uri: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    status, said = _answered(uri, form)
    if status != 200:
        raise Rejected("Google does not take this answer any more: start again")
    return said


def _answered(uri: str, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
    import requests

    try:
        answer = requests.post(uri, data=form, timeout=PATIENCE, allow_redirects=False)
        said = answer.json() if answer.content else {}
    except (requests.RequestException, ValueError) as error:
        raise Retry(f"Google did not answer: {type(error).__name__}") from None
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Retry(f"Google answered {answer.status_code}")
    return answer.status_code, said if isinstance(said, dict) else {}
