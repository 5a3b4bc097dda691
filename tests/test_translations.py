"""Both languages are whole: nothing missing, nothing doubtful, nothing left over, no placeholder lost."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Catalog:
    """Every text the program says, found anew in its source."""
    target = tmp_path_factory.mktemp("texts") / "messages.pot"
    command = [Path(sys.executable).parent / "pybabel", "-q", "extract", "-F", "babel.cfg", "-o", target, "."]
    subprocess.run(command, cwd=ROOT, check=True)
    with target.open("rb") as file:
        return read_po(file)


def catalogue(lang: str) -> Catalog:
    with (ROOT / "translations" / lang / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, lang)


def both_forms(message) -> list[str]:
    return list(message.id) if message.pluralizable else [message.id]


def translated(message) -> list[str]:
    return list(message.string) if message.pluralizable else [message.string]


def test_extraction_finds_texts(template):
    assert len(template) > 100


def test_every_text_is_translated(template):
    norwegian = catalogue("nb")
    missing = [m.id for m in template if m.id and not (m.id in norwegian and all(translated(norwegian[m.id])))]
    assert missing == []


def test_nothing_is_doubtful_or_left_over(template):
    norwegian = catalogue("nb")
    assert [m.id for m in norwegian if m.id and m.fuzzy] == []
    assert [m.id for m in norwegian if m.id and m.id not in template] == []
    assert list(norwegian.obsolete) == []


def test_placeholders_survive_translation():
    for message in catalogue("nb"):
        if message.id:
            asked = placeholders(" ".join(both_forms(message)))
            kept = placeholders(" ".join(translated(message)))
            assert kept == asked or not all(translated(message)), message.id


def test_english_says_what_the_source_says(template):
    english = catalogue("en")
    assert [m.id for m in template if m.id and m.id not in english] == []
    assert [m.id for m in english if m.id and translated(m) != both_forms(m)] == []


def placeholders(text: str) -> set[str]:
    return {found[0] for found in PLACEHOLDER.finditer(text)}
