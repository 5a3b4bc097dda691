"""What a refused form gives back to whoever sent it, so that mending one answer loses no other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from app.masking import mask
from app.submissions.answers import Pair, Value, granted
from app.submissions.catalogue import Published
from app.submissions.decode import MAX_FIELDS, MAX_LIST
from app.submissions.reading import Reading, one

STEERING = 5  # controls that the page to mend may send: _t, _lang, _gotcha, _next and _page


def values(form: Published, said: Reading) -> dict[str, str | bool]:
    """What was typed, by the names of the form. A box is ticked only where the visitor said yes, never by some text."""
    texts = {name: one(value) for name, value in said.typed.items()}
    boxes = {name for name, field in form.fields.items() if field["kind"] == "checkbox"} | {form.age}
    yes = {name: granted(said.typed.get(name)) for name in boxes}
    return {**texts, **yes, **{name: name in said.ticked for name in form.boxes}}


def hidden(form: Published, said: Reading, referer: str) -> list[Pair]:
    """What came beside the answers: where to go next, the page it came from, and inputs that the form does not know.

    Not `_sid`: it names the words that were refused, and mended words are others.
    """
    controls = {"_next": said.controls.get("_next", ""), "_page": said.controls.get("_page") or referer}
    steering = [(name, mask(value)[0]) for name, value in controls.items() if value]
    asked = len(form.fields) + len(form.boxes) + bool(form.age)
    return steering + list(islice(_beside(form, said), MAX_FIELDS - STEERING - asked))


def _beside(form: Published, said: Reading) -> Iterator[Pair]:
    for name, value in said.typed.items():
        if not _known(form, said, name):
            yield from _pairs(name, value)


def _known(form: Published, said: Reading, name: str) -> bool:
    """To today's form, or a box of the one that was shown: its yes must not reach another box, unseen."""
    return name.casefold() in form.names or name in said.shown.boxes or name == said.shown.age


def _pairs(name: str, value: Value) -> Iterator[Pair]:
    """As it was sent: a list says so in its name."""
    if isinstance(value, list):
        yield from ((f"{name}[]", item) for item in value[:MAX_LIST])
    elif value:
        yield name, value
