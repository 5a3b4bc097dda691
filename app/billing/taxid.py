"""Is a VAT or organisation number one that can exist? Pure: whether it is in use, only a register can say.

Rules: the organisation number of Brønnøysundregistrene (nine digits, modulus 11), the suffix MVA of those who pay VAT,
the national formats of the EU. Stripe's names of kinds: https://docs.stripe.com/billing/customer/tax-ids
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from importlib import import_module

VALID, INVALID, UNCHECKED = "valid", "invalid", "unchecked"
MODULES = {"eu_vat": "eu.vat", "gb_vat": "gb.vat", "ch_vat": "ch.vat"}
NORWEGIAN = {"no_vat", "no_orgnr", "no_voec"}


@dataclass(frozen=True)
class Checked:
    """`number` is the normal form of a valid one, and as it was typed otherwise."""

    result: str
    number: str


def check(kind: str, value: str) -> Checked:
    """Look at one number. A kind whose rules are not known here is `unchecked`, never `valid`."""
    typed = value.strip()
    if kind in NORWEGIAN:
        return _norwegian(kind, typed)
    if kind in MODULES:
        return _by_module(MODULES[kind], typed)
    return Checked(UNCHECKED, typed)


def _by_module(name: str, typed: str) -> Checked:
    from stdnum.exceptions import ValidationError

    module = import_module(f"stdnum.{name}")
    try:
        return Checked(VALID, module.validate(_bare(typed)))
    except ValidationError:
        return Checked(INVALID, typed)


def _norwegian(kind: str, typed: str) -> Checked:
    """python-stdnum takes the nine noughts for an organisation number; those that exist begin with 8 or 9.

    A VOEC number, for those who sell to Norway from abroad, has seven digits and no check digit.
    """
    if kind == "no_voec":
        return Checked(VALID if re.fullmatch(r"2\d{6}", _bare(typed)) else INVALID, typed)
    match = re.fullmatch(r"(?:NO)?([89]\d{8})(MVA)?", _bare(typed).upper())
    known = _by_module("no.orgnr", match[1]) if match else Checked(INVALID, typed)
    if match is None or known.result == INVALID:
        return Checked(INVALID, typed)
    return Checked(VALID, known.number + ("MVA" if kind == "no_vat" else ""))


_separators = partial(re.compile(r"[\s.\-\u00a0\u2007\u202f]+").sub, "")


def _bare(typed: str) -> str:
    """Without what people put between the digits."""
    return _separators(typed)
