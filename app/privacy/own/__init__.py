"""Our own tables as a holder, with the verbs of a processor. Each kind of row says for itself how it is found, shown
and erased: see `holders`.

Everything is found by the profile's canonical address, so that it can be done again once the contact is gone. Nothing
here commits, and nothing talks to the world.
"""

from app.privacy.own.holders import count, erase, export, find
from app.privacy.own.rectifying import rectify
from app.privacy.own.restricting import restrict
from app.privacy.own.stopping import stop

__all__ = ["count", "erase", "export", "find", "rectify", "restrict", "stop"]
