"""Lists as rows, one after the other: a file, or the audience at a list provider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

from app.arrivals.columns import Unusable, headless, places
from app.arrivals.rows import Row, person, row
from app.arrivals.table import Line, lines
from app.clock import now

if TYPE_CHECKING:
    from app.processors.mailchimp.listed import Listed
    from app.processors.mailchimp.processor import Mailchimp


def csv_rows(chunks: Iterable[bytes], encoding: str, told: Mapping[str, str]) -> Iterator[Row]:
    """Everybody in a file. Raises `Unusable` where nobody could be found in it."""
    found = lines(chunks, encoding)
    first = next(found, None)
    if first is None:
        raise Unusable("empty")
    at, people = _places(first, told, found)
    moment = now()
    return (row(line, at, moment) for line in people)


def headings(chunks: Iterable[bytes], encoding: str) -> list[str]:
    """What stands in the first line of a file; nothing for an empty one."""
    first = next(lines(chunks, encoding), None)
    return [cell.strip() for cell in first.cells] if first else []


def _places(first: Line, told: Mapping[str, str], rest: Iterator[Line]) -> tuple[dict[str, int], Iterator[Line]]:
    nobody = None if told else headless(first.cells)
    return (nobody, chain([first], rest)) if nobody else (places(first.cells, told), rest)


def mailchimp_rows(mailchimp: Mailchimp) -> Iterator[Row]:
    """Everybody in the audience, of every status. Raises `Retry` and `Rejected`."""
    return (_member(number, member) for number, member in enumerate(mailchimp.everybody(), 1))


def _member(number: int, member: Listed) -> Row:
    said = {
        "name": member.name,
        "company": member.company,
        "phone": member.phone,
        "source": member.source,
        "lang": member.language,
    }
    return person(
        number,
        member.address,
        said,
        status=member.status,
        opt_in_at=member.opt_in_at,
        ip=member.network,
        left_at=member.left_at,
    )
