"""What each act does at a holder."""

from app.privacy.acts.here import HERE, here, read
from app.privacy.acts.job import Answer, Job, job
from app.privacy.acts.outside import OUTSIDE, outside
from app.privacy.phases import OWN

__all__ = ["ALL", "Answer", "Job", "here", "job", "ours", "outside", "read"]

ALL = sorted({*HERE, *OUTSIDE})


def ours(act: str, holder: str) -> bool:
    """Is this an act that is done here or at a processor? Letters and forgetting come when everything is over."""
    return act in (HERE if holder == OWN else OUTSIDE)
