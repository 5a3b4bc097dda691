"""Purposes, the texts that were shown, the ledger of events, and the seals over it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import Instant, now
from app.contacts.models import ID
from app.extensions import Base


class Purpose(Base):
    """What consent is asked for: newsletter, offers, other information."""

    __tablename__ = "purpose"

    slug: Mapped[str] = mapped_column(String(40), primary_key=True)
    names: Mapped[dict[str, str]] = mapped_column(JSON)  # language to name
    position: Mapped[int] = mapped_column(default=0)
    texts: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # language to the hash of the words of today


class ConsentText(Base):
    """The exact words shown, by their hash. Never changed: a new wording is a new row."""

    __tablename__ = "consent_text"
    __table_args__ = (UniqueConstraint("purpose", "lang", "version"),)

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(ForeignKey("purpose.slug"))
    lang: Mapped[str] = mapped_column(String(5))
    version: Mapped[int] = mapped_column()
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)


class ConsentEvent(Base):
    """One thing that happened to one consent. Only ever added; holds no personal data in clear.

    `mac` is a keyed hash over the canonical JSON of all other fields (see `ledger.body`).
    """

    __tablename__ = "consent_event"
    __table_args__ = (Index("ix_consent_event_subject", "subject", "at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)  # UUIDv7
    subject: Mapped[str] = mapped_column(String(36))
    purpose: Mapped[str] = mapped_column(String(40))
    type: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str] = mapped_column(String(60))
    method: Mapped[str] = mapped_column(String(30))
    site: Mapped[str] = mapped_column(String(64), default="")
    text_hash: Mapped[str] = mapped_column(String(64), default="")
    text_version: Mapped[int] = mapped_column(default=0)
    text_lang: Mapped[str] = mapped_column(String(5), default="")
    form_hash: Mapped[str] = mapped_column(String(64), default="")
    policy_version: Mapped[str] = mapped_column(String(40), default="")
    render: Mapped[str] = mapped_column(String(10), default="")  # verified, late, absent
    responds_to: Mapped[str] = mapped_column(String(36), default="")
    evidence_hash: Mapped[str] = mapped_column(String(64), default="")
    kid: Mapped[str] = mapped_column(String(8))
    mac: Mapped[str] = mapped_column(String(64))


class ConsentEvidence(Base):
    """The personal side of an event: erasable, and bound to it by a salted hash only while it exists."""

    __tablename__ = "consent_evidence"

    event_id: Mapped[str] = mapped_column(ForeignKey("consent_event.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    salt: Mapped[str] = mapped_column(String(44))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)  # address, ip, user_agent, url, submission, note


class UnsealedEvent(Base):
    """An event that no seal covers yet: the sealer's work list."""

    __tablename__ = "unsealed_event"

    event_id: Mapped[str] = mapped_column(ForeignKey("consent_event.id"), primary_key=True)


class Seal(Base):
    """A signature over a batch of events: the Merkle root (RFC 6962) of the batch, bound to the seal before it."""

    __tablename__ = "seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column()
    root: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))  # hash of the seal before, zeros for the first
    at: Mapped[datetime] = mapped_column(Instant)
    kid: Mapped[str] = mapped_column(String(8))
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class SealedEvent(Base):
    """Where an event stands: which seal, and which leaf of its tree."""

    __tablename__ = "sealed_event"

    seal: Mapped[int] = mapped_column(ForeignKey("seal.number"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("consent_event.id"), unique=True)


class Confirmation(Base):
    """A confirm link: one request waiting for its mailbox owner to press the button. The word is kept hashed."""

    __tablename__ = "confirmation"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    lang: Mapped[str] = mapped_column(String(5))
    requests: Mapped[list[str]] = mapped_column(JSON)  # event ids, one per purpose
    submission_id: Mapped[int | None] = mapped_column(ID, index=True)
    network: Mapped[str] = mapped_column(String(50), default="", index=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    voided_at: Mapped[datetime | None] = mapped_column(Instant)


class ConfirmLetter(Base):
    """That a confirm letter went to an address, by its keyed hash: counted for a month, also when she is forgotten."""

    __tablename__ = "confirm_letter"
    __table_args__ = (Index("ix_confirm_letter_mac", "mac", "at"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    mac: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)


class PreferenceLink(Base):
    """A fresh link to the preferences page: 30 minutes, one change. The word is kept hashed."""

    __tablename__ = "preference_link"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    lang: Mapped[str] = mapped_column(String(5))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
