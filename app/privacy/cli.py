"""`flask requests`: open, list and show requests, approve a plan, verify the proofs, replay after a restore."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app import audit, contacts
from app.clock import now
from app.contacts.addresses import Address, InvalidAddress, canonical
from app.contacts.readdressing import EMAIL
from app.contacts.service import FIELDS
from app.extensions import db
from app.journal import gate, lines
from app.privacy import deadline, journal, opening, planning, receipts, typed
from app.privacy.describing import describe, summary
from app.privacy.errors import Unfit
from app.privacy.grounds import UnknownGround
from app.privacy.models import ENDED, KINDS, OPEN, PrivacyRequest
from app.sites.models import Site
from app.sites.service import home

group = AppGroup("requests", help="What people have asked about their data.")
commands: list[click.Command] = [group]

NUMBER = click.IntRange(1, 2**63 - 1)  # what a database can count up to
CORRECTABLE = {EMAIL, *FIELDS, "lang"}

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@group.command("open")
@click.argument("kind", metavar="TYPE", type=click.Choice(KINDS))
@click.argument("address")
@click.option("--identified-by", required=True, help="How you know that it is she: no personal data.")
@click.option("--ground", default="", help="Which ground of the law she gave, if any.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="What is to be corrected, or a wish.")
@click.option("--received", type=click.DateTime(["%Y-%m-%d"]), help="The day it reached the company, if not today.")
@as_json
def open_(address: str, as_json: bool, **said: Any) -> None:
    """Open a request for somebody who telephoned or wrote. The worker plans it, and carries it out.

    ADDRESS need not be known. With --json: {"number", "id" (a word), "kind", "state", "received_at", "due_at",
    "tasks": [{"holder", "act", "state", "found", "left", "text", "law", "until", "check_at"}]}. Exit code 2 for what
    cannot be understood.
    """
    request = _opened(_address(address), **said)
    db.session.commit()
    _print(request, as_json)


def _opened(
    who: Address, kind: str, identified_by: str, ground: str, values: tuple[str, ...], received: datetime | None
) -> PrivacyRequest:
    person = contacts.find(who.canonical)
    site = _site(person.site_id if person else None)
    try:
        request = opening.open_identified(
            kind,
            who.canonical,
            typed=who.display,
            site=site,
            lang=person.lang if person else site.languages[0],
            origin="cli",
            actor="cli",
            identified_by=_checked(identified_by),
            wishes=_wishes(kind, values),
            ground=ground,
            received_at=_day(received),
        )
    except UnknownGround:
        raise click.BadParameter(f"not a ground for {kind}", param_hint="--ground") from None
    subject = person.subject if person else ""
    audit.record("cli", "opened_request", subject=subject, object=f"request:{request.id}", note=kind)
    return request


def _day(received: datetime | None) -> datetime | None:
    """That day in Oslo, of which only the date counts."""
    moment = received.replace(tzinfo=deadline.OSLO).astimezone(UTC) if received else None
    if moment and moment > now():
        raise click.BadParameter("is in the future", param_hint="--received")
    return moment


def _address(text: str) -> Address:
    try:
        return canonical(text)
    except InvalidAddress as error:
        raise click.BadParameter(f"not an e-mail address: {error.code}", param_hint="ADDRESS") from None


def _checked(identified_by: str) -> str:
    """How she was known, in as many letters as there is room for, and without her address."""
    try:
        return typed.vouched(identified_by)
    except Unfit:
        said = f"say how, in at most {typed.KNOWN} characters, without an address"
        raise click.BadParameter(said, param_hint="--identified-by") from None


def _wishes(kind: str, values: tuple[str, ...]) -> dict[str, Any]:
    """What `--set` means: the `changes` of a rectification, or whether a copy comes before an erasure."""
    pairs = [value.partition("=") for value in values]
    if any(not name or not equals for name, equals, _ in pairs):
        raise click.BadParameter("must be NAME=VALUE", param_hint="--set")
    named = {name.strip(): value.strip() for name, _, value in pairs}
    if kind == "rectification":
        return {"changes": _changes(named)}
    if kind == "erasure" and set(named) <= {"copy_first"} and set(named.values()) <= {"yes", "no"}:
        return {"copy_first": True} if named.get("copy_first") == "yes" else {}
    if named:
        raise click.BadParameter("only a rectification, or copy_first=yes of an erasure", param_hint="--set")
    return {}


def _changes(named: dict[str, str]) -> dict[str, str]:
    if not named or set(named) - CORRECTABLE:
        raise click.BadParameter(f"a correction needs one of {', '.join(sorted(CORRECTABLE))}", param_hint="--set")
    if EMAIL in named:
        if len(named) > 1:
            raise click.BadParameter("a new address is a request of its own", param_hint="--set")
        _address(named[EMAIL])
    return named


def _site(site_id: int | None) -> Site:
    site = home(site_id)
    if site is None:
        raise click.ClickException("There is no site yet: a request belongs to one. See `flask forms load`.")
    return site


@group.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that have ended.")
@as_json
def list_(everything: bool, as_json: bool) -> None:
    """Requests, those that are due first at the top. With --json a list of objects as `open` prints, without tasks."""
    wanted = OPEN + ENDED if everything else OPEN
    query = select(PrivacyRequest).where(PrivacyRequest.state.in_(wanted))
    rows = [summary(row) for row in db.session.scalars(query.order_by(PrivacyRequest.due_at, PrivacyRequest.id))]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(_line(row))
    if not rows:
        click.echo("No request is open." if not everything else "There is no request.")


@group.command("show")
@click.argument("number", type=NUMBER)
@as_json
def show(number: int, as_json: bool) -> None:
    """One request and its tasks; with --json as `open` prints it. Exit code 1 when there is no such request."""
    _print(_request(number), as_json)


@group.command("approve")
@click.argument("number", type=NUMBER)
@click.option("--plan", "seen", default="", help="The hash of the plan you looked at: refused when it has changed.")
def approve(number: int, seen: str) -> None:
    """Let the worker carry out the plan of a request. Exit code 1 when it does not wait for that, or has changed."""
    request = _request(number)
    try:
        planning.approve(request, "cli", seen)
    except planning.NothingToApprove:
        raise click.ClickException(f"Request {number} does not wait for approval: {request.state}.") from None
    except planning.PlanChanged as error:
        raise click.ClickException(f"Not approved: {error}.") from None
    audit.record("cli", "approved_request", object=f"request:{number}")
    db.session.commit()
    click.echo(f"Request {number} is approved. The worker carries it out.")


@group.command("verify")
def verify() -> None:
    """Check every step and every receipt: OK, or the first thing that is wrong, and exit code 1."""
    try:
        report = receipts.verify_all()
    except receipts.Broken as error:
        click.echo(f"BROKEN: {error}")
        sys.exit(1)
    click.echo(
        f"OK: {report.requests} requests with {report.steps} steps, {report.tasks} tasks and {report.receipts} receipts"
    )


UNREAD = """
{broken} of {lines} lines were not read, and what they say was not done: they are cut off, or signed with a key that
is in neither SECRET_KEY nor SECRET_KEYS_OLD. Put the key of the lost installation into SECRET_KEYS_OLD and run this
again."""
NO_LINES = """
There is no line in {folder}. The files journal-*.jsonl of every host belong there: put them in place and run this
again. There are none only where nobody has ever withdrawn or been erased: then `flask requests replay --anyway`."""
SHUT = """
Nothing is sent to anybody yet. If you are sure that nothing is missing: `flask requests replay --anyway`. Whoever has
withdrawn or was erased since the backup, by a line that is not here, is then written to again."""


@group.command("replay")
@click.option("--anyway", is_flag=True, help="Send again although lines cannot be read, or there are none.")
def replay(anyway: bool) -> None:
    """After a backup was restored: erase, restrict and withdraw again what the journal knows and the backup does not.

    Until then nothing is sent to anybody. Harmless when there is nothing to do. Exit code 1 when a line of the journal
    cannot be read, for whatever it said has not been done, and when nothing is sent yet.
    """
    try:
        found = journal.replay(anyway=anyway)
    except OSError as error:
        raise click.ClickException(f"The journal cannot be read ({type(error).__name__}).") from None
    click.echo(found.said())
    shut = gate.behind()
    empty = not found.lines and (shut or gate.left_behind())
    if found.broken:
        click.echo(UNREAD.format(broken=found.broken, lines=found.lines), err=True)
    elif empty:
        click.echo(NO_LINES.format(folder=lines.folder()), err=True)
    if shut:
        click.echo(SHUT, err=True)
    sys.exit(1 if found.broken or shut or empty else 0)


def _request(number: int) -> PrivacyRequest:
    request = db.session.get(PrivacyRequest, number)
    if request is None:
        raise click.ClickException(f"There is no request {number}.")
    return request


def _print(request: PrivacyRequest, as_json: bool) -> None:
    found = describe(request)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else _prose(found, request))


def _prose(found: dict[str, Any], request: PrivacyRequest) -> str:
    lines = [_line(found)]
    if request.duplicate_of:
        lines.append(f"The same was asked before: see request {request.duplicate_of}.")
    if request.state == "awaiting_approval":
        lines.append(f"Waits for approval of the plan {request.plan_hash}")
    return "\n".join(lines + [_task_line(task) for task in found["tasks"]])


def _line(row: dict[str, Any]) -> str:
    return f"{row['number']:>6}  {row['kind']:<14} {row['state']:<24} due {row['due_at'][:10]}  {row['id']}"


def _task_line(task: dict[str, Any]) -> str:
    counts = f"found {_number(task['found'])} left {_number(task['left'])}"
    why = " ".join(word for word in (task["law"], task["until"] and f"until {task['until']}", task["text"]) if word)
    return f"        {task['holder']:<16} {task['act']:<10} {task['state']:<13} {counts}  {why}".rstrip()


def _number(count: int | None) -> str:
    return "?" if count is None else str(count)
