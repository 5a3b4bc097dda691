"""What the operator has set, and what was installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app

from app.checks.finding import Finding
from app.config import DEMO_SECRET
from app.i18n import LANGUAGES


def mode() -> Finding:
    """Development has open doors that production must not have."""
    if current_app.config["PRODUCTION"]:
        return Finding("mode", "ok", "production")
    return Finding("mode", "warn", "development: /demo and /dev/mail are open. Unset SAMTYKKE_ENV for production")


def secret() -> Finding:
    """Is the secret that signs every link long, and ours alone?"""
    if current_app.config["SECRET_KEY"] == DEMO_SECRET:
        return Finding("SECRET_KEY", "warn", "the one from the source code, which anybody can read")
    length, old = len(current_app.config["SECRET_KEY"]), len(current_app.config["SECRET_KEYS_OLD"])
    if length < 32:
        return Finding("SECRET_KEY", "bad", f"{length} characters; at least 32 are needed")
    return Finding("SECRET_KEY", "ok", f"set, {length} characters; {old} older ones are still honoured")


def base_url() -> Finding:
    """Links in letters start with it, so it must be an address visitors reach, over TLS."""
    address = current_app.config["BASE_URL"]
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or parts.fragment:
        return Finding("BASE_URL", "bad", f"{address} is not of the form https://host")
    if parts.scheme == "http" and current_app.config["PRODUCTION"]:
        return Finding("BASE_URL", "bad", f"{address} is not https: links and staff's cookies would travel in clear")
    return Finding("BASE_URL", "ok", address)


def proxies() -> Finding:
    """Behind a proxy that nobody has counted, every visitor comes from the proxy's own address."""
    count = current_app.config["TRUSTED_PROXIES"]
    if count or urlsplit(current_app.config["BASE_URL"]).scheme != "https":
        return Finding("TRUSTED_PROXIES", "ok", f"{count} proxies are believed about where a visitor comes from")
    told = "0: behind nginx or another proxy all visitors count as one network, and most of what they send as spam"
    return Finding("TRUSTED_PROXIES", "warn", told)


def metrics_token() -> Finding:
    if current_app.config["METRICS_TOKEN"]:
        return Finding("METRICS_TOKEN", "ok", "set: /metrics asks for it")
    closed = current_app.config["PRODUCTION"]
    return Finding("METRICS_TOKEN", "ok", "not set: /metrics is closed" if closed else "not set: /metrics is open")


def translations() -> Iterator[Finding]:
    """Is every language but English, in which the program is written, compiled and newer than its source?"""
    for lang in LANGUAGES:
        source = Path(current_app.config["BABEL_TRANSLATION_DIRECTORIES"]) / lang / "LC_MESSAGES" / "messages.po"
        if source.exists():
            compiled = source.with_suffix(".mo")
            fresh = compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime
            yield Finding(
                f"language {lang}", "ok" if fresh else "warn", "compiled" if fresh else "older than its source"
            )
