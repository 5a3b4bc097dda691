"""`flask import`: bring a list of subscribers along, with the proof there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app import audit
from app.arrivals import jobs, reading, service, upload
from app.arrivals.columns import Unusable, chosen, told_one_by_one
from app.arrivals.models import VOUCHER, ArrivalRun
from app.arrivals.rows import Row, tidy
from app.arrivals.service import Overtaken, Tally
from app.arrivals.survey import survey
from app.arrivals.verdict import KINDS
from app.consent import texts
from app.extensions import db
from app.processors.base import Rejected, Retry
from app.sites.models import Site

Read = Callable[[], Iterator[Row]]
SHOWN = 10  # line numbers for each reason
MEANING = {
    "new": "come in",
    "leaving": "come as withdrawn",
    "known": "known already, nothing to do",
    "suppressed": "left alone: they withdrew here, or must not be written to",
    "doubtful": "doubtful, stay out",
    "duplicate": "on the list more than once",
}

group = AppGroup("import", help="Bring a list of subscribers along, with the proof there is.")
commands: list[click.Command] = [group]

OPTIONS = [
    click.option("--purpose", default="newsletter", show_default=True, help="What they said yes to."),
    click.option("--vouched-by", default="", metavar="NAME", help="Who vouches for this list."),
    click.option("--site", "slug", default="", metavar="SLUG", help="Their site, where there are several."),
    click.option("--dry-run", is_flag=True, help="Only say what would become of them."),
    click.option("--yes", is_flag=True, help="Consent exists where the list does not prove it, says NAME."),
]


def options(command: Any) -> Any:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@group.command("csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--columns", default="", help="Which columns say what: email=E-post,name=Navn,opt_in=Dato,…")
@click.option("--column", "one_by_one", multiple=True, metavar="FIELD=COLUMN", help="The same, one at a time.")
@options
def csv_command(file: Path, columns: str, one_by_one: tuple[str, ...], **asked: Any) -> None:
    """Take in the people in FILE. The same command again goes on where it was interrupted."""
    try:
        told = {**chosen(columns), **told_one_by_one(one_by_one)}
    except Unusable as error:
        raise click.BadParameter(f"{error.name!r} is not field=column", param_hint="--columns") from None
    with file.open("rb") as stream:
        found = survey(upload.pieces(stream))
        what = _what(source="csv", place=found.hash, **asked)
        run = _opened({**what, "columns": told, "encoding": found.encoding}, what)
        _import(run, lambda: reading.csv_rows(upload.pieces(stream), found.encoding, told), asked["dry_run"])


@group.command("mailchimp")
@options
def mailchimp_command(**asked: Any) -> None:
    """Take in the people in the audience that is connected."""
    try:
        mailchimp = jobs.connected()
    except Rejected as error:
        raise click.ClickException(str(error)) from None
    what = _what(source="mailchimp", place=mailchimp.place, **asked)
    run = _opened(what, what)
    _import(run, lambda: reading.mailchimp_rows(mailchimp), asked["dry_run"])


def _voucher(typed: str) -> str:
    """Kept as evidence: whole, or not at all."""
    name = tidy(typed)
    if len(name) > VOUCHER:
        raise click.BadParameter(f"there is room for {VOUCHER} characters", param_hint="--vouched-by")
    return name


def _what(source: str, place: str, purpose: str, vouched_by: str, slug: str, yes: bool, **_: Any) -> dict[str, Any]:
    if yes and not vouched_by.strip():
        raise click.UsageError("--yes needs --vouched-by NAME: somebody by name says that consent exists")
    if purpose not in {known.slug for known in texts.purposes()}:
        raise click.BadParameter("there is no such purpose", param_hint="--purpose")
    return {
        "source": source,
        "place": place,
        "purpose": purpose,
        "site_id": _site(slug).id,
        "vouched_by": _voucher(vouched_by),
        "unproven": yes,
    }


def _site(slug: str) -> Site:
    sites = list(db.session.scalars(select(Site).where(Site.slug == slug) if slug else select(Site)))
    if len(sites) != 1:
        raise click.BadParameter("name the site: there is not exactly one such", param_hint="--site")
    return sites[0]


def _opened(columns: Mapping[str, Any], same: Mapping[str, Any]) -> int:
    run = service.interrupted(**same) or service.begin(**columns, actor="cli")
    db.session.commit()
    return run.id


def _import(run_id: int, read: Read, dry_run: bool) -> None:
    try:
        if db.session.get_one(ArrivalRun, run_id).state != "running":
            _preview(run_id, read)
        if dry_run:
            _end(run_id)
        else:
            _take(run_id, read)
    except Unusable as error:
        _end(run_id)
        raise click.ClickException(REFUSALS[error.code].format(error.name)) from None
    except (Retry, Rejected, Overtaken) as error:
        raise click.ClickException(str(error) or "Somebody else is at this import.") from None


REFUSALS = {
    "empty": "There is nothing in this file.",
    "no_address_column": "No column holds e-mail addresses. Name it: --columns email=…",
    "unknown_column": "There is no column “{}”.",
}


def _end(run_id: int) -> None:
    db.session.rollback()
    service.discard(db.session.get_one(ArrivalRun, run_id))
    db.session.commit()


def _preview(run_id: int, read: Read) -> None:
    tally = Tally()
    db.session.rollback()
    for _ in service.look(run_id, read(), tally):
        db.session.rollback()
    service.previewed(run_id, tally)
    db.session.commit()
    _say(tally.counts)
    _say_where(tally)


def _say(counts: Mapping[str, int]) -> None:
    for kind in KINDS:
        why = {name.partition(":")[2]: n for name, n in counts.items() if name.startswith(f"{kind}:")}
        reasons = ", ".join(f"{reason} {n}" for reason, n in sorted(why.items()))
        click.echo(f"{counts.get(kind, 0):>9}  {MEANING[kind]}{f' ({reasons})' if reasons else ''}")


def _say_where(tally: Tally) -> None:
    """Line numbers, never addresses: this may end in a log."""
    for reason in sorted({reason for _, reason, _ in tally.examples}):
        numbers = [str(number) for number, why, _ in tally.examples if why == reason]
        more = " …" if tally.counts[f"doubtful:{reason}"] > SHOWN else ""
        click.echo(f"           {reason}: line {', '.join(numbers[:SHOWN])}{more}")


def _take(run_id: int, read: Read) -> None:
    run = db.session.get_one(ArrivalRun, run_id)
    position, total = service.start(run), run.total
    audit.record("cli", "started_import", object=f"import:{run_id}")
    db.session.commit()
    if position:
        click.echo(f"Going on after row {position}.")
    with click.progressbar(length=total, label="Taking in") as bar:
        bar.update(position)
        for reached in service.advance(run_id, read(), position):
            db.session.commit()
            bar.update(reached - bar.pos)
    run = db.session.get_one(ArrivalRun, run_id)
    service.settle(run)
    counts = dict(run.counts)
    db.session.commit()
    click.echo(f"Done. This is import {run_id}:")
    _say(counts)
