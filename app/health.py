"""Is it alive, is it ready, and how much is waiting. Nothing here tells anything of a person."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, Response, abort, current_app, jsonify, request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Select, func, select

from app import outbox
from app.checks import stores
from app.clock import now
from app.consent.models import UnsealedEvent
from app.extensions import db, limiter
from app.outbox.models import OutboxRow
from app.submissions import ids
from app.submissions.models import BOXES, Submission
from app.sync.drift import service as drift

DAY = timedelta(days=1)

bp = Blueprint("health", __name__)
limiter.exempt(bp)


@bp.get("/healthz")
def alive() -> Response:
    """The process answers. Says nothing of the database: restarting the web does not mend a database."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> tuple[Response, int]:
    """May this process be sent visitors? Yes while the database answers, can be written and has the right shape.

    Late work, spooled withdrawals and a journal that waits to be replayed are told but do not count: forms must be
    received while a worker is down.
    """
    findings = [stores.database()]
    if findings[0].level == "ok":
        findings += [stores.migrations(), stores.outbox()]
    fit = all(finding.level != "bad" for finding in findings)
    if fit:
        findings.append(stores.journal())
    findings.append(stores.spool())
    body = {"ready": fit, **{finding.subject: finding.text for finding in findings}}
    return jsonify(body), 200 if fit else 503


@bp.get("/metrics")
def metrics() -> Response:
    """Prometheus' text format. In production only for whoever holds METRICS_TOKEN (`Authorization: Bearer …`)."""
    if not _may_measure():
        abort(Response("METRICS_TOKEN is needed\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain"))
    registry = CollectorRegistry()
    registry.register(Waiting())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_measure() -> bool:
    token = current_app.config["METRICS_TOKEN"]
    if not token:
        return not current_app.config["PRODUCTION"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), token.encode())


class Waiting(Collector):
    """What waits and what failed, read from the database at each look so that it is true for all processes together.

    Every query walks a small partial index or one day of rows; none counts a whole table.
    """

    def collect(self) -> Iterator[Metric]:
        db.session.connection(execution_options={"read_only": True})
        open_rows = OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None)
        waiting = _by(select(OutboxRow.kind, func.count()).where(*open_rows).group_by(OutboxRow.kind))
        failed = _by(
            select(OutboxRow.kind, func.count()).where(OutboxRow.failed_at.is_not(None)).group_by(OutboxRow.kind)
        )
        yield _gauge("outbox_waiting", "Work that is due, running or planned", waiting, "kind")
        yield _gauge("outbox_failed", "Work that was given up and waits for staff", failed, "kind")
        yield _gauge(
            "outbox_oldest_due_seconds", "Age of the oldest work that is due and not held", {"": _oldest_due()}
        )
        unsent = waiting.get("letter.send", 0) + failed.get("letter.send", 0)
        yield _gauge("letters_unsent", "Letters written and not sent", {"": unsent})
        yield _gauge("events_unsealed", "Consent events no seal covers yet", {"": _count_unsealed()})
        yield _gauge("submissions_day", "Submissions of the last 24 hours", _submissions_of_a_day(), "box")
        yield from _drift()


def _gauge(name: str, text: str, values: dict[str, float], label: str = "") -> Metric:
    family = GaugeMetricFamily(f"samtykke_{name}", text, labels=[label] if label else [])
    for word, value in values.items():
        family.add_metric([word] if label else [], value)
    return family


def _by(query: Select[str, int]) -> dict[str, float]:
    rows: dict[str, float] = dict(db.session.execute(query).all())
    return rows


def _drift() -> Iterator[Metric]:
    runs = drift.finished()
    for kind, text in (
        ("surplus", "People on a list without consent here, when it was last compared"),
        ("gone", "People who were on a list and are not"),
        ("missing", "People who are missing from a list"),
        ("strangers", "People on a list whom nobody here knows"),
    ):
        yield _gauge(f"drift_{kind}", text, {run.processor: getattr(run, kind) for run in runs}, "processor")
    ages = {run.processor: (now() - run.finished_at).total_seconds() for run in runs if run.finished_at}
    yield _gauge("drift_age_seconds", "Time since a list was last compared", ages, "processor")
    held = outbox.held(now())
    yield _gauge("processor_held", "Processors that are told nothing for now", dict.fromkeys(held, 1.0), "processor")


def _oldest_due() -> float:
    oldest = outbox.oldest_due()
    return max((now() - oldest).total_seconds(), 0) if oldest else 0


def _count_unsealed() -> float:
    return db.session.scalar(select(func.count()).select_from(UnsealedEvent)) or 0


def _submissions_of_a_day() -> dict[str, float]:
    """Box by box: grouped, every submission there is would be looked at."""
    new = select(func.count()).select_from(Submission).where(Submission.id >= ids.first(now() - DAY))
    return {box: db.session.scalar(new.where(Submission.box == box)) or 0 for box in BOXES}
