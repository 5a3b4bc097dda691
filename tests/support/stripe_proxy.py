"""This stand-in is ours: it stands before localstripe and does what Stripe says of itself where localstripe does not.

What is ours: customers that are deleted are still shown; their invoices are still listed; the search, which lags;
checkout sessions; credit notes; disputes; redaction jobs; idempotency keys; dates in the past; every fault. All else is
localstripe's own state. Every request is held against Stripe's description of itself: what breaks it is kept in
`violations`, and the fixture fails the test that caused it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support import stripe_description as description
from tests.support.listening import Asked, Listening
from tests.support.stripe_local import KEY, LocalStripe

Data = dict[str, Any]


@dataclass
class Call:
    """One request as it arrived."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str

    def asked(self, name: str) -> str:
        return parse_qs(self.query).get(name, [""])[0]


@dataclass
class Answer:
    """One answer as it leaves. `delay` in seconds; `cut` hangs up; `acted`: it took effect all the same."""

    status: int = 200
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


def answer(status: int, data: Any) -> Answer:
    return Answer(status, json.dumps(data).encode(), {"Content-Type": "application/json"})


def refusal(status: int, code: str, message: str = "", **more: str) -> Answer:
    kind = "idempotency_error" if code == "idempotency_error" else "invalid_request_error"
    return answer(status, {"error": {"type": kind, "code": code, "message": message, **more}})


def listed(rows: list[Data]) -> Answer:
    return answer(200, {"object": "list", "data": rows, "has_more": False, "url": "/"})


class StripeProxy:
    """The running proxy, with verbs for what people do at Stripe."""

    def __init__(self, local: LocalStripe) -> None:
        self.local = local
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.lagging: set[str] = set()  # customers the search does not know yet
        self.sessions: list[Data] = []
        self.credit_notes: list[Data] = []
        self.disputes: list[Data] = []
        self.events: list[Data] = []
        self.jobs: list[Data] = []
        self.redaction = True  # is the preview open to this account?
        self.refuses: list[str] = []  # codes with which validation fails
        self._shown: dict[str, Data] = {}
        self._deleted: set[str] = set()
        self._cleared: set[str] = set()
        self._norwegian: set[str] = set()  # tax numbers of a kind that localstripe does not have
        self._redacted: set[str] = set()
        self._replays: dict[str, tuple[str, Answer]] = {}
        self._faults: list[_Fault] = []
        self._lock = threading.RLock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> StripeProxy:
        self.local.forget_everything()
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    # What a test arranges

    def fail(self, fault: Answer, method: str = "", path: str = "", times: int = 1) -> None:
        """Give this answer to the next `times` requests of that method whose path ends so."""
        self._faults.append(_Fault(method, path, fault, times))

    def asked(self, method: str, ending: str = "") -> list[Call]:
        return [call for call in self.calls if call.method == method and call.path.endswith(ending)]

    def writes(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.calls if call.method != "GET"]

    def make(self, path: str, **fields: Any) -> Data:
        """Straight into localstripe."""
        response = self.local.call("POST", path, body=urlencode(flat(fields)))
        assert response.ok, response.text
        made: Data = response.json()
        return made

    def customer(self, email: str = "", **fields: Any) -> str:
        return str(self.make("/v1/customers", **({"email": email} if email else {}), **fields)["id"])

    def card(self, customer: str) -> str:
        """A card on file, charged from now on."""
        number = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2030", "cvc": "123"}
        card = self.make("/v1/payment_methods", type="card", card=number)["id"]
        self.make(f"/v1/payment_methods/{card}/attach", customer=customer)
        self.make(f"/v1/customers/{customer}", invoice_settings={"default_payment_method": card})
        return str(card)

    def sell(self, customer: str, at: datetime | None = None, status: str = "") -> str:
        """An invoice, paid with the card on file. `at` dates it and its payment; `status` says how it ended instead."""
        before = {row["id"] for kind in ("invoices", "charges") for row in self.stored(kind)}
        subscription = self.subscribe(customer)
        self.local.call("DELETE", f"/v1/subscriptions/{subscription}")  # localstripe sells by subscription only
        made = [row for kind in ("invoices", "charges") for row in self.stored(kind) if row["id"] not in before]
        for row in made:
            self.date(row["id"], at or datetime.now(UTC))
        invoice = next(str(row["id"]) for row in made if row["object"] == "invoice")
        if status:
            self.show(invoice, status=status)
        return invoice

    def subscribe(self, customer: str) -> str:
        if not self.local.call("GET", "/v1/plans/pro").ok:
            self.make("/v1/products", id="prod_pro", name="Pro", type="service")
            self.make("/v1/plans", id="pro", product="prod_pro", amount="9900", currency="nok", interval="month")
        return str(self.make("/v1/subscriptions", customer=customer, items=[{"plan": "pro"}])["id"])

    def checkout(self, email: str, **fields: Any) -> str:
        """A completed checkout of somebody who became no customer."""
        row = {
            "id": f"cs_test_{len(self.sessions) + 1}",
            "object": "checkout.session",
            "created": int(time.time()),
            "status": "complete",
            "payment_status": "paid",
            "amount_total": 25000,
            "customer": None,
            "payment_intent": f"pi_guest{len(self.sessions) + 1}",
            "customer_details": {"email": email, "name": "Kari Nordmann"},
            "client_secret": "secret",
            **fields,
        }
        self.sessions.append(row)
        return str(row["id"])

    def show(self, id: str, **values: Any) -> None:
        """What Stripe is to show of an object instead of what localstripe holds."""
        self._shown.setdefault(id, {}).update(values)

    def date(self, id: str, at: datetime) -> None:
        seconds = int(at.timestamp())
        self.show(id, created=seconds, status_transitions={"finalized_at": seconds, "paid_at": seconds})

    def end_job(self, status: str = "succeeded") -> None:
        """Stripe has worked through the redaction."""
        for job in self.jobs:
            if job["status"] == "redacting":
                job["status"] = status
                self._redact({id for ids in job["objects"].values() for id in ids})

    def _redact(self, roots: set[str]) -> None:
        """A customer takes along what hangs on it."""
        kinds = ("invoices", "charges", "payment_intents", "subscriptions")
        rows = [row for kind in kinds for row in self.stored(kind)]
        self._redacted |= roots | {row["id"] for row in rows if row["customer"] in roots}

    def stored(self, kind: str) -> list[Data]:
        """All of a kind that localstripe holds, past the proxy's make-up."""
        rows: list[Data] = self.local.call("GET", f"/v1/{kind}", "limit=100").json()["data"]
        return rows

    def raw(self, *needles: str) -> bytes:
        """Every byte about somebody: objects in which one of these words stands."""
        kinds = ("customers", "invoices", "charges", "payment_intents", "subscriptions")
        rows = [row for kind in kinds for row in self.stored(kind)] + self.sessions
        hers = [text for row in rows if any(word in (text := json.dumps(row, sort_keys=True)) for word in needles)]
        return "\n".join(sorted(hers)).encode()

    # What Stripe does

    def respond(self, call: Call) -> Answer:
        self.calls.append(call)
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
        wrong = description.errors(call.method, call.path, call.query, call.body)
        self.violations += [f"{call.method} {call.path}: {text}" for text in wrong]
        if "Stripe-Version" not in call.headers:
            self.violations.append(f"{call.method} {call.path}: no version")
        if call.headers.get("Authorization") != f"Bearer {KEY}":
            return refusal(401, "invalid_api_key")
        with self._lock:
            return self._once(call)

    def _once(self, call: Call) -> Answer:
        """https://docs.stripe.com/api/idempotent_requests"""
        key = call.headers.get("Idempotency-Key", "")
        told = f"{call.method} {call.path} {call.body}"
        if call.method != "POST" or not key:
            return self._act(call)
        if key in self._replays:
            before, replay = self._replays[key]
            return replay if before == told else refusal(400, "idempotency_error")
        made = self._act(call)
        if made.status not in (400, 404, 429):
            self._replays[key] = (told, made)
        return made

    def _act(self, call: Call) -> Answer:
        parts = call.path.removeprefix("/v1/").split("/")
        if parts[0] == "privacy":
            return self._privacy(call, parts[2:])
        if parts[0] == "checkout":
            return self._checkout(call, parts[2:])
        if call.path in ("/v1/credit_notes", "/v1/disputes"):
            rows = self.credit_notes if parts[0] == "credit_notes" else self.disputes
            name = "customer" if parts[0] == "credit_notes" else "charge"
            return listed([row for row in rows if row[name] == call.asked(name)])
        if call.path == "/v1/events":
            return listed(self.events)
        if call.path == "/v1/customers/search":
            return self._search(call)
        if parts[0] == "customers" and len(parts) > 1:
            return self._customer(call, parts[1])
        return self._forward(call)

    def _customer(self, call: Call, id: str) -> Answer:
        if id in self._deleted:
            if call.method == "GET" and call.path.endswith(id):
                return answer(200, self._made_up({"id": id, "object": "customer", "deleted": True}))
            return refusal(404, "resource_missing", param="id")
        if call.method == "DELETE" and call.path.endswith(id):
            self._deleted.add(id)
        if call.method == "POST" and "metadata=" in f"{call.body}&":
            self._cleared.add(id)
        return self._forward(call)

    def _search(self, call: Call) -> Answer:
        wanted = call.asked("query").removeprefix('email:"').removesuffix('"').replace('\\"', '"').lower()
        rows = [row for row in self.stored("customers") if row["id"] not in self.lagging]
        found = [row for row in rows if (row["email"] or "").lower() == wanted]
        return answer(200, {"object": "search_result", "data": found, "has_more": False, "next_page": None})

    def _checkout(self, call: Call, rest: list[str]) -> Answer:
        if rest:
            found = [row for row in self.sessions if row["id"] == rest[0]]
            return answer(200, found[0]) if found else refusal(404, "resource_missing")
        email, customer = call.asked("customer_details[email]"), call.asked("customer")
        hers = [
            r for r in self.sessions if (r["customer_details"] or {}).get("email") == email or r["customer"] == customer
        ]
        return listed([row for row in hers if row["id"] not in self._redacted])

    def _privacy(self, call: Call, rest: list[str]) -> Answer:
        if not self.redaction:
            return refusal(404, "", "Unrecognized request URL")
        if not call.headers["Stripe-Version"].endswith(".preview"):
            self.violations.append(f"{call.path} needs a preview version")
        if not rest:
            return listed(self.jobs) if call.method == "GET" else self._job(call)
        job = next(job for job in self.jobs if job["id"] == rest[0])
        if rest[1] == "validation_errors":
            return listed([{"object": "validation_error", "code": code} for code in self.refuses])
        allowed = {"run": ("ready", "redacting"), "cancel": ("failed", "canceled")}[rest[1]]
        if job["status"] != allowed[0]:
            return refusal(400, "invalid_state")
        job["status"] = allowed[1]
        return answer(200, job)

    def _job(self, call: Call) -> Answer:
        objects = {kind: list(ids.values()) for kind, ids in description.nested(call.body)["objects"].items()}
        job = {
            "id": f"prj_{len(self.jobs) + 1}",
            "object": "privacy.redaction_job",
            "status": "failed" if self.refuses else "ready",
            "objects": objects,
        }
        self.jobs.append(job)
        return answer(200, {**job, "objects": None, "status": "validating"})

    def _forward(self, call: Call) -> Answer:
        query, customer = self._translated(call), call.asked("customer")
        gone = customer in self._deleted
        ours = gone or call.path == "/v1/payment_intents"  # localstripe does not filter here
        query = urlencode([(k, v) for k, vs in parse_qs(query).items() for v in vs if not (ours and k == "customer")])
        body = call.body.replace("type=no_vat", "type=eu_vat")
        if call.path == "/v1/payment_methods" and gone:
            return listed([])
        response = self.local.call(call.method, call.path, query, body or None)
        data = response.json()
        if ours and response.ok:
            data["data"] = [row for row in data["data"] if row["customer"] == customer]
        if call.method == "POST" and body != call.body:
            self._norwegian.add(data.get("id"))
        return answer(response.status_code, self._made_up(data))

    def _translated(self, call: Call) -> str:
        """What localstripe wants to be asked, or cannot bear to be."""
        if call.path == "/v1/payment_methods":
            return f"{call.query}&type=card"
        return "" if call.path.endswith("/tax_ids") else call.query

    def _made_up(self, data: Any) -> Any:
        """What Stripe shows and localstripe does not."""
        if isinstance(data, list):
            return [self._made_up(row) for row in data]
        if not isinstance(data, dict):
            return data
        if data.get("object") == "list":
            return {**data, "data": self._made_up(data["data"])}
        if data.get("object") == "customer" and not data.get("deleted"):
            data = {name: None if value == "" else value for name, value in data.items()}
            data["metadata"] = {} if data["id"] in self._cleared else data["metadata"]
        if data.get("object") == "invoice" and data["status"] != "draft":
            data |= {
                "number": f"FJ-{data['id'][-6:]}",
                "hosted_invoice_url": f"https://invoice.stripe.com/i/{data['id']}",
            }
        if data.get("object") == "charge":
            data["disputed"] = any(row["charge"] == data["id"] for row in self.disputes)
        if data.get("object") == "tax_id" and data["id"] in self._norwegian:
            data["type"] = "no_vat"
        if data.get("id") in self._redacted:
            data["redaction"] = {"status": "redacted"}
        return {**data, **self._shown.get(data.get("id", ""), {})}


def flat(fields: Any, outer: str = "") -> list[tuple[str, str]]:
    """`{"a": {"b": 1}}` as Stripe's forms spell it."""
    if isinstance(fields, dict):
        return [pair for name, value in fields.items() for pair in flat(value, f"{outer}[{name}]" if outer else name)]
    if isinstance(fields, list):
        return [pair for place, value in enumerate(fields) for pair in flat(value, f"{outer}[{place}]")]
    return [(outer, str(fields))]


def _handler(proxy: StripeProxy) -> type[Listening]:
    class Handler(Listening):
        def respond(self, asked: Asked) -> Answer:
            url = urlsplit(asked.path)
            return proxy.respond(Call(asked.method, url.path, url.query, asked.headers, asked.raw.decode()))

    return Handler
