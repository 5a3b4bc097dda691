"""This stand-in is ours. Mailchimp's Marketing API on 127.0.0.1, as far as we call it, with a memory.

Every request that comes and every answer that goes is checked against Mailchimp's own OpenAPI description. What breaks
it is kept in `violations`, and the fixture fails the test that caused it. Faults are injected with `fail`: they alone
may break the description, because the real service does. Run it by hand for the whole application:

    python -m tests.support.mailchimp_server --port 9099 [--webhook URL] [--signing-secret SECRET]

then set MAILCHIMP_API_BASE=http://127.0.0.1:9099 MAILCHIMP_API_KEY=stand-in-us1 MAILCHIMP_AUDIENCE=a1b2c3d4e5.
`POST /stand-in/unsubscribe` with `address=` is a person who clicks the link in a campaign; the webhook follows.
`GET /stand-in/members` shows what is held.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import re
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.listening import Asked, Listening
from tests.support.mailchimp_store import Audience, Body, Problem, Store
from tests.support.openapi import Description

DESCRIPTION = Description(Path(__file__).with_name("mailchimp_openapi.json"))
KEY = "stand-in-us1"
AUDIENCE = "a1b2c3d4e5"
MOST_CONNECTIONS = 10


@dataclass
class Call:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw or b"null")


@dataclass
class Answer:
    """One answer as it leaves. `delay` in seconds; `cut` closes the connection instead of answering."""

    status: int
    raw: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    acted: bool = False  # the request took effect all the same


@dataclass
class _Fault:
    method: str
    path: str
    answer: Answer
    times: int


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # else a crowd is turned away by the kernel and never counted


class MailchimpServer:
    """The running stand-in: `url`, `store`, what it was asked (`calls`) and what broke the rules (`violations`)."""

    def __init__(
        self, port: int = 0, audiences: tuple[str, ...] = (AUDIENCE,), webhook: str = "", secret: str = ""
    ) -> None:
        self.store = Store(*audiences)
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.connections = self.peak = self._busy = 0
        self._webhook, self._secret = webhook, secret
        self._faults: list[_Fault] = []
        self._meanwhile: list[tuple[str, Callable[[], object]]] = []
        self._lock = threading.Lock()
        self._http = _Listener(("127.0.0.1", port), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    @property
    def audience(self) -> Audience:
        """The first audience, which most tests use alone."""
        return next(iter(self.store.audiences.values()))

    def start(self) -> MailchimpServer:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> MailchimpServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def serve(self) -> None:
        self._http.serve_forever()

    def fail(self, answer: Answer, method: str = "", path: str = "", times: int = 1) -> None:
        """Give this answer to the next `times` requests of that method whose path ends so."""
        self._faults.append(_Fault(method, path, answer, times))

    def meanwhile(self, method: str, act: Callable[[], object]) -> None:
        """Let something happen at Mailchimp just before the next request of that method is served."""
        self._meanwhile.append((method, act))

    def asked(self, method: str, ending: str = "") -> list[Call]:
        """What was asked by one method, of paths with that ending."""
        return [call for call in self.calls if call.method == method and call.path.endswith(ending)]

    def respond(self, call: Call) -> Answer:
        """The answer to one request, faults first."""
        with self._lock:
            self._busy += 1
            self.peak = max(self.peak, self._busy)
            self.calls.append(call)
            crowded = self._busy > MOST_CONNECTIONS
        try:
            return _problem(Problem(429, "Too Many Requests", "10 at once")) if crowded else self._answer(call)
        finally:
            with self._lock:
                self._busy -= 1

    def _answer(self, call: Call) -> Answer:
        for waiting in [pair for pair in self._meanwhile if pair[0] == call.method]:
            self._meanwhile.remove(waiting)
            waiting[1]()
        fault = self._next_fault(call)
        if fault:
            if fault.acted:
                self._checked(call)
            time.sleep(fault.delay)
            return fault
        return self._checked(call)

    def _next_fault(self, call: Call) -> Answer | None:
        with self._lock:
            for fault in self._faults:
                if fault.times and fault.method in ("", call.method) and call.path.endswith(fault.path):
                    fault.times -= 1
                    return fault.answer
        return None

    def _checked(self, call: Call) -> Answer:
        if call.path.startswith("/stand-in/"):
            return self._by_hand(call)
        path = call.path.removeprefix("/3.0")
        kind = call.headers.get("Content-Type", "")
        wrong = DESCRIPTION.request_errors(call.method, path, call.query, kind, call.raw)
        answer = self._act(call, path)
        wrong += DESCRIPTION.answer_errors(call.method, path, answer.status, answer.raw)
        for text in wrong:
            self.violations.append(f"{call.method} {path}: {text}")
            print("violation:", self.violations[-1], file=sys.stderr)
        return answer

    def _act(self, call: Call, path: str) -> Answer:
        with self.store.lock:
            try:
                _authorised(call)
                return _json(200, _act(self.store, call, path))
            except Problem as problem:
                return _problem(problem)

    def _by_hand(self, call: Call) -> Answer:
        if call.method == "GET":
            members = [contact.shown() for contact in self.audience.contacts.values()]
            return _json(200, {"members": members})
        address = parse_qs(call.raw.decode())["address"][0]
        with self.store.lock:
            self.store.leaves(self.audience, address)
        self._notify(address)
        return Answer(204)

    def _notify(self, address: str) -> None:
        if not self._webhook:
            return
        headers, raw = webhook("unsubscribe", self.store, address, self._secret, action="unsub", reason="manual")
        request = urllib.request.Request(self._webhook, raw, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            print("webhook:", answer.status, file=sys.stderr)


def webhook(kind: str, store: Store, address: str, secret: str = "", **data: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of a webhook as Mailchimp posts it, signed when there is a secret."""
    audience = next(iter(store.audiences.values()))
    at = store.clock()
    fields = {"id": hashlib.sha256(address.encode()).hexdigest()[:10], "email": address, "list_id": audience.id, **data}
    form = {"type": kind, "fired_at": at.strftime("%Y-%m-%d %H:%M:%S"), **{f"data[{k}]": v for k, v in fields.items()}}
    raw = urlencode(form).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "MailChimp"}
    if secret:
        headers["X-Mailchimp-Signature"] = sign(secret, raw, int(at.timestamp()))
    return headers, raw


def sign(secret: str, raw: bytes, at: int) -> str:
    """The value of X-Mailchimp-Signature."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _authorised(call: Call) -> None:
    expected = base64.b64encode(f"user:{KEY}".encode()).decode()
    if call.headers.get("Authorization") != f"Basic {expected}":
        raise Problem(401, "API Key Invalid", "Your API key may be invalid")


Act = Callable[[Store, Call, "re.Match[str]"], Any]
_ROUTES: list[tuple[str, re.Pattern[str], Act]] = []


def _route(method: str, pattern: str) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        _ROUTES.append((method, re.compile(pattern), act))
        return act

    return register


def _act(store: Store, call: Call, path: str) -> Any:
    for method, pattern, act in _ROUTES:
        match = pattern.fullmatch(path)
        if match and method == call.method:
            shown = act(store, call, match)
            wanted = call.query.get("fields")
            return _only(shown, [name.split(".") for name in wanted.split(",")]) if wanted else shown
    raise Problem(404, "Resource Not Found", "The requested resource could not be found.")


LIST = r"/lists/(?P<list>[^/]+)"
MEMBER = LIST + r"/members/(?P<key>[^/]+)"


@_route("GET", LIST)
def _list(store: Store, call: Call, match: re.Match[str]) -> Body:
    audience = store.audience(match["list"])
    subscribed = sum(contact.data["status"] == "subscribed" for contact in audience.contacts.values())
    form = f"https://example.list-manage.com/subscribe?id={audience.id}"
    stats = {"member_count": subscribed}
    return {"id": audience.id, "name": audience.name, "subscribe_url_long": form, "stats": stats}


@_route("POST", LIST)
def _batch(store: Store, call: Call, match: re.Match[str]) -> Body:
    return store.batch(store.audience(match["list"]), call.body)


@_route("GET", LIST + "/members")
def _members(store: Store, call: Call, match: re.Match[str]) -> Body:
    contacts = [contact.shown() for contact in store.audience(match["list"]).contacts.values()]
    status = call.query.get("status")
    shown = [c for c in contacts if c["status"] == status or (status is None and c["status"] != "archived")]
    return {"list_id": match["list"], "total_items": len(shown), "members": _page(shown, call)}


@_route("GET", MEMBER)
def _member(store: Store, call: Call, match: re.Match[str]) -> Body:
    return store.audience(match["list"]).contact(match["key"]).shown()


@_route("PUT", MEMBER)
def _put(store: Store, call: Call, match: re.Match[str]) -> Body:
    return store.upsert(store.audience(match["list"]), match["key"], call.body).shown()


@_route("PATCH", MEMBER)
def _patch(store: Store, call: Call, match: re.Match[str]) -> Body:
    return store.change(store.audience(match["list"]), match["key"], call.body).shown()


@_route("DELETE", MEMBER)
def _archive(store: Store, call: Call, match: re.Match[str]) -> None:
    store.archive(store.audience(match["list"]), match["key"])


@_route("POST", MEMBER + "/actions/delete-permanent")
def _forget(store: Store, call: Call, match: re.Match[str]) -> None:
    store.forget(store.audience(match["list"]), match["key"])


@_route("POST", MEMBER + "/tags")
def _tag(store: Store, call: Call, match: re.Match[str]) -> None:
    store.tag(store.audience(match["list"]).contact(match["key"]), call.body)


@_route("GET", MEMBER + "/tags")
def _tags(store: Store, call: Call, match: re.Match[str]) -> Body:
    held = store.audience(match["list"]).contact(match["key"]).tags
    tags = [{"id": n, "name": name, "date_added": held[name]} for n, name in enumerate(sorted(held), 1)]
    return {"tags": _page(tags, call), "total_items": len(tags)}


@_route("GET", MEMBER + "/(?P<what>notes|events)")
def _kept(store: Store, call: Call, match: re.Match[str]) -> Body:
    contact = store.audience(match["list"]).contact(match["key"])
    items = contact.notes if match["what"] == "notes" else contact.events
    return {match["what"]: _page(items, call), "total_items": len(items)}


@_route("GET", MEMBER + "/activity-feed")
def _activity(store: Store, call: Call, match: re.Match[str]) -> Body:
    contact = store.audience(match["list"]).contact(match["key"])
    return {"activity": _page(contact.activity, call), "list_id": match["list"]}


@_route("GET", LIST + "/merge-fields")
def _fields(store: Store, call: Call, match: re.Match[str]) -> Body:
    fields = list(store.audience(match["list"]).fields.values())
    return {"merge_fields": _page(fields, call), "total_items": len(fields)}


@_route("POST", LIST + "/merge-fields")
def _add_field(store: Store, call: Call, match: re.Match[str]) -> Body:
    return store.audience(match["list"]).add_field(call.body)


@_route("GET", "/search-members")
def _search(store: Store, call: Call, match: re.Match[str]) -> Body:
    found = store.search(call.query["query"], call.query.get("list_id"))
    block = {"members": found, "total_items": len(found)}
    return {"exact_matches": block, "full_search": block}


def _page(items: list[Body], call: Call) -> list[Body]:
    start, count = int(call.query.get("offset", 0)), int(call.query.get("count", 10))
    return items[start : start + count]


def _only(shown: Any, wanted: list[list[str]]) -> Any:
    if isinstance(shown, list):
        return [_only(item, wanted) for item in shown]
    deeper = {name: [rest for first, *rest in wanted if first == name and rest] for name, *_ in wanted}
    return {n: _only(v, deeper[n]) if deeper[n] else v for n, v in shown.items() if n in deeper}


def _json(status: int, shown: Any) -> Answer:
    if shown is None:
        return Answer(204)
    return Answer(status, json.dumps(shown).encode(), {"Content-Type": "application/json; charset=utf-8"})


def _problem(problem: Problem) -> Answer:
    kind = {"Content-Type": "application/problem+json; charset=utf-8"}
    return Answer(problem.status, json.dumps(problem.document).encode(), kind)


def _handler(stand_in: MailchimpServer) -> type[Listening]:
    class Handler(Listening):
        def setup(self) -> None:
            super().setup()
            stand_in.connections += 1

        def respond(self, asked: Asked) -> Answer:
            url = urlsplit(asked.path)
            query = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
            return stand_in.respond(Call(asked.method, url.path, query, asked.headers, asked.raw))

    return Handler


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9099)
    parser.add_argument("--audience", default=AUDIENCE)
    parser.add_argument("--webhook", default="")
    parser.add_argument("--signing-secret", default="")
    options = parser.parse_args()
    server = MailchimpServer(options.port, (options.audience,), options.webhook, options.signing_secret)
    print(f"MAILCHIMP_API_BASE={server.url} MAILCHIMP_API_KEY={KEY} MAILCHIMP_AUDIENCE={options.audience}", flush=True)
    server.serve()
