"""One person on a list, whatever the list was: who, where she stood there, and what proves it. Pure.

What proof is worth is its level. It is decided here and kept as evidence with every event:

    A   she confirmed to us, and our ledger shows what she read: never reached by a list
    B   the list knows when she said yes, and from which network
    C   the list knows when, or from where, and not both
    D   a name on a list: nobody is taken in on this, unless somebody by name vouches that she said yes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.arrivals.moments import moment
from app.arrivals.table import Line
from app.contacts.addresses import InvalidAddress, canonical
from app.i18n import supported
from app.masking import mask
from app.network import network_of

SUBSCRIBED, UNSUBSCRIBED, CLEANED, COMPLAINED = "subscribed", "unsubscribed", "cleaned", "complained"
OFF = {UNSUBSCRIBED, CLEANED, COMPLAINED}
STATUSES = {
    SUBSCRIBED: "subscribed aktiv active påmeldt paameldt abonnent confirmed bekreftet opted-in optin ja yes",
    UNSUBSCRIBED: "unsubscribed avmeldt utmeldt inactive inaktiv opted-out optout nei no",
    CLEANED: "cleaned bounced bounce hardbounced renset returnert ugyldig",
    COMPLAINED: "complained complaint spam klaget",
    "pending": "pending unconfirmed ubekreftet venter",
    "archived": "archived arkivert slettet deleted",
    "transactional": "transactional non-subscribed nonsubscribed",
}
_STATUS = {word: status for status, words in STATUSES.items() for word in words.split()}
_REFUSED = {"nei", "no", "false", "usann", "0", "n"}

LONGEST = 200  # characters of a value
SHORTEST_NUMBER = 11  # characters of a number that must not be kept
VALUES = ("name", "company", "phone")


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is the line, or the place, in the list; `ip` is cut to a network already; `problem` says why the row
    says nothing that could be used.
    """

    number: int
    address: str = ""  # canonical
    display: str = ""
    status: str = SUBSCRIBED
    opt_in_at: datetime | None = None
    ip: str = ""
    left_at: datetime | None = None
    source: str = ""
    lang: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def level(self) -> str:
        """B, C or D: what the list proves."""
        return "DCB"[bool(self.opt_in_at) + bool(self.ip)]


def row(line: Line, places: Mapping[str, int], now: datetime) -> Row:
    """What a line says, under the columns that were found."""
    if line.problem:
        return Row(line.number, problem=line.problem)
    said = {name: line.cells[at].strip() for name, at in places.items() if at < len(line.cells)}
    said |= {"name": said.get("name") or f"{said.get('first_name', '')} {said.get('last_name', '')}".strip()}
    made = {
        "status": _status(said),
        "opt_in_at": moment(said.get("opt_in", ""), now),
        "ip": network_of(said.get("ip")),
        "left_at": moment(said.get("left") or said.get("cleaned") or "", now),
    }
    return person(line.number, said.get("email", ""), said, **made)


def person(number: int, address: str, said: Mapping[str, str], **made: object) -> Row:
    """A row with what may be kept of her: numbers that must not be are masked, and long values cut."""
    try:
        whom = canonical(_clean(address))
    except InvalidAddress as error:
        return Row(number, display=tidy(address), problem=error.code)
    if tidy(whom.canonical) != whom.canonical:
        return Row(number, display=tidy(address), problem="number")
    values = {name: value for name in VALUES if (value := tidy(said.get(name, "")))}
    about = {"source": tidy(said.get("source", "")), "lang": supported(said.get("lang")) or "", "values": values}
    return Row(number, whom.canonical, whom.display, **about, **made)  # type: ignore[arg-type]


def tidy(text: str) -> str:
    """A value as it may be kept and shown."""
    clean = _clean(text)[:LONGEST]
    return mask(clean)[0] if len(clean) >= SHORTEST_NUMBER else clean


def _clean(text: str) -> str:
    """One line, nothing that cannot be printed, and no `mailto:` or angle brackets around an address."""
    shown = "".join(char if char.isprintable() else " " for char in text[: 4 * LONGEST])
    return " ".join(shown.split()).removeprefix("mailto:").strip("<>")


def _status(said: Mapping[str, str]) -> str:
    """Where the list says she stands. A word that we do not know is no yes."""
    if word := "".join(said.get("status", "").casefold().split()):
        return _STATUS.get(word, "unknown_status")
    if _told(said.get("cleaned", "")):
        return CLEANED
    if _told(said.get("left", "")):
        return UNSUBSCRIBED
    return "refused" if said.get("opt_in", "").casefold() in _REFUSED else SUBSCRIBED


def _told(cell: str) -> bool:
    """Does a column about leaving say that she has?"""
    return bool(cell) and cell.casefold() not in _REFUSED
