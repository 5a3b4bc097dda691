"""A YAML text as plain values, each with the line it stands on, so that a mistake can be named by line and field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Place = tuple[str | int, ...]
Mistakes = Iterator[tuple[Place, str]]  # where, and what is wrong there


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: the line it stands on (from 1), the field, and what is wrong."""

    line: int
    field: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.field or 'the file'}: {self.text}"


class Invalid(Exception):
    """The file cannot be loaded. `problems` is never empty, and in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class _Loader(yaml.SafeLoader):
    """Dates stay as they are written: a policy's version may be one."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Document:
    """A YAML text as plain values, and the line each of them stands on."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self.repeated: list[Problem] = []
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            self.value: Any = loader.construct_document(node) if node else None
            self._walk(node, ())
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise Invalid([_unreadable(error)]) from None

    def _walk(self, node: yaml.Node | None, place: Place) -> None:
        self.lines.setdefault(place, node.start_mark.line + 1 if node else 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._member(key, value, place)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._walk(item, (*place, index))

    def _member(self, key: yaml.Node, value: yaml.Node, place: Place) -> None:
        inside: Place = (*place, str(key.value))
        line = key.start_mark.line + 1
        if inside in self.lines:
            self.repeated.append(Problem(line, named(inside), f"stands twice, also on line {self.lines[inside]}"))
        self.lines[inside] = line
        self._walk(value, inside)

    def problem(self, place: Place, text: str) -> Problem:
        """A mistake at this place, or at the nearest one around it that the file holds."""
        known = place
        while known not in self.lines:
            known = known[:-1]
        return Problem(self.lines[known], named(place), text)


def named(place: Place) -> str:
    """`forms.kontakt.fields[0].kind`."""
    words = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(words).lstrip(".")


def _unreadable(error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or "cannot be read"
    return Problem(mark.line + 1 if mark else 1, "", f"this is not YAML: {text}")
