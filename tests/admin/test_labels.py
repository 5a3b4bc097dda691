"""Nothing of ours is shown to staff as we call it among ourselves."""

from app import outbox
from app.admin.labels import label
from app.letters.compose import COMPOSERS
from app.outbox.registry import CLOCK


def test_every_kind_of_work_and_of_letter_has_a_name(app):
    with app.test_request_context("/admin/outbox"):
        for word in {*outbox.kinds(), *CLOCK, *COMPOSERS}:
            assert label(word) != word, word


def test_a_word_that_is_new_is_shown_as_it_stands(app):
    with app.test_request_context("/admin/outbox"):
        assert label("something_new") == "something_new"
        assert label(None) == ""
