"""What a person gets who asks for her data: collected from every holder, looked through, packed, and fetched."""

from app.privacy.archive.building import Packed, build, keep, prepare
from app.privacy.archive.parts import collect
from app.privacy.archive.reviewing import Message, choose, choosing, review

__all__ = ["Message", "Packed", "build", "choose", "choosing", "collect", "keep", "prepare", "review"]
