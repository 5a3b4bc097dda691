"""Who does what: a handler for each kind of work, and the kinds that the clock asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from huey import crontab

Handler = Callable[[str], Any]
Times = Callable[[datetime], bool]

HANDLERS: dict[str, Handler] = {}
CLOCK: dict[str, tuple[Times | None, Callable[[], Any]]] = {}  # no times: at every tick
EVERY_TICK = "*/30"


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register a handler: it gets the ref, commits by itself, and may be run again after it has succeeded.

    It raises `Retry` for later, `Rejected` for never; anything else is a bug, recorded and tried again.
    """

    def register(handler: Handler) -> Handler:
        if HANDLERS.setdefault(kind, handler) is not handler:
            raise ValueError(f"two handlers for {kind}")
        return handler

    return register


def periodic(second: str = "", **times: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run a function at these times (UTC): `minute`, `hour`, `day`, `month`, `day_of_week`.

    Written as in crontab(5); what is not named is every one of its kind, and `second="*/30"` alone is twice a minute.
    The clock only asks: the work is an outbox row called `<feature>.<function>`, in a lane, its failures kept. Where
    that kind has a handler of its own, the handler does it; else the function is called without arguments.
    Raises ValueError when the times cannot be read.
    """
    if second not in ("", EVERY_TICK) or (second and times):
        raise ValueError(f"the clock ticks every 30 seconds: second={EVERY_TICK!r}, or times by the minute")
    matches = None if second else crontab(**times, strict=True)

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        kind = f"{function.__module__.split('.')[1]}.{function.__name__}"
        if CLOCK.setdefault(kind, (matches, function))[1] is not function:
            raise ValueError(f"two functions on the clock for {kind}")
        return function

    return register


def handler(kind: str) -> Handler | None:
    """What to call for a kind of work, None when nobody has said."""
    if kind in HANDLERS or kind not in CLOCK:
        return HANDLERS.get(kind)
    _, function = CLOCK[kind]
    return lambda _ref: function()


def kinds() -> set[str]:
    """Every kind of work that somebody does."""
    return {*HANDLERS, *CLOCK}
