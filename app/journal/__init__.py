"""What must outlive a restored backup: every erasure, restriction and withdrawal, in a file outside the database.

A line is written and synced to the disk before the transaction that it speaks of commits, and names nobody: the address
stands in it as a keyed hash. A backup of last week knows nothing of what came after it. The journal does.
"""

from app.journal import writing as _writing  # noqa: F401  listens to the session
from app.journal.notes import MOVE, OPS, address_macs, moved, note

__all__ = ["MOVE", "OPS", "address_macs", "moved", "note"]
