"""Collect the texts from the program into the catalogues: `make translations`.

Norwegian gains what is new, untranslated, and loses what is gone. English is the language of the source, so its
catalogue is filled from there and never edited.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
PYBABEL = Path(sys.executable).parent / "pybabel"


def texts() -> Catalog:
    """Every text the program says now."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "messages.pot"
        command = [PYBABEL, "-q", "extract", "-F", "babel.cfg", "--no-location", "-o", target, "."]
        subprocess.run(command, cwd=HERE.parent, check=True)
        return read(target)


def read(file: Path, lang: str | None = None) -> Catalog:
    with file.open("rb") as source:
        return read_po(source, locale=lang)


def catalogue(lang: str) -> Catalog:
    """The catalogue as it is; an empty one for a new language."""
    file = HERE / lang / "LC_MESSAGES" / "messages.po"
    return read(file, lang) if file.exists() else Catalog(locale=lang)


def fill_from_source(catalog: Catalog) -> None:
    for message in catalog:
        message.string = message.id if message.id else message.string


def forms(message: Message) -> list[str]:
    """The translation, in singular and plural where there are two."""
    return list(message.string) if message.pluralizable else [message.string]


def save(catalog: Catalog, lang: str) -> None:
    catalog.fuzzy, catalog.project, catalog.version, catalog.header_comment = False, "Samtykke", "", ""
    file = HERE / lang / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as target:
        write_po(target, catalog, sort_output=True, ignore_obsolete=True, width=120)


def main() -> None:
    template = texts()
    for lang in ("nb", "en"):
        catalog = catalogue(lang)
        catalog.update(template, no_fuzzy_matching=True)
        if lang == "en":
            fill_from_source(catalog)
        save(catalog, lang)
        missing = [message.id for message in catalog if message.id and not all(forms(message))]
        print(f"{lang}: {len(catalog)} texts, {len(missing)} to translate")
    subprocess.run([PYBABEL, "-q", "compile", "-d", HERE], check=True)


if __name__ == "__main__":
    main()
