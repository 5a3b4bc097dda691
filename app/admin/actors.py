"""Who acted, in words that staff know: the ledger and the audit trail keep a number or a code."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from sqlalchemy import select

from app.admin.models import User
from app.extensions import db

STAFF = "staff:"
NAMES = {"system": _("the service"), "subject": _("the person herself"), "cli": _("the command line")}


def names(actors: Iterable[str]) -> dict[str, str]:
    """Each of these as it is to be shown: an account by its address; what is not known stays as it is."""
    met = set(actors)
    ids = {int(one[len(STAFF) :]) for one in met if one.startswith(STAFF) and one[len(STAFF) :].isdigit()}
    staff = {f"{STAFF}{user.id}": user.email for user in db.session.scalars(select(User).where(User.id.in_(ids)))}
    return {one: staff.get(one) or str(NAMES.get(one, one)) for one in met}
