"""What somebody sent, linked to her or not."""

from __future__ import annotations

from sqlalchemy import CompoundSelect, Select, select, union_all

from app.submissions.models import Submission


def hers(address: str, contact_id: int | None) -> Select[int] | CompoundSelect[int]:
    """Ids of all that came from a canonical address, also what belongs to nobody: boxed as spam, or not read yet.

    `contact_id` is None for somebody whom we do not know. Two questions, each with its index; an OR of the two would be
    answered by reading everything.
    """
    nobodys = select(Submission.id).where(Submission.address == address, Submission.contact_id.is_(None))
    if contact_id is None:  # `==` would make "is null" of it: what anybody sent whom we do not know
        return nobodys
    return union_all(select(Submission.id).where(Submission.contact_id == contact_id), nobodys)
