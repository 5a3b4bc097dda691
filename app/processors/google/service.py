"""Google's services, built from the discovery documents that come with its library: no call is needed for that.

One seam moves all of a service to another place. The library's own option `api_endpoint` would leave batches and
uploads at Google, which a test must never reach.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import googleapiclient
from googleapiclient.discovery import build_from_document

from app.processors.base import Retry
from app.processors.google.auth import Scope, understood
from app.processors.google.key import Key
from app.processors.google.limit import Limit
from app.processors.google.settings import Settings
from app.processors.google.wire import Wire, session

Data = dict[str, Any]
DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"

# It logs every URL, and a search has an address in it.
logging.getLogger("googleapiclient.discovery").setLevel(logging.WARNING)


class Client:
    """One of Google's services, spoken to as one user: `api` makes requests, and `run` sends them."""

    def __init__(self, name: str, settings: Settings, subject: str, scopes: Sequence[Scope], limit: Limit) -> None:
        pool = session()
        urls = [scope.url for scope in scopes]
        self._key = Key(understood(settings.credentials), subject, urls, pool, settings.source)
        self._limit = limit
        self.api = build_from_document(document(name, settings.base), http=Wire(self._key, pool, settings.timeout))

    def run(self, request: Any, units: float = 1.0) -> Data:
        """Send a request, in turn. `units` is its cost where the service counts them."""
        with self._limit.turn(units):
            answer = request.execute()
        return answer if isinstance(answer, dict) else {}

    def pages(self, collection: Any, units: float = 1.0, **query: Any) -> Iterator[Data]:
        """Every page of a collection's `list`, until there is no next one."""
        while True:
            answer = self.run(collection.list(**query), units)
            yield answer
            if not answer.get("nextPageToken"):
                return
            query = {**query, "pageToken": answer["nextPageToken"]}

    def allows(self, scope: Scope) -> bool:
        """Has the owner granted this scope?"""
        return self._key.allows(scope.url)


def document(name: str, base: str = "") -> Data:
    """A discovery document, moved to `base` where one is given."""
    found: Data = json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))
    if base:
        found["rootUrl"] = f"{base}/"
        found["baseUrl"] = f"{base}/{found.get('servicePath', '')}"
    found.pop("mtlsRootUrl", None)
    return found


def said(answer: Data, name: str) -> Any:
    """A part that a whole answer always has. Nothing said must not be taken for nobody there."""
    if name not in answer:
        raise Retry(f"Google answered without {name}")
    return answer[name]
