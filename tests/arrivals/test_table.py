"""Files as people really have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.arrivals.survey import survey
from app.arrivals.table import LONGEST, delimiter, lines


def read(content: bytes, size: int = 7) -> list[tuple[int, list[str], str]]:
    """Everything in a file that comes in small pieces."""
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    return [(line.number, line.cells, line.problem) for line in lines(chunks, survey(chunks).encoding)]


def cells(content: bytes, size: int = 7) -> list[list[str]]:
    return [row for _, row, _ in read(content, size)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_names_come_out_right_whatever_program_wrote_them(encoding):
    assert cells("E-post;Navn\r\nkari@example.no;Kåre Ødegård".encode(encoding)) == [
        ["E-post", "Navn"],
        ["kari@example.no", "Kåre Ødegård"],
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_letter_cut_in_two_by_a_piece_is_one_letter(size):
    assert cells("navn;by\nÅse;Bodø".encode(), size) == [["navn", "by"], ["Åse", "Bodø"]]


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_the_delimiter_is_found_in_the_header(mark):
    assert cells(f"e-post{mark}navn\nkari@example.no{mark}Kari".encode())[1] == ["kari@example.no", "Kari"]


def test_a_delimiter_inside_quotes_is_none():
    assert delimiter('"Navn, fornavn, etternavn";e-post') == ";"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_three_ways(end):
    assert cells(f"a;b{end}1;2{end}{end}3;4{end}".encode(), 1) == [["a", "b"], ["1", "2"], ["3", "4"]]


def test_lines_are_counted_as_an_editor_counts_them():
    assert [n for n, _, _ in read(b'a;b\n\n"1\nx";2\n3;4\n')] == [1, 3, 5]


def test_a_word_from_one_spreadsheet_to_another_is_no_header():
    assert cells(b"sep=,\r\nemail,name\r\nkari@example.no,Kari")[0] == ["email", "name"]


def test_quotes_hold_delimiters_quotes_and_line_ends():
    assert cells(b'email;name\n"kari@example.no";"Kari ""K""; of\nBergen"\n')[1] == [
        "kari@example.no",
        'Kari "K"; of\nBergen',
    ]


def test_nul_bytes_are_nothing():
    assert cells(b"em\0ail;name\nkari@example.no;Ka\0ri\n") == [["email", "name"], ["kari@example.no", "Kari"]]


def test_a_quote_that_nobody_closed_costs_only_its_own_line():
    people = "".join(f"person{n}@example.no;P\n" for n in range(9000))
    rows = read(f'email;name\n"ola@example.no;Ola\n{people}'.encode(), 4096)
    assert [(number, problem) for number, _, problem in rows if problem] == [(2, "quotes")]
    assert len(rows) == 2 + 9000 and rows[-1][:2] == (9002, ["person8999@example.no", "P"])


def test_a_quote_left_open_on_the_last_line_is_noticed():
    assert [problem for _, _, problem in read(b'email;name\nkari@example.no;Kari\nola@example.no;"Ola')] == [
        "",
        "",
        "quotes",
    ]


def test_a_huge_field_costs_only_its_own_line_and_no_memory():
    huge = b"x" * (5 * LONGEST)
    rows = read(b"email;name\nola@example.no;" + huge + b"\nkari@example.no;Kari\n" + huge, 4096)
    assert [(number, problem) for number, _, problem in rows] == [(1, ""), (2, "too_long"), (3, ""), (4, "too_long")]


def test_too_many_columns_are_too_many():
    assert read(b"email\n" + b"x;" * 400)[1][2] in {"", "too_long"}
    assert read(b"email;name\n" + b"x;" * 400)[1][2] == "too_long"


def test_an_empty_file_has_no_rows():
    assert read(b"") == read(b"\n\r\n;;\n") == read("\ufeff".encode()) == []


@given(st.binary(max_size=400), st.integers(1, 50))
def test_no_bytes_make_it_fall_over(content, size):
    numbers = [number for number, _, _ in read(content, size)]
    assert numbers == sorted(set(numbers))


@given(st.text(max_size=200), st.integers(1, 50))
def test_the_pieces_a_file_comes_in_make_no_difference(content, size):
    raw = content.encode("utf-8", "replace")
    assert read(raw, size) == read(raw, 10_000)
