"""A receipt in words: what was done at each holder, how it ended, when, and until when something is kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from app.i18n import when
from app.privacy import outcome_words
from app.privacy.words import day

ARTICLES = {
    "access": 15,
    "portability": 20,
    "rectification": 16,
    "erasure": 17,
    "restriction": 18,
    "objection": 21,
}
ACTS = {
    "stop": _("Bar against anything new"),
    "export": _("Copy"),
    "archive": _("Archive for you"),
    "withdraw": _("Withdrawal of consents"),
    "erase": _("Deletion"),
    "rectify": _("Correction"),
    "restrict": _("Stop of all use"),
    "object": _("Stop of marketing"),
    "lift": _("End of the restriction"),
    "tell": _("Notice beforehand"),
    "verify": _("Check"),
    "notify": _("Notice to the recipient (GDPR article 19)"),
}
CHANGES = ("erase", "rectify", "restrict", "object", "lift")
RESULTS = {
    "verified": _("Done, and a check confirms it."),
    "done": _("Done."),
    "manual": outcome_words.BY_HAND,
    "manual_done": _("Done by hand by one of us, who has confirmed it."),
    "not_found": outcome_words.NOTHING,
    "skipped": _("Not needed."),
    "failed": outcome_words.FAILED,
    "verify_failed": outcome_words.FAILED,
}


def article(name: str) -> str:
    """The law that gives the right."""
    return str(gettext("GDPR article %(number)s", number=ARTICLES[name])) if name in ARTICLES else ""


def lines(held: dict[str, Any]) -> list[dict[str, str]]:
    """What was done at one holder of a statement, and what its backups keep."""
    acts = [act for act in held["acts"] if act["state"] != "skipped"]
    if any(act["act"] in CHANGES and act["state"] == "verified" for act in acts):
        acts = [act for act in acts if (act["act"], act["state"]) != ("verify", "verified")]  # said already
    kept = backups(held["backups"])
    return [*map(line, acts), *([kept] if kept else [])]


def line(act: dict[str, Any]) -> dict[str, str]:
    """One act of a statement: its name, and how it ended."""
    parts = [_found(act), _result(act), _when(act)]
    return {"label": str(ACTS.get(act["act"], act["act"])), "text": " ".join(part for part in parts if part)}


def _found(act: dict[str, Any]) -> str:
    if not act["found"] or act["act"] not in {"erase", "export", "rectify", "restrict"}:
        return ""
    return str(ngettext("%(num)d entry found.", "%(num)d entries found.", act["found"]))


def _result(act: dict[str, Any]) -> str:
    if act["state"] == "kept":
        return outcome_words.kept(act["law"], date.fromisoformat(act["until"]) if act["until"] else None)
    if act["state"] == "polling":
        return outcome_words.under_way(_moment(act["check_at"]))
    if act["act"] == "verify" and act["state"] == "verified":
        return str(gettext("We have looked again, and it is as it should be."))
    return str(RESULTS.get(act["state"], outcome_words.OPEN))


def _when(act: dict[str, Any]) -> str:
    moment = act["verified_at"] or act["done_at"]
    whole = moment_of(moment).replace(" ", "\u00a0")  # not broken at the end of a line
    return f"({whole})" if moment and act["state"] in {"verified", "done", "manual_done"} else ""


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def moment_of(moment: str | None) -> str:
    """A moment of a statement in words."""
    return when(datetime.fromisoformat(moment)) if moment else ""


def backups(held: dict[str, Any] | None) -> dict[str, str] | None:
    """What lives on in backups, where something was deleted."""
    if held is None:
        return None
    if held["days"] == 0:
        text = gettext("None.")
    elif held["last_day"]:
        last = day(date.fromisoformat(held["last_day"]))
        text = gettext("Copies may live on in backups, the last of them to and including %(day)s.", day=last)
    else:
        text = gettext("Copies may live on in backups for a while. The provider names no last day.")
    return {"label": gettext("Backups"), "text": text}
