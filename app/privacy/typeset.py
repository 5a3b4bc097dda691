"""PDFs: set by Typst from paper/, tagged for screen readers (PDF/UA-1), the same bytes from the same data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

PAPER = Path(__file__).with_name("paper")
STANDARD: Literal["ua-1"] = "ua-1"  # ISO 14289-1: structure, title and language are there, or Typst refuses


def pdf(name: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """The document `name`.typ with these data: text, numbers, lists and maps. `at` is the date it carries.

    The fonts are those that Typst brings along. Letters that none of them has are taken from the machine's fonts,
    and the document is then tagged but claims no standard.
    """
    import typst  # 30 MB that only few requests need

    source = PAPER / f"{name}.typ"
    shared: Any = {"root": PAPER, "format": "pdf", "timestamp": int(at.timestamp())}
    shared["sys_inputs"] = {"data": json.dumps(data, ensure_ascii=False)}
    try:
        done = typst.compile(source, **shared, ignore_system_fonts=True, pdf_standards=STANDARD)
    except typst.TypstError:
        done = typst.compile(source, **shared)
    return bytes(done)
