"""The staff pages, gathered: importing a module adds its pages to the blueprint."""

from app.admin import contacts, outbox, review, signin, start, submissions, trail
from app.admin.gate import bp

__all__ = ["bp", "contacts", "outbox", "review", "signin", "start", "submissions", "trail"]
