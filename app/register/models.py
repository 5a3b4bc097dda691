"""What the company has written down about each processor, every wording that ever stood."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import Instant, now
from app.extensions import Base


class RegisterVersion(Base):
    """One wording of one entry, in both languages. Never changed: an edit is a new version."""

    __tablename__ = "register_version"
    __table_args__ = (UniqueConstraint("entry", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry: Mapped[str] = mapped_column(String(30))
    version: Mapped[int] = mapped_column()
    body: Mapped[dict[str, Any]] = mapped_column(JSON)  # language to field to text
    unsure: Mapped[list[str]] = mapped_column(JSON)  # fields that somebody must still check
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(Instant, default=now)
