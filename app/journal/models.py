"""How much of the journal this database knows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import Instant, now
from app.extensions import Base


class JournalEntry(Base):
    """A line of the journal that this database knows. What the journal has and this table lacks came after a backup."""

    __tablename__ = "journal_entry"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)  # UUIDv7
    at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)


class JournalTick(Base):
    """How often the clock of this installation has struck: fewer than the journal says means a restored backup."""

    __tablename__ = "journal_tick"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # always 1
    count: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), default=0)
