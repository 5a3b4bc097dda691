"""The letters of a request: what each one needs to know. Their words stand in templates/letters/.

They go to the address that is sealed in the request. Once that has been dropped, nothing can be sent any more.
"""

from __future__ import annotations

from typing import Any

from app.clock import now
from app.consent.links import absolute, letter_url
from app.extensions import db
from app.letters import Draft, composer
from app.letters.compose import rights_url
from app.letters.models import Letter
from app.privacy import deadline, identity, links, progress, receipts, words
from app.privacy.identity import Identity
from app.privacy.models import PrivacyLink, PrivacyRequest, PrivacyTask
from app.sites.models import Site


@composer("privacy_prove")
def prove(letter: Letter) -> Draft | None:
    """The question whether it was she who asked. Not sent once the link has been used or has grown old."""
    link = _live(letter)
    request = db.session.get(PrivacyRequest, link.request_id) if link else None
    if link is None or request is None or request.state != "identity_pending":
        return None
    return _to_person(letter, link.sealed, wish=words.kind(request.kind), url=_url(link))


@composer("privacy_page")
def page(letter: Letter) -> Draft | None:
    link = _live(letter)
    return _to_person(letter, link.sealed, url=_url(link)) if link else None


@composer("privacy_address")
def address(letter: Letter) -> Draft | None:
    """To a new mailbox: is it hers? Not sent once that has been answered, or taken back."""
    link, request = _live(letter), _request(letter)
    if link is None or request is None or request.state != "identity_pending":
        return None
    return _to_person(letter, link.sealed, url=_url(link))


@composer("privacy_moving")
def moving(letter: Letter) -> Draft | None:
    """To the old mailbox: what has been asked, and how to stop it."""
    link, request = _live(letter), _request(letter)
    if link is None or request is None or request.state == "cancelled":
        return None
    return _to_person(letter, link.sealed, url=_url(link), day=words.day(request.received_at))


@composer("privacy_moved")
def moved(letter: Letter) -> Draft | None:
    """To the old mailbox, the last time."""
    link = db.session.get(PrivacyLink, letter.refs["link"])
    return _to_person(letter, link.sealed, day=words.day(letter.created_at)) if link else None


def _live(letter: Letter) -> PrivacyLink | None:
    link = db.session.get(PrivacyLink, letter.refs["link"])
    return link if link and link.used_at is None and link.expires_at > now() else None


def _url(link: PrivacyLink) -> str:
    return absolute(f"/privacy/{links.word(link.id)}")


@composer("privacy_opened")
def opened(letter: Letter) -> Draft | None:
    return _answer(letter, url=_own_page(letter))


@composer("privacy_restricted")
def restricted(letter: Letter) -> Draft | None:
    return _answer(letter, places=_places(_request(letter)), url=_own_page(letter))


@composer("privacy_lifted")
def lifted(letter: Letter) -> Draft | None:
    return _answer(letter, url=_own_page(letter))


@composer("privacy_extension")
def extension(letter: Letter) -> Draft | None:
    """Written before the day that was due: the deadline moves when this letter has left."""
    request = _request(letter)
    if request is None or not request.extension or (not request.extended_at and now() > request.due_at):
        return None
    new = request.due_at if request.extended_at else deadline.extended(request.due_at)
    return _answer(letter, why=request.extension, due=words.day(new))


@composer("privacy_denied")
def denied(letter: Letter) -> Draft | None:
    request = _request(letter)
    note = identity.unseal(request.wishes).get("note", "") if request else ""
    return _answer(letter, why=words.denial(request.denial if request else ""), note=note)


@composer("privacy_done")
def done(letter: Letter) -> Draft | None:
    """What was found and done, place by place."""
    request = _request(letter)
    lines = progress.lines(request) if request else []
    return _answer(
        letter,
        kind=request.kind if request else "",
        places=_places(request),
        nothing=progress.nothing(lines),
        kept=any(line.kept for line in lines),
        backups=progress.safety_copies(request) if request else [],
        receipt=_receipt(request) if request else None,
    )


def _receipt(request: PrivacyRequest) -> str | None:
    return absolute(f"/privacy/receipt/{request.word}") if receipts.latest(request) else None


def _request(letter: Letter) -> PrivacyRequest | None:
    return db.session.get(PrivacyRequest, letter.refs["request"])


def _places(request: PrivacyRequest | None) -> list[dict[str, str]]:
    lines = progress.lines(request) if request else []
    return [{"holder": words.holder(line.holder), "line": line.text} for line in lines]


def _own_page(letter: Letter) -> str:
    return rights_url(db.session.get_one(Site, letter.site_id), letter.lang)


def _answer(letter: Letter, **context: Any) -> Draft | None:
    """A letter about a request whose address is still known."""
    request = _request(letter)
    if request is None or not request.sealed:
        return None
    about = {
        "wish": words.kind(request.kind),
        "received": words.day(request.received_at),
        "due": words.day(request.due_at),
    }
    return _to_person(letter, request.sealed, **{**about, **context})


def _to_person(letter: Letter, sealed: bytes, **context: Any) -> Draft | None:
    known = identity.reveal(sealed)
    if known is None:
        return None
    return to(known, letter, context)


def to(known: Identity, letter: Letter, context: dict[str, Any]) -> Draft:
    """A letter to the person. Whoever has asked us something may be on no list, and can stay on none."""
    site = db.session.get_one(Site, letter.site_id)
    url = letter_url(known.address, known.subject, letter.lang, site.slug)
    return Draft(to=known.address, context=context, reply_to=site.company.email, unsubscribe_url=url)


@composer("privacy_due")
def due(letter: Letter) -> Draft | None:
    """To the company. Not sent when the request has been answered meanwhile."""
    request = _request(letter)
    if request is None or request.ended_at:
        return None
    left = max(0, (request.due_at - now()).days)
    return _to_staff(letter, request, days=left, state=words.state(request.state))


@composer("privacy_manual")
def manual(letter: Letter) -> Draft | None:
    """To the company: what no program can do. Not sent when nothing is left of that kind."""
    request = _request(letter)
    waiting = [task for task in request.tasks if _for_hands(task)] if request else []
    if request is None or not waiting:
        return None
    return _to_staff(letter, request, places=sorted({words.holder(task.holder) for task in waiting}))


def _for_hands(task: PrivacyTask) -> bool:
    return task.state in {"manual", "failed", "verify_failed"}


def _to_staff(letter: Letter, request: PrivacyRequest, **context: Any) -> Draft | None:
    company = db.session.get_one(Site, letter.site_id).company
    about = {
        "number": str(request.id),
        "wish": words.right(request.kind),
        "due": words.day(request.due_at),
        "url": absolute(f"/admin/requests/{request.id}"),
    }
    return Draft(to=company.email, context={**about, **context}) if company.email else None
