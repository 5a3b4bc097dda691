"""What is said to a visitor about an answer, in the language of the page."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from app.submissions import checks
from app.submissions.catalogue import Published, worded
from app.submissions.checks import Refused


def mistake(form: Published, name: str, wrong: Refused, lang: str) -> str:
    """One sentence that says what to do."""
    label = worded(form.fields.get(name, {}).get("label"), lang) or name
    said: dict[str, str] = {
        checks.LONG: ngettext("At most %(num)d character.", "At most %(num)d characters.", wrong.limit),
        checks.SHORT: ngettext("At least %(num)d character.", "At least %(num)d characters.", wrong.limit),
        checks.EMPTY: _("Please fill in “%(field)s”.", field=label),
        checks.EMAIL: _("This does not look like an e-mail address. It should look like name@example.com."),
        checks.SEVERAL: _("Please write one e-mail address only."),
        checks.CONFLICT: _("We got two different e-mail addresses. Please write one."),
        checks.TEL: _("This does not look like a telephone number."),
        checks.ORG_NUMBER: _("This is not a Norwegian organisation number. It has nine digits."),
        checks.CHOICE: _("Please choose one of the answers in the list."),
        checks.FILES: _("We cannot receive files here. Please send the form without one."),
        checks.AGE: _("We can only receive this when you have ticked the box about your age."),
    }
    return said[wrong.code]


def mistakes(form: Published, found: dict[str, Refused], lang: str) -> dict[str, str]:
    """Field to sentence, in the order of the form."""
    order = [*form.fields, *form.boxes, form.age]
    known = sorted(found, key=lambda name: order.index(name) if name in order else len(order))
    return {name: mistake(form, name, found[name], lang) for name in known}
