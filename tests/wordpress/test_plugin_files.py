"""What can be read off the plugin's files without WordPress."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.wordpress.site import PLUGIN

sys.path.insert(0, str(PLUGIN.parent))
import build  # type: ignore[import-not-found]

PHP = sorted(PLUGIN.rglob("*.php"))
NAMES = [str(file.relative_to(PLUGIN)) for file in PHP]
OPENED = r"(?<![\w>])"
STRING = re.compile(r"'(?:[^'\\]|\\.)*'")
ESCAPING = re.compile(r"\b(?:esc_\w+|disabled|get_block_wrapper_attributes)\([^()]*\)|\(int\) [\w:]+")
CALLED = re.compile(r"[\w:>-]*\(([^()]*)\)")
CLEAN = {"$attributes", "$html", "$mark", "$title", "$links"}  # built from escaped parts, by us or by WordPress


def code(file: Path) -> str:
    """The file without its comments."""
    return re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", file.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("file", PHP, ids=NAMES)
def test_a_file_cannot_be_opened_from_outside(file: Path) -> None:
    guards = ("defined( 'ABSPATH' ) || exit;", "defined( 'WP_UNINSTALL_PLUGIN' ) || exit;", "return array(")
    assert any(guard in code(file) for guard in guards)


@pytest.mark.parametrize("file", PHP, ids=NAMES)
def test_a_file_declares_nothing_outside_our_namespace(file: Path) -> None:
    declares = re.search(r"^(?:final |abstract )?(?:class|function|interface|trait|const) ", code(file), re.MULTILINE)
    assert not declares or "\nnamespace Samtykke;\n" in code(file)


@pytest.mark.parametrize("file", PHP, ids=NAMES)
def test_what_is_stored_under_a_global_name_has_our_prefix(file: Path) -> None:
    stored = r"(?:update_option|add_option|set_transient|add_shortcode|define|update_user_meta\( \$\w+,)\(?\s*'(\w+)'"
    assert all(name.lower().startswith(("samtykke", "_samtykke")) for name in re.findall(stored, code(file)))


def unescaped(statement: str) -> set[str]:
    """Variables of a statement that go through no escaping function."""
    rest, before = re.sub(r"\$\w+ \?", "", STRING.sub("", statement)), ""
    while rest != before:
        before, rest = rest, CALLED.sub(r" \1 ", ESCAPING.sub("", rest), count=1)
    return set(re.findall(r"\$\w+", rest))


def test_the_check_for_escaping_sees_what_is_not_escaped() -> None:
    assert unescaped("printf( '<p>%s</p>', $text );") == {"$text"}
    assert unescaped("echo esc_html( $a ) . strtoupper( $b );") == {"$b"}
    assert unescaped("printf( '<a href=\"%s\">', esc_url( add( $a, f( $b ) ) ) );") == set()


@pytest.mark.parametrize("file", PHP, ids=NAMES)
def test_what_is_printed_is_escaped(file: Path) -> None:
    for statement in re.findall(rf"{OPENED}(?:echo |printf\()[^;]*;", code(file)):
        assert unescaped(statement) == set(), statement


@pytest.mark.parametrize("file", PHP, ids=NAMES)
def test_html_is_put_together_from_escaped_parts(file: Path) -> None:
    for statement in re.findall(rf"{OPENED}sprintf\( '<[^;]*;", code(file)):
        assert unescaped(statement) <= CLEAN, statement


@pytest.mark.parametrize("file", PHP, ids=NAMES)
def test_what_comes_from_outside_is_unslashed(file: Path) -> None:
    for line in code(file).splitlines():
        if re.search(r"\$_(?:POST|GET|REQUEST|COOKIE)\b", line):
            assert "wp_unslash" in line, line


@pytest.mark.parametrize("file", PHP, ids=NAMES)
def test_values_enter_sql_by_prepare_only(file: Path) -> None:
    """A query without values is one of constants; names of tables and columns are the only things written into it."""
    for query in re.findall(r"\$wpdb->(?:get_\w+|query)\((.*)\);", code(file)):
        inside = re.findall(r"\{(\$[^}]+)\}", query)
        assert all(re.fullmatch(r"\$wpdb->\w+|\$(types|marks|table|column)", name) for name in inside), query
        assert "WHERE" not in query or "prepare(" in query or "$tests" in query, query


@pytest.mark.parametrize(
    "word", ["eval(", "base64_decode( $_", "extract(", "create_function", "file_get_contents( $", "curl_"]
)
def test_what_reviewers_refuse_is_not_there(word: str) -> None:
    assert [name for name, file in zip(NAMES, PHP, strict=True) if word in code(file)] == []


@pytest.mark.parametrize("name", ["str_contains", "match (", "?->", "readonly ", "enum ", "never "])
def test_nothing_newer_than_php_7_4_is_used(name: str) -> None:
    bare = {file.name: re.sub(r"'(?:[^'\\]|\\.)*'", "''", code(file)) for file in PHP}
    assert [file for file, text in bare.items() if re.search(rf"(?<![\w$>]){re.escape(name)}", text)] == []


def test_php_itself_can_read_every_file() -> None:
    if not shutil.which("php"):
        pytest.skip("PHP is not installed (apt-get install php-cli)")
    for file in PHP:
        done = subprocess.run(["php", "-l", file], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def phpcs() -> str:
    """PHP_CodeSniffer, where it has both standards: the one that SAMTYKKE_TEST_PHPCS names, or that of this machine."""
    program = os.environ.get("SAMTYKKE_TEST_PHPCS") or shutil.which("phpcs") or ""
    known = subprocess.run([program, "-i"], capture_output=True, text=True).stdout if program else ""
    return program if {"WordPress", "PHPCompatibility"} <= set(re.findall(r"\w+", known)) else ""


def test_the_coding_standards_of_wordpress_are_kept() -> None:
    """Only Composer fetches them: Debian and PyPI have none, and npm's are of 2018 and without PHPCompatibility."""
    if not phpcs():
        pytest.skip(
            "WordPress's coding standards are not installed "
            "(composer global require wp-coding-standards/wpcs phpcompatibility/php-compatibility)"
        )
    done = subprocess.run([phpcs(), "-q", "--standard=phpcs.xml.dist"], cwd=PLUGIN, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_version_is_the_same_everywhere() -> None:
    main, readme = (PLUGIN / "samtykke.php").read_text(), (PLUGIN / "readme.txt").read_text()
    versions = re.findall(r"(?:Version:\s+|SAMTYKKE_VERSION', ')([\d.]+)", main) + re.findall(
        r"Stable tag: (.+)", readme
    )
    versions += [json.loads(file.read_text())["version"] for file in PLUGIN.glob("blocks/*/block.json")]
    assert versions == ["1.0.0"] * 5


@pytest.mark.parametrize("name", ["Requires at least", "Requires PHP"])
def test_header_and_readme_ask_for_the_same(name: str) -> None:
    asked = [re.search(rf"{name}:\s+(\S+)", (PLUGIN / file).read_text()) for file in ("samtykke.php", "readme.txt")]
    assert asked[0] and asked[1] and asked[0][1] == asked[1][1]


def test_the_readme_names_the_external_service() -> None:
    assert "== External services ==" in (PLUGIN / "readme.txt").read_text()


def test_every_text_is_there_in_norwegian() -> None:
    norwegian = build.norwegian()
    lacking = [
        text for text, context in build.texts() if not (found := norwegian.get(text, context)) or not found.string
    ]
    assert lacking == []


def test_there_is_no_norwegian_for_a_text_that_is_gone() -> None:
    used = {text for text, _ in build.texts()}
    assert [message.id for message in build.norwegian() if message.id and message.id not in used] == []


def test_translations_keep_their_placeholders() -> None:
    holes = re.compile(r"%[sd]")
    for message in build.norwegian():
        if message.id:
            assert holes.findall(str(message.id)) == holes.findall(str(message.string))


def test_what_wordpress_reads_is_made_of_what_translators_write() -> None:
    for name, content in build.compiled().items():
        assert (build.LANGUAGES / name).read_bytes() == content, "run wordpress/build.py"


def test_every_call_of_gettext_names_our_domain() -> None:
    for name, file in zip(NAMES, PHP, strict=True):
        calls = re.findall(r"\b(?:esc_html_|esc_attr_|_)_\(", code(file))
        assert len(calls) == len(build.CALL.findall(code(file))), name


def test_the_zip_installs_as_one_folder_and_is_the_same_twice(tmp_path: Path) -> None:
    first, second = build.build(tmp_path / "1.zip"), build.build(tmp_path / "2.zip")
    assert first.read_bytes() == second.read_bytes()
    names = ZipFile(first).namelist()
    assert {name.partition("/")[0] for name in names} == {"samtykke"}
    assert {"samtykke/samtykke.php", "samtykke/readme.txt", "samtykke/languages/samtykke-nb_NO.mo"} <= set(names)
    assert not [name for name in names if "phpcs" in name]
