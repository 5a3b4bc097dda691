"""What the request tells of who sends: where from, cut short; on which page; in which language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from flask import request

from app.i18n import supported
from app.masking import mask
from app.network import network_of
from app.submissions.answers import clean_text
from app.submissions.catalogue import Published
from app.submissions.record import Sender
from app.submissions.redirects import normal_origin

HEADERS = ("User-Agent", "Referer")  # what an adapter may look at
USER_AGENT, PAGE_URL = 256, 500


def headers() -> dict[str, str]:
    return {name.lower(): request.headers.get(name, "") for name in HEADERS}


def language(form: Published, *first: str | None) -> str:
    """The language of the answer: what the page said, `?lang=`, what the browser wishes, the site's own."""
    browser = (tag for tag, _ in request.accept_languages)
    wishes: Iterable[str | None] = (*first, request.args.get("lang"), *browser)
    return form.language(*map(supported, wishes))


def sender(form: Published, lang: str, controls: Mapping[str, str]) -> Sender:
    return Sender(
        lang=lang,
        network=network_of(request.remote_addr),
        user_agent=clean_text(request.headers.get("User-Agent", ""))[:USER_AGENT],
        page_url=page_url(form, controls.get("_page")),
        key=request.headers.get("Idempotency-Key") or controls.get("_sid", ""),
    )


def page_url(form: Published, claimed: str | None = None) -> str:
    """The page the form stands on, without its query. Of somebody else's page, and of our own, less: the host."""
    try:
        parts = urlsplit(clean_text(claimed or request.headers.get("Referer", "")))
    except ValueError:
        return ""
    origin = normal_origin(f"{parts.scheme}://{parts.netloc}")
    if origin is None:
        return ""
    if origin != form.site.origin:
        return origin.partition("://")[2][:PAGE_URL]
    return mask(origin + parts.path)[0][:PAGE_URL]
