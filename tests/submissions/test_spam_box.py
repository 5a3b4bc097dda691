"""Spam is boxed with its reason, never dropped; its sender cannot tell."""

import pytest

from tests.submissions.conftest import KARI

JSON = {"Accept": "application/json"}


def same_as_a_good_one(answer, good) -> bool:
    words, others = answer.get_json(), good.get_json()
    return (
        answer.status_code == good.status_code and words.keys() == others.keys() and words["status"] == others["status"]
    )


def test_what_fills_in_the_trap_is_boxed_and_answered_like_everybody(post, kept, worker, mailbox) -> None:
    caught = post({**KARI, "_gotcha": "x", "nyhetsbrev": "1"}, headers=JSON)
    [row] = kept()
    assert (row.box, row.reason) == ("spam", "honeypot")
    worker()
    assert len(mailbox) == 0
    good = post({**KARI, "message": "Noe annet", "nyhetsbrev": "1"}, headers=JSON)
    assert same_as_a_good_one(caught, good)


def test_whoever_fills_in_a_form_within_a_second_is_boxed(post, kept, token, worker, mailbox) -> None:
    post({**KARI, "_t": token(age=1)}, headers=JSON)
    assert (kept()[0].box, kept()[0].reason) == ("spam", "too_fast")
    worker()
    assert len(mailbox) == 0


@pytest.mark.parametrize(
    ("days", "render"), [(0.0001, "verified"), (0.9, "verified"), (20, "late"), (89, "late"), (100, "absent")]
)
def test_a_cached_page_is_accepted_and_its_token_is_worth_less(post, kept, token, days, render) -> None:
    post({**KARI, "_t": token(age=days * 24 * 3600)})
    [row] = kept()
    assert (row.box, row.render) == ("accepted", render)


def test_a_page_without_a_token_is_accepted(post, kept) -> None:
    post({**KARI, "_t": ""})
    assert (kept()[0].box, kept()[0].render) == ("accepted", "absent")


@pytest.mark.parametrize("word", ["x", "e30.e30", "a" * 5000, "æøå", "eyJmIjoxfQ.AAAA"])
def test_a_forged_token_is_boxed(post, kept, word) -> None:
    assert post({**KARI, "_t": word}).status_code == 303
    assert (kept()[0].box, kept()[0].reason) == ("spam", "forged_token")


def test_a_token_of_another_form_is_forged(post, kept, token) -> None:
    post({**KARI, "_t": token(form="ung")})
    assert kept()[0].reason == "forged_token"


def test_a_token_replayed_many_times_from_one_network_is_boxed(post, kept, token) -> None:
    word = token(age=10)
    for number in range(12):
        machine = {"REMOTE_ADDR": f"203.0.113.{number}"}
        post({**KARI, "name": f"Kari {number}", "message": "", "_t": word}, environ_overrides=machine)
    assert [row.reason for row in kept()] == [""] * 10 + ["token_reused"] * 2


def test_a_page_that_was_cached_for_hours_works_for_a_whole_town(post, kept, token) -> None:
    word = token(age=5 * 3600)
    for number in range(30):
        somebody = {**KARI, "email": f"someone{number}@example.no", "message": "", "_t": word}
        post(somebody, environ_overrides={"REMOTE_ADDR": f"203.0.{number}.9"})
    assert [row.reason for row in kept()] == [""] * 30


def test_the_same_words_again_and_again_are_boxed(post, kept) -> None:
    for number in range(5):
        message = f"Buy cheap lamps now, offer number {number}!"
        post({**KARI, "email": f"someone{number}@example.no", "message": message})
    assert [row.reason for row in kept()] == ["", "", "", "repeated_text", "repeated_text"]


@pytest.mark.parametrize("beside", ["submit", "campaign", "campaign[]"])
def test_the_words_of_the_page_itself_are_nobodys_repeated_words(post, kept, beside) -> None:
    for number in range(6):
        email = f"someone{number}@example.no"
        post({"name": "Kari", "email": email, "message": "", beside: "Meld meg på nyhetsbrevet vårt"})
    assert [row.reason for row in kept()] == [""] * 6


def test_the_words_of_the_page_do_not_make_a_repeated_message_new(post, kept) -> None:
    for number in range(5):
        lamps = {"message": "Buy cheap lamps now, here and today!", "visit": "abcde"[number] * 20}
        post({**KARI, "email": f"someone{number}@example.no", **lamps})
    assert [row.reason for row in kept()] == ["", "", "", "repeated_text", "repeated_text"]


def test_links_are_counted_in_what_the_page_asks_beside_the_form_as_well(post, kept) -> None:
    post({**KARI, "comment": "https://spam.example/ " * 11})
    assert kept()[0].reason == "links"


def test_a_letter_of_nothing_but_links_is_boxed(post, kept) -> None:
    post({**KARI, "message": "https://spam.example/ " * 11})
    assert kept()[0].reason == "links"


@pytest.mark.settings(INTAKE_BOX_PER_MINUTE="3", INTAKE_STOP_PER_MINUTE="5")
def test_a_flood_is_boxed_and_then_stopped_and_told_when_to_come_back(post, kept) -> None:
    answers = [post({**KARI, "email": f"kari{number}@example.no", "message": ""}) for number in range(7)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "60"
    assert [row.reason for row in kept()] == ["", "", "", "rate", "rate"]
    elsewhere = post({**KARI, "email": "ola@example.no"}, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert elsewhere.status_code == 303


def test_the_page_after_a_mistake_does_not_make_its_sender_seem_in_a_hurry(post, kept, token) -> None:
    word = token(age=10)
    page = post({**KARI, "email": "x", "_t": word}).text
    assert f'name="_t" value="{word}"' in page
    post({**KARI, "_t": word})
    assert kept()[0].box == "accepted"
