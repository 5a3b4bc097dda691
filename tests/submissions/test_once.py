"""The same thing sent twice is one submission; two things are two."""

import threading

import pytest
import time_machine

from tests.submissions.conftest import KARI

JSON = {"Accept": "application/json"}


def test_a_double_click_is_one_submission(post, kept) -> None:
    first, second = post(headers=JSON).get_json(), post(headers=JSON).get_json()
    assert first["id"] == second["id"]
    assert (first["duplicate"], second["duplicate"]) == (False, True)
    assert len(kept()) == 1


def test_a_double_click_across_the_full_minute_is_one_submission(post, kept) -> None:
    with time_machine.travel("2026-11-22T12:00:59.900Z", tick=False) as clock:
        post()
        clock.shift(0.2)
        post()
    assert len(kept()) == 1


def test_the_same_words_two_minutes_later_are_a_new_submission(post, kept) -> None:
    with time_machine.travel("2026-11-22T12:00:10Z", tick=False) as clock:
        post()
        clock.shift(61)
        post()
    assert len(kept()) == 2


def test_other_words_are_another_submission(post, kept) -> None:
    post()
    post({**KARI, "message": "Og en ting til"})
    assert len(kept()) == 2


def test_two_people_may_write_the_same(post, kept) -> None:
    post()
    post({**KARI, "email": "ola@example.no"})
    assert len(kept()) == 2


def test_the_same_key_is_the_same_submission_whenever_it_comes(post, kept) -> None:
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False) as clock:
        first = post(headers={**JSON, "Idempotency-Key": "en"}).get_json()
        clock.shift(3600)
        assert post(headers={**JSON, "Idempotency-Key": "en"}).get_json()["id"] == first["id"]
    assert len(kept()) == 1


def test_the_same_key_with_other_words_is_a_conflict(post, kept) -> None:
    post(headers={"Idempotency-Key": "en"})
    answer = post({**KARI, "message": "Noe annet"}, headers={**JSON, "Idempotency-Key": "en"})
    assert (answer.status_code, answer.get_json()["error"]) == (409, "key_used")
    assert len(kept()) == 1


def test_a_key_counts_for_its_own_form_only(post, kept) -> None:
    post(headers={"Idempotency-Key": "en"})
    young = {"email": "kari@example.no", "over_16": "1"}
    assert post(young, form="ung", headers={"Idempotency-Key": "en"}).status_code == 303
    assert len(kept()) == 2


def test_a_token_sent_again_with_the_same_words_is_the_same_submission(post, kept, token) -> None:
    word = token(age=10)
    post({**KARI, "_t": word})
    post({**KARI, "_t": word})
    assert len(kept()) == 1


@pytest.mark.parametrize("start", ["12:00:10", "12:09:59", "11:59:59.900"])
@pytest.mark.parametrize(("seconds", "times"), [(0.2, 1), (61, 1), (599, 1), (601, 2), (7200, 2)])
def test_from_a_page_left_open_the_same_may_be_sent_again_after_ten_minutes(
    post, kept, token, start, seconds, times
) -> None:
    with time_machine.travel(f"2026-11-22T{start}Z", tick=False) as clock:
        word = token(age=10)
        clock.move_to(f"2026-11-22T{start}Z")
        first = post({**KARI, "_t": word}, headers=JSON).get_json()
        clock.shift(seconds)
        again = post({**KARI, "_t": word}, headers=JSON).get_json()
    assert len(kept()) == times
    assert (again["id"] == first["id"], again["duplicate"]) == (times == 1, times == 1)


def test_a_key_outlives_the_page_it_was_sent_from(post, kept, token) -> None:
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False) as clock:
        said = {**KARI, "_t": token(age=10), "_sid": "en"}
        clock.move_to("2026-11-22T12:00:00Z")
        post(said)
        clock.shift(3600)
        post(said)
    assert len(kept()) == 1


def test_a_page_gone_back_to_can_send_something_else(post, kept, token) -> None:
    word = token(age=10)
    post({**KARI, "_t": word})
    post({**KARI, "_t": word, "message": "Glemte noe"})
    assert [row.box for row in kept()] == ["accepted", "accepted"]


@pytest.mark.parametrize("told_apart_by", ["key", "token", "place"])
def test_many_at_once_are_one_submission(site, kept, token, told_apart_by) -> None:
    ids: list[str] = []
    headers = {**JSON, **({"Idempotency-Key": "samtidig"} if told_apart_by == "key" else {})}
    said = {**KARI, **({"_t": token(age=10)} if told_apart_by == "token" else {})}

    def press() -> None:
        ids.append(site.test_client().post("/f/kontakt", data=said, headers=headers).get_json()["id"])

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert len(kept()) == 1


def test_many_at_once_are_all_kept_and_each_promises_its_work(site, kept, worker) -> None:
    site.config["INTAKE_BOX_PER_MINUTE"] = 1000

    def write(number: int) -> None:
        data = {
            **KARI,
            "email": f"kari{number}@example.no",
            "message": "Hei " + "abcdefghij"[number % 10] * (number + 1),
        }
        assert site.test_client().post("/f/kontakt", data=data).status_code == 303

    threads = [threading.Thread(target=write, args=[number]) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({row.address for row in kept()}) == 40
    worker()
    assert all(row.processed_at for row in kept())


@pytest.mark.parametrize("key", ["x" * 5000, "\xe5\xe6", " "])
def test_any_text_can_be_a_key(post, kept, key) -> None:
    assert post(headers={"Idempotency-Key": key}).status_code == 303
    assert len(kept()) == 1
