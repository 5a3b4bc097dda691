"""Pages behind a link in a letter: never stored, never indexed, no cookie, in the language of the letter."""

from __future__ import annotations

from typing import Any

from flask import Response, g, make_response, render_template, request

from app.contacts.models import Contact
from app.network import network_of

HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    # Not `no-referrer`: browsers then send `Origin: null` with the button's POST.
    "Referrer-Policy": "strict-origin",
}


def bind(lang: str) -> None:
    """The page speaks the language of its letter."""
    g.lang = lang


def page(template: str, status: int = 200, **context: Any) -> Response:
    return private(make_response(render_template(template, **context), status))


def plain(text: str, status: int = 200) -> Response:
    """A line of text, for mail programs that press the button themselves."""
    return private(Response(text + "\n", status, mimetype="text/plain"))


def private(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


def facts(contact: Contact) -> dict[str, str]:
    """The personal side of what is happening now: who, from where (cut short), with what program."""
    return {
        "address": contact.address,
        "ip": network_of(request.remote_addr),
        "user_agent": str(request.user_agent)[:256],
        "url": request.base_url.rsplit("/", 1)[0],  # the token is a key, not evidence
    }
