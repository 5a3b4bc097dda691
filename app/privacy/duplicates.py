"""Who asks twice. The first request that was *proven* counts; nothing is said of a second before it is proven too.

Else a stranger who types somebody's address could have her own request closed as a repeat of his.
"""

from __future__ import annotations

from sqlalchemy import func, select

from app.extensions import db
from app.privacy import identity
from app.privacy.models import OPEN, PrivacyRequest
from app.privacy.service import move

BY_WISH = {"rectification", "restriction"}  # two of these are the same only when they ask for the same
PROVEN = tuple(state for state in OPEN if state != "identity_pending")


def hold(address: str) -> None:
    """Let nobody else open or prove a request of this address until the transaction ends: one of two is the first.

    SQLite has one writer at a time and needs no lock.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        number = int(identity.mac(address)[:16], 16) - 2**63
        db.session.execute(select(func.pg_advisory_xact_lock(number)))


def first_of(request: PrivacyRequest) -> PrivacyRequest | None:
    """The request that this one repeats: of the same person and kind, proven before, and still open."""
    known = identity.reveal(request.sealed)
    macs = identity.macs(known.address) if known else [request.address_mac]
    same = (PrivacyRequest.address_mac.in_(macs), PrivacyRequest.kind == request.kind)
    others = select(PrivacyRequest).where(*same, PrivacyRequest.state.in_(PROVEN), PrivacyRequest.id != request.id)
    found = db.session.scalars(others.order_by(PrivacyRequest.proven_at, PrivacyRequest.id))
    return next((other for other in found if _asks_the_same(request, other)), None)


def end(request: PrivacyRequest, first: PrivacyRequest, actor: str) -> None:
    """This request is answered by the other. What it knew of the person is dropped; the other knows it."""
    request.duplicate_of = first.id
    request.sealed, request.wishes, request.network = b"", b"", ""
    move(request, "duplicate", actor, {"kind": request.kind, "of": first.word})


def _asks_the_same(one: PrivacyRequest, other: PrivacyRequest) -> bool:
    return one.kind not in BY_WISH or (
        one.ground == other.ground and identity.unseal(one.wishes) == identity.unseal(other.wishes)
    )
