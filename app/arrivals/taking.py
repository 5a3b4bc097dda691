"""Taking in a few hundred rows: one transaction, in which everybody concerned is held. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import case, update

from app import journal, outbox, processors
from app.arrivals import people
from app.arrivals.models import ArrivalRun
from app.arrivals.people import Person
from app.arrivals.rows import UNSUBSCRIBED, Row
from app.arrivals.verdict import REASON, Verdict, after, ended, judge
from app.clock import iso, now
from app.consent import ledger
from app.consent.models import Confirmation
from app.consent.service import site_of
from app.contacts import suppression
from app.contacts.models import ContactValue
from app.contacts.upsert import insert
from app.extensions import db
from app.sync.models import ProcessorState

METHOD = "import"
PAGE = 200  # contact ids in one piece of work that follows


@dataclass(frozen=True, slots=True)
class Taken:
    """A row, what became of it, and the person as she stood before."""

    row: Row
    verdict: Verdict
    person: Person


def judged(run: ArrivalRun, rows: Sequence[Row], before: Mapping[str, str], hold: bool) -> list[Taken]:
    """What is to become of these rows, each in the light of those above it.

    `before` are addresses of earlier batches, and where those left them: `confirmed`, `withdrawn`, `gone` or nothing.
    """
    everybody = people.known({row.address for row in rows if row.address}, hold)
    for address, word in before.items():
        everybody[address].standing.learn(word, run.purpose)
    seen, taken = set(before), []
    for row in rows:
        person = everybody.get(row.address) or Person("")
        verdict = judge(row, person.standing, run.purpose, run.unproven, row.address in seen)
        taken.append(Taken(row, verdict, replace(person)))
        person.standing = after(row, person.standing, run.purpose, verdict)
        seen.add(row.address)
    return taken


def take(run: ArrivalRun, rows: Sequence[Row], before: Mapping[str, str]) -> list[Taken]:
    """Write down what these rows say, and ask for the work that follows from it."""
    taken = judged(run, rows, before, hold=True)
    strangers = {t.row.address: (t.row.display, _lang(t.row)) for t in taken if _writes(t) and not t.person.id}
    met = people.meet(strangers, run.site_id)
    if met.keys() != strangers.keys():  # a form brought one of them in meanwhile: see her as she is now
        return take(run, rows, before)
    for t in taken:
        t.person.id, t.person.subject = met.get(t.row.address, (t.person.id, t.person.subject))
    _write(run, [t for t in taken if _writes(t)])
    _acquaint(run, taken)
    _follow(run, taken)
    return taken


def _writes(taken: Taken) -> bool:
    return taken.verdict.kind in {"new", "leaving"}


def _lang(row: Row) -> str:
    return row.lang or "nb"


def _write(run: ArrivalRun, taken: Sequence[Taken]) -> None:
    site = site_of(run.site_id).slug
    ledger.append_many([entry for t in taken for entry in _entries(run, t, site)])
    _volunteer(run, [t for t in taken if t.verdict.kind == "new"])
    gone = [t for t in taken if t.verdict.kind == "leaving"]
    for t in gone:
        _leave_alone(run, t)
    void = update(Confirmation).where(
        Confirmation.contact_id.in_({t.person.id for t in gone}),
        Confirmation.used_at.is_(None),
        Confirmation.voided_at.is_(None),
    )
    if gone:  # a no ends every link that waits
        db.session.execute(void.values(voided_at=now()).execution_options(synchronize_session=False))


def _entries(run: ArrivalRun, t: Taken, site: str) -> Iterator[ledger.Entry]:
    leaving = t.verdict.kind == "leaving"
    for purpose in ended(t.row, t.person.standing, run.purpose) if leaving else [run.purpose]:
        yield ledger.Entry(
            t.person.id,
            t.person.subject,
            purpose,
            "withdrawn" if leaving else "imported",
            run.actor,
            METHOD,
            facts(run, t.row),
            {"site": site, **(_about(t.person, purpose) if leaving else {})},
        )


def _about(person: Person, purpose: str) -> dict[str, Any]:
    """What a withdrawal answers, and the words that were said yes to."""
    event = person.events.get(purpose)
    if event is None:
        return {}
    return {"responds_to": event.id, **{n: getattr(event, n) for n in ("text_hash", "text_version", "text_lang")}}


def facts(run: ArrivalRun, row: Row) -> dict[str, Any]:
    """The evidence: what the list says, where it says it, what that is worth, and who vouches for it."""
    known: dict[str, Any] = {
        "address": row.display,
        "list": run.source,
        "list_id": run.place,
        "row": row.number,
        "status": row.status,
        "level": row.level,
        "opt_in_at": _said(row.opt_in_at),
        "left_at": _said(row.left_at),
        "ip": row.ip,
        "source": row.source,
        "vouched_by": run.vouched_by,
    }
    return {name: value for name, value in known.items() if value}


def _said(moment: datetime | None) -> str:
    return iso(moment) if moment else ""


def _volunteer(run: ArrivalRun, taken: Sequence[Taken]) -> None:
    """Values of people who come in. What we know already stays as it is."""
    source = f"import:{run.id}"
    rows = {
        (t.person.id, field): {"contact_id": t.person.id, "field": field, "value": value, "source": source}
        for t in taken
        for field, value in t.row.values.items()
    }
    if rows:
        db.session.execute(
            insert(ContactValue).on_conflict_do_nothing(index_elements=["contact_id", "field"]), list(rows.values())
        )


def _leave_alone(run: ArrivalRun, t: Taken) -> None:
    scope = run.purpose if t.row.status == UNSUBSCRIBED else suppression.ALL
    suppression.suppress(t.row.address, scope, REASON[t.row.status])
    journal.note("withdraw", t.row.address, scope)


def _acquaint(run: ArrivalRun, taken: Sequence[Taken]) -> None:
    """Whom we found at a processor, it knows: also somebody who left us, and whom it still writes to."""
    if run.source not in processors.REGISTRY:
        return
    rows = {
        t.person.id: {
            "contact_id": t.person.id,
            "processor": run.source,
            "met_at": now(),
            "state": "subscribed" if t.row.status == "subscribed" else "unsubscribed",
            "text": "",
            "since": now(),
        }
        for t in taken
        if t.person.id and not t.person.standing.restricted
    }
    if rows:
        known = insert(ProcessorState)
        new = known.excluded
        state = case((new.state == "subscribed", new.state), else_=ProcessorState.state)
        met = {"met_at": db.func.coalesce(ProcessorState.met_at, new.met_at), "state": state}
        upsert = known.on_conflict_do_update(index_elements=["contact_id", "processor"], set_=met)
        db.session.execute(upsert, [rows[id_] for id_ in sorted(rows)])


def _follow(run: ArrivalRun, taken: Sequence[Taken]) -> None:
    """Bring every processor in line, and make whoever came in findable: page by page, in the same commit."""
    at_processor = run.source in processors.REGISTRY
    concerned = {t.person.id for t in taken if t.person.id and (_writes(t) or at_processor)}
    for first, last in pages(concerned):
        for name in processors.active():
            ref = f"{name}:{first}-{last}"
            outbox.enqueue("sync.bulk", ref, lane=ref)
    for first, last in pages({t.person.id for t in taken if _writes(t)}):
        outbox.enqueue("arrivals.index", f"{first}-{last}")


def pages(ids: Collection[int]) -> Iterator[tuple[int, int]]:
    """First and last of ids that lie close together: no page spans more than PAGE."""
    first = last = 0
    for id_ in sorted(ids):
        if first and id_ - first >= PAGE:
            yield first, last
            first = 0
        first, last = first or id_, id_
    if first:
        yield first, last
