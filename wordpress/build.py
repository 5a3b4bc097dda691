"""Builds dist/samtykke.zip, which WordPress installs under Plugins, Add New, Upload.

`python wordpress/build.py` writes the zip; `python wordpress/build.py words` collects new texts from the code into
languages/ first. Run it after every change of a text, fill in samtykke-nb_NO.po, and run it again.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from struct import pack_into, unpack_from
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PLUGIN = Path(__file__).with_name("samtykke")
LANGUAGES = PLUGIN / "languages"
ZIP = Path(__file__).resolve().parents[1] / "dist" / "samtykke.zip"
LEFT_OUT = {"phpcs.xml.dist"}
CALL = re.compile(r"\b(?:esc_html_|esc_attr_|_)_\(\s*'((?:[^'\\]|\\.)*)',\s*'samtykke'\s*\)")
BLOCKS = sorted(file.parent.name for file in PLUGIN.glob("blocks/*/block.json"))


def texts() -> Iterator[tuple[str, str | None]]:
    """Every text of the plugin, and its context where it has one."""
    for file in sorted([*PLUGIN.rglob("*.php"), *PLUGIN.rglob("*.js")]):
        for found in CALL.findall(file.read_text()):
            yield re.sub(r"\\(.)", r"\1", found), None
    for name in BLOCKS:
        block = json.loads((PLUGIN / f"blocks/{name}/block.json").read_text())
        yield block["title"], "block title"
        yield block["description"], "block description"
        for word in block["keywords"]:
            yield word, "block keyword"
    yield re.search(r"Description:\s+(.+)", (PLUGIN / "samtykke.php").read_text())[1], None  # type: ignore[index]


def catalogue() -> Catalog:
    """All texts, without translations."""
    found = Catalog(project="Samtykke", copyright_holder="Samtykke")
    for text, context in texts():
        found.add(text, context=context, flags=["php-format"] if re.search(r"%[sd]", text) else [])
    return found


def norwegian() -> Catalog:
    with (LANGUAGES / "samtykke-nb_NO.po").open("rb") as file:
        return read_po(file, locale="nb_NO")


def collect() -> None:
    """Brings samtykke.pot and samtykke-nb_NO.po up to date."""
    template, translated = catalogue(), norwegian()
    translated.update(template, no_fuzzy_matching=True, keep_user_comments=True)
    translated.obsolete.clear()
    for name, found in (("samtykke.pot", template), ("samtykke-nb_NO.po", translated)):
        with (LANGUAGES / name).open("wb") as file:
            write_po(file, found, width=120, sort_output=True)


def compiled() -> dict[str, bytes]:
    """What WordPress reads: a .mo for PHP and a .json for the editor's script of each block, by the name it gives."""
    translated = norwegian()
    scripts = {f"samtykke-nb_NO-samtykke-{name}-editor-script.json": _script(name, translated) for name in BLOCKS}
    return {"samtykke-nb_NO.mo": machine_object(translated), **scripts}


def _script(block: str, translated: Catalog) -> bytes:
    words = {
        text: [translated[text].string] for text in CALL.findall((PLUGIN / f"blocks/{block}/index.js").read_text())
    }
    head = {"domain": "samtykke", "lang": "nb_NO", "plural-forms": "nplurals=2; plural=(n != 1);"}
    data = {"domain": "samtykke", "locale_data": {"samtykke": {"": head, **words}}}
    return json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def machine_object(translated: Catalog) -> bytes:
    """A .mo file as gettext's own tools write it.

    Babel says that its empty hash table begins at 0; WordPress measures the tables before it by where that begins.
    """
    file = BytesIO()
    write_mo(file, translated)
    content = bytearray(file.getvalue())
    (count,) = unpack_from("<I", content, 8)
    pack_into("<I", content, 24, 28 + 16 * count)
    return bytes(content)


def build(target: Path = ZIP) -> Path:
    """The same files make the same zip."""
    target.parent.mkdir(exist_ok=True)
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for file in sorted(PLUGIN.rglob("*")):
            if file.is_file() and file.name not in LEFT_OUT:
                entry = ZipInfo(f"samtykke/{file.relative_to(PLUGIN).as_posix()}")
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, file.read_bytes(), ZIP_DEFLATED)
    return target


if __name__ == "__main__":
    if sys.argv[1:] == ["words"]:
        collect()
    for name, content in compiled().items():
        (LANGUAGES / name).write_bytes(content)
    print(build())
