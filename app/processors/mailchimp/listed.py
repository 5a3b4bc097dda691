"""Members as they stand in the audience, for a company that arrives with it. Pure: nothing here calls anybody.

Fields: https://mailchimp.com/developer/marketing/api/list-members/list-members-info/
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

READ = ("email_address", "status", "timestamp_signup", "timestamp_opt", "ip_signup", "ip_opt", "source", "language")
FIELDS = [f"members.{name}" for name in (*READ, "last_changed", "merge_fields")]
OFF = {"unsubscribed", "cleaned"}
KEEP = {4: 24, 6: 48}  # bits of an address: a street, not a house


@dataclass(frozen=True)
class Listed:
    """One member of any status, with the proof that Mailchimp holds.

    `network` is cut to /24 or /48. `left_at` is the last moment at which somebody who is off may have left.
    """

    address: str
    status: str
    opt_in_at: datetime | None = None
    network: str = ""
    source: str = ""
    language: str = ""
    name: str = ""
    company: str = ""
    phone: str = ""
    left_at: datetime | None = None


def listed(row: dict[str, Any]) -> Listed:
    """The confirmation counts, and the signup where there was none."""
    values = row.get("merge_fields") or {}
    return Listed(
        row["email_address"],
        row["status"],
        _moment(row.get("timestamp_opt")) or _moment(row.get("timestamp_signup")),
        _network(row.get("ip_opt")) or _network(row.get("ip_signup")),
        _text(row.get("source")),
        _text(row.get("language")),
        " ".join(filter(None, (_text(values.get("FNAME")), _text(values.get("LNAME"))))),
        _text(values.get("COMPANY")),
        _text(values.get("PHONE")),
        _moment(row.get("last_changed")) if row["status"] in OFF else None,
    )


def _moment(text: Any) -> datetime | None:
    """A moment without a zone is UTC there."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _network(text: Any) -> str:
    try:
        ip = ip_address(text or "")
    except ValueError:
        return ""
    return str(ip_network(f"{ip}/{KEEP[ip.version]}", strict=False))


def _text(value: Any) -> str:
    """Some merge fields are no text: an address has parts."""
    return value.strip() if isinstance(value, str) else ""
