"""Work that was promised in the same commit as its reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Table, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import Instant, now
from app.extensions import Base

OPEN = "done_at IS NULL AND failed_at IS NULL"
# What a lane begins with, in words that both databases know: all that comes before its colon.
STREAM = "substr(lane, 1, length(lane) - length(ltrim(lane, 'abcdefghijklmnopqrstuvwxyz0123456789_.')))"
WAITING = f"claimed_until IS NULL AND {OPEN}"
CLAIMED = f"claimed_until IS NOT NULL AND {OPEN}"


class OutboxRow(Base):
    """One piece of work: a kind, and the id it is about. Never personal data.

    A lane is a queue of its own: two rows of one lane are never worked on at the same time.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "uq_outbox_waiting", "kind", "lane", unique=True, sqlite_where=text(WAITING), postgresql_where=text(WAITING)
        ),
        Index("uq_outbox_claimed", "lane", unique=True, sqlite_where=text(CLAIMED), postgresql_where=text(CLAIMED)),
        Index("ix_outbox_stream", text(STREAM), "run_at", "id", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index(
            "ix_outbox_failed",
            "failed_at",
            sqlite_where=text("failed_at IS NOT NULL"),
            postgresql_where=text("failed_at IS NOT NULL"),
        ),
        Index(
            "ix_outbox_done",
            "done_at",
            sqlite_where=text("done_at IS NOT NULL"),
            postgresql_where=text("done_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    lane: Mapped[str] = mapped_column(String(80))
    ref: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    run_at: Mapped[datetime] = mapped_column(Instant, default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    claim: Mapped[str | None] = mapped_column(String(36))
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str] = mapped_column(Text, default="")


OUTBOX: Table = OutboxRow.__table__  # type: ignore[assignment]


class OutboxHold(Base):
    """A stream that nobody takes work from: its rows wait, whole and without losing an attempt.

    A stream is what a lane begins with. `until` is when it goes on by itself; none, when somebody has to let go of it.
    """

    __tablename__ = "outbox_hold"

    stream: Mapped[str] = mapped_column(String(40), primary_key=True)
    since: Mapped[datetime] = mapped_column(Instant, default=now)
    until: Mapped[datetime | None] = mapped_column(Instant)
