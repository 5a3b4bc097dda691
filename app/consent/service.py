"""Consent, as verbs: ask, confirm, withdraw, choose, expire. Nothing here commits, and nothing talks to the world."""

from app.consent.asking import ask
from app.consent.choosing import choose, send_lost_link
from app.consent.confirming import confirm, expire, requests_of, standing
from app.consent.standing import answered, granted, site_of, states, unneeded
from app.consent.withdrawing import left, not_refused, refuse, withdraw

__all__ = [
    "answered",
    "ask",
    "choose",
    "confirm",
    "expire",
    "granted",
    "left",
    "not_refused",
    "refuse",
    "requests_of",
    "send_lost_link",
    "site_of",
    "standing",
    "states",
    "unneeded",
    "withdraw",
]
