"""How a request goes from phase to phase, and how it ends: told, proven, and forgotten."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import update

from app import letters
from app.clock import now
from app.extensions import db
from app.letters.transports import stream
from app.privacy import acts, identity, lanes, lifting, links, receipts, standing, telling
from app.privacy.archive import parts
from app.privacy.models import PrivacyLink, PrivacyRequest, PrivacyTask
from app.privacy.phases import FORGET, NOTIFY, TELL
from app.privacy.service import lock, mark, move
from app.sites.models import Site

AFTERWARDS = timedelta(days=3)
OVER = ("completed", "completed_with_retention", "closed")
ARCHIVED = ("access", "portability")
LETTERS = {"restriction": "privacy_restricted"}
NEEDED = ("kept", "polling")  # these tasks will want their snapshot once more


def advance(request_id: int) -> None:
    """Start what is to be done next, or end. The caller commits."""
    request = lock(request_id)
    if request is None:
        return
    if request.state in standing.RUNNING:
        _go_on(request)
    if request.state in OVER:
        _part(request)


def _go_on(request: PrivacyRequest) -> None:
    phase = standing.phase(request.tasks)
    if phase in OURS:
        OURS[phase](request)
        phase = standing.phase(request.tasks)
    if phase is None:
        _conclude(request)
        return
    ready = {task.holder for task in request.tasks if task.phase <= phase and standing.due(task) and _ours(task)}
    for holder in sorted(ready):
        lanes.start(request, holder)
    _stand(request, standing.state(request))


def _ours(task: PrivacyTask) -> bool:
    return acts.ours(task.act, task.holder)


def _stand(request: PrivacyRequest, state: str) -> None:
    if request.state == state:
        return
    move(request, state, "system")
    if state == "needs_human":
        site = db.session.get_one(Site, request.site_id)
        refs = {"request": request.id}
        letters.write("privacy_manual", contact=None, site=site, lang=site.languages[0], refs=refs)


def _notify(request: PrivacyRequest) -> None:
    """Whoever had the data was told of it by our own call; where nothing was, there is nobody to tell."""
    for task in request.tasks:
        if task.phase == NOTIFY and task.state == "planned":
            text = "Told by the call that asked for it." if task.found else ""
            mark(task, "verified" if task.found else "skipped", "system", done_at=now(), text=text)


def _tell(request: PrivacyRequest) -> None:
    for task in request.tasks:
        if task.phase == TELL:
            lifting.tell(request, task)


OURS = {NOTIFY: _notify, TELL: _tell}  # phases that need no job of their own


def _conclude(request: PrivacyRequest) -> None:
    """Every task is over: say so, sign it, and write to the person."""
    _expect_our_letter(request)
    tasks = [task for task in request.tasks if task.phase not in standing.AFTER]
    second = standing.answered(request)
    lasts = any(standing.lasting(task) for task in tasks)
    move(request, "completed_with_retention" if lasts else "closed" if second else "completed", "system")
    receipts.write(request)
    for task in request.tasks:
        if task.act == "letter" and task.state == "planned":
            _write(request, task)


def _expect_our_letter(request: PrivacyRequest) -> None:
    """Where letters leave through a mailbox, the last one lies there afterwards, and has to go as well."""
    holder = stream(current_app.config["MAIL_URL"]).partition(":")[0]
    told = any(task.act == "letter" and task.state == "planned" for task in request.tasks)
    for task in request.tasks if told and request.kind == "erasure" else ():
        if task.act == "verify" and task.holder == holder and task.state == "verified":
            text = "Our last letter will lie there, and is taken away."
            mark(task, "polling", "system", text=text, done_at=now(), check_at=now() + AFTERWARDS)


def _write(request: PrivacyRequest, task: PrivacyTask) -> None:
    """The last letter: what was done, and where to read more."""
    known = identity.reveal(request.sealed)
    if known is None or request.origin == "replay":
        mark(task, "skipped", "system", done_at=now())
    elif request.kind in ARCHIVED:
        site = db.session.get_one(Site, request.site_id)
        link = links.open(links.ARCHIVE, known, request=request, site=site, lang=request.lang)
        telling.write("privacy_archive", request, task, link=link.id)
    else:
        telling.write(LETTERS.get(request.kind, "privacy_done"), request, task)


def _part(request: PrivacyRequest) -> None:
    """When the letter has left, or cannot leave, whom it was about is dropped."""
    for task in request.tasks:
        if task.act == "letter" and task.state == "polling":
            telling.follow(request, task)
    letter = next((task for task in request.tasks if task.act == "letter"), None)
    if letter is None or letter.state in ("verified", "skipped"):
        _forget(request)


def _forget(request: PrivacyRequest) -> None:
    """Drop the address and every snapshot but of what is looked at once more. What was done stays proven without."""
    request.sealed, request.wishes, request.network = b"", b"", ""
    for task in request.tasks:
        if task.state not in NEEDED:
            task.sealed = b""
    parts.drop(request)
    proving = (PrivacyLink.request_id == request.id, PrivacyLink.use != links.ARCHIVE)
    db.session.execute(update(PrivacyLink).where(*proving).values(sealed=b"", network=""))
    for task in request.tasks:
        if task.phase == FORGET and task.state == "planned":
            mark(task, "verified", "system", done_at=now(), verified_at=now())
