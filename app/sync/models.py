"""What each processor was last told of a person, and what it told us."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import Instant, now
from app.extensions import Base


class ProcessorState(Base):
    """One person at one processor. `met_at` is written before the first call, not after it."""

    __tablename__ = "processor_state"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    processor: Mapped[str] = mapped_column(String(30), primary_key=True)
    met_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    text: Mapped[str] = mapped_column(String(300), default="")
    since: Mapped[datetime] = mapped_column(Instant, default=now)
    lists: Mapped[list[str]] = mapped_column(JSON, default=list)  # purposes; where one may leave them one by one


class ReceivedNotice(Base):
    """A webhook we have acted on, so that a repeat is no news."""

    __tablename__ = "received_notice"

    processor: Mapped[str] = mapped_column(String(30), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # keyed hash: may stem from an address
    at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)


class ProcessorLink(Base):
    """How a processor last answered. Whether it is paused is known to the outbox: see `outbox.hold`."""

    __tablename__ = "processor_link"

    processor: Mapped[str] = mapped_column(String(30), primary_key=True)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answer: Mapped[str] = mapped_column(String(300), default="")  # what it said to the last test
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str] = mapped_column(String(300), default="")
    failures: Mapped[int] = mapped_column(default=0, server_default="0")  # in a row, without naming a time


class ProcessorBudget(Base):
    """Calls that all workers together may still make: `units` were left at that moment, and grow with time."""

    __tablename__ = "processor_budget"

    processor: Mapped[str] = mapped_column(String(60), primary_key=True)
    units: Mapped[float] = mapped_column(Float)
    at: Mapped[datetime] = mapped_column(Instant)


class ProcessorPlace(Base):
    """One of the calls that may be under way at once, and which process has it until when."""

    __tablename__ = "processor_place"

    processor: Mapped[str] = mapped_column(String(60), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(36))
    until: Mapped[datetime] = mapped_column(Instant)


class ProcessorCursor(Base):
    """How far a processor's own news has been read. `place` is what it is read from, such as a mailbox of ours."""

    __tablename__ = "processor_cursor"

    processor: Mapped[str] = mapped_column(String(30), primary_key=True)
    place: Mapped[str] = mapped_column(String(254), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))


class GoogleGrant(Base):
    """What a member of staff permitted on Google's page: one row, or none. Once it is revoked, `sealed` is empty."""

    __tablename__ = "google_grant"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # the token, encrypted
    scopes: Mapped[list[str]] = mapped_column(JSON)
    given_by: Mapped[str] = mapped_column(String(60))
    given_at: Mapped[datetime] = mapped_column(Instant, default=now)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class DriftRun(Base):
    """One comparison of a processor's list with the ledger. Numbers, and how far it has come.

    `state` is `waiting`, `running`, `asking` (more would be taken off than may be without a human's yes), `done` or
    `failed`. `surplus` are on a list without consent to it, `gone` were there and are on none, `missing` never arrived
    or are on some of their lists only, `strangers` are there and unknown here; of these, `barred` are to be left alone.
    """

    __tablename__ = "drift_run"
    __table_args__ = (Index("ix_drift_run_processor", "processor", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    processor: Mapped[str] = mapped_column(String(30))
    actor: Mapped[str] = mapped_column(String(80))
    mend: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    members: Mapped[int] = mapped_column(default=0)
    surplus: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)
    strangers: Mapped[int] = mapped_column(default=0)
    barred: Mapped[int] = mapped_column(default=0)
    mended: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(300), default="")


class DriftFinding(Base):
    """One person of ours who is on a list without consent, or not on it in spite of one."""

    __tablename__ = "drift_finding"

    run_id: Mapped[int] = mapped_column(ForeignKey("drift_run.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(10))  # surplus, gone, missing


class DriftStranger(Base):
    """Somebody on a list whom we do not know: enough of the address to recognise it, and no more. The first few."""

    __tablename__ = "drift_stranger"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("drift_run.id", ondelete="CASCADE"), index=True)
    masked: Mapped[str] = mapped_column(String(254))
    barred: Mapped[bool] = mapped_column(default=False)


class ProcessorCoverage(Base):
    """What a processor's own plugins say that they cover: as last read, and as somebody here last accepted it."""

    __tablename__ = "processor_coverage"

    processor: Mapped[str] = mapped_column(String(30), primary_key=True)
    seen: Mapped[dict[str, Any]] = mapped_column(JSON)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    accepted: Mapped[dict[str, Any]] = mapped_column(JSON)
    accepted_at: Mapped[datetime] = mapped_column(Instant)
    accepted_by: Mapped[str] = mapped_column(String(80))
