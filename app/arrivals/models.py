"""Imports: how far each has come, and the uploaded list while it is needed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import Instant, now
from app.contacts.models import ID
from app.extensions import Base

VOUCHER = 100  # characters of a name


class ArrivalRun(Base):
    """One import of one list. It goes on after `position` when it was interrupted.

    `state` is `previewing`, `asking` (which column is which), `ready`, `running`, `done`, `failed` or `discarded`.
    """

    __tablename__ = "arrival_run"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    source: Mapped[str] = mapped_column(String(10))  # csv, mailchimp
    place: Mapped[str] = mapped_column(String(64))  # SHA-256 of the file, or the audience
    purpose: Mapped[str] = mapped_column(ForeignKey("purpose.slug"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    actor: Mapped[str] = mapped_column(String(60))
    vouched_by: Mapped[str] = mapped_column(String(VOUCHER), default="")
    unproven: Mapped[bool] = mapped_column(default=False)  # names without proof come in on that word
    columns: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # as one was told
    encoding: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = mapped_column(String(12), default="previewing")
    total: Mapped[int] = mapped_column(default=0)  # rows, known after the preview
    position: Mapped[int] = mapped_column(default=0)  # rows that are dealt with
    preview: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    examples: Mapped[bytes] = mapped_column(LargeBinary, default=b"")  # encrypted: doubtful rows, for a day
    problem: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    touched_at: Mapped[datetime] = mapped_column(Instant, default=now)


class ArrivalPart(Base):
    """A piece of an uploaded list, encrypted, until the import has ended or a day has gone by."""

    __tablename__ = "arrival_part"

    run_id: Mapped[int] = mapped_column(ForeignKey("arrival_run.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
