"""Development only: the letters that were written to the folder instead of being sent."""

from __future__ import annotations

import re
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Response, abort, current_app, make_response, render_template, url_for

bp = Blueprint("dev", __name__)

MOST = 200  # letters on the page
NAME = re.compile(r"\d{12}")
LINK = re.compile(r"https?://[^\s<>\"')\]]+")
SHOWN = ("From", "To", "Reply-To", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post")
FRAMING = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-top-navigation-by-user-activation"
)


@bp.get("/dev/mail")
def letters() -> str:
    """The newest letters first."""
    files = sorted(_folder().glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return render_template("dev/mail.html", letters=[_summary(file.stem) for file in files[:MOST]])


@bp.get("/dev/mail/<name>")
def letter(name: str) -> Response:
    """One letter, as text and, in a frame that can do nothing, as HTML."""
    message = _read(name)
    response = make_response(render_template("dev/mail_one.html", letter={**_summary(name), **_parts(name, message)}))
    response.headers["Content-Security-Policy"] = FRAMING
    return response


@bp.get("/dev/mail/<name>/html")
def letter_html(name: str) -> Response:
    """The HTML part alone. A link in it opens in place of our page, not in the frame."""
    page = _body(_read(name), "html").replace("<head>", '<head><base target="_top">', 1)
    return Response(page, headers={"Content-Security-Policy": FRAMED, "X-Frame-Options": "SAMEORIGIN"})


def _folder() -> Path:
    """Where the letters are, or nowhere when they are really sent."""
    parts = urlsplit(current_app.config["MAIL_URL"])
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path("/nonexistent")


def _read(name: str) -> EmailMessage:
    file = _folder() / f"{name}.eml"
    if not NAME.fullmatch(name) or not file.is_file():
        abort(404)
    return message_from_bytes(file.read_bytes(), policy=default)


def _summary(name: str) -> dict[str, Any]:
    message = _read(name)
    at: datetime = message["Date"].datetime
    return {
        "url": url_for("dev.letter", name=name),
        "subject": str(message["Subject"]),
        "from": str(message["From"]),
        "to": str(message["To"]),
        "at": at,
    }


def _parts(name: str, message: EmailMessage) -> dict[str, Any]:
    text = _body(message, "plain")
    return {
        "headers": [(header, str(message[header])) for header in SHOWN if message[header]],
        "text": text,
        "links": [{"href": link.rstrip(".,;")} for link in dict.fromkeys(LINK.findall(text))],
        "html_url": url_for("dev.letter_html", name=name) if _body(message, "html") else None,
    }


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""
