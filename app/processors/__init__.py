"""The registry: which outside systems a person's data can reach, and the setting that turns each one on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from threading import Lock
from typing import Any

from flask import Flask, current_app

from app.processors.base import Cap, Pace, Processor

# name: (the setting that turns it on, its class). A string, so that nothing of a vendor's is imported until it is on.
REGISTRY: dict[str, tuple[str, str]] = {
    "sandbox": ("SANDBOX_PATH", "app.processors.sandbox:Sandbox"),
    "mailchimp": ("MAILCHIMP_API_KEY", "app.processors.mailchimp.processor:Mailchimp"),
    "stripe": ("STRIPE_API_KEY", "app.processors.stripe.processor:Stripe"),
    "gmail": ("GMAIL_MAILBOX", "app.processors.google.gmail:Gmail"),
    "google_contacts": ("GOOGLE_CONTACTS_GROUP", "app.processors.google.contacts:Contacts"),
    "google_groups": ("GOOGLE_GROUPS", "app.processors.google.groups:Groups"),
    "wordpress": ("WORDPRESS_URL", "app.processors.wordpress.processor:WordPress"),
}

MAKING = Lock()


def build(config: Mapping[str, Any]) -> dict[str, Processor]:
    """The processors this configuration turns on, by name. Calls nobody.

    Raises `ValueError`, naming the setting, where one is missing or cannot be right.
    """
    return {
        name: resolve_name(target).from_config(config)
        for name, (switch, target) in REGISTRY.items()
        if config.get(switch)
    }


def init_app(app: Flask) -> None:
    """Nothing is made yet: a web process that never calls a processor pays nothing for it."""
    app.extensions["processors"] = None


def active() -> dict[str, Processor]:
    """The processors of the running app, made at first use. Raises as `build` does."""
    extensions = current_app.extensions
    with MAKING:  # two of them would be two sets of connections, and the vendors count those
        if extensions["processors"] is None:
            extensions["processors"] = _paced(build(current_app.config), extensions.get("pace"))
    held: dict[str, Processor] = extensions["processors"]
    return held


def _paced(held: dict[str, Processor], pace: Callable[[str, Cap], Pace] | None) -> dict[str, Processor]:
    for name, processor in held.items():
        if pace and processor.cap:
            processor.share(pace(name, processor.cap))
    return held
