"""Those who come: how often they may, and what of theirs waits for a human."""

from __future__ import annotations

from typing import Any

from app.config.environment import Environment


def intake(env: Environment) -> dict[str, Any]:
    return {
        "INTAKE_BOX_PER_MINUTE": env.number("INTAKE_BOX_PER_MINUTE", 20),  # per form and network, then boxed as spam
        "INTAKE_STOP_PER_MINUTE": env.number("INTAKE_STOP_PER_MINUTE", 120),  # then 429
        "LOGIN_LIMIT": env.limit("LOGIN_LIMIT", "10 per minute; 50 per hour"),
        "LOST_LIMIT": env.limit("LOST_LIMIT", "20 per hour"),
    }


def privacy(env: Environment) -> dict[str, Any]:
    kinds = env.text("PRIVACY_APPROVAL", "erasure")
    return {
        # Kinds of requests that staff look at before they are carried out, with commas between; `none` for none.
        "PRIVACY_APPROVAL": [word.strip() for word in kinds.split(",") if word.strip()],
    }
