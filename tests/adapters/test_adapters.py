"""Payloads as senders write them, read from the bytes to the answers."""

from pathlib import Path

import pytest

from app.submissions.adapters import ADAPTERS, Draft, draft
from app.submissions.answers import collate, granted, split
from app.submissions.decode import decode

PAYLOADS = Path(__file__).parent / "payloads"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
CF7 = "multipart/form-data; boundary=----WebKitFormBoundaryAbC123"


def read(name: str, content_type: str) -> Draft:
    return draft(decode((PAYLOADS / name).read_bytes(), content_type).pairs, {})


def test_a_plain_form() -> None:
    sent = read("plain-1.form", FORM)
    controls, answers = split(sent.pairs)
    values = collate(answers, lists={"tema"}, emails={"epost"}).values
    assert sent.adapter == "plain"
    assert controls == {"_next": "/takk/", "_gotcha": "", "_lang": "nb", "_subject": "Påmelding"}
    assert values == {
        "navn": "Kåre Bjørnøy",
        "epost": "kare.bjornoy@example.no",
        "melding": "Hei!\r\nLinje to",
        "tema": ["Kurs", "Foredrag"],
        "nyhetsbrev": "ja",
    }
    assert granted(values["nyhetsbrev"])


def test_the_embed_script() -> None:
    sent = read("embed-1.json", JSON)
    controls, answers = split(sent.pairs)
    assert sent.adapter == "embed" and sent.source == {"page_url": "https://nettsted.example/kontakt/"}
    assert controls == {
        "_page": "https://nettsted.example/kontakt/",
        "_lang": "nb",
        "_t": "<signed form token>",
        "_sid": "2f1c9f1e-0b7e-4f1a-9a35-5f4a6a2d9b11",
    }
    values = collate(answers, emails={"epost"}).values
    assert values == {"navn": "Kåre Bjørnøy", "epost": "kare.bjornoy@example.no", "nyhetsbrev": "true"}
    assert granted(values["nyhetsbrev"])


def test_contact_form_7_sent_on_by_a_theme() -> None:
    sent = read("cf7-1.txt", CF7)
    controls, answers = split(sent.pairs)
    values = collate(answers, emails={"your-email"}).values
    assert sent.adapter == "cf7"
    assert sent.source == {"form_id": "1234", "version": "6.1.3", "locale": "nb_NO", "page_id": "56"}
    assert controls == {} and not any(name.startswith("_") for name in values)
    assert values["tema"] == ["Kurs", "Foredrag"]
    assert values["your-message"] == "Hei!\r\nKan jeg få «program» på e-post?"
    assert granted(values["nyhetsbrev"])
    assert {sent.aliases[name] for name in values if name in sent.aliases} == {"name", "email", "subject", "message"}


def test_contact_form_7_through_a_webhook_is_a_flat_form() -> None:
    sent = read("cf7webhook-1.json", "application/json; charset=UTF-8")
    values = collate(split(sent.pairs)[1]).values
    assert sent.adapter == "plain"
    assert values["your-name"] == "Kåre Bjørnøy" and values["tema"] == ["Kurs", "Foredrag"]


def test_controls_of_ours_survive_beside_those_of_contact_form_7() -> None:
    sent = draft([("_wpcf7", "1"), ("_next", "/takk/"), ("a", "b")], {})
    assert split(sent.pairs) == ({"_next": "/takk/"}, [("a", "b")])


@pytest.mark.parametrize("name", list(ADAPTERS))
def test_every_adapter_reads_any_pairs_and_loses_no_answer(name: str) -> None:
    pairs = [("navn", "Kari"), ("tema[]", "Kurs"), ("_next", "/takk/"), ("navn", "Ola")]
    sent = draft(pairs, {}, adapter=name)
    assert sent.adapter == name and list(sent.pairs) == pairs


def test_a_form_that_names_an_unknown_sender_is_a_mistake_that_shows() -> None:
    with pytest.raises(KeyError):
        draft([("a", "b")], {}, adapter="elementor")


def test_the_last_adapter_takes_whatever_is_left() -> None:
    assert list(ADAPTERS)[-1] == "plain" and ADAPTERS["plain"].recognises([], {})
