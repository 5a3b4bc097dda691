"""The zip file: for people a page and a paper, for programs JSON, and the letters a human has chosen."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import iso, now
from app.extensions import db
from app.i18n import speaking
from app.privacy import typeset
from app.privacy.archive import parts
from app.privacy.archive.sheet import sheet
from app.privacy.archive.tables import tables
from app.privacy.models import PrivacyRequest
from app.sites.models import Site

Files = Iterator[tuple[str, bytes]]

# Of our own export what she gave, or what came of her own use (GDPR article 20 (1)); the rest is ours.
PROVIDED = {"contact", "values", "consents", "submissions", "unread", "purchases"}


def pack(request: PrivacyRequest, contents: Sequence[dict[str, Any]]) -> bytes:
    """One zip file of everything the holders gave, in the request's language. `contents` as `parts.read` gives them."""
    with speaking(request.lang):
        files = list(_portable(request, contents) if request.kind == "portability" else _readable(request, contents))
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in files:
            member = ZipInfo(name, now().timetuple()[:6])
            member.compress_type = ZIP_DEFLATED
            archive.writestr(member, content)
    return out.getvalue()


def _readable(request: PrivacyRequest, contents: Sequence[dict[str, Any]]) -> Files:
    given = [{"holder": one["holder"], "exported": _picked(one)} for one in contents]
    shown, name = sheet(request, given), _("your-data")
    page = current_app.jinja_env.get_template("paper/archive.html").render(**shown)
    yield f"{name}.html", page.encode()
    yield f"{name}.pdf", typeset.pdf("archive", shown, now())
    yield f"{name}.json", _json(request, given)
    for one in contents:
        yield from _letters(one)


def _portable(request: PrivacyRequest, contents: Sequence[dict[str, Any]]) -> Files:
    given = [{"holder": one["holder"], "exported": _provided(one)} for one in contents]
    yield f"{_('your-data')}.json", _json(request, given)
    for one in given:
        yield from tables(one["holder"], one["exported"])


def _picked(content: dict[str, Any]) -> dict[str, Any]:
    """The export, where a human has picked from what others may stand in."""
    exported = dict(content["exported"])
    listed = exported.pop(parts.LETTERS, [])
    if not listed:
        return exported
    names = _names(content)
    rows = [
        {"date": r["date"], "subject": r.get("subject", ""), "file": names[r["id"]]} for r in listed if r["id"] in names
    ]
    left = len(listed) - len(rows)
    note = ngettext(
        "%(num)d message that is also about other people (GDPR article 15 (4)).",
        "%(num)d messages that are also about other people (GDPR article 15 (4)).",
        left,
    )
    return exported | {parts.LETTERS: rows} | ({"left_out": note} if left else {})


def _provided(content: dict[str, Any]) -> dict[str, Any]:
    """Without what others stand in; of our own tables only what she gave."""
    wanted = PROVIDED if content["holder"] == "own" else content["exported"].keys() - {parts.LETTERS, "copies"}
    return {key: part for key, part in content["exported"].items() if key in wanted}


def _names(content: dict[str, Any]) -> dict[str, str]:
    """Where in the zip file each chosen letter lies; one that was gone when it was fetched has no file."""
    kept = [id for id, text in content.get("letters", {}).items() if text]
    return {id: f"{_('letters')}/{content['holder']}-{number}.eml" for number, id in enumerate(kept, 1)}


def _letters(content: dict[str, Any]) -> Files:
    for id, name in _names(content).items():
        yield name, b64decode(content["letters"][id])


def _json(request: PrivacyRequest, given: Sequence[dict[str, Any]]) -> bytes:
    company = db.session.get_one(Site, request.site_id).company
    said = {
        "v": 1,
        "request": request.word,
        "kind": request.kind,
        "made_at": iso(now()),
        "language": request.lang,
        "controller": {"name": company.name, "org_number": company.org_number, "email": company.email},
        "holders": {one["holder"]: one["exported"] for one in given},
    }
    return json.dumps(said, ensure_ascii=False, indent=2).encode()
