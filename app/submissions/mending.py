"""What a refused form gives back to whoever sent it, so that mending one answer loses no other."""

from __future__ import annotations

from app.submissions.answers import Value, granted
from app.submissions.catalogue import Published
from app.submissions.reading import Reading


def values(form: Published, said: Reading) -> dict[str, Value | bool]:
    """What was typed, by the names of the form. A box is ticked only where the visitor said yes, never by some text."""
    boxes = {name for name, field in form.fields.items() if field["kind"] == "checkbox"} | {form.age}
    yes = {name: granted(said.typed.get(name)) for name in boxes}
    return {**said.typed, **yes, **{name: name in said.ticked for name in form.boxes}}
