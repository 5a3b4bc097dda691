"""Which column of a list says what: by the words that Norwegian and English lists use, or as one is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

SYNONYMS = {
    "email": "e-post epost e-postadresse epostadresse email e-mail emailaddress e-mailaddress mail mailadresse",
    "name": "navn name fulltnavn fullname kunde kundenavn customer",
    "first_name": "fornavn firstname first givenname",
    "last_name": "etternavn lastname last surname familyname",
    "company": "firma bedrift selskap company organisasjon organization organisation",
    "phone": "telefon telefonnummer tlf mobil mobilnummer phone phonenumber mobile",
    "lang": "språk spraak language lang locale",
    "status": "status tilstand state",
    "opt_in": "confirmtime optintime opt-in optin opt-indate optindate samtykkedato samtykke påmeldt påmeldtdato "
    "påmelding påmeldingsdato innmeldt dato date subscribedat subscribed subscribedate subscribedon "
    "consentdate consent",
    "ip": "confirmip optinip opt-inip ip ip-adresse ipadresse ipaddress samtykkeip signupip",
    "source": "kilde source skjema form signupsource opprinnelse",
    "left": "unsubtime unsubscribedat unsubscribed unsubscribedate unsubscribetime avmeldt avmeldtdato avmelding "
    "avmeldingsdato utmeldt utmeldtdato optout opt-out optouttime",
    "cleaned": "cleantime cleanedat cleaned bouncedat bounced bouncetime returnert",
}
FIELDS = tuple(SYNONYMS)
ALIAS = {"address": "email"}
_KNOWN = {field: words.split() for field, words in SYNONYMS.items()}
_FILLING = re.compile(r"[\s_.:]+")


class Unusable(ValueError):
    """The list cannot be read. `code` is `no_address_column`, `unknown_column`, `unknown_field` or `empty`."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code)
        self.code, self.name = code, name


def chosen(text: str) -> dict[str, str]:
    """`email=E-post,name=Navn` as a mapping. Raises `Unusable` with the word that is no field of ours."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    wrong = next((field for field, _, header in pairs if field.strip() not in FIELDS or not header.strip()), None)
    if wrong is not None:
        raise Unusable("unknown_field", wrong.strip())
    return {field.strip(): header.strip() for field, _, header in pairs}


def told_one_by_one(pairs: Sequence[str]) -> dict[str, str]:
    """The same of `address=E-post` and its like: a column's name may hold commas. Raises `Unusable`."""
    found = {}
    for field, _, header in (pair.partition("=") for pair in pairs):
        name = ALIAS.get(field.strip(), field.strip())
        if name not in FIELDS or not header.strip():
            raise Unusable("unknown_field", field.strip())
        found[name] = header.strip()
    return found


def places(header: Sequence[str], told: Mapping[str, str]) -> dict[str, int]:
    """Field to the index of its column. What one is told counts before what the words suggest, also
    that there is no such column (an empty name).

    Raises `Unusable` where a column is told that is not there, and where none holds addresses.
    """
    words = [_word(cell) for cell in header]
    found = {field: _place(words, name) for field, name in told.items() if name}
    for field, known in _KNOWN.items():
        if field not in told and (name := next((name for name in known if name in words), None)):
            found[field] = words.index(name)
    if "email" not in found:
        raise Unusable("no_address_column")
    return found


def _place(words: Sequence[str], name: str) -> int:
    if _word(name) not in words:
        raise Unusable("unknown_column", name)
    return words.index(_word(name))


def _word(text: str) -> str:
    return _FILLING.sub("", text.strip().casefold())


def headless(first: Sequence[str]) -> dict[str, int] | None:
    """A list without a header has somebody in its first row: the column with an @ in it is the one. Else None."""
    return next(({"email": at} for at, cell in enumerate(first) if "@" in cell), None)
