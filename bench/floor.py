"""The floor: the same server and the same form, parsed and validated, and nothing stored."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from flask import Flask, Response, request

app = Flask(__name__)
BOXES = ("consent_newsletter", "consent_offers")


@app.post("/f/nyhetsbrev")
def send() -> Response:
    form = request.form
    try:
        address = validate_email(form.get("email", "").strip(), check_deliverability=False)
    except EmailNotValidError:
        return Response(status=422)
    ticked = [box for box in BOXES if form.get(box) in {"1", "on", "yes"}]
    if len(form.get("name", "")) > 200 or (ticked and not address.ascii_email):
        return Response(status=422)
    return Response(status=303, headers={"Location": "/thanks"})
