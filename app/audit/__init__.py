"""The audit trail: who looked at or changed whom."""

from app.audit.service import look, record

__all__ = ["look", "record"]
