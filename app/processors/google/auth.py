"""Who we are at Google, and what we may ask for.

Either a service account to which an administrator has delegated the domain
(https://developers.google.com/identity/protocols/oauth2/service-account#delegatingauthority), or the lasting
permission of a member of staff who clicked (RFC 6749). Nothing of Google's is imported here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from app.processors.base import Rejected

ROOT = "https://www.googleapis.com/auth/"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105
REVOKE_URI = "https://oauth2.googleapis.com/revoke"
AUTH_URI = "https://accounts.google.com/o/oauth2/v2/auth"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Scope:
    """One permission, and in plain English what it lets us do."""

    url: str
    text: str


MODIFY = Scope(
    f"{ROOT}gmail.modify",
    "Read, label and send messages in the company's mailbox, and move messages to the trash. Nothing is deleted for"
    " good.",
)
FULL = Scope("https://mail.google.com/", "Delete messages in the company's mailbox for good, without a trash.")
CONTACTS = Scope(f"{ROOT}contacts", "See, make, change and delete contacts.")
OTHERS = Scope(f"{ROOT}contacts.other.readonly", "See the addresses that Google has collected as “Other contacts”.")
MEMBERS = Scope(f"{ROOT}admin.directory.group.member", "See, add and remove members of the company's groups.")

# The least each feature can work with. FULL is asked for only where the owner wants it.
FEATURES: dict[str, tuple[Scope, ...]] = {
    "gmail": (MODIFY,),
    "gmail_permanent": (FULL,),
    "google_contacts": (CONTACTS, OTHERS),
    "google_groups": (MEMBERS,),
}


@dataclass(frozen=True)
class Grant:
    """What somebody's click gave us: a token that lasts, and the scopes they left ticked."""

    refresh_token: str = field(repr=False)
    scopes: frozenset[str] = frozenset()


class Source(Protocol):
    """Where the permission of a click is kept. Ours to call; whoever keeps it encrypts it."""

    def load(self) -> Grant | None:
        """The permission as it is now; None where nobody has clicked, or it was revoked."""
        ...

    def revoked(self, token: str) -> None:
        """Google no longer takes this token. Called once for each time Google says so."""
        ...


@dataclass(frozen=True)
class Identity:
    """The content of GOOGLE_CREDENTIALS. `kind` is `service_account`, `authorized_user` or `client`."""

    kind: str
    values: Mapping[str, Any] = field(repr=False)

    @property
    def token_uri(self) -> str:
        return str(self.values.get("token_uri") or TOKEN_URI)

    @property
    def auth_uri(self) -> str:
        return str(self.values.get("auth_uri") or AUTH_URI)

    @property
    def revoke_uri(self) -> str:
        """Google's own, or beside the token address of a stand-in on this machine. It is not in Google's JSON."""
        local = urlsplit(self.token_uri).hostname in LOOPBACK
        return f"{self.token_uri.rpartition('/')[0]}/revoke" if local else REVOKE_URI


REQUIRED = {
    "service_account": ("client_email", "private_key"),
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
    "client": ("client_id", "client_secret"),
}


def identity(text: str) -> Identity:
    """Read GOOGLE_CREDENTIALS, which is JSON or the name of a file with it.

    Raises `ValueError`, without anything of the secret, where it is not one of the three kinds that Google issues.
    """
    document = _document(text if text.lstrip().startswith("{") else _file(text))
    kind = str(document.get("type", ""))
    for name in ("web", "installed"):
        if isinstance(document.get(name), Mapping):
            kind, document = "client", document[name]
    if not all(document.get(name) for name in REQUIRED.get(kind, ("?",))):
        raise ValueError("GOOGLE_CREDENTIALS must be the JSON of a service account, an OAuth client or a user")
    found = Identity(kind, document)
    for uri in (found.token_uri, found.auth_uri):
        _check(uri)
    return found


def understood(text: str) -> Identity:
    """The same where nothing can be done but to tell staff. Raises `Rejected`."""
    try:
        return identity(text)
    except ValueError as error:
        raise Rejected(str(error), everybody=True) from None


def _file(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError:
        raise ValueError("GOOGLE_CREDENTIALS names a file that cannot be read") from None


def _document(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        raise ValueError("GOOGLE_CREDENTIALS is not JSON") from None
    return document if isinstance(document, dict) else {}


def _check(uri: str) -> None:
    """Our key goes there."""
    url = urlsplit(uri)
    google = url.scheme == "https" and (url.hostname or "").endswith((".googleapis.com", ".google.com"))
    if not google and not (url.scheme == "http" and url.hostname in LOOPBACK):
        raise ValueError("GOOGLE_CREDENTIALS names a token or auth address that is not Google's")
