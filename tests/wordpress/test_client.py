"""Whatever answers instead of the plugin is not taken for it; nothing said of it names anybody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from flask import Flask

from app import processors
from app.processors.base import Crowded, Pace, Processor, Rejected, Retry
from app.processors.wordpress import settings as reading
from app.processors.wordpress.client import Client
from app.processors.wordpress.processor import WordPress
from app.processors.wordpress.settings import AJAX, Settings
from tests.support.wordpress.service import Answer, Handler, Service
from tests.support.wordpress.site import KEYS, Site
from tests.wordpress.people import KARI, kari

CONFIG = {
    "WORDPRESS_URL": "https://fjordlys.example/",
    "WORDPRESS_KEY_ID": "key-1",
    "WORDPRESS_SECRET": KEYS["first"],
    "WORDPRESS_USER": "samtykke",
}


@pytest.fixture
def answering() -> Iterator[Service]:
    with Service() as service:
        yield service


@pytest.fixture
def processor(answering: Service) -> Processor:
    return WordPress(Settings(answering.url, "first", KEYS["first"], "samtykke", timeout=(0.5, 0.5)))


def verbs(processor: Processor) -> list[Any]:
    calls = [processor.push, processor.rectify, processor.find, processor.export, processor.erase]
    return [lambda call=call: call(kari) for call in calls] + [lambda: processor.restrict(kari, True), processor.ping]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(429),
        Answer(500),
        Answer(500, '{"error": "kari@example.no"}'),
        Answer(502, "<html>Bad Gateway</html>"),
        Answer(503, "Briefly unavailable for scheduled maintenance."),
        Answer(200, "<html>kari@example.no</html>"),
        Answer(200, ""),
        Answer(200, "0"),
        Answer(200, '{"answer": "{\\"held\\": []'),
        Answer(200, {"answer": '{"held": [], "mentions": [], "unfinished": []}', "signature": "0" * 64}),
        Answer(200, {"held": [], "mentions": [], "unfinished": []}),
        Answer(200, {"answer": ["{}"], "signature": 7}),
        Answer(200, "[1]"),
        Answer(200, "short", announced=500),
        Answer(409, {"error": "replayed"}),
        Answer(200, "{}", delay=1.0),
    ],
)
def test_what_may_pass_is_tried_again(answering: Service, processor: Processor, answer: Answer) -> None:
    answering.answers[AJAX] = answer
    for verb in verbs(processor):
        with pytest.raises(Retry) as caught:
            verb()
        assert KARI not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(301, headers={"Location": "https://elsewhere.example"}), "must be its final address"),
        (Answer(400, "0"), "the plugin Samtykke is not active"),
        (Answer(404, "<html>kari@example.no</html>"), "the plugin Samtykke is not active"),
        (Answer(403, "<html>Forbidden</html>"), "like a firewall"),
        (Answer(401, {"error": "unknown_key"}), "compare WORDPRESS_KEY_ID"),
        (Answer(401, {"error": "signature"}), "compare WORDPRESS_SECRET"),
        (Answer(401, {"error": "clock", "now": 1}), "set the clocks"),
        (Answer(418, {"error": "kari@example.no"}), "answered 418, which we do not know"),
        (Answer(401, {"error": {"a": 1}}), "like a firewall"),
    ],
)
def test_what_will_not_pass_is_refused_in_words_that_help(
    answering: Service, processor: Processor, answer: Answer, words: str
) -> None:
    answering.answers[AJAX] = answer
    for verb in verbs(processor):
        with pytest.raises(Rejected, match=words) as caught:
            verb()
        assert KARI not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "after"), [("7", 7.0), ("", None), ("soon", None), ("Thu, 01 Jan 2026 00:00:00 GMT", 0.0)]
)
def test_the_wait_that_wordpress_names_is_kept(
    answering: Service, processor: Processor, header: str, after: float | None
) -> None:
    answering.answers[AJAX] = Answer(503, headers={"Retry-After": header})
    with pytest.raises(Retry) as caught:
        processor.ping()
    assert caught.value.after == after


def test_nobody_there_is_tried_again() -> None:
    with pytest.raises(Retry, match="did not answer: ConnectionError"):
        WordPress(Settings("http://127.0.0.1:9", "first", KEYS["first"], "samtykke")).find(kari)


def test_the_address_is_in_the_body_and_never_in_the_url(answering: Service, processor: Processor) -> None:
    answering.answers[AJAX] = Answer(503)
    with pytest.raises(Retry):
        processor.find(kari)
    asked = answering.asked[0]
    assert (asked.method, asked.path) == ("POST", AJAX)
    assert "kari" in asked.body
    assert "kari" not in str(asked.headers)


def test_no_call_is_equal_to_another(answering: Service, processor: Processor) -> None:
    answering.answers[AJAX] = Answer(503)
    for _ in range(2):
        with pytest.raises(Retry):
            processor.find(kari)
    assert len({asked.body for asked in answering.asked}) == 2


def test_an_answer_to_an_earlier_call_is_not_taken(site: Site) -> None:
    """A cache that keeps answers, in front of a real WordPress."""
    earlier = requests.post(site.url + AJAX, data=_signed(site), timeout=30).json()
    with Service() as cache:
        cache.answers[AJAX] = Answer(body=earlier)
        with pytest.raises(Retry, match="without the plugin's signature"):
            WordPress(Settings(cache.url, "first", KEYS["first"], "samtykke")).find(kari)


def _signed(site: Site) -> dict[str, str]:
    with Service() as recorder:
        with pytest.raises(Rejected):
            WordPress(Settings(recorder.url, "first", KEYS["first"], "samtykke")).find(kari)
        return dict(parse_qsl(recorder.asked[0].body))


def test_settings_are_read() -> None:
    found = reading.read(CONFIG | {"FISCAL_YEAR_END": "06-30"})
    assert (found.url, found.key, found.user, found.fiscal_end) == (
        "https://fjordlys.example",
        "key-1",
        "samtykke",
        (6, 30, 5),
    )
    assert KEYS["first"] not in repr(found)
    assert isinstance(WordPress.from_config(CONFIG), WordPress)


@pytest.mark.parametrize(
    "url", ["https://fjordlys.example/blog", "https://fjordlys.example/blog/wp-admin/admin-ajax.php"]
)
def test_wordpress_may_live_in_a_folder(url: str) -> None:
    assert reading.read(CONFIG | {"WORDPRESS_URL": url}).url == "https://fjordlys.example/blog"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORDPRESS_URL", "http://fjordlys.example"),
        ("WORDPRESS_URL", "fjordlys.example"),
        ("WORDPRESS_KEY_ID", ""),
        ("WORDPRESS_KEY_ID", "a key"),
        ("WORDPRESS_SECRET", "short"),
        ("WORDPRESS_USER", ""),
        ("FISCAL_YEAR_END", "31 December"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_told(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        reading.read(CONFIG | {name: value})
    assert KEYS["first"] not in str(caught.value)


def test_a_client_keeps_no_cookie(answering: Service) -> None:
    answering.answers[AJAX] = Answer(503, headers={"Set-Cookie": "a=b"})
    client = Client(Settings(answering.url, "first", KEYS["first"], "samtykke"))
    for _ in range(2):
        with pytest.raises(Retry):
            client.call("find", email=KARI)
    assert not any("Cookie" in asked.headers for asked in answering.asked)


class Turnstile(Pace):
    """Counts who waits for a turn, and lets nobody in while it is closed."""

    def __init__(self) -> None:
        self.turns, self.closed = 0, False

    @contextmanager
    def turn(self, units: float = 1.0) -> Iterator[None]:
        if self.closed:
            raise Crowded("enough are in")
        self.turns += 1
        yield


def test_every_call_waits_for_the_turn_that_all_workers_share(answering: Service, processor: Processor) -> None:
    answering.answers[AJAX] = Answer(503)
    turnstile = Turnstile()
    processor.share(turnstile)
    for number, verb in enumerate(verbs(processor), 1):
        with pytest.raises(Retry):
            verb()
        assert turnstile.turns == len(answering.asked) == number
    turnstile.closed = True
    with pytest.raises(Crowded):
        processor.ping()
    assert len(answering.asked) == number


def test_of_many_threads_only_a_few_are_at_wordpress_at_once(app: Flask, answering: Service) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def slowly(self: Handler) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with lock:
            under_way -= 1
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    app.config.update(CONFIG, WORDPRESS_URL=answering.url)
    answering.RequestHandlerClass = type("Slow", (Handler,), {"do_POST": slowly})
    with app.app_context():
        wordpress = processors.active()["wordpress"]

        def ask(_: int) -> None:
            with pytest.raises(Retry):
                wordpress.ping()

        with ThreadPoolExecutor(12) as pool:
            list(pool.map(ask, range(24)))
    assert 1 < most <= 4


@pytest.mark.parametrize("verb", ["find", "export", "erase", "rectify", "restrict", "ping", "coverage"])
@pytest.mark.parametrize("half", ['{"answer": "{', '{"answer": "{}", "signature": "', "{", "<!doctype html>{}", "\x00"])
def test_half_an_answer_is_tried_again(answering: Service, processor: Processor, verb: str, half: str) -> None:
    answering.answers[AJAX] = Answer(200, half)
    calls = {"restrict": lambda: processor.restrict(kari, True), "ping": processor.ping}
    calls["coverage"] = processor.coverage  # type: ignore[attr-defined]
    with pytest.raises(Retry):
        calls.get(verb, lambda: getattr(processor, verb)(kari))()


@pytest.mark.parametrize("lacking", ["held", "mentions", "unfinished"])
def test_a_signed_answer_that_lacks_a_part_is_no_answer(answering: Service, lacking: str) -> None:
    """An older plugin, or one that broke off: absence of a list is not an empty list."""
    whole = {"held": [], "mentions": [], "unfinished": []}
    client = Client(Settings(answering.url, "first", KEYS["first"], "samtykke"))
    processor = WordPress(Settings(answering.url, "first", KEYS["first"], "samtykke"))
    processor._client = client
    client.call = lambda verb, **says: {k: v for k, v in whole.items() if k != lacking}  # type: ignore[method-assign]
    with pytest.raises(Retry, match=f"without {lacking}"):
        processor.find(kari)
