"""The rules of the house."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from app import outbox
from app.extensions import Base
from app.letters.compose import COMPOSERS
from app.outbox.registry import HANDLERS
from app.processors import REGISTRY
from tests.support.routes import first_choice

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"

# Who may end a transaction. A service never does: the caller knows when a thing is whole.
MAY_COMMIT = re.compile(
    r"""
    ^app/(
        ( .*/ )? (views|(\w+_)?jobs|cli|dev) \.py
      | admin/pages/ .* \.py                                  # views
      | webhooks/ .* \.py                                     # views
      | outbox/ .* \.py                                       # the engine
      | submissions/(writer|batch) \.py                       # the group commit
      | privacy/ (planning|running|sighting|journal) \.py    # requests: written before each call, and after it
      | consent/ (confirm|unsubscribe|preferences) \.py       # views
      | sync/limits \.py                                      # a turn is taken in a transaction of its own
      | sync/google \.py                                      # a permission that has ended is noted in one of its own
      | audit/service \.py                                    # a look is written down in its own transaction
    )$""",
    re.VERBOSE,
)

# What anybody may open. Everything else demands staff.
PUBLIC = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/<path:filename>",
    "/logo/<name>",
    "/site/<slug>.css",
    "/embed.js",
    "/f/<slug>",
    "/f/<slug>/token",
    "/f/<slug>/schema",
    "/f/<slug>/thanks",
    "/confirm/<word>",
    "/u/<token>",
    "/u/<token>/choose",
    "/preferences/<word>",
    "/receipt/<event_id>",
    "/.well-known/samtykke-keys.json",
    "/unsubscribe",
    "/meld-deg-av",
    "/privacy",
    "/personvern",
    "/privacy/<token>",
    "/privacy/<token>/<any(access, portability, rectification, restriction, objection, withdrawal, erasure, lift)"
    ":verb>",
    "/privacy/receipt/<word>",
    "/privacy/archive/<token>",
    "/webhooks/mailchimp/<secret>",
    "/webhooks/stripe",
    "/webhooks/wordpress/ping",
    "/webhooks/wordpress/export",
    "/webhooks/wordpress/erase",
    "/admin/login",
}
DEVELOPMENT = {
    "/",
    "/demo",
    "/demo/privacy",
    "/demo/personvern",
    "/dev/mail",
    "/dev/mail/<name>",
    "/dev/mail/<name>/html",
}

# Tables that know a person only by a word that means nothing once she has been erased.
PSEUDONYMOUS = {"consent_event", "audit_entry", "suppression", "disclosure", "confirm_letter"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(APP.rglob("*.py")):
        yield str(path.relative_to(ROOT)), tree(path)


def imported(module: ast.Module) -> set[str]:
    """Full names of everything a file imports."""
    names = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def calls(module: ast.Module, method: str) -> list[ast.Call]:
    """Calls of `something.method(...)` or `method(...)`."""
    found = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    return [c for c in found if getattr(c.func, "attr", getattr(c.func, "id", "")) == method]


def first_words(module: ast.Module, method: str) -> set[str]:
    """The first argument of every such call that is a plain string."""
    firsts = [call.args[0] for call in calls(module, method) if call.args]
    return {first.value for first in firsts if isinstance(first, ast.Constant) and isinstance(first.value, str)}


def test_imports_point_down():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_a_processor_imports_nothing_of_ours_but_base_the_law_and_itself():
    for path, module in sources():
        if not path.startswith("app/processors/") or path == "app/processors/__init__.py":
            continue
        own = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        family = ".".join(own.split(".")[:3])
        ours = {name for name in imported(module) if name == "app" or name.startswith("app.")}
        shared = ("app.processors.base", "app.processors.bookkeeping", family)
        strangers = {n for n in ours if not n.startswith(shared) and n != "app.processors"}
        assert not strangers, f"{path} imports {strangers}"


def test_every_processor_is_registered():
    folder = APP / "processors"
    there = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    families = {target.partition(":")[0].split(".")[2] for _, target in REGISTRY.values()}
    assert there - {"__init__", "__pycache__", "base", "bookkeeping"} == families


def test_every_adapter_is_registered():
    from app.submissions import adapters

    there = {path.stem for path in (APP / "submissions/adapters").glob("*.py")} - {"__init__", "base"}
    assert there == set(adapters.ADAPTERS)


def test_only_config_reads_the_environment():
    for path, module in sources():
        # `request.environ` is WSGI's and no business of this rule.
        names = {ast.unparse(node) for node in ast.walk(module) if isinstance(node, ast.Attribute)}
        if names & {"os.environ", "os.getenv", "os.environb"}:
            assert path in {"app/config/environment.py", "app/__init__.py"}, path


def test_only_views_jobs_cli_and_the_engine_commit():
    ends = {path for path, module in sources() if calls(module, "commit") or "engine.begin" in ast.unparse(module)}
    assert {path for path in ends if not MAY_COMMIT.match(path)} == set()


def test_a_service_knows_nothing_of_http():
    for path, module in sources():
        if path.endswith(("/service.py", "/models.py")):
            assert not imported(module) & {"flask.request", "flask.session", "flask.abort", "requests", "urllib3"}, path


def test_every_kind_of_work_has_somebody_who_does_it(app):
    enqueued = {word for _, module in sources() for word in first_words(module, "enqueue")}
    enqueued |= {"submission.process"}  # written by the group commit, in SQL of its own
    assert enqueued <= outbox.kinds()
    assert set(HANDLERS) <= enqueued, "a handler that nobody asks for"


def test_every_kind_of_letter_has_a_composer(app):
    written = {word for path, module in sources() if "/letters/" not in path for word in first_words(module, "write")}
    assert written and written <= set(COMPOSERS)


def test_every_table_that_refers_to_a_contact_lets_go_of_her_or_is_pseudonymous():
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            if key.column.table.name == "contact":
                assert key.ondelete in {"CASCADE", "SET NULL"}, f"{table.name}.{key.parent.name}"
        if {"subject", "mac"} & set(table.columns.keys()) and table.name not in {"contact", "submission"}:
            assert table.name in PSEUDONYMOUS, table.name


NAMES = {
    "Samtykke",
    "Fjordlys Interiør AS",
    "Fjordlys Interiør",
    "Strandgaten",
    "Bergen",
    "www.datatilsynet.no",
    "datatilsynet.no",
    "https",
}
JINJA = re.compile(r"\{#.*?#\}|\{% trans\b.*?%\}.*?\{% endtrans %\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
MARKUP = re.compile(r"<(style|script)\b.*?</\1>|<!--.*?-->|<[^>]*>|&\w+;", re.DOTALL)
SPOKEN = re.compile(r'\b(?:alt|title|placeholder|aria-label)="([^"]*)"')


def test_templates_say_nothing_that_is_not_translated():
    for path in sorted((APP / "templates").rglob("*.*")):
        source = JINJA.sub("", path.read_text(encoding="utf-8"))
        words = MARKUP.sub("", source) + " ".join(SPOKEN.findall(source))
        for name in sorted(NAMES, key=len, reverse=True):
            words = words.replace(name, "")
        assert not re.findall(r"[A-Za-zÆØÅæøå]{2,}", words), path


def test_nothing_is_left_for_later():
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    for folder in ("app", "tests", "bench", "migrations"):
        for path in (ROOT / folder).rglob("*.py"):
            found = [mark for mark in marks if re.search(rf"\b{mark}\b", path.read_text(encoding="utf-8"))]
            assert not found, f"{path}: {found}"


# Doors


def filled(rule):
    """The rule's path with something in each place, so that it can be asked for."""
    plain = first_choice(rule.rule)
    return re.sub(r"<(?:(int|float)[^:>]*:)?[^>]+>", lambda found: "1" if found[1] else "word", plain)


def test_every_route_is_on_the_public_list_or_demands_staff(app):
    for rule in app.url_map.iter_rules():
        if rule.rule not in PUBLIC | DEVELOPMENT:
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                assert turned_away(app.test_client().open(filled(rule), method=method)), f"{method} {rule.rule}"


def turned_away(answer):
    to_sign_in = answer.status_code in {302, 303} and "/admin/login" in answer.location
    return to_sign_in or answer.status_code in {401, 403}


def test_the_public_list_names_no_route_that_is_gone(app):
    assert {rule.rule for rule in app.url_map.iter_rules()} >= PUBLIC | DEVELOPMENT


@pytest.mark.settings(SAMTYKKE_ENV="production", MAIL_URL="file:/dev/null", MAIL_FROM="post@example.no")
def test_production_has_no_demo_and_shows_no_letters(app):
    assert not DEVELOPMENT & {rule.rule for rule in app.url_map.iter_rules()}
