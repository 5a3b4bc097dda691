"""Reading the environment: a setting by its name, as text, number, flag or secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from limits import parse_many

TRUE = {"1", "true", "yes", "on"}
MOST = 2**31 - 1  # seconds or people: beyond that no date and no counter follows
MODES = ("development", "production")


class Misconfigured(Exception):
    """A setting is missing or cannot be understood. The message names the variable."""


class Environment:
    """Settings by name, from a variable or, for secrets, from the file that `NAME_FILE` points at."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.production = self._mode() == "production"
        self.missing: list[str] = []

    def _mode(self) -> str:
        """Production where nothing is said. A slip of the hand must not open development's doors."""
        mode = self.environ.get("SAMTYKKE_ENV", "production")
        if mode not in MODES:
            raise Misconfigured(f"SAMTYKKE_ENV must be {' or '.join(MODES)}; without it, it is production")
        return mode

    def text(self, name: str, default: str = "") -> str:
        return self.environ.get(name, "").strip() or default

    def number(self, name: str, default: int, least: int = 1, most: int = MOST) -> int:
        try:
            value = int(self.text(name) or default)
        except ValueError:
            raise Misconfigured(f"{name} must be a whole number") from None
        if not least <= value <= most:
            raise Misconfigured(f"{name} must be a whole number from {least} to {most}")
        return value

    def numbers(self, name: str) -> dict[str, int]:
        """Whole numbers by name, written `name=number` with spaces between."""
        pairs = [pair.partition("=") for pair in self.text(name).split()]
        if not all(key and value.isdecimal() and len(value) < 6 for key, _, value in pairs):
            raise Misconfigured(f"{name} must be names with whole numbers, as in own=7")
        return {key: int(value) for key, _, value in pairs}

    def limit(self, name: str, default: str) -> str:
        """How often something may be done, as Flask-Limiter reads it."""
        try:
            often = parse_many(self.text(name, default))
        except ValueError:
            often = []
        if not often or any(limit.amount < 1 for limit in often):
            raise Misconfigured(f"{name} must be how often something may be done, as in {default}")
        return self.text(name, default)

    def flag(self, name: str, default: bool = False) -> bool:
        return self.text(name, str(default)).lower() in TRUE

    def secret(self, name: str) -> str:
        """The secret NAME, or the content of the file NAME_FILE; empty when neither is set."""
        path = self.text(f"{name}_FILE")
        if not path:
            return self.text(name)
        try:
            return Path(path).read_text(encoding="utf-8-sig").strip()
        except OSError:
            raise Misconfigured(f"{name}_FILE names a file that cannot be read") from None
        except UnicodeDecodeError:
            raise Misconfigured(f"{name}_FILE names a file that is not UTF-8 text") from None

    def required(self, name: str, development: str, secret: bool = False) -> str:
        """A setting that production must name; development has a default so that a newcomer can start."""
        value = self.secret(name) if secret else self.text(name)
        if not value and self.production:
            self.missing.append(name)
        return value or development

    def refuse_what_is_missing(self) -> None:
        """All at once: nobody should start a service five times to learn of five settings."""
        if self.missing:
            are, they = ("are", "they have") if len(self.missing) > 1 else ("is", "it has")
            raise Misconfigured(f"{', '.join(self.missing)} {are} not set. In production {they} no default.")
