"""Those whom we need: the mail server, Google's permission, and every processor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import current_app

from app import processors as registry
from app.checks.finding import Finding, unless_it_fails
from app.clock import iso
from app.config import Misconfigured
from app.consent import texts
from app.extensions import db
from app.letters.transports import transport
from app.processors.base import Processor, Rejected, Retry
from app.processors.google.auth import ROOT, Scope
from app.sync import google


def mail() -> Finding:
    """Can letters leave? Goes as far as the mail server lets us in, and sends nothing."""
    unheard = current_app.config["PRODUCTION"] and current_app.config["MAIL_URL"].startswith("file:")
    try:
        answer = transport(current_app.config["MAIL_URL"]).ping()
    except (Misconfigured, Retry, Rejected) as problem:
        return Finding("MAIL_URL", "bad", str(problem))
    return Finding("MAIL_URL", "warn" if unheard else "ok", answer)


GOOGLE = {
    "missing": "GOOGLE_CREDENTIALS is not set",
    "broken": "GOOGLE_CREDENTIALS cannot be read",
    "asked": "nobody has signed in at Google yet: see /admin/google",
    "sealed": "the permission was sealed with a secret that is no longer known: sign in again at /admin/google",
}


def google_permission() -> Iterator[Finding]:
    """By what right do we enter Google, if any part of it is turned on? The processors below try the doors."""
    held = unless_it_fails("google", _google)
    if held.text:
        yield held


def _google() -> Finding:
    held = google.standing()
    if held.way in GOOGLE:
        return Finding("google", "bad", GOOGLE[held.way])
    if held.way == "off":
        return Finding("google", "ok", "")
    if held.way == "own":
        needed = google.needed(current_app.config)
        return Finding("google", "ok", f"a service account or a user of its own; needs {_scopes(needed)}")
    if held.revoked_at:
        return Finding("google", "bad", f"the permission was withdrawn on {iso(held.revoked_at)}: sign in again")
    if held.missing:
        return Finding("google", "bad", f"the permission lacks {_scopes(held.missing)}: sign in again")
    since = f"{held.given_by} signed in on {iso(held.given_at)}" if held.given_at else ""
    return Finding("google", "ok", f"{since}; granted {', '.join(map(_short, sorted(held.scopes)))}")


def _scopes(scopes: Iterable[Scope]) -> str:
    return ", ".join(_short(scope.url) for scope in scopes)


def _short(url: str) -> str:
    return url.removeprefix(ROOT)


def promotions() -> Iterator[Finding]:
    """Does what is ticked at Stripe's checkout mean a purpose that there is?"""
    if current_app.config["STRIPE_API_KEY"]:
        yield unless_it_fails("STRIPE_PROMOTIONS_PURPOSE", _promotions)


def _promotions() -> Finding:
    slug, known = current_app.config["STRIPE_PROMOTIONS_PURPOSE"], {purpose.slug for purpose in texts.purposes()}
    if slug in known:
        return Finding("STRIPE_PROMOTIONS_PURPOSE", "ok", slug)
    told = f"{slug} is no purpose here: whoever ticks promotions at the checkout is not asked"
    return Finding("STRIPE_PROMOTIONS_PURPOSE", "warn", f"{told}. There are: {', '.join(sorted(known)) or 'none'}")


def processors() -> Iterator[Finding]:
    """Does each outside system take our key? One cheap read each."""
    try:
        active = registry.active()
    except ValueError as error:
        yield Finding("processors", "bad", str(error))
        return
    db.session.rollback()  # nothing is held while the world is spoken to
    for name, processor in active.items():
        yield _ping(name, processor)


def _ping(name: str, processor: Processor) -> Finding:
    try:
        return Finding(name, "ok", processor.ping())
    except Rejected as refusal:
        return Finding(name, "bad", f"refuses us: {refusal}")
    except Retry as trouble:
        return Finding(name, "bad", f"does not answer: {trouble}")
