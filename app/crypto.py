"""Keys by purpose, derived from the ring of secrets; what is sealed, hashed and encrypted with them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import uuid_utils
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app

from app.encoding import b64

__all__ = ["InvalidToken", "Keyring", "canonical_json", "keyring", "sha256_hex", "uuid7"]

_compact = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class Keyring:
    """Keys derived per purpose (HKDF, RFC 5869) from the current secret and every old one.

    What was signed with an old secret stays valid for ever: a withdrawal link in a mail from three years ago
    must still work. New things are signed with the current secret only.
    """

    def __init__(self, current: str, old: list[str]) -> None:
        self._secrets = [secret.encode() for secret in [current, *old]]
        self._derived: dict[str, list[bytes]] = {}
        self._by_kid: dict[str, dict[str, bytes]] = {}
        self._prepared: dict[str, list[hmac.HMAC]] = {}

    def keys(self, purpose: str) -> list[bytes]:
        """32-byte keys for a purpose, the current one first."""
        if purpose not in self._derived:
            self._derived[purpose] = [
                HKDF(SHA256(), 32, None, f"samtykke/{purpose}".encode()).derive(secret) for secret in self._secrets
            ]
        return self._derived[purpose]

    def kids(self, purpose: str) -> dict[str, bytes]:
        """Key id to key. The id is a fingerprint, so that nobody has to name keys."""
        if purpose not in self._by_kid:
            self._by_kid[purpose] = {b64(hashlib.sha256(key).digest()[:4]): key for key in self.keys(purpose)}
        return self._by_kid[purpose]

    def current(self, purpose: str) -> tuple[str, bytes]:
        """Id and key to sign with today."""
        return next(iter(self.kids(purpose).items()))

    def mac(self, purpose: str, message: bytes) -> str:
        """Keyed hash (HMAC-SHA-256, RFC 2104) with today's key, as hex."""
        return self._hashed(0, purpose, message)

    def macs(self, purpose: str, message: bytes) -> list[str]:
        """The keyed hash under every key of the ring: for look-ups that must survive a rotation."""
        return [self._hashed(at, purpose, message) for at in range(len(self._secrets))]

    def _hashed(self, at: int, purpose: str, message: bytes) -> str:
        """With a prepared state, copied: `hmac.digest` lets go of the interpreter lock, and waits to get it back."""
        if purpose not in self._prepared:
            self._prepared[purpose] = [hmac.new(key, digestmod="sha256") for key in self.keys(purpose)]
        state = self._prepared[purpose][at].copy()
        state.update(message)
        return state.hexdigest()

    def box(self, purpose: str) -> MultiFernet:
        """Authenticated encryption at rest; reads what any key of the ring wrote."""
        return MultiFernet([Fernet(b64(key, pad=True)) for key in self.keys(purpose)])

    def conceal(self, purpose: str, message: bytes) -> bytes:
        """Encryption whose result is the same each time (AES-SIV, RFC 5297), with today's key: for what must come out
        alike when it is written again.
        """
        return AESSIV(self.keys(_concealed(purpose))[0]).encrypt(message, None)

    def reveal(self, purpose: str, hidden: bytes) -> bytes:
        """What any key of the ring concealed. Raises InvalidTag for what none of them did."""
        for key in self.keys(_concealed(purpose)):
            with suppress(InvalidTag):
                return AESSIV(key).decrypt(hidden, None)
        raise InvalidTag

    def signers(self, purpose: str) -> dict[str, Ed25519PrivateKey]:
        """Ed25519 keys (RFC 8032) by key id, the current one first."""
        return {kid: Ed25519PrivateKey.from_private_bytes(key) for kid, key in self.kids(purpose).items()}


def _concealed(purpose: str) -> str:
    """No key has two uses: what signs a link does not also encrypt what stands in it."""
    return f"{purpose}/concealed"


def init_app(app: Flask) -> None:
    """Give the app its keyring."""
    app.extensions["keyring"] = Keyring(app.config["SECRET_KEY"], app.config["SECRET_KEYS_OLD"])


def keyring() -> Keyring:
    """The keyring of the running app."""
    ring: Keyring = current_app.extensions["keyring"]
    return ring


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """The one byte form of a JSON object (RFC 8785) for text, whole numbers below 2^53, booleans and null.

    For such values and ASCII keys the standard library's sorted, compact output is that form already; a property
    test holds it against a library that implements the whole RFC.
    """
    return _compact(value).encode()


def sha256_hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def uuid7() -> str:
    """A random id that sorts by time (RFC 9562, version 7)."""
    return str(uuid_utils.uuid7())
