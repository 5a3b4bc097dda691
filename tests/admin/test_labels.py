"""Nothing of ours is shown to staff as we call it among ourselves."""

import pytest

from app import outbox
from app.admin.labels import label
from app.admin.request_words import STATES
from app.letters.compose import COMPOSERS
from app.outbox.registry import CLOCK
from app.privacy import words


def test_every_kind_of_work_and_of_letter_has_a_name(app):
    with app.test_request_context("/admin/outbox"):
        for word in {*outbox.kinds(), *CLOCK, *COMPOSERS}:
            assert label(word) != word, word


def test_a_word_that_is_new_is_shown_as_it_stands(app):
    with app.test_request_context("/admin/outbox"):
        assert label("something_new") == "something_new"
        assert label(None) == ""


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("state", ["denied", "cancelled"])
def test_staff_and_the_person_call_the_end_of_a_request_by_the_same_word(app, state, lang):
    with app.test_request_context(f"/?lang={lang}"):
        assert words.state(state).casefold().startswith(str(STATES[state]))
