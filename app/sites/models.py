"""The company and its websites: who speaks to the visitor, and how it looks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Base


class Company(Base):
    """The controller in the sense of GDPR article 4 (7)."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    org_number: Mapped[str] = mapped_column(String(20), default="")
    postal_address: Mapped[str] = mapped_column(Text, default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")


class Picture(Base):
    """A picture that we serve, under its own hash: never changed, so that every cache may keep it."""

    __tablename__ = "picture"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the content
    kind: Mapped[str] = mapped_column(String(20))  # media type
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Site(Base):
    """One website: its origin, languages and look, and the privacy policy it links to."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    name: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(300))  # scheme://host[:port], exact
    languages: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["nb", "en"])
    color: Mapped[str] = mapped_column(String(7), default="#1f4f46")
    logo_url: Mapped[str] = mapped_column(String(500), default="")  # where it was fetched from
    logo: Mapped[str] = mapped_column(String(64), default="")  # the picture that is shown, or ''
    policy_urls: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # language to address
    policy_version: Mapped[str] = mapped_column(String(40), default="")
    contact_urls: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    company: Mapped[Company] = relationship(lazy="joined")

    def policy_url(self, lang: str) -> str:
        """The privacy policy in this language, or in the one there is."""
        return self.policy_urls.get(lang) or next(iter(self.policy_urls.values()), "")

    def privacy_path(self, lang: str) -> str:
        """Our page where people ask for, correct and delete what is known of them, as seen from this site."""
        return f"/{'personvern' if lang == 'nb' else 'privacy'}?site={self.slug}"

    @property
    def on_color(self) -> str:
        """Black or white, whichever reads better on the site's colour (WCAG 2.1, relative luminance)."""
        parts = [int(self.color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"
