"""News from Stripe. Verify, note what to read, commit, answer; all else is the worker's."""

from __future__ import annotations

import time

from flask import abort, current_app, request
from structlog import get_logger

from app.billing import service
from app.extensions import csrf, db
from app.processors.stripe import webhook
from app.processors.stripe.webhook import Event
from app.webhooks.door import bp

LARGEST = 512 * 1024  # bytes; an invoice with many lines takes a hundred thousand

log = get_logger()


@bp.post("/stripe")
@csrf.exempt  # type: ignore[untyped-decorator]
def stripe() -> tuple[str, int]:
    """One event. A repeat, a stranger and what is of no concern get the same 200."""
    if not current_app.config["STRIPE_WEBHOOK_SECRET"]:
        abort(404)
    request.max_content_length = LARGEST
    raw = request.get_data(cache=False)
    _only_signed(raw)
    event = _event(raw)
    if event:
        service.heed(event)
        db.session.commit()
        log.info("webhook", processor="stripe", kind=event.type)
    return "", 200


def _only_signed(raw: bytes) -> None:
    header = request.headers.get("Stripe-Signature", "")
    if not webhook.verify(current_app.config["STRIPE_WEBHOOK_SECRET"], header, raw, time.time()):
        abort(403)


def _event(raw: bytes) -> Event | None:
    try:
        return webhook.parse(raw)
    except ValueError:
        abort(400)
