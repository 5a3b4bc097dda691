"""The staff pages, gathered: importing a module adds its pages to the blueprint."""

from app.admin.gate import bp
from app.admin.pages import (
    arrivals,
    connections,
    contacts,
    disclosures,
    drift,
    google,
    outbox,
    register,
    request,
    request_acts,
    requests,
    review,
    signin,
    start,
    submissions,
    trail,
)

__all__ = [
    "arrivals",
    "bp",
    "connections",
    "contacts",
    "disclosures",
    "drift",
    "google",
    "outbox",
    "register",
    "request",
    "request_acts",
    "requests",
    "review",
    "signin",
    "start",
    "submissions",
    "trail",
]
