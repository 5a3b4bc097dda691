"""Whom a request is about: sealed while it is needed, and found again by a keyed hash afterwards."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from app.contacts.models import Contact
from app.crypto import keyring
from app.processors.base import Profile

KEY = "privacy"


@dataclass(frozen=True)
class Identity:
    """The address as it is compared and as it was typed, and the person behind it where there is one."""

    address: str
    typed: str = ""
    contact_id: int | None = None
    subject: str = ""

    @classmethod
    def of(cls, contact: Contact) -> Identity:
        return cls(contact.address, contact.display, contact.id, contact.subject)


def mac(address: str) -> str:
    """The keyed hash of a canonical address that a request is kept under."""
    return keyring().mac(KEY, address.encode())


def macs(address: str) -> list[str]:
    """The same under every key of the ring, for looking up."""
    return keyring().macs(KEY, address.encode())


def seal(value: dict[str, Any]) -> bytes:
    """Encrypted JSON for a `sealed` column."""
    return keyring().box(KEY).encrypt(json.dumps(value, ensure_ascii=False).encode())


def unseal(sealed: bytes) -> dict[str, Any]:
    """What `seal` took; empty where it has been dropped. Raises InvalidToken for what is not ours."""
    value: dict[str, Any] = json.loads(keyring().box(KEY).decrypt(sealed)) if sealed else {}
    return value


def hide(identity: Identity) -> bytes:
    return seal(asdict(identity))


def reveal(sealed: bytes) -> Identity | None:
    """Whom the request is about; None once that has been dropped."""
    known = unseal(sealed)
    return Identity(**known) if known else None


PROFILE = [field.name for field in fields(Profile) if field.name != "consents"]


def freeze(profile: Profile, objects: list[dict[str, str]]) -> bytes:
    """A task's snapshot: the profile as it was before anything was destroyed, and the objects found."""
    known = {name: getattr(profile, name) for name in PROFILE}
    known["refs"] = {name: list(ids) for name, ids in profile.refs.items()}
    known["account"] = dict(profile.account)
    return seal({"profile": known, "objects": objects})


def thaw(sealed: bytes) -> tuple[Profile, list[dict[str, str]]]:
    """The snapshot again. Raises ValueError once it has been dropped."""
    known = unseal(sealed)
    if not known:
        raise ValueError("the snapshot of this task has been dropped")
    return Profile(**known["profile"]), known["objects"]
