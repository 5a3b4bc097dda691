"""A person as a processor may know her: what the ledger allows today, and its proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from app.consent import links
from app.contacts import suppression
from app.contacts.models import Contact
from app.extensions import db
from app.processors.base import Outcome, Profile
from app.sync import facts
from app.sync.facts import Facts
from app.sync.models import ProcessorState


@dataclass(frozen=True)
class Known:
    """What a processor told us of a person by itself: its ids for her, and account data it may be told in turn.

    `met` is for one that has no ids for people, and where she was found all the same.
    """

    refs: tuple[str, ...] = ()
    account: Mapping[str, str] = field(default_factory=dict)
    met: bool = False


# Processors that people go to on their own, and who there knows her. We introduce nobody to these.
KNOWN: dict[str, Callable[[Contact], Known]] = {}


def knows(processor: str) -> Callable[[Callable[[Contact], Known]], Callable[[Contact], Known]]:
    """Registers the function that says how a processor knows a person."""

    def register(function: Callable[[Contact], Known]) -> Callable[[Contact], Known]:
        KNOWN[processor] = function
        return function

    return register


@knows("wordpress")
def _at_wordpress(contact: Contact) -> Known:
    """It keeps no list: whoever is there went there by herself, and we know when a look has found her."""
    row = db.session.get(ProcessorState, (contact.id, "wordpress"))
    return Known(met=bool(row and row.met_at))


def build_each(contact: Contact, processors: Iterable[str]) -> dict[str, Profile]:
    """The profile for each of these processors, from one reading of the ledger now.

    Whom we must leave alone has granted nothing.
    """
    known = facts.read([contact])
    return {
        name: build_of(contact, name, replace(known, states=facts.states([contact.id], name))) for name in processors
    }


def build_of(contact: Contact, processor: str, read: Facts) -> Profile:
    """The profile for one processor from what was read before, for her among others."""
    # Whom we must leave alone is told of no more.
    values = {} if suppression.ALL in read.barred[contact.id] else read.values.get(contact.id, {})
    known = KNOWN[processor](contact) if processor in KNOWN else Known()
    row = read.states.get(contact.id)
    return Profile(
        contact.address,
        contact.lang,
        name=values.get("name", ""),
        company=values.get("company", ""),
        phone=values.get("phone", ""),
        consents=read.consents[contact.id],
        unsubscribe_url=links.unsubscribe_url(contact, site=read.sites.get(contact.site_id, "")),
        acquainted=bool(known.refs or known.met) if processor in KNOWN else bool(row and row.met_at),
        typed=contact.display,
        refs={processor: known.refs} if known.refs else {},
        account=known.account,
        last=row.state if row and row.state in Outcome.STATES else "",
        lists=tuple(row.lists) if row else (),
    )
