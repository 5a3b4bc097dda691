"""Google said no."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.processors.base import NO_ACCESS, Rejected

# What staff can do about the commonest refusals. Reasons as in https://cloud.google.com/apis/design/errors#error_info.
ADVICE = {
    "accessNotConfigured": "turn this API on in the Google Cloud project",
    "SERVICE_DISABLED": "turn this API on in the Google Cloud project",
    "insufficientPermissions": "the permission we were given does not cover this: connect again",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "the permission we were given does not cover this: connect again",
    "failedPrecondition": "this account has no such service, or the object has changed",
    "delegationDenied": "we may not act for this user",
}


class Problem(Rejected):
    """`reason` is a word of Google's own. Its `message` may name people, so it is never taken over."""

    def __init__(self, status: int, reason: str = "") -> None:
        self.status, self.reason = status, re.sub(r"[^A-Za-z0-9_.]", "", reason)[:60]
        advice = ADVICE.get(self.reason, "")
        text = f"Google answered {status} {self.reason}".rstrip() + (f": {advice}" if advice else "")
        super().__init__(text, everybody=status in NO_ACCESS)

    def says(self, reason: str) -> bool:
        """Is this the reason? Google spells one and the same `failedPrecondition` and `FAILED_PRECONDITION`."""
        return _plain(self.reason) == _plain(reason)


def reason(document: Any) -> str:
    """The most particular reason an error document names, empty where it names none."""
    error = document.get("error") if isinstance(document, Mapping) else None
    if not isinstance(error, Mapping):
        return str(error or "")
    details = [*_listed(error, "details"), *_listed(error, "errors")]
    named = [str(detail["reason"]) for detail in details if isinstance(detail, Mapping) and detail.get("reason")]
    return next(iter(named), str(error.get("status", "")))


def _listed(error: Mapping[str, Any], name: str) -> list[Any]:
    value = error.get(name)
    return value if isinstance(value, list) else []


def _plain(word: str) -> str:
    return word.replace("_", "").lower()
