"""From the parts to one archive, encrypted at rest, behind a link that lives for seven days."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app import letters
from app.clock import now
from app.crypto import keyring
from app.extensions import db
from app.privacy import identity, links
from app.privacy.archive import parts, reviewing
from app.privacy.archive.packing import pack
from app.privacy.models import PrivacyArchive, PrivacyLink, PrivacyRequest
from app.processors.base import Retry
from app.sites.models import Site

LIVES = timedelta(days=7)


def build(request: PrivacyRequest) -> PrivacyArchive:
    """Make the archive of what the export tasks collected. Twice makes it anew, with the same parts.

    The caller holds the request, and sends the letter about it, but for an erasure's copy, which has its own. Raises
    `Retry` while a letter that staff chose is still being fetched. The parts stay, so that a crash loses nothing.
    """
    if reviewing.choosing(request):
        raise Retry("letters that staff chose are still being fetched", after=60)
    content = pack(request, [parts.read(part) for part in parts.of(request)])
    archive = db.session.get(PrivacyArchive, request.id) or PrivacyArchive(request_id=request.id, downloads=0)
    archive.sealed = keyring().box(identity.KEY).encrypt(content)
    archive.created_at, archive.expires_at = now(), now() + LIVES
    db.session.add(archive)
    db.session.flush()
    if request.kind == "erasure":
        _announce(request)
    return archive


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
