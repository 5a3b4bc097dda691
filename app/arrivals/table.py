"""A file of comma-separated values, as people really have them, row by row. Pure, and never more than a row in memory.

Format: RFC 4180, with the delimiters and quotes that spreadsheets write.
"""

from __future__ import annotations

import csv
import re
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DELIMITERS = ";,\t"
LONGEST = 65_536  # characters of a line: a person on a list is described in less
MOST_COLUMNS = 300

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the number of the line it begins on, its cells, and what is wrong where it cannot be read.

    `problem` is `quotes`, `too_long` or nothing.
    """

    number: int
    cells: list[str]
    problem: str = ""


def lines(chunks: Iterable[bytes], encoding: str) -> Iterator[Line]:
    """Every row that is not empty, the header included. A row that cannot be read costs nobody else theirs."""
    feed = _Feed(_text_lines(chunks, encoding))
    first = feed.peek()
    if first.lower().startswith("sep="):  # a word from Excel to Excel
        next(feed)
    rows = csv.reader(feed, delimiter=delimiter(feed.peek()), strict=True)
    while (line := _next(rows, feed)) is not None:
        if line.problem or any(cell.strip() for cell in line.cells):
            yield line


def _next(rows: Iterator[list[str]], feed: _Feed) -> Line | None:
    feed.begin()
    try:
        cells = next(rows)
    except StopIteration:
        return None
    except csv.Error:
        return Line(feed.number_of_first(), [], feed.give_back())
    return Line(feed.number_of_first(), cells, "" if len(cells) <= MOST_COLUMNS else "too_long")


def delimiter(header: str) -> str:
    """The one that the header has most of outside quotes; a semicolon where it has none."""
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


class _Feed:
    """Lines for the csv reader, which remembers those of the row it is in.

    A quote that nobody closed would swallow the people after it: then only its own line is given up, and the others
    are read anew.
    """

    def __init__(self, source: Iterator[str]) -> None:
        self._source, self._again = source, deque[str]()
        self._row: list[str] = []
        self._number = 0  # of the last line that was handed out

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._source)
        self._number += 1
        self._row.append(line)
        if len(line) > LONGEST:
            raise csv.Error
        return line

    def peek(self) -> str:
        if not self._again:
            self._again.extend(line for line in [next(self._source, None)] if line is not None)
        return self._again[0] if self._again else ""

    def begin(self) -> None:
        self._row = []

    def number_of_first(self) -> int:
        return self._number - len(self._row) + 1

    def give_back(self) -> str:
        """Every line of this row but the first. Returns what is wrong with that one."""
        first, *rest = self._row
        self._again.extendleft(reversed(rest))
        self._number -= len(rest)
        return "too_long" if len(first) > LONGEST else "quotes"


def _text_lines(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Lines with their end, whichever of three it is. Of one that is too long the rest is left out."""
    rest, skipping = "", False
    for piece in _decoded(chunks, encoding):
        *whole, rest = _LINE.findall(rest + piece) or [""]
        for line in whole:
            if not skipping:
                yield line
            skipping = False
        if len(rest) > LONGEST:
            if not skipping:
                yield rest
            rest, skipping = "", True
    yield from [] if skipping else _LINE.findall(rest)


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    decoder = getincrementaldecoder(encoding)(errors="replace")
    for chunk in chunks:
        yield decoder.decode(chunk).replace("\0", "")
    yield decoder.decode(b"", final=True).replace("\0", "")
