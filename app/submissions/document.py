"""A YAML text as plain values, each with the line it stands on, so that a mistake can be named by line and field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.reader import ReaderError

TEXT, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"  # as YAML calls them

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


# Controls but for tabs and line breaks, and halves of characters: no page shows them, and no database keeps them all.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Document:
    """A YAML text as plain values, and the line each of them stands on. `problems` are those of no schema."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self.problems: list[Problem] = []
        try:
            loader = _Loader(text)
            node = loader.get_single_node()
            self._walk(node, ())
            self.value: Any = loader.construct_document(node) if node else None
        except ReaderError as error:
            raise Invalid([_unseen(text[error.position], text.count("\n", 0, error.position) + 1)]) from None
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
        elif isinstance(node, yaml.ScalarNode):
            self._see(node, place)

    def _see(self, node: yaml.ScalarNode, place: Place) -> None:
        """Name what nobody can see, and go on with a mark in its place, so that the other mistakes can be named too."""
        if unseen := _UNSEEN.search(node.value):
            self.problems.append(_unseen(unseen[0], node.start_mark.line + 1, named(place)))
            node.value = _UNSEEN.sub("\ufffd", node.value)

    def _member(self, key: yaml.Node, value: yaml.Node, place: Place) -> None:
        if isinstance(key, yaml.ScalarNode):
            self._see(key, place)
            if key.tag != MERGE:
                key.tag = TEXT  # a name is what is written: `no` is not False here, nor 24 a number
        inside: Place = (*place, str(key.value))
        line = key.start_mark.line + 1
        if inside in self.lines:
            self.problems.append(Problem(line, named(inside), f"stands twice, also on line {self.lines[inside]}"))
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


def _unseen(character: str, line: int, field: str = "") -> Problem:
    return Problem(line, field, f"holds U+{ord(character):04X}, which cannot be shown")


def _unreadable(error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or "cannot be read"
    return Problem(mark.line + 1 if mark else 1, "", f"this is not YAML: {text}")
