"""Requests as staff see them: groups of the board, acts, states, reasons."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app.privacy.errors import Unfit

# The board, from what waits for somebody to what is over: states by group.
GROUPS: dict[str, tuple[str, ...]] = {
    "human": ("needs_human",),
    "approve": ("awaiting_approval",),
    "new": ("received", "planned"),
    "running": ("executing", "waiting_external", "verifying"),
    "identity": ("identity_pending",),
    "done": ("completed", "completed_with_retention", "closed", "denied", "cancelled", "expired", "duplicate"),
}
TITLES = {
    "human": _("Needs somebody"),
    "approve": _("To approve"),
    "new": _("New"),
    "running": _("Running"),
    "identity": _("Waiting for proof of who it is"),
    "done": _("Ended"),
}
STATES = {
    "identity_pending": _("a link has been sent"),
    "received": _("received"),
    "planned": _("planned"),
    "awaiting_approval": _("waits for approval"),
    "executing": _("running"),
    "waiting_external": _("waits for another system"),
    "needs_human": _("needs somebody"),
    "verifying": _("being read back"),
    "completed": _("done"),
    "completed_with_retention": _("done, something is kept"),
    "closed": _("closed"),
    "denied": _("refused"),
    "cancelled": _("cancelled"),
    "expired": _("never proven"),
    "duplicate": _("asked before"),
}
TASKS = {
    "planned": _("planned"),
    "dispatched": _("under way"),
    "polling": _("the other system is at it"),
    "done": _("done, not read back yet"),
    "verified": _("read back"),
    "verify_failed": _("still there"),
    "not_found": _("nothing there"),
    "kept": _("kept, as the law demands"),
    "manual": _("by hand"),
    "manual_done": _("done by hand"),
    "retrying": _("will be tried again"),
    "failed": _("failed"),
    "skipped": _("not needed"),
}
ACTS = {
    "stop": _("Let nothing more come in"),
    "export": _("Copy"),
    "archive": _("Pack the archive"),
    "withdraw": _("Withdraw consent"),
    "erase": _("Delete"),
    "rectify": _("Correct"),
    "restrict": _("Stop the use"),
    "lift": _("Use again"),
    "object": _("Take off lists"),
    "verify": _("Read back"),
    "notify": _("Tell of it"),
    "tell": _("Tell the person first"),
    "letter": _("Write to the person"),
    "forget": _("Drop the address"),
}
# Why a letter stays in spite of a wish to be erased, by the law.
STAYS = {
    "bokføringsloven § 13": _("They document a sale (the Norwegian Bookkeeping Act, section 13)"),
    "GDPR article 17 (3) (b)": _("Another law demands it (GDPR article 17 (3) (b))"),
    "GDPR article 17 (3) (e)": _("We need them for a legal claim (GDPR article 17 (3) (e))"),
    "GDPR article 17 (1) (c)": _("They are others’ as well, whose interest weighs more (GDPR article 17 (1) (c))"),
}
# What was wrong with what was typed, by its field.
UNFIT = {
    ("identified_by", "missing"): _("Say how you know who it is, without the address."),
    ("identified_by", "address"): _("Say how you know who it is, without the address."),
    ("extension", "missing"): _("Write why it takes longer: the person gets these words."),
    ("denial", "missing"): _("Choose why."),
    ("note", "missing"): _("Write a few words: the list does not say why."),
    ("proof", "missing"): _("Write what you did."),
    ("authority", "missing"): _("Say who demands it."),
    ("demand", "missing"): _("Name the law and the case."),
    ("fields", "missing"): _("Tick what is demanded."),
    ("how", "missing"): _("Say how the person asked for this."),
    ("ground", "missing"): _("Choose why the rest stays."),
    ("until", "missing"): _("Write a last day: none follows from this ground."),
    ("until", "unreadable"): _("Write the day as year, month and day: 2031-12-31."),
    ("until", "past"): _("The last day must be in the future."),
    ("until", "late"): _("That is more than thirteen years from now. No claim lives longer (foreldelsesloven § 10)."),
    ("until", "over"): _("The day that follows from this ground has passed. Delete the letters, or write a later day."),
}
ORIGINS = {
    "web": _("the privacy page"),
    "page": _("the person’s own page"),
    "wordpress": _("WordPress"),
    "staff": _("staff"),
    "cli": _("the command line"),
    "replay": _("the journal, after a restored backup"),
}
LETTERS = {"letter", "tell"}  # acts that are a letter of ours
GOOD = {"completed", "closed", "verified", "manual_done", "not_found"}
WARN = {"needs_human", "awaiting_approval", "manual", "kept", "completed_with_retention", "retrying", "polling"}
BAD = {"failed", "verify_failed", "denied"}


def task_state(act: str, state: str) -> str:
    """Where a task stands. Nobody else is at work while a letter of ours waits to leave."""
    if act in LETTERS and state == "polling":
        return str(_("our letter is on its way"))
    return str(TASKS.get(state, state))


def unfit_words(unfit: Unfit) -> str:
    """What was wrong, said beside its field."""
    if unfit.why == "long":
        return str(gettext("There is room for %(most)d characters here. Write it shorter.", most=unfit.most))
    return str(UNFIT[unfit.field, unfit.why])


def colour(state: str) -> str:
    """The class of a state's badge; it only repeats what the word says."""
    return "badge-good" if state in GOOD else "badge-warn" if state in WARN else "badge-bad" if state in BAD else ""
