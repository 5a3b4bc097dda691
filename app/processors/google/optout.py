"""Does a message say "take me off", and nothing else? Pure.

Careful by intent: what is not plainly a wish to leave is left for a human to read. A message counts only when Google
says that its sender's address is not forged, and never when a machine wrote it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from email.message import Message as Mail
from email.utils import getaddresses

from app.processors.google.message import content, header

_LIST = r"(?:nyhetsbrev(?:et|ene|a)?|e-?post(?:listen|lista|en)?|(?:mail|adresse)?list(?:en|a))"
_PLEASE = r"(?:vennligst |vær så snill(?: og| å)? |kan (?:du|dere) |(?:jeg )?(?:vil|ønsker)(?: å)? )?"
_MAIL = r"(?:(?:your |the |this )?(?:mailing ?list|list|newsletters?|e-?mails?|mailings?))"
_KINDLY = r"(?:please |pls |kindly |(?:can|could) you (?:please )?|i (?:want|would like) to )?"
WISHES = (
    rf"{_PLEASE}avmelde? meg(?: (?:fra )?{_LIST})?",
    rf"{_PLEASE}melde? meg (?:av|ut)(?: (?:fra )?{_LIST})?",
    rf"{_PLEASE}fjerne? meg(?: fra {_LIST})?",
    rf"{_PLEASE}ta meg (?:av|bort fra|vekk fra) {_LIST}",
    rf"{_PLEASE}(?:bli avmeldt|avmeldes|bli meldt av)(?: fra)?(?: {_LIST})?",
    rf"avmeld|avmelding|stopp|stopp {_LIST}",
    rf"{_KINDLY}(?:unsubscribe|remove)(?: me)?(?: from {_MAIL})?",
    rf"{_KINDLY}take me off(?: {_MAIL})?",
    r"stop|opt ?out",
)
# One word alone may mean anything.
WISH = re.compile(rf"(?!remove$)(?:{'|'.join(WISHES)})(?: takk| please)?")
GREETING = re.compile(
    r"(?:hei|hallo|heisann|god dag|hi|hello|dear (?:all|sir or madam))(?: igjen| alle sammen| there)?"
)
THANKS = re.compile(r"(?:på forhånd )?(?:takk|tusen takk|thanks|thank you|many thanks)(?: in advance)?")
FAREWELL = re.compile(
    r"(?:med )?(?:vennlig |beste |mange )?(?:mvh|vh|hilsen|hilsner|regards|best|cheers|sincerely)\b.*"
)
CLIENT = re.compile(r"(?:sendt? fra|sent from|få outlook|get outlook|skickat från|hent outlook)\b.*")
QUOTE = re.compile(
    r"\s*(?:>|-{3,}|_{5,}|(?:den|på|on|am|le)\b.*(?:skrev|wrote|schrieb|écrit)|(?:fra|from|sendt|sent|til|to)\s*:)",
    re.I,
)


PROVES = {"dkim=pass": ("header.i", "header.d"), "spf=pass": ("smtp.mailfrom",)}


def address(mail: Mail) -> str | None:
    """Who wants to leave, in lower case; None where the message says anything else."""
    senders = [a.lower() for _, a in getaddresses([str(v) for v in mail.get_all("From", [])]) if a]
    if len(senders) != 1 or _automatic(mail) or not _proven(mail, senders[0]):
        return None
    return senders[0] if _wishes(header(mail, "Subject"), _text(mail)) else None


def _wishes(subject: str, text: str) -> bool:
    said = _said(text)
    if said:
        return len(said) == 1 and _is_wish(said[0])
    return _is_wish(_plain(subject))  # a mail program's own button writes the subject alone


def _is_wish(line: str) -> bool:
    return bool(WISH.fullmatch(line))


def _said(text: str) -> list[str]:
    """The lines that say something: no quote, greeting, thanks or signature."""
    said = []
    for line in text.splitlines():
        plain = _plain(line)
        if QUOTE.match(line) or line.rstrip() == "--" or FAREWELL.fullmatch(plain) or CLIENT.fullmatch(plain):
            break
        if plain and not GREETING.fullmatch(plain) and not THANKS.fullmatch(plain):
            said.append(plain)
    return said


def _plain(line: str) -> str:
    return " ".join(re.sub(r"[^\w\s-]", " ", line.lower()).split())


def _text(mail: Mail) -> str:
    """The plain text; of a message with HTML only, its words."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain" and part.get_filename() is None:
            return content(part)
    for part in mail.walk():
        if part.get_content_type() == "text/html":
            lines = re.sub(r"(?i)<(?:br|/p|/div|blockquote)[^<>]*>", "\n", content(part))
            return html.unescape(re.sub(r"<[^<>]+>", "", lines))
    return ""


def _automatic(mail: Mail) -> bool:
    """Holiday greetings, lists and reports (RFC 3834)."""
    submitted = str(mail.get("Auto-Submitted", "no")).strip().lower()
    bulk = str(mail.get("Precedence", "")).strip().lower() in {"bulk", "junk", "list", "auto_reply"}
    marks = ("List-Id", "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
    return submitted != "no" or bulk or any(name in mail for name in marks)


def _proven(mail: Mail, sender: str) -> bool:
    """Does Google say that the sender's domain sent it (RFC 8601)? Its own verdict is the uppermost."""
    verdict = str(mail.get("Authentication-Results", "")).lower()
    if not re.match(r"\s*mx\.google\.com\s*;", verdict):
        return False
    found = list(_results(verdict))
    dmarc = [result for result, _ in found if result.startswith("dmarc=")]
    if dmarc:
        return "dmarc=pass" in dmarc
    domain = sender.rpartition("@")[2]
    return any(domain == told.get(name) for result, told in found for name in PROVES.get(result, ()))


def _results(verdict: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each result with the domains it is about. What the sender could choose is left out: the names before an @, and
    what stands in quotes or comments. All of it may read like a result of its own."""
    bare = re.sub(r"\([^()]*\)", "", re.sub(r'"(?:[^"\\]|\\.)*"', "", verdict))
    for said in bare.split(";")[1:]:
        result, *more = said.split() or [""]
        yield result, {name: value.rpartition("@")[2] for name, _, value in (word.partition("=") for word in more)}
