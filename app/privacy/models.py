"""Requests of persons about their data: what was asked, what is to be done where, what was done, and its proof.

Personal data stands in the `sealed` columns only, encrypted, and is dropped as soon as it is not needed.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import Instant, now
from app.contacts.models import ID
from app.extensions import Base

KINDS = ("access", "portability", "rectification", "erasure", "restriction", "objection")

# Where a request stands. What is OPEN has a deadline; of the rest nothing more is expected, but for what the law keeps.
OPEN = (
    "identity_pending",  # a link has been sent to the address
    "received",  # identity proven, not planned yet
    "planned",  # a plan exists and nobody need approve it
    "awaiting_approval",  # staff look at the plan
    "executing",
    "waiting_external",  # a vendor takes its time: see the tasks' check_at
    "needs_human",  # a manual task, or one that failed for good
    "verifying",
)
ENDED = (
    "completed",
    "completed_with_retention",  # the law keeps something: the second stage comes by itself
    "closed",  # the second stage has come and gone
    "denied",
    "cancelled",
    "expired",  # identity was never proven
    "duplicate",  # of a request that was proven first
)
STATES = OPEN + ENDED

TASK_STATES = (
    "planned",
    "dispatched",  # written before the call; a crash leaves it so, and it is called again
    "polling",  # the vendor is at it: look again at check_at
    "done",  # the vendor said so; nothing has been read yet
    "verified",  # a read shows it
    "verify_failed",
    "not_found",
    "kept",  # the law keeps it: `law`, until the end of `until`
    "manual",  # a human has to click somewhere: `text` says where
    "manual_done",  # `proof` says what was done
    "retrying",
    "failed",  # for good, until staff press the button
    "skipped",
)
SETTLED = ("verified", "not_found", "kept", "manual_done", "skipped")


class PrivacyRequest(Base):
    """One wish of one person. Known outside by its random `word`; staff say its number."""

    __tablename__ = "privacy_request"
    __table_args__ = (
        Index("ix_privacy_request_state", "state", "due_at", "id"),
        Index("ix_privacy_request_mac", "address_mac", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    word: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid4()))
    kind: Mapped[str] = mapped_column(String(20))
    ground: Mapped[str] = mapped_column(String(30), default="")  # which ground of article 17 (1), 18 (1) or 21
    state: Mapped[str] = mapped_column(String(24), default="identity_pending")
    origin: Mapped[str] = mapped_column(String(12))  # web, page, wordpress, staff, cli
    identified_by: Mapped[str] = mapped_column(String(200), default="")  # `link`, or how staff knew; no personal data
    actor: Mapped[str] = mapped_column(String(60), default="subject")  # who opened it, in the words of the ledger
    address_mac: Mapped[str] = mapped_column(String(64))  # keyed hash, kept: the request is found by it later
    sealed: Mapped[bytes] = mapped_column(LargeBinary, default=b"")  # identity.Identity; empty once dropped
    wishes: Mapped[bytes] = mapped_column(LargeBinary, default=b"")  # sealed JSON: what she typed; dropped likewise
    contact_id: Mapped[int | None] = mapped_column(ID, ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    lang: Mapped[str] = mapped_column(String(5))
    network: Mapped[str] = mapped_column(String(50), default="")  # cut to /24 or /48; dropped likewise
    received_at: Mapped[datetime] = mapped_column(Instant, default=now)  # starts the clock (GDPR article 12 (3))
    proven_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    extended_at: Mapped[datetime | None] = mapped_column(Instant)  # when the letter about it had been sent
    extension: Mapped[str] = mapped_column(String(300), default="")  # its reason, as the person was told
    extension_letter: Mapped[int | None] = mapped_column(ID)  # while it waits for that letter to be sent
    warned: Mapped[int] = mapped_column(default=0)  # the last of 14, 7, 3 days that staff were warned of; 0 for none
    plan_hash: Mapped[str] = mapped_column(String(64), default="")
    planned_at: Mapped[datetime | None] = mapped_column(Instant)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    approved_by: Mapped[str] = mapped_column(String(60), default="")
    denial: Mapped[str] = mapped_column(String(40), default="")  # reason code
    duplicate_of: Mapped[int | None] = mapped_column(ID, ForeignKey("privacy_request.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    tasks: Mapped[list[PrivacyTask]] = relationship(
        cascade="all, delete-orphan", order_by="PrivacyTask.phase, PrivacyTask.id"
    )


class PrivacyTask(Base):
    """One act at one holder: a processor, or `own` for our own tables."""

    __tablename__ = "privacy_task"
    __table_args__ = (
        UniqueConstraint("request_id", "holder", "act"),
        Index("ix_privacy_task_check", "check_at"),
        Index("ix_privacy_task_until", "until"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    request_id: Mapped[int] = mapped_column(ID, ForeignKey("privacy_request.id", ondelete="CASCADE"))
    phase: Mapped[int] = mapped_column()
    holder: Mapped[str] = mapped_column(String(30))
    act: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="planned")
    text: Mapped[str] = mapped_column(String(500), default="")  # plain English without personal data, as Outcome.text
    law: Mapped[str] = mapped_column(String(100), default="")
    until: Mapped[date | None] = mapped_column(Date)
    check_at: Mapped[datetime | None] = mapped_column(Instant)
    found: Mapped[int | None] = mapped_column()  # objects found when it was planned
    left: Mapped[int | None] = mapped_column()  # objects that the last read showed
    sealed: Mapped[bytes] = mapped_column(LargeBinary, default=b"")  # Profile and object ids; empty once settled
    proof: Mapped[str] = mapped_column(Text, default="")  # what staff wrote of a manual task
    proof_by: Mapped[str] = mapped_column(String(60), default="")
    letter_id: Mapped[int | None] = mapped_column(ID)  # of a task that is a letter: when that left
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    verified_at: Mapped[datetime | None] = mapped_column(Instant)


class PrivacyRecord(Base):
    """What a request's event in the ledger says in full: counts, states, laws, dates. Never personal data.

    Only ever added. The event holds the salted hash of `facts`; the seals cover the event.
    """

    __tablename__ = "privacy_record"

    event_id: Mapped[str] = mapped_column(ForeignKey("consent_event.id"), primary_key=True)
    request: Mapped[str] = mapped_column(String(36), index=True)  # the request's word
    task_id: Mapped[int | None] = mapped_column(ID)
    salt: Mapped[str] = mapped_column(String(44))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class PrivacyLink(Base):
    """A one-time link: to prove who one is, to one's own page, or to an archive. Its secret is kept nowhere."""

    __tablename__ = "privacy_link"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    use: Mapped[str] = mapped_column(String(10))  # prove, page, archive
    request_id: Mapped[int | None] = mapped_column(ID, ForeignKey("privacy_request.id", ondelete="CASCADE"), index=True)
    address_mac: Mapped[str] = mapped_column(String(64), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, default=b"")  # identity.Identity
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    lang: Mapped[str] = mapped_column(String(5))
    network: Mapped[str] = mapped_column(String(50), default="", index=True)
    tries: Mapped[int] = mapped_column(default=0)  # wrong words for this row; three end it
    created_at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class PrivacyPart(Base):
    """What one holder exported, encrypted, until the archive has been made of it."""

    __tablename__ = "privacy_part"

    task_id: Mapped[int] = mapped_column(ID, ForeignKey("privacy_task.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class PrivacyArchive(Base):
    """The archive a person may fetch for seven days, encrypted at rest, and how often it was fetched."""

    __tablename__ = "privacy_archive"

    request_id: Mapped[int] = mapped_column(ID, ForeignKey("privacy_request.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    downloads: Mapped[int] = mapped_column(default=0)


class PrivacyReceipt(Base):
    """A signed statement of what was done. A later one (a second stage has come) does not replace the earlier."""

    __tablename__ = "privacy_receipt"

    request_id: Mapped[int] = mapped_column(ID, ForeignKey("privacy_request.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    statement: Mapped[dict[str, Any]] = mapped_column(JSON)  # no personal data
    kid: Mapped[str] = mapped_column(String(8))
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class Disclosure(Base):
    """A lawful demand that was answered: who demanded, on what ground, which fields, and was the person told."""

    __tablename__ = "disclosure"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    actor: Mapped[str] = mapped_column(String(60))
    authority: Mapped[str] = mapped_column(String(200))
    demand: Mapped[str] = mapped_column(String(300))  # law and case number
    subject: Mapped[str] = mapped_column(String(36), index=True)  # the person's random word
    fields: Mapped[list[str]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))  # of the file that was handed over
    secret: Mapped[str] = mapped_column(String(300), default="")  # why the person must not be told (yet)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
