"""Forms as they were published, and what was sent through them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import Instant, now
from app.contacts.models import ID
from app.extensions import Base
from app.sites.models import Site

BOXES = ("accepted", "spam")
NOBODYS = "contact_id IS NULL"  # boxed as spam, or not read yet


class Form(Base):
    """A form on a page of a site. What it asks stands in its newest version."""

    __tablename__ = "form"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    open: Mapped[bool] = mapped_column(default=True)
    version_id: Mapped[int | None] = mapped_column()  # no foreign key: the two tables would point at each other

    site: Mapped[Site] = relationship(lazy="joined")
    version: Mapped[FormVersion | None] = relationship(
        primaryjoin="foreign(Form.version_id) == FormVersion.id", lazy="joined", viewonly=True
    )


class FormVersion(Base):
    """A form exactly as it was published: fields, labels, boxes, texts by hash. Never changed."""

    __tablename__ = "form_version"
    __table_args__ = (UniqueConstraint("form_id", "number"), UniqueConstraint("form_id", "hash"))

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[int] = mapped_column(ForeignKey("form.id"))
    number: Mapped[int] = mapped_column()
    hash: Mapped[str] = mapped_column(String(64))
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)


class Submission(Base):
    """What a visitor sent, masked. `mac` lets the worker see that the row came through our intake."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("form_id", "dedupe"),
        Index("ix_submission_contact", "contact_id", "id"),
        Index("ix_submission_box", "box", "id"),
        Index("ix_submission_form", "form_id", "box", "id"),
        Index("ix_submission_nobodys", "address", sqlite_where=text(NOBODYS), postgresql_where=text(NOBODYS)),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True, autoincrement=False)  # sorts by time
    form_id: Mapped[int] = mapped_column(ForeignKey("form.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    box: Mapped[str] = mapped_column(String(10), default="accepted")  # of BOXES
    reason: Mapped[str] = mapped_column(String(40), default="")
    received_at: Mapped[datetime] = mapped_column(Instant, default=now)
    lang: Mapped[str] = mapped_column(String(5))
    address: Mapped[str] = mapped_column(String(254), default="")  # canonical
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    asked: Mapped[dict[str, str]] = mapped_column(JSON)  # purpose ticked to the hash of the text shown
    masked: Mapped[list[str]] = mapped_column(JSON, default=list)  # "field: kind" of what was blotted out
    network: Mapped[str] = mapped_column(String(50), default="")  # address cut to /24 or /48
    user_agent: Mapped[str] = mapped_column(String(256), default="")
    page_url: Mapped[str] = mapped_column(String(500), default="")  # without query
    render: Mapped[str] = mapped_column(String(10), default="absent")  # verified, late, absent
    dedupe: Mapped[str] = mapped_column(String(64))
    body_hash: Mapped[str] = mapped_column(String(64))
    mac: Mapped[str] = mapped_column(String(64))
    processed_at: Mapped[datetime | None] = mapped_column(Instant)


class UnreadBody(Base):
    """A body that could not be understood: masked, encrypted, kept for 30 days, readable again after a mend."""

    __tablename__ = "unread_body"

    id: Mapped[int] = mapped_column(ID, primary_key=True, autoincrement=False)
    form_id: Mapped[int] = mapped_column(ForeignKey("form.id"))
    received_at: Mapped[datetime] = mapped_column(Instant, default=now)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    content_type: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(40))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    masked: Mapped[list[str]] = mapped_column(JSON, default=list)
    context: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # lang, network, page_url
    submission_id: Mapped[int | None] = mapped_column(ID)
    note: Mapped[str] = mapped_column(Text, default="")
