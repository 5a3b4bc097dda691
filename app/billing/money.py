"""Amounts as Stripe writes them: whole numbers of the smallest unit. https://docs.stripe.com/currencies"""

from __future__ import annotations

import re
from decimal import Decimal

WHOLE = re.compile("bif|clp|djf|gnf|jpy|kmf|krw|mga|pyg|rwf|vnd|vuv|xaf|xof|xpf")
THOUSANDTHS = re.compile("bhd|jod|kwd|omr|tnd")


def amount(units: int, currency: str) -> Decimal:
    """The amount in the currency itself."""
    name = currency.lower()
    places = 0 if WHOLE.fullmatch(name) else 3 if THOUSANDTHS.fullmatch(name) else 2
    return Decimal(units).scaleb(-places)
