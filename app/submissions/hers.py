"""What somebody sent, linked to her or not."""

from __future__ import annotations

from sqlalchemy import CompoundSelect, select, union_all

from app.submissions.models import Submission


def hers(address: str, contact_id: int | None) -> CompoundSelect[int]:
    """Ids of all that came from a canonical address, also what belongs to nobody: boxed as spam, or not read yet.

    Two questions, each with its index; an OR of the two would be answered by reading everything.
    """
    linked = select(Submission.id).where(Submission.contact_id == contact_id)
    nobodys = select(Submission.id).where(Submission.address == address, Submission.contact_id.is_(None))
    return union_all(linked, nobodys)
