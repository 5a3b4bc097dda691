"""What we wrote to whom. The text is composed when it is sent; the row holds ids only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import Instant, now
from app.contacts.models import ID, NEVER_AGAIN
from app.extensions import Base

ATTACK = "kind = 'staff_attack'"
OF_A_REQUEST = text("request_id IS NOT NULL")


class Letter(Base):
    """One letter. `message_id` is fixed when the row is written, so that a retry is the same letter."""

    __tablename__ = "letter"
    __table_args__ = (
        Index("ix_letter_attack", "site_id", "created_at", sqlite_where=text(ATTACK), postgresql_where=text(ATTACK)),
        Index("ix_letter_request_id", "request_id", sqlite_where=OF_A_REQUEST, postgresql_where=OF_A_REQUEST),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    lang: Mapped[str] = mapped_column(String(5))
    request_id: Mapped[int | None] = mapped_column(ID)  # the privacy request that it is about
    refs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # ids only
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    dropped: Mapped[str] = mapped_column(String(40), default="")  # why it was not sent after all
