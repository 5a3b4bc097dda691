"""What is printed in the company's colour, which may be pale: the line is that colour, the words can be read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import typst

from app.privacy.typeset import PAPER
from tests.sites.test_style import luminance

SAID: dict[str, Any] = {
    "lang": "nb",
    "company": {"name": "Fjordlys", "line": "Fjordlys"},
    "page": "Side",
    "title": "Kvittering",
    "lead": "Dette er det som ble gjort.",
    "kicker": "Kvittering",
    "facts": [],
    "places": [{"name": "Vårt eget register", "lines": [{"label": "Sletting", "text": "Gjort."}]}],
    "complain": "Klag til Datatilsynet.",
    "proof": "Bevis",
    "checks": [],
    "heads": {"places": "Hvor", "complain": "Klage", "proof": "Bevis"},
}


@pytest.mark.parametrize("color", ["#000000", "#ffffff", "#1f5a5a", "#ffd400", "#ff0000", "#00ffff", "#808080"])
def test_headings_on_paper_can_be_read_whatever_the_companys_colour_is(color: str) -> None:
    shared: Any = {"root": PAPER, "format": "svg", "sys_inputs": {"data": json.dumps({**SAID, "color": color})}}
    drawn = bytes(typst.compile(PAPER / "receipt.typ", ignore_system_fonts=True, **shared)).decode()
    assert f'stroke="{color}"' in drawn
    fills = set(re.findall(r'<use [^>]*fill="(#\w{6})"', drawn))
    assert len(fills) == 3, "of the text, of what is softer, and of the headings"
    for fill in fills:
        assert 1.05 / (luminance(fill) + 0.05) >= 4.5, fill  # WCAG 2.1, success criterion 1.4.3
