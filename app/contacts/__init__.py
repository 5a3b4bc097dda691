"""Who people are, and whom we must leave alone."""

from app.contacts.service import find, forget, lock, meet, volunteer

__all__ = ["find", "forget", "lock", "meet", "volunteer"]
