"""This stand-in is ours. Google on 127.0.0.1: tokens for service accounts, People and Directory, with a memory.

Gmail and the OAuth of a click are passed on to `emulate` where one is given. Every request is checked against Google's
discovery documents, and so is every good answer of ours; what breaks them is kept in `violations`. A call without a
token, or with one whose scopes do not cover it, is refused as Google refuses it. Faults are injected with `fail`.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.google_discovery import Operation, operation
from tests.support.google_store import Body, Refusal, Store
from tests.support.listening import Asked, Listening


@dataclass
class Call:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    raw: bytes
    target: str = ""

    @property
    def body(self) -> Any:
        return json.loads(self.raw or b"null")

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[-1]


@dataclass
class Answer:
    """One answer as it leaves. `delay` in seconds; `cut` closes the connection instead; `acted`: it took effect."""

    status: int
    raw: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    acted: bool = False


@dataclass
class _Fault:
    method: str
    path: str
    answer: Answer
    times: int


class GoogleServer:
    """The running stand-in. `delegated` are the scopes that an administrator has given to service accounts."""

    def __init__(self, upstream: str = "") -> None:
        self.store = Store()
        self.upstream = upstream
        self.delegated: set[str] = set()
        self.tokens: dict[str, tuple[str, set[str]]] = {}
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.busy = self.peak = 0
        self.delay = 0.0  # seconds before every answer
        self._faults: list[_Fault] = []
        self._meanwhile: list[tuple[str, Callable[[], object]]] = []
        self._lock = threading.Lock()
        self._http = _Listener(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> GoogleServer:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def fail(self, answer: Answer, method: str = "", path: str = "", times: int = 1) -> None:
        """Give this answer to the next `times` requests of that method in whose path this stands."""
        self._faults.append(_Fault(method, path, answer, times))

    def meanwhile(self, path: str, act: Callable[[], object]) -> None:
        """Let something happen at Google just before the next request in whose path this stands."""
        self._meanwhile.append((path, act))

    def asked(self, method: str, part: str = "") -> list[Call]:
        return [call for call in self.calls if call.method == method and part in call.path]

    def respond(self, call: Call) -> Answer:
        with self._lock:
            self.busy += 1
            self.peak = max(self.peak, self.busy)
            self.calls.append(call)
        try:
            time.sleep(self.delay)
            return self._answer(call)
        finally:
            with self._lock:
                self.busy -= 1

    def _answer(self, call: Call) -> Answer:
        for waiting in [pair for pair in self._meanwhile if pair[0] in call.path]:
            self._meanwhile.remove(waiting)
            waiting[1]()
        fault = self._next_fault(call)
        if fault is None or fault.acted:
            answer = self._served(call)
        if fault:
            time.sleep(fault.delay)
            return fault
        return answer

    def _next_fault(self, call: Call) -> Answer | None:
        with self._lock:
            for fault in self._faults:
                if fault.times and fault.method in ("", call.method) and fault.path in call.path:
                    fault.times -= 1
                    return fault.answer
        return None

    def _served(self, call: Call) -> Answer:
        if call.path == "/token":
            return self._token(call)
        if call.path.startswith(("/o/", "/oauth2/")):
            return self._passed_on(call)
        described = operation(call.method, call.path)
        if described is None:
            self.violations.append(f"{call.method} {call.path} is not described")
            return _json(404, {"error": {"code": 404}})
        self._complain(call, described.request_errors(call.query, call.raw))
        answer = self._checked(call, described)
        if answer.status == 200 and not described.id.startswith("gmail"):
            self._complain(call, described.answer_errors(answer.raw))
        return answer

    def _checked(self, call: Call, described: Operation) -> Answer:
        try:
            self._authorise(call, described)
            if described.id.startswith("gmail"):
                return self._mail(call, described)
            with self.store.lock:
                return _json(200, ACTS[described.id](self.store, call))
        except Refusal as refusal:
            return _json(refusal.status, refusal.document)

    def _complain(self, call: Call, errors: list[str]) -> None:
        self.violations += [f"{call.method} {call.path}: {error}" for error in errors]

    def _token(self, call: Call) -> Answer:
        """A service account's assertion (RFC 7523). The signature is not looked at."""
        form = parse_qs(call.raw.decode())
        claims = json.loads(base64.urlsafe_b64decode(form["assertion"][0].split(".")[1] + "=="))
        scopes = set(claims["scope"].split())
        if not scopes <= self.delegated:
            return _json(401, {"error": "unauthorized_client", "error_description": claims.get("sub", "")})
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = claims.get("sub", ""), scopes
        return _json(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _authorise(self, call: Call, described: Operation) -> None:
        token = call.headers.get("Authorization", "").removeprefix("Bearer ")
        if token.startswith("google_"):  # emulate's own
            return
        if token not in self.tokens:
            raise Refusal(401, "authError", "UNAUTHENTICATED")
        if not self.tokens[token][1] & described.scopes:
            raise Refusal(403, "insufficientPermissions", "PERMISSION_DENIED")

    def _mail(self, call: Call, described: Operation) -> Answer:
        if described.id != "gmail.users.getProfile":
            return self._passed_on(call)
        at = Call("GET", "", {}, call.headers, b"", call.path.replace("/profile", "/history?startHistoryId=0"))
        return _json(200, {"historyId": json.loads(self._passed_on(at).raw)["historyId"]})

    def _passed_on(self, call: Call) -> Answer:
        headers = {name: call.headers[name] for name in ("Authorization", "Content-Type") if name in call.headers}
        request = urllib.request.Request(self.upstream + call.target, call.raw or None, headers, method=call.method)
        try:
            with _OPENER.open(request, timeout=20) as answer:
                return Answer(answer.status, answer.read(), _passed(answer.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), _passed(error.headers))


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stay)


def _passed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in ("Content-Type", "Location") if name in headers}


Act = Callable[[Store, Call], Any]
ACTS: dict[str, Act] = {}


def _act(id: str) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        ACTS[id] = act
        return act

    return register


def _resource(call: Call) -> str:
    found = re.search(r"/v1/([\w-]+/[\w-]+)", call.path)
    assert found
    return found[1]


@_act("people.people.connections.list")
def _connections(store: Store, call: Call) -> Body:
    rows, more = _page(store.people.connections(call.one("syncToken")), call, "pageSize")
    return {"connections": [_fields(row, call) for row in rows], **_more(store, more)}


@_act("people.otherContacts.list")
def _others(store: Store, call: Call) -> Body:
    rows, more = _page(list(store.people.others.values()), call, "pageSize")
    return {"otherContacts": rows, **_more(store, more)}


@_act("people.people.get")
def _person(store: Store, call: Call) -> Body:
    return _fields(store.people.get(_resource(call)), call)


@_act("people.people.getBatchGet")
def _persons(store: Store, call: Call) -> Body:
    names = call.query["resourceNames"]
    held = [(name, store.people.contacts.get(name)) for name in names]
    return {
        "responses": [
            {"requestedResourceName": name, **({"person": _fields(row, call)} if row else {"status": {"code": 5}})}
            for name, row in held
        ]
    }


@_act("people.people.createContact")
def _create(store: Store, call: Call) -> Body:
    return store.people.create(call.body)


@_act("people.people.batchCreateContacts")
def _create_many(store: Store, call: Call) -> Body:
    rows = [row["contactPerson"] for row in call.body["contacts"]]
    if len(rows) > 200:
        raise Refusal(400, "invalidArgument", "INVALID_ARGUMENT")
    return {"createdPeople": [{"person": store.people.create(row)} for row in rows]}


@_act("people.people.updateContact")
def _update(store: Store, call: Call) -> Body:
    return store.people.update(_resource(call), call.one("updatePersonFields"), call.body)


@_act("people.people.deleteContact")
def _delete(store: Store, call: Call) -> Body:
    store.people.delete(_resource(call))
    return {}


@_act("people.contactGroups.list")
def _groups(store: Store, call: Call) -> Body:
    return {"contactGroups": [store.people.group(name) for name in store.people.groups]}


@_act("people.contactGroups.get")
def _group(store: Store, call: Call) -> Body:
    return store.people.group(_resource(call))


@_act("people.contactGroups.create")
def _make_group(store: Store, call: Call) -> Body:
    return store.people.make_group(call.body["contactGroup"]["name"])


@_act("people.contactGroups.members.modify")
def _modify(store: Store, call: Call) -> Body:
    return store.people.modify(_resource(call), call.body)


def _place(call: Call) -> tuple[str, str]:
    parts = call.path.split("/groups/")[1].split("/")
    return unquote(parts[0]), unquote(parts[2]) if len(parts) > 2 else ""


@_act("directory.members.list")
def _members(store: Store, call: Call) -> Body:
    rows, more = _page(list(store.directory.members(_place(call)[0]).values()), call, "maxResults")
    shown = {"kind": "admin#directory#members", **({"members": rows} if rows else {})}
    return shown | ({"nextPageToken": more} if more else {})


@_act("directory.members.get")
def _member(store: Store, call: Call) -> Body:
    return store.directory.get(*_place(call))


@_act("directory.members.insert")
def _insert(store: Store, call: Call) -> Body:
    return store.directory.insert(_place(call)[0], call.body)


@_act("directory.members.update")
def _change(store: Store, call: Call) -> Body:
    return store.directory.update(*_place(call), call.body)


@_act("directory.members.delete")
def _remove(store: Store, call: Call) -> None:
    store.directory.delete(*_place(call))


@_act("directory.members.hasMember")
def _has_member(store: Store, call: Call) -> Body:
    raise Refusal(400, "invalid")


def _fields(held: Body, call: Call) -> Body:
    wanted = {"resourceName", "etag", *call.one("personFields").split(",")}
    return {name: value for name, value in held.items() if name in wanted}


def _page(rows: list[Body], call: Call, size: str) -> tuple[list[Body], str]:
    start, most = int(call.one("pageToken", "0")), int(call.one(size, "100"))
    return rows[start : start + most], str(start + most) if len(rows) > start + most else ""


def _more(store: Store, more: str) -> Body:
    return {"nextPageToken": more} if more else {"nextSyncToken": str(len(store.people.changed))}


def _json(status: int, shown: Any) -> Answer:
    if shown is None:
        return Answer(204)
    return Answer(status, json.dumps(shown).encode(), {"Content-Type": "application/json; charset=utf-8"})


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _handler(stand_in: GoogleServer) -> type[Listening]:
    class Handler(Listening):
        def respond(self, asked: Asked) -> Answer:
            url = urlsplit(asked.path)
            if asked.headers.get("X-HTTP-Method-Override") == "GET":  # the library's way with a long query
                query = parse_qs(asked.raw.decode())
                return stand_in.respond(Call("GET", url.path, query, asked.headers, b"", asked.path))
            query = parse_qs(url.query, keep_blank_values=True)
            return stand_in.respond(Call(asked.method, url.path, query, asked.headers, asked.raw, asked.path))

    return Handler
