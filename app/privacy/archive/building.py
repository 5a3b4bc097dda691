"""From the parts to one archive, encrypted at rest, behind a link that lives for seven days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select

from app import letters
from app.clock import now
from app.crypto import keyring
from app.extensions import db
from app.privacy import identity, links
from app.privacy.archive import parts, reviewing
from app.privacy.archive.packing import pack
from app.privacy.models import PrivacyArchive, PrivacyLink, PrivacyPart, PrivacyRequest
from app.processors.base import Retry
from app.sites.models import Site

LIVES = timedelta(days=7)


@dataclass(frozen=True)
class Packed:
    """An archive, encrypted, and what it was made of."""

    sealed: bytes
    made_of: str


def prepare(request: PrivacyRequest) -> Packed:
    """Make the archive of what the export tasks collected. Reads only, and may take seconds: hold nothing meanwhile.

    Raises `Retry` while a letter that staff chose is still being fetched.
    """
    if reviewing.choosing(request):
        raise Retry("letters that staff chose are still being fetched", after=60)
    found = parts.of(request)
    content = pack(request, [parts.read(part) for part in found])
    return Packed(keyring().box(identity.KEY).encrypt(content), _fingerprint(found))


def _fingerprint(found: Iterable[PrivacyPart]) -> str:
    digest = sha256()
    for part in found:
        digest.update(sha256(part.sealed).digest())
    return digest.hexdigest()


def keep(request: PrivacyRequest, packed: Packed) -> PrivacyArchive:
    """Put an archive behind its link. The caller holds the request. Raises `Retry` where its parts have changed since.

    The letter about it is the caller's, but for an erasure's copy, which has its own. The parts stay, so that a crash
    loses nothing.
    """
    if packed.made_of != _fingerprint(parts.of(request)):
        raise Retry("what was collected has changed meanwhile", after=1)
    archive = db.session.get(PrivacyArchive, request.id) or PrivacyArchive(request_id=request.id, downloads=0)
    archive.sealed = packed.sealed
    archive.created_at = now()
    archive.expires_at = archive.created_at + LIVES
    db.session.add(archive)
    db.session.flush()
    if request.kind == "erasure":
        _announce(request)
    return archive


def build(request: PrivacyRequest) -> PrivacyArchive:
    """Both at once, where nobody waits."""
    return keep(request, prepare(request))


def _announce(request: PrivacyRequest) -> None:
    """A copy before an erasure has a letter of its own, once; other archives come with the answer to the request."""
    sent = select(PrivacyLink.id).where(PrivacyLink.request_id == request.id, PrivacyLink.use == links.ARCHIVE)
    known = identity.reveal(request.sealed)
    if known is None or db.session.scalar(sent.limit(1)):
        return
    site = db.session.get_one(Site, request.site_id)
    link = links.open(links.ARCHIVE, known, request=request, site=site, lang=request.lang)
    refs = {"request": request.id, "link": link.id}
    letters.write("privacy_archive", contact=None, site=site, lang=request.lang, refs=refs)


def unpack(archive: PrivacyArchive) -> bytes:
    """The zip file again."""
    return keyring().box(identity.KEY).decrypt(archive.sealed)
