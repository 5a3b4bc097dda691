"""PDFs: set by Typst from templates/paper/, tagged for screen readers (PDF/UA-1), the same bytes from the same data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

PAPER = Path(__file__).resolve().parent.parent / "templates" / "paper"
STANDARD = "ua-1"  # ISO 14289-1: structure, title and language are there, or Typst refuses


def pdf(name: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """The document `name`.typ with these data: text, numbers, lists and maps. `at` is the date it carries.

    The fonts are those that Typst brings along. Letters that none of them has are taken from the machine's fonts,
    and the document is then tagged but claims no standard.
    """
    import typst  # 30 MB that only few requests need

    given = {"data": json.dumps(data, ensure_ascii=False)}
    more: dict[str, Any] = {"root": PAPER, "sys_inputs": given, "format": "pdf", "timestamp": int(at.timestamp())}
    try:
        done = typst.compile(PAPER / f"{name}.typ", ignore_system_fonts=True, pdf_standards=STANDARD, **more)
    except typst.TypstError:
        done = typst.compile(PAPER / f"{name}.typ", **more)
    return bytes(done)
