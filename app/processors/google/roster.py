"""One group: what we read there and what we write.

`members.hasMember` refuses every address from outside the domain with a 400; so members are read by `members.get`,
whose 404 means "no member", once the group itself is known to be there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.processors.base import Retry
from app.processors.google.problem import Problem
from app.processors.google.service import Client, Data, said

PAGE = 200  # the most Google gives at once
NO_MAIL, ALL_MAIL = "NONE", "ALL_MAIL"


class Roster:
    """Reads say who is in; a write is read again before it is believed."""

    def __init__(self, client: Client, group: str) -> None:
        self._client, self._group = client, group
        self._members = client.api.members()
        self._proven = False

    def read(self, address: str) -> Data | None:
        """The member, or None."""
        try:
            row = self._client.run(self._members.get(groupKey=self._group, memberKey=address))
        except Problem as problem:
            if problem.status != 404:
                raise
            self._known()
            return None
        said(row, "id")
        return row

    def add(self, address: str) -> None:
        """A member already is as good. A group that was made a moment ago is not known everywhere: `Retry`."""
        if self.read(address):
            return
        body = {"email": address, "role": "MEMBER", "delivery_settings": ALL_MAIL}
        try:
            self._client.run(self._members.insert(groupKey=self._group, body=body))
        except Problem as problem:
            if problem.status == 404:
                raise Retry("Google Groups does not know the group everywhere yet") from None
            if problem.status != 409:
                raise
        if not self.read(address):
            raise Retry("Google Groups took the member and does not show it")

    def remove(self, address: str) -> None:
        """Gone already is as good."""
        try:
            self._client.run(self._members.delete(groupKey=self._group, memberKey=address))
        except Problem as problem:
            if problem.status != 404:
                raise
        if self.read(address):
            raise Retry("Google Groups still shows the member")

    def deliver(self, address: str, wanted: bool) -> None:
        """Send mail to a member, or not."""
        row = self.read(address)
        if row is None:
            return
        settings = ALL_MAIL if wanted else NO_MAIL
        body = {"email": address, "role": row.get("role", "MEMBER"), "delivery_settings": settings}
        self._client.run(self._members.update(groupKey=self._group, memberKey=address, body=body))
        after = self.read(address)
        if after and after.get("delivery_settings") != settings:
            raise Retry("Google Groups has not changed the delivery")

    def everybody(self) -> Iterator[Data]:
        """A page at a time."""
        query: dict[str, Any] = {"groupKey": self._group, "maxResults": PAGE}
        for page in self._client.pages(self._members, **query):
            if "members" not in page:
                said(page, "kind")
            yield from page.get("members", [])

    def _known(self) -> None:
        """A group that was made a moment ago is not known everywhere. One that never was is seen by `ping`."""
        try:
            self.prove()
        except Problem as problem:
            if problem.status != 404:
                raise
            raise Retry("Google does not know this group, or not yet") from None

    def prove(self) -> None:
        """A member's 404 means nothing where the group itself is unknown. Raises `Problem` then."""
        if not self._proven:
            self._client.run(self._members.list(groupKey=self._group, maxResults=1))
            self._proven = True
