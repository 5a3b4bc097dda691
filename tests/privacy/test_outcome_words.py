"""What a law is called where a person reads why something is kept: in her own language, and not torn apart."""

from __future__ import annotations

from datetime import date

import pytest

from app.i18n import speaking
from app.privacy import outcome_words
from app.privacy.keeping import GROUNDS

BOOKS, DUTY, CLAIMS, OTHERS = GROUNDS
NAMES = {
    "nb": {
        BOOKS: "bokføringsloven §\u00a013",
        DUTY: "personvernforordningen artikkel\u00a017 nr.\u00a03 bokstav\u00a0b",
        CLAIMS: "personvernforordningen artikkel\u00a017 nr.\u00a03 bokstav\u00a0e",
        OTHERS: "personvernforordningen artikkel\u00a017 nr.\u00a01 bokstav\u00a0c",
    },
    "en": {
        BOOKS: "the Norwegian Bookkeeping Act, section\u00a013",
        DUTY: "GDPR article\u00a017\u00a0(3)\u00a0(b)",
        CLAIMS: "GDPR article\u00a017\u00a0(3)\u00a0(e)",
        OTHERS: "GDPR article\u00a017\u00a0(1)\u00a0(c)",
    },
}


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_every_law_that_something_is_kept_by_has_a_name_in_her_language(app, lang):
    with app.app_context(), speaking(lang):
        assert {ground: outcome_words.law(ground) for ground in GROUNDS} == NAMES[lang]
        assert outcome_words.law("arkivlova § 9") == "arkivlova §\u00a09", "one that we do not know stays as it is"


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_a_sentence_names_the_law_so(app, lang):
    with app.app_context(), speaking(lang):
        for ground in GROUNDS:
            assert NAMES[lang][ground] in outcome_words.kept(ground, date(2031, 12, 31))
        assert NAMES[lang][OTHERS] in outcome_words.kept(OTHERS, None)
