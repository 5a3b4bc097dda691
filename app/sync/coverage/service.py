"""Plugins come and go at a processor, and with them what can be found and erased there.

The first reading counts as accepted, for whoever connects a processor has it before her eyes. From then on, what has
changed waits for a human's look, and nobody is erased there before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from flask_babel import gettext as _
from sqlalchemy import select

from app import audit, outbox, processors
from app.clock import now
from app.contacts.upsert import insert
from app.crypto import canonical_json, sha256_hex
from app.extensions import db
from app.sync import links
from app.sync.links import Unknown
from app.sync.models import ProcessorCoverage

Coverage = Mapping[str, Any]
MAPS, LISTS = ("plugins", "exporters", "erasers"), ("silent",)


@runtime_checkable
class Covered(Protocol):
    """A processor with plugins of its own."""

    def coverage(self) -> dict[str, Any]:
        """`plugins` to versions; `exporters` and `erasers` to the plugin they belong to; `silent` have neither."""


@dataclass(frozen=True)
class Change:
    """One difference. `kind` is a word of KINDS, `what` names a plugin, an exporter or an eraser."""

    kind: str
    what: str

    @property
    def text(self) -> str:
        """In the reader's language, with what it means."""
        said: dict[str, str] = {
            "new": _("The plugin %(what)s is new.", what=self.what),
            "new_silent": _("The plugin %(what)s is new and says nothing of personal data.", what=self.what),
            "gone": _("The plugin %(what)s is no longer active. What it stored may still be there.", what=self.what),
            "silent": _("The plugin %(what)s no longer says anything of personal data.", what=self.what),
            "eraser": _("The eraser %(what)s is gone: what it erased is no longer erased.", what=self.what),
            "exporter": _("The exporter %(what)s is gone: what it showed is no longer shown.", what=self.what),
            "unread": _("What the plugins of %(what)s hold has not been read yet.", what=links.title(self.what)),
        }
        return said[self.kind]


def covered() -> list[str]:
    """Names of the processors that are turned on and have plugins."""
    return [name for name, processor in processors.active().items() if isinstance(processor, Covered)]


def read_soon(processor: str) -> None:
    """Have the worker ask."""
    outbox.enqueue("sync.coverage", processor, lane=f"{processor}:coverage")


def note(processor: str, read: Coverage) -> None:
    """Keep what was just read. The first reading is accepted by itself."""
    seen, moment = _kept(read), now()
    row = {"processor": processor, "seen": seen, "seen_at": moment}
    first = {"accepted": seen, "accepted_at": moment, "accepted_by": "system"}
    statement = insert(ProcessorCoverage).values(row | first)
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["processor"], set_={"seen": seen, "seen_at": moment})
    )


def _kept(read: Coverage) -> dict[str, Any]:
    """To PHP an empty map is an empty list."""
    maps = {name: dict(read[name]) if read.get(name) else {} for name in MAPS}
    return {**maps, **{name: sorted(map(str, read.get(name) or ())) for name in LISTS}}


def get(processor: str) -> ProcessorCoverage | None:
    """The row; None for a processor that was never asked."""
    held = select(ProcessorCoverage).where(ProcessorCoverage.processor == processor)
    return db.session.scalar(held.execution_options(populate_existing=True))


def fingerprint(processor: str) -> str:
    """A hash over what was last read, without versions: an update alone changes nobody's plan. Empty for nothing."""
    row = get(processor)
    return _fingerprint(row.seen) if row else ""


def _fingerprint(seen: Coverage) -> str:
    return sha256_hex(canonical_json({**seen, "plugins": sorted(seen["plugins"])}))


def changes(processor: str) -> list[Change]:
    """What is not as somebody here accepted it. Nothing for a processor without plugins."""
    row = get(processor)
    if row is None:
        return [Change("unread", processor)] if processor in covered() else []
    return list(_compared(row.accepted, row.seen))


def coverage_changed(processor: str) -> list[str]:
    """The same in plain words. Ask before you erase: while this is not empty, a human must look first."""
    return [change.text for change in changes(processor)]


def _compared(old: Coverage, new: Coverage) -> Iterable[Change]:
    before, after = set(old["plugins"]), set(new["plugins"])
    silent = set(new["silent"])
    yield from (Change("new_silent" if name in silent else "new", name) for name in sorted(after - before))
    yield from (Change("gone", name) for name in sorted(before - after))
    yield from (Change("silent", name) for name in sorted(silent & before - set(old["silent"])))
    yield from (Change("eraser", name) for name in sorted(set(old["erasers"]) - set(new["erasers"])))
    yield from (Change("exporter", name) for name in sorted(set(old["exporters"]) - set(new["exporters"])))


def accept(processor: str, looked_at: str, actor: str) -> bool:
    """Somebody has looked at what `fingerprint` named. False when it has changed again since. Raises `Unknown`."""
    row = get(processor)
    if row is None:
        raise Unknown(processor)
    if looked_at != _fingerprint(row.seen):
        return False
    note = ", ".join(f"{change.kind} {change.what}" for change in changes(processor))
    row.accepted, row.accepted_at, row.accepted_by = row.seen, now(), actor
    audit.record(actor, "accepted_coverage", object=f"processor:{processor}", note=note)
    return True
