"""From the parts to one archive, encrypted at rest, behind a link that lives for seven days."""

from __future__ import annotations

from datetime import timedelta

from app.clock import now
from app.crypto import keyring
from app.extensions import db
from app.privacy import identity
from app.privacy.archive import parts, review
from app.privacy.archive.packing import pack
from app.privacy.models import PrivacyArchive, PrivacyRequest
from app.processors.base import Retry

LIVES = timedelta(days=7)


def build(request: PrivacyRequest) -> PrivacyArchive:
    """Make the archive of what the export tasks collected. Twice makes it anew, with the same parts.

    The caller holds the request. Raises `Retry` while a letter that staff chose is still being fetched. The parts
    stay until `forget`, so that a crash after this loses nothing.
    """
    if review.choosing(request):
        raise Retry("letters that staff chose are still being fetched", after=60)
    content = pack(request, [parts.read(part) for part in parts.of(request)])
    archive = db.session.get(PrivacyArchive, request.id) or PrivacyArchive(request_id=request.id, downloads=0)
    archive.sealed = keyring().box(identity.KEY).encrypt(content)
    archive.created_at, archive.expires_at = now(), now() + LIVES
    db.session.add(archive)
    db.session.flush()
    return archive


def unpack(archive: PrivacyArchive) -> bytes:
    """The zip file again."""
    return keyring().box(identity.KEY).decrypt(archive.sealed)
