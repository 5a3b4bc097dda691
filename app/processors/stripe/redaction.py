"""Stripe's redaction jobs, a public preview: https://docs.stripe.com/privacy/redaction

A job takes root objects and everything that hangs on them: of a customer every payment and every invoice. It cannot be
undone. Stripe refuses payments younger than 90 days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid5

from app.processors.base import Retry
from app.processors.stripe.account import NAMESPACE, Account
from app.processors.stripe.problem import Problem

Data = dict[str, Any]
JOBS = "/v1/privacy/redaction_jobs"
OVER = {"canceled", "canceling"}


class Unavailable(Exception):
    """This account, or this key, has no redaction jobs."""


class Redaction:
    """The job that covers these roots: found where there is one, made where there is none."""

    def __init__(self, account: Account, roots: Mapping[str, Sequence[str]]) -> None:
        from app.processors.stripe.client import PREVIEW

        self._client, self._version = account.client, PREVIEW
        self._roots = {kind: sorted(ids) for kind, ids in roots.items() if ids}

    def advance(self) -> str:
        """Take the job one step on and return its status: `succeeded`, `failed`, or one of those in between.

        Raises `Unavailable`.
        """
        job = self._found() or self._made()
        if job["status"] == "ready":
            job = self._act(job, "run")
        return str(job["status"])

    def errors(self) -> list[str]:
        """The codes for which the job was refused."""
        job = self._found()
        if job is None:
            return []
        page = self._client.get(f"{JOBS}/{job['id']}/validation_errors", limit=100, stripe_version=self._version)
        return sorted({str(row.get("code", "")) for row in page.get("data") or []})

    def give_up(self) -> None:
        """Cancel a job that failed, so that a later attempt starts anew."""
        job = self._found()
        if job and job["status"] == "failed":
            self._act(job, "cancel")

    def _found(self) -> Data | None:
        for job in self._listed():
            held = job.get("objects") or {}
            if job.get("status") not in OVER and all(
                set(ids) <= set(held.get(kind) or []) for kind, ids in self._roots.items()
            ):
                return job
        return None

    def _listed(self) -> list[Data]:
        try:
            return list(self._client.pages(JOBS, expand=["data.objects"], stripe_version=self._version))
        except Problem as problem:
            if problem.status in (400, 403, 404):
                raise Unavailable from None
            raise

    def _made(self) -> Data:
        names = ",".join(f"{kind}={id}" for kind, ids in sorted(self._roots.items()) for id in ids)
        key = str(uuid5(NAMESPACE, f"redaction:{names}:{len(self._listed())}"))
        return self._job(
            self._client.post(
                JOBS,
                objects=self._roots,
                validation_behavior="fix",
                idempotency_key=key,
                stripe_version=self._version,
            )
        )

    def _act(self, job: Data, verb: str) -> Data:
        return self._job(self._client.post(f"{JOBS}/{job['id']}/{verb}", stripe_version=self._version))

    def _job(self, data: Data) -> Data:
        if "status" not in data:
            raise Retry("Stripe answered without a redaction job")
        return data
