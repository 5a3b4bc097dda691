"""Finding sites."""

from __future__ import annotations

from sqlalchemy import select

from app.extensions import db
from app.sites.models import Site


def find(slug: str) -> Site | None:
    """The site of this name; its company comes with it."""
    db.session.connection(execution_options={"read_only": True})  # do not wait for whoever writes
    return db.session.scalar(select(Site).where(Site.slug == slug))


def home(known: int | str | None = None) -> Site | None:
    """Who speaks to a person: the site of this number or name, else the first there is; None before there is any."""
    mine = Site.id == known if isinstance(known, int) else Site.slug == known
    found = db.session.scalar(select(Site).where(mine)) if known else None
    return found or db.session.scalar(select(Site).order_by(Site.id).limit(1))
