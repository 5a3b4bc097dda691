"""One comparison of a list with the ledger: the numbers, the names, and the button that mends."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app import audit
from app.admin import keyset
from app.admin.gate import ID, actor, bp
from app.admin.reasons import plain
from app.extensions import db
from app.sync import links
from app.sync.drift import service
from app.sync.models import DriftRun

TABLE = 100


@bp.post("/connections/<name>/compare")
def compare_list(name: str) -> Any:
    """The worker compares, and changes nothing."""
    if name not in service.comparable():
        abort(404)
    run = service.ask(name, actor(), mend=False)
    db.session.commit()
    return redirect(url_for("admin.drift", id=run.id), 303)


@bp.get(f"/drift/{ID}")
def drift(id: int) -> Any:
    """One run. Who it names is looked at, and that is noted."""
    run = db.session.get(DriftRun, min(id, 2**31 - 1)) or abort(404)
    audit.look(actor(), "looked_at_drift", object=f"drift:{run.id}")
    people = service.named(run.id, service.KINDS, keyset.cursor("after") or 0, TABLE + 1)
    return render_template(
        "admin/drift.html",
        run=run,
        title=links.title(run.processor),
        paused=links.paused(run.processor),
        why=plain(run.error),
        people=[_person(row) for row in people[:TABLE]],
        more_url=url_for("admin.drift", id=run.id, after=people[TABLE - 1].id) if len(people) > TABLE else None,
        strangers=service.strangers(run.id),
        grave=service.grave(run),
        allowed=service.allowed(run),
        mendable=run.state in ("done", "asking") and not run.mended and bool(service.grave(run) + run.missing),
    )


def _person(row: Any) -> dict[str, Any]:
    return {"address": row.address, "kind": row.kind, "url": url_for("admin.contact", id=row.id)}


@bp.post(f"/drift/{ID}/mend")
def mend_list(id: int) -> Any:
    """The button names the number it stands for; where that is no longer the number, nothing is done."""
    try:
        run = service.mend(min(id, 2**31 - 1), actor(), request.form.get("agreed", type=int) or 0)
    except LookupError:
        abort(404)
    except service.WrongNumber:
        flash(_("Nothing was changed: the number is another one."), "error")
        return redirect(url_for("admin.drift", id=id), 303)
    db.session.commit()
    flash(_("The worker brings these people in line: %(count)s.", count=run.mended))
    return redirect(url_for("admin.drift", id=id), 303)
