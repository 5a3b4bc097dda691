"""Correction at a processor: telling what is right, and reading whether it stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.privacy import selves
from app.privacy.acts.job import Answer, Job
from app.privacy.phases import LISTS
from app.processors.base import Held, Processor, Profile

TOLD = ("name", "company", "phone")  # what processors know of a person, and may be corrected


def rectify(processor: Processor, job: Job) -> Answer:
    """Who is restricted stays so: telling a list what is right about her puts nobody back on it."""
    if job.new_address and not processor.addressed:
        return Answer(needless=True)
    there = _corrected(job)
    if job.new_address:
        outcome = selves.moved(processor, job.then, there, job.new_address)
        there = replace(there, address=job.new_address)
    else:
        outcome = processor.rectify(there)
    if job.restricted and processor.name in LISTS:
        processor.restrict(there, True)
    return Answer(outcome)


def _corrected(job: Job) -> Profile:
    """Our own rows have been corrected before; somebody of whom we have none is corrected by what she wrote."""
    known: dict[str, Any] = {name: value for name, value in job.changes.items() if name in TOLD}
    return replace(job.today, **known)


def stands(processor: Processor, job: Job) -> Answer:
    """What a read shows: does what is right stand there, and nothing that was wrong?"""
    if job.new_address:
        return _arrived(processor, job)
    held = selves.found(processor, job.then)
    right = not held or _shows(processor.export(job.then), job)
    return Answer(held=_unchanging(processor, held) if right else held, right=right)


def _unchanging(processor: Processor, held: Sequence[Held]) -> list[Held]:
    """What stays as it was written: letters, messages, documents."""
    return [one for one in held if one.kind not in processor.addressed]


def _arrived(processor: Processor, job: Job) -> Answer:
    """Is nothing found by an earlier address, and what was there by the new one? On a list only if she may be on it."""
    by_the_old = selves.formerly(processor, job.then, job.new_address)
    stale = [one for one in by_the_old if one.kind in processor.addressed]
    there = (
        processor.find(replace(job.today, address=job.new_address, typed="", refs={})) if processor.addressed else []
    )
    expected = any(one["kind"] in processor.addressed for one in job.objects)
    may_lack = not expected or (processor.name in LISTS and not job.today.granted)
    right = not stale and (may_lack or bool(there))
    return Answer(held=_unchanging(processor, [*by_the_old, *there]) if right else stale or there, right=right)


def _shows(exported: Mapping[str, Any], job: Job) -> bool:
    """Does nothing that was wrong stand there any more? A holder that never knew a value need not show the new one."""
    shown = str(exported)
    return all(new in shown or not old or old not in shown for old, new in _replaced(job))


def _replaced(job: Job) -> list[tuple[str, str]]:
    return [(str(getattr(job.then, name, "")), new) for name, new in job.changes.items()]
