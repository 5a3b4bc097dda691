"""Acts at a processor: calls to a vendor, with no transaction open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from app.privacy import mailroom, selves
from app.privacy.acts import correcting
from app.privacy.acts.job import Answer, Job
from app.processors.base import Outcome, Processor

if TYPE_CHECKING:
    from app.processors.google.gmail import Gmail

OFF = {"unsubscribed", "not_held", "held"}  # how a push ends that leaves nobody on a list


def outside(act: str, processor: Processor, job: Job) -> Answer:
    """One act at a vendor. Raises `Retry` and `Rejected` as the verbs do; KeyError for an act that is ours alone."""
    return OUTSIDE[act](processor, job)


def _erase(processor: Processor, job: Job) -> Answer:
    """What a human kept until a day that has passed goes as it was kept: by its ids, and nothing else with it."""
    if kept := mailroom.going(job.objects):
        return Answer(cast("Gmail", processor).discard(kept))
    return Answer(selves.each(processor.erase, job.then))


def _export(processor: Processor, job: Job) -> Answer:
    return Answer(exported=selves.exported(processor, job.then))


def _restrict(processor: Processor, job: Job) -> Answer:
    return Answer(selves.each(lambda one: processor.restrict(one, True), job.today))


def _lift(processor: Processor, job: Job) -> Answer:
    return Answer(selves.each(lambda one: processor.restrict(one, False), job.today))


def _object(processor: Processor, job: Job) -> Answer:
    return Answer(_off(processor, job))


def _off(processor: Processor, job: Job) -> Outcome:
    """Whoever is known there by any of her addresses is taken off."""
    return selves.each(processor.push, replace(job.today, acquainted=True))


def _verify(processor: Processor, job: Job) -> Answer:
    """A read, whatever the writes said."""
    if job.kind == "rectification":
        return correcting.stands(processor, job)
    right = job.kind != "objection" or _off(processor, job).state in OFF
    return Answer(held=selves.found(processor, job.then), right=right)


OUTSIDE: dict[str, Callable[[Processor, Job], Answer]] = {
    "erase": _erase,
    "export": _export,
    "rectify": correcting.rectify,
    "restrict": _restrict,
    "lift": _lift,
    "object": _object,
    "verify": _verify,
}
