"""How long copies live on in backups after an erasure, as each vendor says. The company may say otherwise by setting.

A day that nobody names is told as such: `days` is then null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import current_app

from app.privacy.models import PrivacyTask

ACT = "erase"
GONE = ("verified", "manual_done", "done", "polling")  # something was there, and has been erased


@dataclass(frozen=True)
class Backups:
    """Days after the erasure until the last copy is gone; None where the vendor names none."""

    days: int | None
    source: str


TAIL = 180  # days in which Google deletes what nobody can restore any more (Cloud Data Processing Addendum, 6.1)
GOOGLE = "https://cloud.google.com/terms/data-processing-addendum"
KNOWN = {
    "own": Backups(7, ""),  # backups of this installation
    "sandbox": Backups(0, ""),
    "mailchimp": Backups(None, "https://mailchimp.com/legal/data-processing-addendum/"),
    "stripe": Backups(None, "https://stripe.com/legal/dpa"),
    # 30 days in the trash, then 25 in which an administrator can restore:
    # https://workspace.google.com/learn-more/security/security-whitepaper/data-recovery/
    "gmail": Backups(30 + 25 + TAIL, GOOGLE),
    "google_contacts": Backups(30 + TAIL, GOOGLE),
    "google_groups": Backups(TAIL, GOOGLE),
    "wordpress": Backups(60, "https://wpengine.com/support/restore/"),
}
UNKNOWN = Backups(None, "")


def of(holder: str) -> Backups:
    """What is known of a holder; the company's own word (BACKUP_DAYS) goes first."""
    known, said = KNOWN.get(holder, UNKNOWN), current_app.config["BACKUP_DAYS"]
    return Backups(said[holder], "") if holder in said else known


def after(holder: str, tasks: Sequence[PrivacyTask]) -> dict[str, Any] | None:
    """What backups keep after the erasures among these tasks; None where nothing was erased there."""
    erased = [task.verified_at or task.done_at for task in tasks if task.act == ACT and task.found and _gone(task)]
    moments = [moment for moment in erased if moment]
    if not moments:
        return None
    known = of(holder)
    last = max(moments).date() + timedelta(days=known.days) if known.days is not None else None
    return {"days": known.days, "last_day": last.isoformat() if last else None, "source": known.source}


def _gone(task: PrivacyTask) -> bool:
    return task.state in GONE
