"""Who looked at or changed whom. The database refuses every update and delete of these rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import Instant, now
from app.extensions import Base


class AuditEntry(Base):
    """One look or change. The person is named by `subject`, which means nothing once she has been erased."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    actor: Mapped[str] = mapped_column(String(80))  # staff:<id>, system, cli
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(36), default="", index=True)
    object: Mapped[str] = mapped_column(String(80), default="")
    note: Mapped[str] = mapped_column(Text, default="")
