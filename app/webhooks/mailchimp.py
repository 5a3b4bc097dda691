"""News from Mailchimp. Read, one verb, commit, answer; all else is the worker's."""

from __future__ import annotations

import hmac
import time
from urllib.parse import parse_qsl

from flask import abort, current_app, request
from structlog import get_logger

from app.extensions import csrf, db
from app.processors.base import Notice
from app.processors.mailchimp import webhook
from app.sync import notices
from app.webhooks.door import bp

LARGEST = 64 * 1024  # bytes; Mailchimp's are under two thousand
MOST_FIELDS = 200

log = get_logger()


@bp.get("/mailchimp/<secret>")
def mailchimp_check(secret: str) -> tuple[str, int]:
    """Mailchimp looks whether somebody lives here before it accepts the address."""
    _only_whoever_knows(secret)
    return "", 200


@bp.post("/mailchimp/<secret>")
@csrf.exempt  # type: ignore[untyped-decorator]
def mailchimp(secret: str) -> tuple[str, int]:
    """One piece of news from Mailchimp. A repeat, a stranger and a campaign get the same 200."""
    _only_whoever_knows(secret)
    request.max_content_length = LARGEST
    raw = request.get_data(cache=False)
    _only_signed(raw)
    notice = _notice(raw)
    if notice:
        notices.heed("mailchimp", notice)
        db.session.commit()
        log.info("webhook", processor="mailchimp", kind=notice.kind)
    return "", 200


def _only_whoever_knows(secret: str) -> None:
    expected = current_app.config["MAILCHIMP_WEBHOOK_SECRET"]
    if not expected or not hmac.compare_digest(expected.encode(), secret.encode()):
        abort(404)


def _only_signed(raw: bytes) -> None:
    """Where a signing secret is set. Over the bytes as they came: reading them as a form loses some."""
    secret = current_app.config["MAILCHIMP_SIGNING_SECRET"]
    if secret and not webhook.verify(secret, dict(request.headers), raw, time.time()):
        abort(403)


def _notice(raw: bytes) -> Notice | None:
    try:
        form = dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
        return webhook.parse(form, current_app.config["MAILCHIMP_AUDIENCE"])
    except ValueError:
        abort(400)
