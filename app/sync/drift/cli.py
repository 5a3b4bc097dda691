"""`flask drift`: compare what the lists hold with what the ledger allows, and mend it."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from app import audit, processors
from app.extensions import db
from app.processors.base import Rejected, Retry
from app.sync import links
from app.sync.drift import jobs, people, service
from app.sync.models import DriftRun


@click.command("drift")
@click.option("--processor", "only", help="Only this one.")
@click.option("--mend", is_flag=True, help="Take off who has not consented, and add who is missing.")
@click.option(
    "--yes", type=click.IntRange(min=0), help="How many people may be taken off, where it is more than a few."
)
@click.option("--names", is_flag=True, help="Say who they are, too.")
@click.option(
    "--strangers", is_flag=True, help="Only list the addresses that nobody here knows, straight from the list."
)
@with_appcontext
def drift(only: str | None, mend: bool, yes: int | None, names: bool, strangers: bool) -> None:
    """Compare every list with the ledger. Exit code 1 when a list could not be read, or a human's yes is needed."""
    wanted = _wanted(only, yes)
    if strangers:
        for name in wanted:
            _strangers(name)
        return
    fine = [_compared(name, mend, yes, names) for name in wanted]
    sys.exit(0 if all(fine) else 1)


def _wanted(only: str | None, yes: int | None) -> list[str]:
    if only and only not in service.comparable():
        raise click.BadParameter(f"{only} is not turned on here, or keeps no list", param_hint="--processor")
    if yes is not None and not only:
        raise click.UsageError("--yes needs --processor: the number is about one list.")
    return [only] if only else service.comparable()


def _compared(name: str, mend: bool, yes: int | None, names: bool) -> bool:
    run = service.open_run(name, "cli", mend=False)
    db.session.commit()
    run_id = run.id
    try:
        jobs.compare(run_id)
    except (Retry, Rejected) as trouble:
        click.echo(f"{links.title(name)}: {trouble}", err=True)
        return False
    run = db.session.get_one(DriftRun, run_id)
    _say(run)
    if names:
        _name(run)
    return _mended(run, yes) if mend else True


def _say(run: DriftRun) -> None:
    click.echo(
        f"{links.title(run.processor)}: {run.members} subscribed there. Without consent here: {run.surplus}. "
        f"Were there and are not: {run.gone}. Missing: {run.missing}. "
        f"Strangers: {run.strangers}, of whom {run.barred} are to be left alone."
    )


def _name(run: DriftRun) -> None:
    after = 0
    while found := service.named(run.id, service.KINDS, after):
        for person in found:
            click.echo(f"  {person.kind:<8} {person.address}")
        after = found[-1].id
    audit.record("cli", "looked_at_drift", object=f"drift:{run.id}")
    db.session.commit()


def _mended(run: DriftRun, yes: int | None) -> bool:
    try:
        service.mend(run.id, "cli", yes)
    except service.WrongNumber as wrong:
        click.echo(f"Nothing was mended: the number is {wrong}, and you said {yes}.", err=True)
        return False
    db.session.commit()
    if run.state == "asking":
        click.echo(
            f"{service.grave(run)} people might be taken off, and only {service.allowed(run)} may be without a yes. "
            "Who is missing is added. "
            f"For all: flask drift --processor {run.processor} --mend --yes {service.grave(run)}"
        )
        return False
    click.echo(f"  The worker brings {run.mended} in line." if run.mended else "  Nothing to mend.")
    return True


def _strangers(name: str) -> None:
    """Nothing of it is stored."""
    audit.record("cli", "looked_at_drift", object=f"processor:{name}", note="strangers")
    db.session.commit()
    there = people.There()
    for batch in people.batches(processors.active()[name].members()):
        found = there.take(batch)
        db.session.commit()
        for address, barred in found:
            click.echo(f"{address}{'  (to be left alone)' if barred else ''}")
