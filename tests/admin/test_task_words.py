"""What stands on a task is said in the reader's language; what a vendor said itself is marked as English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.admin.task_words import KNOWN, told
from app.i18n import speaking
from app.privacy import moving
from app.processors.google import contacts, groups
from app.processors.wordpress.report import Found, Left

HERE = Path(__file__).parents[2] / "app"
PLACES = [HERE / "processors", *(HERE / "privacy" / f"{name}.py" for name in ("sighting", "settle", "verifying"))]
PLACES += [HERE / "privacy" / f"{name}.py" for name in ("running", "answers", "moving", "telling", "mailroom_jobs")]
PLACES += [HERE / "privacy" / "own" / f"{name}.py" for name in ("holders", "rectifying")]
ELSEWHERE = {"auth.py", "member.py"}  # said on other pages


def sentences() -> Iterator[str]:
    """Every sentence in these sources, with 7 in place of what is filled in."""
    for place in PLACES:
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if path.name not in ELSEWHERE:
                yield from _of(ast.parse(path.read_text()))


def _of(tree: ast.Module) -> Iterator[str]:
    aside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    aside |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    names = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        text = _text(node, names) if id(node) not in aside else ""
        if len(text.split()) > 2 and text.endswith(".") and (text[0].isupper() or text[0] == "7"):
            yield text


def _text(node: ast.AST, names: dict[str, object]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else _filled(one, names) for one in node.values)
    return ""


def _filled(node: ast.AST, names: dict[str, object]) -> str:
    name = getattr(getattr(node, "value", None), "id", "")
    return str(names.get(name, "7"))


def test_every_sentence_that_is_written_on_a_task_is_known(app: Flask) -> None:
    found = set(sentences())
    assert len(found) > 50
    with app.app_context(), speaking("nb"):
        unknown = [text for text in found if any(lang for _, lang in told(text))]
    assert unknown == []


def test_every_one_of_them_is_said_in_norwegian(app: Flask) -> None:
    with app.app_context(), speaking("nb"):
        filled = [re.sub(r"%\(\w+\)d", "7", text) for text in KNOWN]
        english = [text for text in filled if told(text)[0][0] == text]
    assert english == []


@pytest.mark.parametrize("text", [groups.POSTS, moving.TAKEN, f"{contacts.SHARED} {contacts.OTHER}"])
def test_in_english_they_stand_as_they_were_written(app: Flask, text: str) -> None:
    with app.app_context(), speaking("en"):
        assert " ".join(piece for piece, _ in told(text)) == text


def test_several_sentences_are_said_one_by_one(app: Flask) -> None:
    comments = {"kind": "comment", "status": "spam", "count": 3, "ids": [1, 2, 3]}
    left = Left(Found([comments]), [{"id": 7, "why": "rights"}], ["akismet"]).outcome("erased", (12, 31))
    with app.app_context(), speaking("nb"):
        pieces = told(left.text)
    assert len(pieces) == 3 and not any(lang for _, lang in pieces)
    assert "7" in pieces[0][0] and "3 × comment" in pieces[1][0] and "akismet" in pieces[2][0]
    assert "under Users" not in pieces[0][0]


def test_what_a_vendor_says_is_marked_and_explained(app: Flask) -> None:
    text = "Mailchimp answered 404 Resource Not Found"
    with app.app_context(), speaking("nb"):
        explained, raw = told(text)
        assert raw == (text, "en") and explained == ("Det vi lette etter, finnes ikke lenger.", "")
        assert told("Something of a vendor's. Redacted by Stripe.")[0] == ("Something of a vendor's.", "en")
        assert told("") == []
