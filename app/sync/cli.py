"""`flask sync` and `flask processors`: bring the processors in line by hand, and mind the connections to them."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from app import audit, outbox, processors
from app.clock import iso
from app.extensions import db
from app.processors.base import Rejected, Retry
from app.sync import everyone, links, pages
from app.sync.drift.cli import drift

PAGE = 200  # people in one job: a few hundred calls at most, well within the time a job may take

group = AppGroup("sync", help="Keep processors in line with the ledger.")
minding = AppGroup("processors", help="Mind the connections to outside systems.")
commands: list[click.Command] = [group, minding, drift]


@group.command("all")
@click.option("--processor", "only", help="Only this one.")
@click.option(
    "--yes", type=click.IntRange(min=0), help="How many people may be taken off, where it is more than a few."
)
def all_of_them(only: str | None, yes: int | None) -> None:
    """Tell every processor of everyone again. The worker does it, page by page.

    Exit code 1 when that would take more people off a list than may be without a human's yes.
    """
    wanted = _wanted(only, yes)
    if not wanted:
        click.echo("No processor is turned on here: there is nobody to tell.")
    fine = [_told(name, yes) for name in wanted]
    sys.exit(0 if all(fine) else 1)


def _wanted(only: str | None, yes: int | None) -> list[str]:
    if yes is not None and not only:
        raise click.UsageError("--yes needs --processor: the number is about one list.")
    names = [only] if only else list(processors.active())
    unknown = sorted(set(names) - set(processors.active()))
    if unknown:
        raise click.BadParameter(f"{unknown[0]} is not turned on here", param_hint="--processor")
    return names


def _told(name: str, yes: int | None) -> bool:
    """False where somebody must say yes first."""
    found = everyone.departures(name)
    db.session.rollback()
    if yes is not None and yes != found.leaving:
        click.echo(f"Nothing was done: the number is {found.leaving}, and you said {yes}.", err=True)
        return False
    if found.leaving > found.allowed and yes is None:
        click.echo(
            f"{links.title(name)}: {found.leaving} people would be taken off, and only {found.allowed} may be without "
            f"a yes. Nothing was done there. For all: flask sync all --processor {name} --yes {found.leaving}",
            err=True,
        )
        return False
    audit.record("cli", "told_everyone", object=f"processor:{name}", note=f"off: {found.leaving}")
    db.session.commit()
    click.echo(f"{links.title(name)}: {_enqueued(name)} pages of up to {PAGE} people are waiting for the worker.")
    return True


def _enqueued(name: str) -> int:
    count = 0
    for first, last in pages.pages(PAGE):
        ref = f"{name}:{first}-{last}"
        outbox.enqueue("sync.bulk", ref, lane=ref)
        db.session.commit()
        count += 1
    return count


@minding.command("list")
def standings() -> None:
    """Every processor: on or not, when it last answered, what waits, what failed and why."""
    for one in links.all_standings():
        until = f" until {iso(one.until)}" if one.until else ""
        answered = iso(one.link.answered_at) if one.link.answered_at else "never"
        click.echo(f"{one.name:<16} {one.state + until:<10} answered {answered}  waiting {one.waiting}  {_failed(one)}")
        for row in one.failures:
            click.echo(f"{'':<16} {row.kind} {row.ref}: {row.error}")


def _failed(one: links.Standing) -> str:
    trouble = f"  ({one.link.error})" if one.link.error else ""
    return f"failed {one.failed}{trouble}"


@minding.command("test")
@click.argument("name")
def test(name: str) -> None:
    """Ask a processor whether key and address work. Exit code 1 when they do not."""
    processor = processors.active().get(name)
    if processor is None:
        raise _unknown(name)
    try:
        answer = processor.ping()
    except (Retry, Rejected) as trouble:
        links.stumbled(name, str(trouble), trouble.after if isinstance(trouble, Retry) else None)
        _noted("tested_processor", name)
        raise click.ClickException(str(trouble)) from None
    links.answered(name, answer)
    _noted("tested_processor", name)
    click.echo(answer)


@minding.command("pause")
@click.argument("name")
def pause(name: str) -> None:
    """Tell a processor nothing until it is resumed. What is to be told waits."""
    try:
        links.pause(name, "cli")
    except links.Unknown:
        raise _unknown(name) from None
    db.session.commit()
    click.echo(f"{links.title(name)} is paused. What it is to be told waits until `flask processors resume {name}`.")


@minding.command("resume")
@click.argument("name")
def resume(name: str) -> None:
    """Go on telling a processor."""
    try:
        released = links.resume(name, "cli")
    except links.Unknown:
        raise _unknown(name) from None
    db.session.commit()
    click.echo(f"{links.title(name)} is told again." if released else f"{links.title(name)} was not paused.")


def _noted(action: str, name: str) -> None:
    audit.record("cli", action, object=f"processor:{name}")
    db.session.commit()


def _unknown(name: str) -> click.BadParameter:
    return click.BadParameter(f"{name} is not turned on here", param_hint="NAME")
