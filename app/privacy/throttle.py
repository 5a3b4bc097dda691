"""How often somebody may be written to because anyone can type her address into a page.

Windows roll: nobody is locked out for good, and every letter that did arrive opens her page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.clock import now
from app.consent.throttle import unanswered
from app.extensions import db
from app.privacy import identity
from app.privacy.models import PrivacyLink

PER_ADDRESS = ((2, timedelta(minutes=10)), (5, timedelta(hours=24)), (10, timedelta(days=30)))
PER_NETWORK = (20, timedelta(hours=1))
PER_NETWORK_ATTACKED = (2, timedelta(hours=1))
LONGEST = max(window for _, window in PER_ADDRESS)
BY_LETTER = ("prove", "page")


def refused(address: str, network: str) -> bool:
    """Has this canonical address, or this network, had its share of links by letter?"""
    mine = PrivacyLink.address_mac.in_(identity.macs(address))
    if any(_sent(mine, window) >= most for most, window in PER_ADDRESS):
        return True
    calm = not attacked()
    most, window = PER_NETWORK if calm else PER_NETWORK_ATTACKED
    return (bool(network) or not calm) and _sent(PrivacyLink.network == network, window) >= most


def attacked() -> bool:
    """Does somebody bomb strangers through the page?"""
    return unanswered(PrivacyLink, PrivacyLink.use == "prove")


def _sent(whose: Any, window: timedelta) -> int:
    recent = (whose, PrivacyLink.use.in_(BY_LETTER), PrivacyLink.created_at > now() - window)
    return db.session.scalar(select(func.count()).select_from(PrivacyLink).where(*recent)) or 0
