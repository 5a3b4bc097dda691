"""What each processor was last told of a person, and what it told us."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
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


class ReceivedNotice(Base):
    """A webhook we have acted on, so that a repeat is no news."""

    __tablename__ = "received_notice"

    processor: Mapped[str] = mapped_column(String(30), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # keyed hash: may stem from an address
    at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)
