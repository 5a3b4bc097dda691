"""What a verb of this street raises when the law or the state of a request does not allow what was asked."""

from __future__ import annotations


class NotPossible(Exception):
    """Not now, or not any more. `code` is for whoever words it to staff; the text is plain English.

    Codes: `ended`, `not_open`, `begun`, `extended`, `late`, `reason`.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class NotWaiting(Exception):
    """The task, or the request, does not wait for this."""
