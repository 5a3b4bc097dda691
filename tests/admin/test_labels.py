"""Nothing of ours is shown to staff as we call it among ourselves."""

import re
from pathlib import Path

import pytest

from app import outbox
from app.admin.labels import label
from app.admin.pages.trail import what
from app.admin.request_words import STATES
from app.letters.compose import COMPOSERS
from app.outbox.registry import CLOCK
from app.privacy import words
from app.submissions import decode


def test_every_kind_of_work_and_of_letter_has_a_name(app):
    with app.test_request_context("/admin/outbox"):
        for word in {*outbox.kinds(), *CLOCK, *COMPOSERS}:
            assert label(word) != word, word


def test_why_a_message_was_not_read_is_said_in_words(app):
    with app.test_request_context("/admin/review?lang=nb"):
        for reason in unread_reasons():
            assert label(reason) != reason, reason


def unread_reasons():
    """The codes of bodies that are kept for somebody to look at: all but those that were too large."""
    source = "".join(file.read_text() for file in Path(decode.__file__).parent.glob("*.py"))
    return set(re.findall(r'raise (?:Unreadable|Unsupported)\("(\w+)"\)', source))


def test_what_an_act_was_about_is_said_in_words(app):
    with app.test_request_context("/admin/audit?lang=nb"):
        who = {"staff:1": "siri@example.no", "new:9": "new:9", "": ""}
        said = {
            "contact:63": "Kontakt 63",
            "request:5": "Krav 5",
            "processor:mailchimp": "Mailchimp",
            "letter.send:7": "Sende en e-post 7",
            "staff:1": "siri@example.no",
            "new:9": "new:9",
            "": "",
        }
        assert {object: what(object, who) for object in said} == said


def test_a_word_that_is_new_is_shown_as_it_stands(app):
    with app.test_request_context("/admin/outbox"):
        assert label("something_new") == "something_new"
        assert label(None) == ""


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("state", ["denied", "cancelled"])
def test_staff_and_the_person_call_the_end_of_a_request_by_the_same_word(app, state, lang):
    with app.test_request_context(f"/?lang={lang}"):
        assert words.state(state).casefold().startswith(str(STATES[state]))
