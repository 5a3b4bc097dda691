"""The staff pages, gathered: importing a module adds its pages to the blueprint."""

from app.admin.gate import bp
from app.admin.pages import contacts, outbox, review, signin, start, submissions, trail

__all__ = ["bp", "contacts", "outbox", "review", "signin", "start", "submissions", "trail"]
