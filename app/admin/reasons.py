"""Why something failed, in words for people who did not write the program. The exact text stands beside it."""

from __future__ import annotations

import re

from flask_babel import gettext as _

STATUS = re.compile(r"\banswered (\d{3})\b")
GIVEN_UP = re.compile(r"^(Retry|Rejected): ")


def plain(error: str) -> str:
    """One sentence for an error as the worker noted it; empty for none."""
    if not error:
        return ""
    status = STATUS.search(error)
    if status:
        return _of_status(int(status[1]))
    if "connect again" in error or "must connect" in error:
        return str(_("We have no permission there, or it was withdrawn. Sign in again."))
    if "did not answer" in error or "does not answer" in error:
        return str(_("It cannot be reached. It is away, or the line to it is."))
    if "busy" in error or "limit" in error:
        return str(_("We asked more than it allows. We go on more slowly."))
    if "worker" in error:
        return str(_("The program was stopped in the middle."))
    if GIVEN_UP.match(error) or "answered without" in error:
        return str(_("It did not do what we asked."))
    return str(_("Something is wrong in the program. Tell whoever runs it."))


def _of_status(status: int) -> str:
    if status in (401, 403):
        return str(_("It does not accept our key any more. Check the key, or connect again."))
    if status == 404:
        return str(_("What we looked for is not there any more."))
    if status in (408, 429):
        return str(_("It asked us to be slower. We wait and try again."))
    if status >= 500:
        return str(_("It has trouble of its own. We try again."))
    return str(_("It refused what we sent."))
