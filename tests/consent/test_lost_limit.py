"""Typing addresses into the page for lost letters has a limit; pressing a link in a letter has none."""

import pytest


@pytest.mark.settings(LOST_LIMIT="3 per hour")
def test_the_page_for_lost_letters_can_be_sent_so_often_from_one_place(client, demo):
    answers = [client.post("/meld-deg-av", data={"address": f"a{n}@example.no"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert ["Retry-After" in answer.headers for answer in answers] == [False, False, False, True, True]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3601
    elsewhere = client.post("/meld-deg-av", data={"address": "b@example.no"}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200
