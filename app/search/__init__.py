"""Finding contacts by any part of their particulars, and submissions by their words. Newest first, never ranked.

The tables are no models: each database has its own way (migration 0003). A worker fills them after the fact, so that
taking a submission in costs nothing for it.
"""

from app.search.service import (
    TooSlow,
    compact,
    find_contacts,
    find_submissions,
    index_contact,
    index_submission,
    remove_contact,
    remove_submission,
)

__all__ = [
    "TooSlow",
    "compact",
    "find_contacts",
    "find_submissions",
    "index_contact",
    "index_submission",
    "remove_contact",
    "remove_submission",
]
