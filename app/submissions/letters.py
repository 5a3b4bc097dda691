"""The letter that tells staff of a submission. Its subject is fixed; its Reply-To is the visitor's checked address."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.consent import texts
from app.extensions import db
from app.letters import Draft, composer
from app.letters.models import Letter
from app.submissions.catalogue import worded
from app.submissions.models import FormVersion, Submission


@composer("staff_submission")
def staff_submission(letter: Letter) -> Draft | None:
    """None when the submission was removed, or the reader taken off the form, before the letter left."""
    submission = db.session.get(Submission, letter.refs["submission"])
    version = db.session.get(FormVersion, submission.version_id) if submission else None
    if submission is None or version is None:
        return None
    readers = version.definition["notify"]
    said = context(submission, version, letter.lang)
    return Draft(context=said, to=readers[letter.refs["reader"]], reply_to=submission.address)


def context(submission: Submission, version: FormVersion, lang: str) -> dict[str, Any]:
    """What the template says of a submission."""
    return {
        "form": worded(version.definition["title"], lang),
        "at": submission.received_at,
        "answers": answers(submission, version, lang),
        "asked": [texts.label(purpose, lang) for purpose in submission.asked],
        "masked": bool(submission.masked),
        "url": f"{current_app.config['BASE_URL']}/admin/submissions/{submission.id}",
    }


def answers(submission: Submission, version: FormVersion, lang: str) -> list[dict[str, str]]:
    """Every answer with its label: the form's fields first, then what the page sent beside them under its own names."""
    fields = {field["name"]: field for field in version.definition["fields"]}
    order = [*(name for name in fields if name in submission.answers), *(submission.answers.keys() - fields.keys())]
    return [
        {"label": worded(fields.get(name, {}).get("label"), lang) or name, "value": _one(submission.answers[name])}
        for name in order
    ]


def _one(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
