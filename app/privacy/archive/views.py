"""The link to an archive: looking fetches nothing, pressing the button does, and is counted."""

from __future__ import annotations

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from app.clock import now
from app.consent.pages import bind, page, private
from app.extensions import csrf, db
from app.i18n import speaking
from app.privacy import links, proof, service
from app.privacy.archive.building import unpack
from app.privacy.models import PrivacyArchive, PrivacyLink
from app.sites.service import home

bp = Blueprint("privacy_archive", __name__)
csrf.exempt(bp)  # the word in the link is the authority; there is no session to ride on


@bp.get("/privacy/archive/<token>")
def show(token: str) -> Response:
    return _page(token, links.find(links.ARCHIVE, token, spent=True))


@bp.post("/privacy/archive/<token>")
def fetch(token: str) -> Response:
    link = links.press(links.ARCHIVE, token, spent=True)
    archive = _archive(link)
    if link is None or archive is None:
        db.session.commit()  # a wrong word has been counted
        return _page(token, link)
    _count(link, archive)
    content, name = unpack(archive), _name(link)
    db.session.commit()
    response = private(Response(content, mimetype="application/zip"))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _archive(link: PrivacyLink | None) -> PrivacyArchive | None:
    archive = db.session.get(PrivacyArchive, link.request_id) if link else None
    return archive if archive and archive.expires_at > now() else None


def _count(link: PrivacyLink, archive: PrivacyArchive) -> None:
    """A download is a step of the request like any other."""
    request = service.lock(archive.request_id)
    archive.downloads += 1
    links.spend(link)
    if request:
        proof.note(request, "fetched", "subject", facts={"downloads": archive.downloads})


def _name(link: PrivacyLink) -> str:
    with speaking(link.lang):
        return f"{_('your-data')}.zip"


def _page(token: str, link: PrivacyLink | None) -> Response:
    bind(link.lang) if link else None
    archive = _archive(link)
    return page(
        "public/privacy_archive.html",
        200 if archive else 410 if link else 404,
        site=home(link.site_id if link else None),
        until=archive.expires_at if archive else None,
        size=len(archive.sealed) * 3 // 4 if archive else 0,
        downloads=archive.downloads if archive else 0,
        action=url_for("privacy_archive.fetch", token=token),
    )
