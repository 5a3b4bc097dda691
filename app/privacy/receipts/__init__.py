"""The receipt of a request: a signed statement of what was done, which names nobody and which anyone can check."""

from app.privacy.receipts.checking import Broken, Report, verify_all
from app.privacy.receipts.service import latest, write

__all__ = ["Broken", "Report", "latest", "verify_all", "write"]
