"""Numbers that can exist, and numbers that cannot."""

from __future__ import annotations

import pytest

from app.billing.taxid import check


@pytest.mark.parametrize(
    ("kind", "value", "number"),
    [
        ("no_orgnr", "988077917", "988077917"),
        ("no_orgnr", " 988 077 917 ", "988077917"),
        ("no_orgnr", "988.077.917", "988077917"),
        ("no_orgnr", "988\u00a0077\u00a0917", "988077917"),
        ("no_orgnr", "NO 988 077 917 MVA", "988077917"),
        ("no_vat", "988077917MVA", "988077917MVA"),
        ("no_vat", "no988077917mva", "988077917MVA"),
        ("no_vat", "NO988077917", "988077917MVA"),
        ("no_voec", "2024337", "2024337"),
        ("eu_vat", "DE 136,695 976", "DE136695976"),
        ("eu_vat", "SE556000016701", "SE556000016701"),
        ("gb_vat", "GB980780684", "980780684"),
        ("ch_vat", "CHE-107.787.577 IVA", "CHE107787577IVA"),
    ],
)
def test_a_valid_number_is_brought_into_its_normal_form(kind: str, value: str, number: str) -> None:
    assert (check(kind, value).result, check(kind, value).number) == ("valid", number)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("no_orgnr", "000000000"),
        ("no_orgnr", "988077918"),
        ("no_orgnr", "123456785"),  # its check digit is right, and none begins with 1
        ("no_orgnr", "98807791"),
        ("no_orgnr", ""),
        ("no_vat", "000000000MVA"),
        ("no_vat", "988077917MVAMVA"),
        ("no_voec", "1024337"),
        ("eu_vat", "NO988077917MVA"),
        ("eu_vat", "DE136695977"),
        ("eu_vat", "kari@example.no"),
        ("gb_vat", "GB980780685"),
    ],
)
def test_a_number_that_cannot_exist_stays_as_it_was_typed(kind: str, value: str) -> None:
    assert (check(kind, value).result, check(kind, value).number) == ("invalid", value)


@pytest.mark.parametrize("kind", ["us_ein", "br_cpf", "", "kari"])
def test_of_a_kind_whose_rules_are_not_known_nothing_is_said(kind: str) -> None:
    assert check(kind, " 12-3456789 ").result == "unchecked"
