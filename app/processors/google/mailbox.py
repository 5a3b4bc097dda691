"""One mailbox at Gmail: what we read there and what we write.

Units: https://developers.google.com/workspace/gmail/api/reference/quota. A search is believed only once every hit has
been read: Gmail takes `anne.kari@example.no` for a hit when `kari@example.no` is asked for.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from email.message import Message as Mail
from typing import Any

from app.processors.base import Rejected, Retry
from app.processors.google import message
from app.processors.google.message import MARK, NAMES, OURS, Message
from app.processors.google.problem import Problem
from app.processors.google.service import Client, Data, said

PAGE = 500  # the most Gmail gives at once
NEAR = 10  # how many of the newest messages are looked through, as a search lags behind
READ, LIST, WRITE, INSERT, SEND, DELETE = 20, 5, 5, 25, 100, 10  # units
OPERATORS = ("from", "to", "cc", "bcc", "deliveredto")


class Mailbox:
    """Reads say what is there. A write that is answered is read again before it is believed."""

    def __init__(self, client: Client, address: str) -> None:
        self.address = address
        self._client = client
        self._users = client.api.users()
        self._messages = self._users.messages()
        self._lock = threading.Lock()
        self._labels: dict[str, str] = {}

    def about(self, address: str) -> Iterator[Message]:
        """Every message with or about somebody, spam and trash included."""
        ids = {id for query in _queries(address) for id in self.ids(q=query)}
        for found in filter(None, map(self.read, sorted(ids))):
            if found.mentions(address) or (found.unreadable() and not _others(found, address)):
                yield found

    def ids(self, **query: Any) -> Iterator[str]:
        """Ids of the messages that Gmail finds."""
        wanted = {"userId": self.address, "maxResults": PAGE, "includeSpamTrash": True, **query}
        for page in self._client.pages(self._messages, LIST, **wanted):
            if "messages" not in page:
                said(page, "resultSizeEstimate")
            yield from (row["id"] for row in page.get("messages", []))

    def read(self, id: str) -> Message | None:
        """The whole message; None where it is gone."""
        answer = self._got(id, format="raw")
        return message.read(answer) if answer else None

    def insert(self, mail: Mail, label: str) -> str:
        """Put a copy in, marked and labelled; returns its id. One with the same Message-ID is not put in twice."""
        name = _marked(mail)
        labels = [self.label(label), "INBOX", "UNREAD"]
        known = self.named(name, labels[0])
        if known:
            return known
        body = {"raw": message.raw(mail), "labelIds": labels}
        inserted = self._messages.insert(userId=self.address, body=body, internalDateSource="dateHeader")
        id = str(said(self._client.run(inserted, INSERT), "id"))
        shown = self.read(id)
        if shown is None or labels[0] not in shown.labels or name not in _names(shown.mail):
            raise Retry("Gmail took the copy and does not show it")
        return id

    def send(self, mail: Mail) -> str:
        """Send a letter; returns its id. One that Gmail has sent already is not sent twice."""
        name = _marked(mail)
        known = self.named(name, "SENT")
        if known:
            return known
        sent = self._messages.send(userId=self.address, body={"raw": message.raw(mail)})
        return str(said(self._client.run(sent, SEND), "id"))

    def named(self, name: str, label: str) -> str | None:
        """The message that bears this Message-ID, by search wherever it lies now, and among the newest of the label."""
        found = self.ids(q=f"rfc822msgid:{name.strip('<>')}")
        for id in (*found, *self.newest(label)):
            shown = self._got(id, format="metadata", metadataHeaders=list(NAMES))
            if shown and name in _listed(shown):
                return id
        return None

    def newest(self, label: str) -> list[str]:
        """A few ids, the newest first."""
        asked = self._messages.list(userId=self.address, labelIds=[label], maxResults=NEAR, includeSpamTrash=True)
        return [row["id"] for row in self._client.run(asked, LIST).get("messages", [])]

    def label(self, name: str) -> str:
        """The id of one of our labels, made where it is missing."""
        with self._lock:
            if name not in self._labels:
                self._labels = self._listed_labels()
            if name not in self._labels:
                self._make_label(name)
            return self._labels[name]

    def our_labels(self) -> frozenset[str]:
        """The ids of our labels, whoever made them."""
        named = self._listed_labels().items()
        return frozenset(id for name, id in named if name == OURS or name.startswith(f"{OURS}/"))

    def relabel(self, id: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        body = {"addLabelIds": list(add), "removeLabelIds": list(remove)}
        self._quietly(self._messages.modify(userId=self.address, id=id, body=body), WRITE)

    def trash(self, id: str) -> None:
        """Into the trash. Gone already is as good."""
        self._quietly(self._messages.trash(userId=self.address, id=id), WRITE)

    def delete(self, id: str) -> None:
        """For good, which takes the full scope. Gone already is as good."""
        self._quietly(self._messages.delete(userId=self.address, id=id), DELETE)

    def history(self, since: str) -> tuple[list[str], str]:
        """Ids of messages that came since, and where to go on. Raises `Problem` 404 where `since` is too old."""
        ids: dict[str, None] = {}
        last = since
        query = {"userId": self.address, "startHistoryId": since, "historyTypes": "messageAdded"}
        for page in self._client.pages(self._users.history(), 2, **query):
            last = str(said(page, "historyId"))
            added = (row for record in page.get("history", []) for row in record.get("messagesAdded", []))
            ids.update((row["message"]["id"], None) for row in added)
        return list(ids), last

    def now(self) -> str:
        """Where the history stands."""
        return str(said(self._client.run(self._users.getProfile(userId=self.address)), "historyId"))

    def labels(self) -> int:
        """How many labels there are: the cheapest read that needs our permission."""
        return len(self._listed_labels())

    def _got(self, id: str, **how: Any) -> Data | None:
        try:
            return self._client.run(self._messages.get(userId=self.address, id=id, **how), READ)
        except Problem as problem:
            if problem.status != 404:
                raise
            return None

    def _quietly(self, request: Any, units: float) -> None:
        try:
            self._client.run(request, units)
        except Problem as problem:
            if problem.status != 404:
                raise

    def _listed_labels(self) -> dict[str, str]:
        found = said(self._client.run(self._users.labels().list(userId=self.address)), "labels")
        return {row["name"]: row["id"] for row in found}

    def _make_label(self, name: str) -> None:
        shown = {"name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show"}
        try:
            made = self._client.run(self._users.labels().create(userId=self.address, body=shown), WRITE)
            self._labels[name] = str(said(made, "id"))
        except Problem as problem:
            self._labels = self._listed_labels()
            if name not in self._labels:  # else another process was quicker
                raise Retry("Gmail does not make our label") if problem.status == 409 else problem from None


def _queries(address: str) -> Iterator[str]:
    """One question each: a hit is found by at least one, and each kind of search can be proven to find."""
    for spelling in message.spellings(address):
        quoted = '"' + spelling.replace('"', "") + '"'
        yield quoted
        plain = spelling if re.fullmatch(r"[\w.@+-]+", spelling) else quoted
        yield from (f"{operator}:{plain}" for operator in OPERATORS)


def _others(found: Message, address: str) -> bool:
    """Is the hit explained by a longer address, like `anne.kari@…`?"""
    texts = (*found.parties(), *message.texts(found.mail))
    return any(spelling in text for spelling in message.spellings(address) for text in texts)


def _marked(mail: Mail) -> str:
    """The letter's Message-ID, which it also bears where Gmail leaves it alone."""
    name = str(mail.get("Message-ID", "")).strip()
    if not name:
        raise Rejected("A letter without a Message-ID cannot be sent only once")
    if MARK not in mail:
        mail[MARK] = name
    return name


def _names(mail: Mail) -> set[str]:
    return {str(mail.get(name, "")).strip() for name in NAMES}


def _listed(shown: Data) -> set[str]:
    headers = shown.get("payload", {}).get("headers", [])
    return {row["value"].strip() for row in headers if row["name"].lower() in {name.lower() for name in NAMES}}
