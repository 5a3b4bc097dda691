"""Where a value came from, in words for the person."""

from __future__ import annotations

from flask_babel import gettext as _

from app.extensions import db
from app.submissions.catalogue import worded
from app.submissions.models import FormVersion, Submission


def source_label(source: str, lang: str) -> str:
    """In the language that is being spoken; the source itself when it is new."""
    kind, _sep, id_ = source.partition(":")
    if kind == "submission":
        return _form(id_, lang)
    words: dict[str, str] = {
        "stripe": _("your purchase, by way of Stripe"),
        "import": _("a list that was brought along from an earlier system"),
        "staff": _("our staff, as you asked"),
        "request": _("your request that it be corrected"),
    }
    return words.get(kind, source)


def _form(id_: str, lang: str) -> str:
    submission = db.session.get(Submission, int(id_)) if id_.isdigit() else None
    version = db.session.get(FormVersion, submission.version_id) if submission else None
    title = worded(version.definition["title"], lang) if version else ""
    return str(_("the form “%(title)s” that you sent", title=title) if title else _("a form that you sent"))
