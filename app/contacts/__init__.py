"""Who people are, and whom we must leave alone."""

from app.contacts.service import find, findable, forget, lock, lock_free, meet, volunteer

__all__ = ["find", "findable", "forget", "lock", "lock_free", "meet", "volunteer"]
