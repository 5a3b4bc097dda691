"""The registry: which outside systems a person's data can reach, and the setting that turns each one on."""

from __future__ import annotations

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import Any

from app.processors.base import Processor

# name: (the setting that turns it on, its class). A string, so that nothing of a vendor's is imported until it is on.
REGISTRY: dict[str, tuple[str, str]] = {
    "sandbox": ("SANDBOX_PATH", "app.processors.sandbox:Sandbox"),
    "mailchimp": ("MAILCHIMP_API_KEY", "app.processors.mailchimp.processor:Mailchimp"),
}


def build(config: Mapping[str, Any]) -> dict[str, Processor]:
    """The processors this configuration turns on, by name. Calls nobody.

    Raises `ValueError`, naming the setting, where one is missing or cannot be right.
    """
    return {
        name: resolve_name(target).from_config(config)
        for name, (switch, target) in REGISTRY.items()
        if config.get(switch)
    }
