"""Finding sites."""

from __future__ import annotations

from sqlalchemy import select

from app.extensions import db
from app.sites.models import Site


def find(slug: str) -> Site | None:
    """The site of this name; its company comes with it."""
    db.session.connection(execution_options={"read_only": True})  # do not wait for whoever writes
    return db.session.scalar(select(Site).where(Site.slug == slug))
