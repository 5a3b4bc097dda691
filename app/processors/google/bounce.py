"""Which addresses a delivery status notification says do not exist (RFC 3464). Pure.

Only refusals that are about the address count (RFC 3463): a full mailbox, a spam filter or a letter that is too big say
nothing of whether the person is there. And only for a letter of ours, as anybody can write such a notification.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email.message import Message as Mail

from app.processors.google.message import NAMES

# By a Message-ID the address to which we sent that letter; empty where it is none of ours.
Written = Callable[[str], str]

# No such mailbox, no such domain, moved, bad syntax, null MX; disabled mailbox.
NO_SUCH_ADDRESS = re.compile(r"5\.(1\.(1|2|3|6|10)|2\.1)\b")


def addresses(mail: Mail, written: Written) -> list[str]:
    """The address that does not exist, in lower case, as a list of one; empty where it is no such notification.

    The notification must bring back a letter of ours, and name the address that we sent it to: so whoever has got a
    letter from us can say nothing with it of anybody else. Where the person has her mail forwarded, a failure of the
    forwarding address alone is none of hers.
    """
    report = mail.get_content_type() == "multipart/report" and _parameter(mail, "report-type") == "delivery-status"
    returned = _returned(mail) if report else None
    if returned is None:
        return []
    ours = {written(str(returned.get(name, "")).strip()).lower() for name in NAMES if name in returned}
    return sorted({address for block in _blocks(mail) for address in _failed(block)} & (ours - {""}))


def _returned(mail: Mail) -> Mail | None:
    """Our letter, or its headers, as the notification brings it back."""
    for part in mail.walk():
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list) and payload:
            return payload[0] if isinstance(payload[0], Mail) else None
        if part.get_content_type() == "text/rfc822-headers":
            from email.parser import HeaderParser

            return HeaderParser().parsestr(str(payload))
    return None


def _blocks(mail: Mail) -> Iterator[Mail]:
    """The fields of each recipient; the first block is about the letter as a whole."""
    for part in mail.walk():
        payload = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(payload, list):
            yield from (block for block in payload if isinstance(block, Mail))


def _failed(block: Mail) -> Iterator[str]:
    status = str(block.get("Status", "")).strip()
    if str(block.get("Action", "")).strip().lower() == "failed" and NO_SUCH_ADDRESS.match(status):
        for name in ("Original-Recipient", "Final-Recipient"):
            kind, _, address = str(block.get(name, "")).partition(";")
            if kind.strip().lower() == "rfc822":
                yield address.strip().strip("<>").lower()


def _parameter(mail: Mail, name: str) -> str:
    value = mail.get_param(name)
    return value.lower() if isinstance(value, str) else ""
