"""Who people are, what they volunteered, and whom we must leave alone."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import Instant, now
from app.extensions import Base

ID = BigInteger().with_variant(Integer, "sqlite")
# What was somebody's number names nobody else later: a page or a letter from before may still hold it.
NEVER_AGAIN = {"sqlite_autoincrement": True}  # PostgreSQL does it so by itself


class Contact(Base):
    """A person, one per canonical address. The ledger knows her by `subject` alone."""

    __tablename__ = "contact"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    subject: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid4()))
    address: Mapped[str] = mapped_column(String(254), unique=True)  # canonical
    display: Mapped[str] = mapped_column(String(254), default="")  # as the person typed it
    lang: Mapped[str] = mapped_column(String(5), default="nb")
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))  # where we first met
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    restricted_at: Mapped[datetime | None] = mapped_column(Instant)  # kept and not used since (GDPR article 18)

    values: Mapped[list[ContactValue]] = relationship(cascade="all, delete-orphan", order_by="ContactValue.field")


class ContactValue(Base):
    """A value the person volunteered, and where it came from (the promise that nothing is enriched)."""

    __tablename__ = "contact_value"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(80))  # submission:<id>, staff:<id>, …
    at: Mapped[datetime] = mapped_column(Instant, default=now)


class Suppression(Base):
    """A keyed hash of an address that must not be written to, kept when everything else is gone.

    `scope` is a purpose, or `all`. Source: GDPR article 21 (3) and 17; the hash is the least that honours them.
    """

    __tablename__ = "suppression"

    mac: Mapped[str] = mapped_column(String(64), primary_key=True)
    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    reason: Mapped[str] = mapped_column(String(20))  # withdrawn, erased, bounced, complained
    since: Mapped[datetime] = mapped_column(Instant, default=now)
