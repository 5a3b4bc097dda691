"""kill -9 of web or worker at any moment: nothing is lost, and the person sees nothing twice."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from random import Random

import pytest
from sqlalchemy import create_engine, text

from tests.support.mailbox import links
from tests.support.processes import eventually

# A dead worker's work is free again after two seconds.
pytestmark = [pytest.mark.slow, pytest.mark.settings(OUTBOX_LEASE="2")]


def send(live, address):
    """True when the visitor was told that it went well."""
    body = urllib.parse.urlencode({"email": address, "name": "Kari", "consent_newsletter": "1"}).encode()
    request = urllib.request.Request(f"{live.url}/f/nyhetsbrev", body, {"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)["ok"] is True
    except (OSError, urllib.error.URLError, ValueError):
        return False


def post(link):
    with urllib.request.urlopen(urllib.request.Request(link, b"", method="POST"), timeout=5) as answer:
        return answer.status


def known(live, address):
    return json.loads(live.flask("contact", "show", address, "--json"))


def query(live, statement):
    engine = create_engine(live.environ["DATABASE_URL"])
    with engine.connect() as connection:
        found = connection.execute(text(statement)).all()
    engine.dispose()
    return found


def killer(live, random, stop):
    """Kills web or worker at random moments and brings it back."""
    while not stop.is_set():
        time.sleep(random.uniform(0.05, 1.5))
        if random.random() < 0.5:
            live.kill_web()
            live.start_web()
        else:
            live.kill_worker()
            live.start_worker()


@pytest.mark.settings(INTAKE_BOX_PER_MINUTE="100000", INTAKE_STOP_PER_MINUTE="100000")
def test_what_was_answered_is_never_lost_and_no_letter_comes_twice(live):
    stop, random = threading.Event(), Random(20261122)
    chaos = threading.Thread(target=killer, args=(live, random, stop))
    chaos.start()
    answered = []
    started, number = time.monotonic(), 0
    while time.monotonic() < started + 6 or (len(answered) < 30 and time.monotonic() < started + 45):
        address, number = f"kari{number}@example.no", number + 1
        if send(live, address):
            answered.append(address)
        time.sleep(0.05)  # ten an hour and network is the limit of letters; the rest is looked up in the database
    stop.set()
    chaos.join()
    assert len(answered) >= 30
    live.kill_worker()
    live.start_worker()
    eventually(lambda: not query(live, "SELECT id FROM submission WHERE processed_at IS NULL"), seconds=40, every=0.1)
    stored = Counter(address for (address,) in query(live, "SELECT address FROM submission"))
    assert [stored[address] for address in answered] == [1] * len(answered)
    asked = query(live, "SELECT subject FROM consent_event WHERE type = 'requested'")
    assert len(asked) == len(set(asked))
    for address in answered:
        letters = live.mailbox.to(address)
        assert len({letter["Message-ID"] for letter in letters}) == len(letters) <= 1
    assert "OK" in live.flask("ledger", "verify")


def test_a_confirmation_that_was_answered_survives_the_kill_of_everything(live):
    assert send(live, "kari@example.no")
    letter = eventually(lambda: live.mailbox.to("kari@example.no"))[0]
    assert post(links(letter, "/confirm/")[0]) == 200
    live.kill_web()
    live.kill_worker()
    live.start()
    told = "SELECT id FROM outbox WHERE kind = 'sync.push' AND done_at IS NOT NULL"
    eventually(lambda: query(live, told), 40, every=0.1)
    assert known(live, "kari@example.no")["processors"]["sandbox"]["state"] == "subscribed"
    eventually(lambda: len(live.mailbox.to("kari@example.no")) == 2, 40)
    time.sleep(1)
    assert len(live.mailbox.to("kari@example.no")) == 2
