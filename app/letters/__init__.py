"""Letters: what we send to people and to staff, composed in the reader's language when it leaves."""

from app.letters.compose import Draft, composer
from app.letters.service import write

__all__ = ["Draft", "composer", "write"]
