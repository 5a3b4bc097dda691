"""The plain way: the same rows through the ORM, one transaction a request. Same tables, same engine settings."""

from __future__ import annotations

import os

from flask import Flask, Response, request

from app import config, crypto
from app.clock import now
from app.contacts.addresses import InvalidAddress, canonical
from app.crypto import canonical_json, keyring
from app.extensions import db
from app.network import network_of
from app.outbox.models import OutboxRow
from app.submissions.ids import new_id
from app.submissions.models import Form, Submission

app = Flask(__name__)
app.config.update(config.load(os.environ))
crypto.init_app(app)
db.init_app(app)


@app.post("/f/nyhetsbrev")
def send() -> Response:
    form = db.session.query(Form).filter_by(slug="nyhetsbrev").one()
    try:
        address = canonical(request.form.get("email", "")).canonical
    except InvalidAddress:
        return Response(status=422)
    submission = _submission(form, address)
    db.session.add(submission)
    work = "submission.process"
    db.session.add(OutboxRow(kind=work, lane=f"{work}:{submission.id}", ref=str(submission.id)))
    db.session.commit()
    return Response(status=303, headers={"Location": "/thanks"})


def _submission(form: Form, address: str) -> Submission:
    answers = {name: request.form[name] for name in ("name", "email") if name in request.form}
    body = keyring().mac("body", canonical_json(answers))
    boxes = form.version.definition["consents"] if form.version else []
    asked = {box["purpose"]: box["texts"]["nb"] for box in boxes if request.form.get(box["name"])}
    row = Submission(id=new_id(), form_id=form.id, version_id=form.version_id, answers=answers, asked=asked)
    row.received_at, row.lang, row.address, row.masked = now(), "nb", address, []
    row.network, row.user_agent = network_of(request.remote_addr), request.headers.get("User-Agent", "")[:256]
    row.dedupe, row.body_hash, row.mac = keyring().mac("dedupe", f"{address} {row.id}".encode()), body, body
    return row
