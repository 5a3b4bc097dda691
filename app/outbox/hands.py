"""What one process has in its hands."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from threading import Event, Lock

from app.outbox.due import Candidate
from app.outbox.service import Work


class Hands:
    """Work in hand, by claim.

    No stream may hold more than half of the hands: when one processor is slow, or the mail server is, the other half
    goes on with everything else.
    """

    def __init__(self, workers: int) -> None:
        self.most = max(1, workers // 2)
        self.taking = Lock()  # one hand of a process takes at a time, so that counting and taking are one act
        self.stopping = Event()
        self.call_another: Callable[[], None] = lambda: None
        self.found: deque[Candidate] = deque()  # the last look at what is due, as far as nobody has tried it yet
        self._held: dict[str, Work] = {}

    def full(self) -> list[str]:
        """Streams that may not take more now."""
        held = Counter(work.stream for work in self.held())
        return [stream for stream, count in held.items() if count >= self.most]

    def next_found(self) -> Candidate | None:
        """The next of what the last look found, streams aside that may not take more now."""
        full = self.full()
        while self.found:
            candidate = self.found.popleft()
            if candidate.stream not in full:
                return candidate
        return None

    def held(self) -> list[Work]:
        return list(self._held.values())

    def add(self, work: Work) -> None:
        self._held[work.claim] = work

    def drop(self, work: Work) -> None:
        self._held.pop(work.claim, None)
