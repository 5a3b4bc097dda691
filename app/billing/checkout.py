"""Consent ticked in Stripe's checkout. We saw neither the text nor the person: it is a wish, and asked back by letter.

Stripe's own box is `consent_collection.promotions`, for American buyers only; elsewhere a dropdown among the custom
fields, whose key is the purpose and whose value is `yes` or `ja`.
https://docs.stripe.com/payments/checkout/promotional-emails-consent
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select

from app import contacts
from app.clock import now
from app.consent import service as consent
from app.consent import texts
from app.contacts import suppression
from app.contacts.addresses import InvalidAddress, canonical
from app.extensions import db
from app.i18n import supported
from app.processors.stripe.statement import Checkout
from app.sites.models import Site
from app.sync import notices

TOO_OLD = timedelta(days=7)  # Stripe repeats itself for three; what is older is a replay


def heed(checkout: Checkout) -> None:
    """Ask the person whether she meant it. Once for each checkout, and nobody who must be left alone."""
    site = _site(checkout.came_from)
    lang = _language(checkout, site) if site else ""
    asked = _texts(_asked(checkout), lang)
    if not asked or site is None or not checkout.completed or checkout.at < now() - TOO_OLD:
        return
    try:
        address = canonical(checkout.address)
    except InvalidAddress:
        return
    if suppression.ALL in suppression.scopes(address.canonical) or not notices.news("stripe", f"consent:{checkout.id}"):
        return
    contact = contacts.meet(address.canonical, checkout.address, lang, site.id)
    facts = {"address": address.canonical, "source": f"stripe:{checkout.id}", "proof": "C"}
    consent.ask(contact, asked, site=site, lang=lang, facts=facts, render="absent")


def _language(checkout: Checkout, site: Site) -> str:
    spoken = supported(checkout.language) or ""
    return spoken if spoken in site.languages else site.languages[0]


def _asked(checkout: Checkout) -> list[str]:
    names = {"promotions": current_app.config["STRIPE_PROMOTIONS_PURPOSE"]}
    purposes = {purpose.slug for purpose in texts.purposes()}
    return sorted({names.get(key, key) for key in checkout.ticked} & purposes)


def _texts(purposes: list[str], lang: str) -> dict[str, str]:
    """The words that the page behind the letter will show. What has none in her language is not asked."""
    return {purpose: text.hash for purpose in purposes if (text := texts.current(purpose, lang))}


def _site(came_from: str) -> Site | None:
    """The website that sent her to the checkout, or the company's first one."""
    url = urlsplit(came_from)
    sites = list(db.session.scalars(select(Site).order_by(Site.id)))
    same = [site for site in sites if site.origin == f"{url.scheme}://{url.netloc}"]
    return next(iter([*same, *sites]), None)
