"""Typing addresses into the page for lost letters has a limit; pressing a link in a letter has none."""

import pytest


@pytest.mark.settings(LOST_LIMIT="3 per hour")
def test_the_page_for_lost_letters_can_be_sent_so_often_from_one_place(client, demo):
    answers = [client.post("/meld-deg-av", data={"address": f"a{n}@example.no"}).status_code for n in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    elsewhere = client.post("/meld-deg-av", data={"address": "b@example.no"}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200
