"""Two languages: Norwegian (bokmål) and English. Which one is meant, and how to speak it outside a request."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from flask import Flask, g, has_request_context, request
from flask_babel import force_locale, format_datetime, format_decimal, get_locale

from app.config import Misconfigured

LANGUAGES = ("nb", "en")
NORWEGIAN = {"nb", "nn", "no", "nb_no", "nn_no", "no_no"}


def supported(tag: str | None) -> str | None:
    """`nb` for every Norwegian tag, `en` for every English one, None for the rest."""
    word = (tag or "").strip().lower().replace("-", "_")
    if word in NORWEGIAN:
        return "nb"
    return "en" if word.split("_")[0] == "en" else None


def first_supported(tags: Iterable[str | None], default: str = "nb") -> str:
    return next((lang for lang in map(supported, tags) if lang), default)


def current_language() -> str:
    """The language of this answer: what the page is bound to, `?lang=`, the browser's wish, Norwegian."""
    if not has_request_context():
        return "nb"
    bound: str | None = g.get("lang")
    wishes = (tag for tag, _ in request.accept_languages)
    return first_supported([bound, request.args.get("lang"), *wishes])


def speaking(lang: str) -> AbstractContextManager[None]:
    """Speak this language in the block: for letters, which follow the person and not the request."""
    manager: AbstractContextManager[None] = force_locale(lang)
    return manager


def when(moment: datetime | None) -> str:
    """A moment in words, in Oslo's time and the language that is being spoken."""
    norwegian = str(get_locale()).startswith("nb")
    return format_datetime(moment, "d. MMMM y, HH:mm" if norwegian else "d MMMM y, HH:mm") if moment else ""


def size(octets: int) -> str:
    """How large a file is, in kilobytes or megabytes, with the decimal mark of the language that is being spoken."""
    unit, name = (1_000_000, "MB") if octets >= 1_000_000 else (1000, "kB")
    return f"{format_decimal(octets / unit, format='#,##0.0')}\u00a0{name}"


def init_app(app: Flask) -> None:
    """Bind Babel; make `lang`, `|when` and `|size` known to templates. Refuses to start without compiled Norwegian."""
    from app.extensions import babel

    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Europe/Oslo")
    babel.init_app(app, locale_selector=current_language)
    catalogue = Path(app.config["BABEL_TRANSLATION_DIRECTORIES"]) / "nb" / "LC_MESSAGES" / "messages.mo"
    if not catalogue.exists():
        raise Misconfigured(f"{catalogue} is missing: run `make install`")
    app.jinja_env.filters.update(when=when, size=size)
    app.context_processor(lambda: {"lang": current_language(), "languages": LANGUAGES})
