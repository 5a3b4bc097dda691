"""What a verb of this street raises when the law or the state of a request does not allow what was asked."""

from __future__ import annotations


class NotPossible(Exception):
    """Not now, or not any more. `code` is for whoever words it to staff; the text is plain English.

    Codes: `ended`, `not_open`, `begun`, `extended`, `late`, `address`.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Unfit(ValueError):
    """What was typed cannot be. `field` is where; `why` is missing, long, unreadable, past, late, over or address.

    `most` is how many characters there is room for, where it was too long.
    """

    def __init__(self, field: str, why: str, most: int = 0) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why, self.most = field, why, most


class NotWaiting(Exception):
    """The task, or the request, does not wait for this."""
