"""A request's receipt: to read, as JSON to check, as PDF to keep."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask_babel import gettext as _

from app.consent.pages import page, private
from app.crypto import keyring
from app.errors import wants_json
from app.extensions import db
from app.i18n import current_language
from app.privacy import typeset
from app.privacy.models import PrivacyReceipt, PrivacyRequest
from app.privacy.receipts import proofs, service
from app.privacy.receipts.shown import letterhead, shown
from app.sites.models import Site

bp = Blueprint("privacy_receipts", __name__)


@bp.get("/privacy/receipt/<word>")
def show(word: str) -> Response:
    """`?number=` shows an earlier receipt of the same request."""
    name, _dot, form = word.partition(".")
    asked, receipts = _found(name)
    receipt = _chosen(receipts)
    if form == "pdf":
        return _pdf(asked, receipt)
    if form == "json" or (not form and wants_json()):
        return private(jsonify(proofs.public(asked, receipt)))
    if form:
        abort(404)
    return _page(asked, receipt, receipts)


def _found(word: str) -> tuple[PrivacyRequest, list[PrivacyReceipt]]:
    asked = service.find(word)
    receipts = service.all_of(asked) if asked else []
    return (asked, receipts) if asked and receipts else abort(404)


def _chosen(receipts: list[PrivacyReceipt]) -> PrivacyReceipt:
    number = request.args.get("number", type=int)
    chosen = [receipt for receipt in receipts if receipt.number == number] if number else receipts[-1:]
    return chosen[0] if chosen else abort(404)


def _page(asked: PrivacyRequest, receipt: PrivacyReceipt, receipts: list[PrivacyReceipt]) -> Response:
    other = "en" if current_language() == "nb" else "nb"
    return page(
        "public/privacy_receipt.html",
        site=db.session.get_one(Site, asked.site_id),
        receipt=shown(receipt),
        number=receipt.number,
        word=asked.word,
        genuine=service.signed(keyring(), receipt),
        others=[{"number": one.number, "at": one.at} for one in receipts if one is not receipt],
        other_lang_url=f"?lang={other}" + (f"&number={receipt.number}" if receipt is not receipts[-1] else ""),
    )


def _pdf(asked: PrivacyRequest, receipt: PrivacyReceipt) -> Response:
    response = private(Response(paper(asked, receipt), mimetype="application/pdf"))
    response.headers["Content-Disposition"] = f'inline; filename="{_file(asked, receipt)}"'
    return response


def _file(asked: PrivacyRequest, receipt: PrivacyReceipt) -> str:
    return f"{'kvittering' if current_language() == 'nb' else 'receipt'}-{asked.word[:8]}-{receipt.number}.pdf"


def paper(asked: PrivacyRequest, receipt: PrivacyReceipt) -> bytes:
    """The receipt as a PDF in the language that is being spoken."""
    site = db.session.get_one(Site, asked.site_id)
    heads = {
        "places": _("Where, and what"),
        "complain": _("Your right to complain"),
        "proof": _("How can it be proven?"),
    }
    given: dict[str, Any] = {"kicker": _("Receipt"), "heads": heads}
    return typeset.pdf("receipt", letterhead(site, current_language()) | shown(receipt) | given, receipt.at)
