"""Who people are, and whom we must leave alone."""

from app.contacts.service import find, findable, forget, lock, meet, volunteer

__all__ = ["find", "findable", "forget", "lock", "meet", "volunteer"]
