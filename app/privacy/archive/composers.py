"""The letter with the link to an archive."""

from __future__ import annotations

from app.clock import now
from app.consent.links import absolute
from app.extensions import db
from app.letters import Draft, composer
from app.letters.models import Letter
from app.privacy import identity, links, receipts, words
from app.privacy.composers import to
from app.privacy.models import PrivacyLink, PrivacyRequest


@composer("privacy_archive")
def archive(letter: Letter) -> Draft | None:
    """Goes to the address that is sealed in the link. Not sent when the link has grown old."""
    link = db.session.get(PrivacyLink, letter.refs["link"])
    known = identity.reveal(link.sealed) if link and link.expires_at > now() else None
    if link is None or known is None:
        return None
    request = db.session.get_one(PrivacyRequest, letter.refs["request"])
    said = {
        "portable": request.kind == "portability",
        "before": request.kind == "erasure",
        "until": words.day(link.expires_at),
        "url": absolute(f"/privacy/archive/{links.word(link.id)}"),
        "receipt": absolute(f"/privacy/receipt/{request.word}") if receipts.latest(request) else None,
    }
    return to(known, letter, said)
