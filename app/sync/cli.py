"""`flask sync`: bring the processors in line by hand."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app import outbox, processors
from app.extensions import db
from app.sync import service

PAGE = 200  # people in one job: a few hundred calls at most, well within the time a job may take

group = AppGroup("sync", help="Keep processors in line with the ledger.")
commands: list[click.Command] = [group]


@group.command("all")
@click.option("--processor", "only", help="Only this one.")
def everyone(only: str | None) -> None:
    """Tell every processor of everyone again. The worker does it, page by page."""
    names = [only] if only else list(processors.active())
    unknown = sorted(set(names) - set(processors.active()))
    if unknown:
        raise click.BadParameter(f"{unknown[0]} is not turned on here", param_hint="--processor")
    pages = sum(_enqueued(name) for name in names)
    click.echo(f"{pages} pages of up to {PAGE} people are waiting for the worker.")


def _enqueued(name: str) -> int:
    count = 0
    for first, last in service.pages(PAGE):
        ref = f"{name}:{first}-{last}"
        outbox.enqueue("sync.bulk", ref, lane=ref)
        db.session.commit()
        count += 1
    return count
