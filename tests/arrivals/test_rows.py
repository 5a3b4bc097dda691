"""What a line says, and what it proves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.arrivals.columns import Unusable, chosen, headless, places
from app.arrivals.moments import moment
from app.arrivals.rows import row
from app.arrivals.table import Line

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NATIONAL_ID = "15076500565"  # made up, of a form that is valid


def said(header: str, line: str):
    cells = line.split(";")
    return row(Line(2, cells), places(header.split(";"), {}), NOW)


# Columns


@pytest.mark.parametrize("word", ["E-post", "epost", "E-postadresse", "email", "E-mail", "Email Address", " MAIL "])
def test_the_column_of_addresses_goes_by_many_names(word):
    assert places(["Navn", word], {}) == {"name": 0, "email": 1}


def test_norwegian_and_english_columns_are_known():
    header = "E-post;Navn;Firma;Mobil;Språk;Påmeldt dato;IP-adresse;Kilde;Avmeldt;Status"
    assert places(header.split(";"), {}) == {
        "email": 0,
        "name": 1,
        "company": 2,
        "phone": 3,
        "lang": 4,
        "opt_in": 5,
        "ip": 6,
        "source": 7,
        "left": 8,
        "status": 9,
    }


def test_mailchimps_own_export_is_known():
    header = "Email Address,First Name,Last Name,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,UNSUB_TIME,CLEAN_TIME"
    found = places(header.split(","), {})
    assert (found["opt_in"], found["ip"], found["left"], found["cleaned"]) == (5, 6, 7, 8)
    assert (found["first_name"], found["last_name"]) == (1, 2)


def test_what_one_is_told_counts_before_what_the_words_suggest():
    told = chosen("email=Kontakt, opt_in=Dato 2")
    assert places(["E-post", "Kontakt", "Dato", "dato 2"], told) == {"email": 1, "opt_in": 3}


@pytest.mark.parametrize(("told", "code"), [("email=Nope", "unknown_column"), ("", "no_address_column")])
def test_a_column_that_is_not_there_is_said(told, code):
    with pytest.raises(Unusable) as error:
        places(["Navn", "By"], chosen(told))
    assert error.value.code == code


@pytest.mark.parametrize("text", ["nonsense", "e-post=E-post", "email="])
def test_a_field_that_is_none_of_ours_is_said(text):
    with pytest.raises(Unusable):
        chosen(text)


def test_a_list_without_a_header_has_somebody_in_its_first_row():
    assert headless(["Kari", "kari@example.no"]) == {"email": 1}
    assert headless(["Navn", "By"]) is None


# Moments


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-02T12:05:00+01:00",
        "2024-03-02 12:05:00",
        "2024-03-02T11:05:00Z",
        "2.3.2024 12:05",
        "02.03.2024 kl. 12.05",
        "02.03.2024, 12:05:00",
        " 2024-03-02 12:05 ",
    ],
)
def test_a_moment_is_read_as_it_is_written_here(text):
    assert moment(text, NOW) == datetime(2024, 3, 2, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "03/02/2024",
        "yes",
        "",
        "31.02.2024",
        "1899-12-30",
        "2031-01-01",
        "20240302",
        "45353",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "1.1.99999",
    ],
)
def test_what_can_be_read_in_two_ways_or_cannot_be_is_no_moment(text):
    assert moment(text, NOW) is None


def test_slashes_are_read_where_only_one_number_can_be_the_month():
    assert moment("3/15/2024", NOW) == moment("15/3/2024", NOW) == datetime(2024, 3, 14, 23, tzinfo=UTC)
    assert moment("3/3/2024", NOW) == datetime(2024, 3, 2, 23, tzinfo=UTC)


# What it proves


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("kari@example.no;2024-03-02 12:00;203.0.113.9", "B"),
        ("kari@example.no;2024-03-02 12:00;", "C"),
        ("kari@example.no;;203.0.113.9", "C"),
        ("kari@example.no;;", "D"),
        ("kari@example.no;ja;unknown", "D"),
        ("kari@example.no;2031-03-02 12:00;", "D"),
    ],
)
def test_time_and_network_make_the_level(line, level):
    assert said("email;opt_in;ip", line).level == level


def test_where_she_was_is_cut_to_a_street():
    assert said("email;ip", "kari@example.no;203.0.113.77").ip == "203.0.113.0/24"
    assert said("email;ip", "kari@example.no;2001:db8:1:2::7").ip == "2001:db8:1::/48"


@pytest.mark.parametrize(
    ("header", "line", "status"),
    [
        ("email;status", "kari@example.no;Påmeldt", "subscribed"),
        ("email;status", "kari@example.no;Avmeldt", "unsubscribed"),
        ("email;status", "kari@example.no;Cleaned", "cleaned"),
        ("email;status", "kari@example.no;pending", "pending"),
        ("email;status", "kari@example.no;spam", "complained"),
        ("email;status", "kari@example.no;purple", "unknown_status"),
        ("email;unsub_time", "kari@example.no;2024-03-02 12:00:00", "unsubscribed"),
        ("email;unsub_time", "kari@example.no;", "subscribed"),
        ("email;avmeldt", "kari@example.no;nei", "subscribed"),
        ("email;clean_time", "kari@example.no;2024-03-02 12:00:00", "cleaned"),
        ("email;samtykke", "kari@example.no;Nei", "refused"),
    ],
)
def test_where_she_stands_on_the_list(header, line, status):
    assert said(header, line).status == status


def test_when_she_left_is_read():
    assert said("email;unsub_time", "kari@example.no;2024-03-02 12:00").left_at == datetime(2024, 3, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", "empty"),
        ("kari", "syntax"),
        ("kari@example.no, ola@example.no", "several"),
        ("kåri@example.no", "local_not_ascii"),
    ],
)
def test_what_is_no_address_is_doubtful(address, problem):
    assert said("email;name", f"{address};Kari").problem == problem


def test_an_address_is_one_whatever_stands_around_it():
    assert said("email;name", "mailto:Kari@EXAMPLE.no;Kari").address == "kari@example.no"
    assert said("email;name", " <kari@example.no> ;Kari").address == "kari@example.no"


def test_a_short_line_is_one_without_the_rest():
    assert said("email;name;ip", "kari@example.no").address == "kari@example.no"


# What must not be kept


def test_national_identity_numbers_are_masked_wherever_they_stand():
    found = said(
        "email;name;company;source", f"kari@example.no;Kari {NATIONAL_ID};Firma 4111 1111 1111 1111;{NATIONAL_ID}"
    )
    kept = f"{found.values} {found.source}"
    assert NATIONAL_ID not in kept and "4111" not in kept and "Kari •" in kept


def test_an_address_made_of_one_is_not_taken_in():
    found = said("email;name", f"{NATIONAL_ID}@example.no;Kari")
    assert (found.problem, found.address) == ("number", "") and NATIONAL_ID not in found.display


def test_values_are_one_line_of_what_can_be_printed():
    found = said("email;name", "kari@example.no;Ka\x07ri\n  Nord\u2028mann" + "n" * 900)
    assert found.values["name"].startswith("Ka ri Nord mann") and len(found.values["name"]) == 200
