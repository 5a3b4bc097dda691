"""How a request begins: asked by anyone, proven by whoever owns the mailbox, or opened by staff who knew the person.

Nothing here looks whether anything is held before the mailbox is proven, so nothing can be learned by asking.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app import letters
from app.clock import now
from app.extensions import db
from app.privacy import deadline, duplicates, identity, links, moving, receiving, throttle
from app.privacy.errors import NotPossible
from app.privacy.grounds import checked
from app.privacy.identity import Identity
from app.privacy.models import KINDS, PrivacyLink, PrivacyRequest
from app.privacy.service import lock, move
from app.sites.models import Site


class UnknownKind(ValueError):
    """There is no such kind of request."""


def ask(
    kind: str,
    address: str,
    typed: str,
    *,
    site: Site,
    lang: str,
    network: str,
    origin: str = "web",
    wishes: dict[str, Any] | None = None,
    ground: str = "",
) -> PrivacyRequest | None:
    """Note a request that anyone may have typed, and write one letter with a link to its canonical address.

    The clock starts here (GDPR article 12 (3)). None when the address or the network has had its share of letters;
    whether it is known to us makes no difference. Of `wishes`, a rectification reads `changes` (field to value) and an
    erasure `copy_first`. Raises UnknownKind, UnknownGround.
    """
    known = Identity(address, typed)
    duplicates.hold(address)
    request = _request(kind, known, site=site, lang=lang, origin=origin, wishes=wishes, ground=ground)
    if throttle.refused(address, network):
        return None
    request.network = network
    db.session.add(request)
    db.session.flush()
    move(request, "identity_pending", "subject", {"kind": kind, "origin": origin})
    link = links.open(links.PROVE, known, request=request, site=site, lang=lang, network=network)
    letters.write("privacy_prove", contact=None, site=site, lang=lang, refs={"link": link.id, "request": request.id})
    return request


def send_page(address: str, typed: str, *, site: Site, lang: str, network: str) -> PrivacyLink | None:
    """Write a letter with a fresh link to the person's own page. None when there have been too many."""
    duplicates.hold(address)
    if throttle.refused(address, network):
        return None
    link = links.open(links.PAGE, Identity(address, typed), site=site, lang=lang, network=network)
    letters.write("privacy_page", contact=None, site=site, lang=lang, refs={"link": link.id})
    return link


def open_identified(
    kind: str,
    address: str,
    *,
    site: Site,
    lang: str,
    origin: str,
    actor: str,
    identified_by: str,
    typed: str = "",
    wishes: dict[str, Any] | None = None,
    ground: str = "",
    received_at: datetime | None = None,
    network: str = "",
) -> PrivacyRequest:
    """A request of somebody whose identity is known already: by a fresh link, by WordPress, by staff or the console.

    `identified_by` says how, without personal data. The address is canonical. `received_at` is when it reached the
    company, where that was before now. A new address among the `changes` waits until its own mailbox has been shown to
    be hers; `network` is where that was asked for. Raises UnknownKind, UnknownGround.
    """
    duplicates.hold(address)
    known = Identity(address, typed)
    request = _request(kind, known, site=site, lang=lang, origin=origin, wishes=wishes, ground=ground)
    request.actor, request.received_at = actor, min(received_at or now(), now())
    request.due_at = deadline.due(request.received_at)
    db.session.add(request)
    db.session.flush()
    if moving.wanted(request):
        request.identified_by = identified_by
        move(request, "identity_pending", actor, {"kind": kind, "origin": origin, "waits": "address"})
        moving.ask(request, known, network)
    else:
        receiving.receive(request, known, actor, identified_by)
    return request


def prove(link: PrivacyLink) -> PrivacyRequest:
    """The button behind a `prove` link was pressed: the mailbox is hers. Pressed again, nothing more happens.

    The caller holds the link (`links.press`). A request that has ended meanwhile stays ended.
    """
    known = identity.reveal(link.sealed)
    request = _of(link)
    if known is None or link.used_at:
        return request
    links.spend(link)
    return _identified(request, "subject", "link")


def identified(request: PrivacyRequest, actor: str, identified_by: str) -> PrivacyRequest:
    """Somebody's identity has been shown for a request that waited for it. Nothing happens where it did not wait.

    Raises NotPossible where it is a new address that waits: that is shown by its own mailbox, and not otherwise.
    """
    if moving.wanted(request):
        raise NotPossible("address", "A new address is proven by the link that was mailed to it.")
    return _identified(request, actor, identified_by)


def _identified(request: PrivacyRequest, actor: str, identified_by: str) -> PrivacyRequest:
    known = identity.reveal(request.sealed)
    if known is None:
        return request
    duplicates.hold(known.address)  # before the request itself, as everywhere: nobody waits for each other
    request = _held(request.id)
    if request.state == "identity_pending":
        receiving.receive(request, known, actor, identified_by)
    return request


def _of(link: PrivacyLink) -> PrivacyRequest:
    if link.use != links.PROVE or link.request_id is None:
        raise ValueError("this link proves no request")
    return db.session.get_one(PrivacyRequest, link.request_id)


def _held(request_id: int) -> PrivacyRequest:
    held = lock(request_id)
    if held is None:
        raise LookupError("the request is gone")
    return held


def _request(kind: str, known: Identity, *, site: Site, wishes: dict[str, Any] | None, **more: Any) -> PrivacyRequest:
    if kind not in KINDS:
        raise UnknownKind(kind)
    more["ground"] = checked(kind, more["ground"])
    request = PrivacyRequest(kind=kind, site_id=site.id, received_at=now(), **more)
    request.due_at = deadline.due(request.received_at)
    request.address_mac, request.sealed = identity.mac(known.address), identity.hide(known)
    request.wishes = identity.seal(wishes) if wishes else b""
    return request
