"""What the request tells of who sends: where from, cut short; on which page; in which language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from app.i18n import supported
from app.masking import mask
from app.network import network_of
from app.submissions.answers import clean_text
from app.submissions.catalogue import Published
from app.submissions.record import Sender
from app.submissions.redirects import normal_origin

USER_AGENT, PAGE_URL = 256, 500


@dataclass(slots=True)
class Headers:
    """What we look at of the request, looked at once."""

    origin: str | None
    fetch_site: str | None
    encoding: str | None
    accept: str | None
    languages: str | None
    agent: str
    referer: str
    key: str
    address: str | None

    @property
    def for_adapters(self) -> dict[str, str]:
        return {"user-agent": self.agent, "referer": self.referer}


def look() -> Headers:
    """Asked of the environment, where a header that is missing costs nothing."""
    ask = request.environ.get
    return Headers(
        origin=ask("HTTP_ORIGIN"),
        fetch_site=ask("HTTP_SEC_FETCH_SITE"),
        encoding=ask("HTTP_CONTENT_ENCODING"),
        accept=ask("HTTP_ACCEPT"),
        languages=ask("HTTP_ACCEPT_LANGUAGE"),
        agent=ask("HTTP_USER_AGENT") or "",
        referer=ask("HTTP_REFERER") or "",
        key=ask("HTTP_IDEMPOTENCY_KEY") or "",
        address=ask("REMOTE_ADDR"),
    )


def language(form: Published, headers: Headers, *first: str | None) -> str:
    """The language of the answer: what the page said, `?lang=`, what the browser wishes, the site's own."""
    query = request.args.get("lang") if request.environ.get("QUERY_STRING") else None
    said = next((lang for lang in map(supported, (*first, query)) if lang), None)
    spoken = form.site.languages
    return said if said in spoken else _wished(headers.languages, *spoken)


@lru_cache(1000)
def _wished(accept: str | None, *spoken: str) -> str:
    """Of the languages a site speaks, the one that the browser wishes most; else the first."""
    wishes = parse_accept_header(accept, LanguageAccept)
    return next((lang for tag, _ in wishes if (lang := supported(tag)) in spoken and lang), spoken[0])


@lru_cache(10_000)
def network(address: str | None) -> str:
    """`network_of`, remembered: one network sends often."""
    return network_of(address)


def sender(form: Published, headers: Headers, lang: str, controls: Mapping[str, str]) -> Sender:
    return Sender(
        lang=lang,
        network=network(headers.address),
        user_agent=clean_text(headers.agent)[:USER_AGENT],
        page_url=page_url(form.site.origin, controls.get("_page") or headers.referer),
        key=headers.key or controls.get("_sid", ""),
    )


@lru_cache(1000)
def page_url(site: str, claimed: str) -> str:
    """The page the form stands on, without its query. Of a page that is not on the form's site, the host alone."""
    page = clean_text(claimed)
    try:
        parts = urlsplit(page)
    except ValueError:
        return ""
    origin = normal_origin(f"{parts.scheme}://{parts.netloc}") if page else None
    if origin is None:
        return ""
    if origin != site:
        return origin.partition("://")[2][:PAGE_URL]
    return mask(origin + parts.path)[0][:PAGE_URL]
