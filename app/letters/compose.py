"""From a row to a letter: text and HTML from one template, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from hashlib import sha256
from typing import Any

from flask import current_app

from app.extensions import db
from app.i18n import speaking
from app.letters.headers import POLICY, mailbox, one_line, reply_to, sender, verified, write
from app.letters.models import Letter
from app.letters.service import host
from app.sites.models import Site


@dataclass(frozen=True)
class Draft:
    """What a composer says of a letter.

    `template` is a name in templates/letters/, the letter's kind unless said; the subject is the template's unless
    said. A letter to a person has an `unsubscribe_url`, one to staff has none. `reply_to` is left out of the letter
    when it is not a valid address.
    """

    subject: str = ""
    template: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    to: str = ""
    reply_to: str = ""
    unsubscribe_url: str = ""


Composer = Callable[[Letter], Draft | None]
COMPOSERS: dict[str, Composer] = {}


def composer(kind: str) -> Callable[[Composer], Composer]:
    """Register who composes letters of a kind. It is called when the letter leaves, in the letter's language.

    It returns None when the letter is no longer wanted.
    """

    def register(function: Composer) -> Composer:
        if COMPOSERS.setdefault(kind, function) is not function:
            raise ValueError(f"two composers for {kind}")
        return function

    return register


def compose(letter: Letter) -> EmailMessage | None:
    """The letter as it is sent, the same bytes each time; None when it is no longer wanted.

    Raises `Unsafe` when its headers would not be the ones that were meant.
    """
    site = db.session.get_one(Site, letter.site_id)
    with speaking(letter.lang):
        draft = COMPOSERS[letter.kind](letter)
        return _message(letter, site, draft) if draft else None


def _message(letter: Letter, site: Site, draft: Draft) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    for name, value in _headers(letter, site, draft).items():
        if value:
            write(message, name, value)
    message.set_content(_render("base.txt", letter, site, draft) + "\n", cte="quoted-printable")
    message.add_alternative(_render("base.html", letter, site, draft), subtype="html", cte="quoted-printable")
    message.set_boundary(sha256(letter.message_id.encode()).hexdigest()[:32])
    return verified(message)


def _headers(letter: Letter, site: Site, draft: Draft) -> dict[str, Any]:
    person = draft.unsubscribe_url
    return {
        "From": sender(current_app.config["MAIL_FROM"]),
        "To": mailbox(draft.to),
        "Reply-To": reply_to(draft.reply_to) if draft.reply_to else None,
        "Subject": one_line(draft.subject or _render("subject.txt", letter, site, draft)),
        "Date": letter.created_at,
        "Message-ID": letter.message_id,
        "List-Id": f"{one_line(site.name)} <{site.slug}.{host()}>" if person else None,
        "List-Unsubscribe": f"<{draft.unsubscribe_url}>" if person else None,
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" if person else None,  # RFC 8058
        "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday greetings, please
    }


def _render(frame: str, letter: Letter, site: Site, draft: Draft) -> str:
    """`frame` wraps the letter: base.txt, base.html or subject.txt. No request, so no context processors."""
    template = current_app.jinja_env.get_template(f"letters/{frame}")
    given = {"letter": f"letters/{draft.template or letter.kind}.txt", "site": site, "lang": letter.lang}
    links = {"unsubscribe_url": draft.unsubscribe_url, "rights_url": rights_url(site, letter.lang)}
    text = template.render({**draft.context, **given, **links})
    return text.strip().encode("utf-8", "replace").decode()  # a lone surrogate cannot be sent


def rights_url(site: Site, lang: str) -> str:
    """Where a person asks for what is hers: access, correction, erasure (GDPR article 12 (2))."""
    return str(current_app.config["BASE_URL"] + site.privacy_path(lang))
