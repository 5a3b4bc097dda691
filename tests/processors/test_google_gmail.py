"""A mailbox at Gmail: our copies and letters, correspondence, the trash. Talks to `emulate` through our stand-in."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask

from app import processors
from app.config import Misconfigured
from app.letters.transports import transport
from app.processors.base import Held, Rejected, Retry
from app.processors.google.gmail import Gmail
from tests.processors.google_world import ALL, TROUBLE, google, refused, service_account, settings
from tests.processors.people import kari, met, profile
from tests.support.google_emulate import MAILBOX, Emulate
from tests.support.google_server import Answer, GoogleServer

KARI, OLA = "kari@example.no", "ola@example.no"
DAY = timedelta(days=1)


class Box:
    """What lies in the mailbox, past us."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/gmail/v1/users/{MAILBOX}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "Bearer test", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def put(self, mail: EmailMessage, *labels: str) -> str:
        raw = base64.urlsafe_b64encode(mail.as_bytes()).decode()
        return str(self.call("POST", "/messages", {"raw": raw, "labelIds": list(labels or ("INBOX",))})["id"])

    def ids(self) -> list[str]:
        listed = self.call("GET", "/messages?includeSpamTrash=true&maxResults=500")
        return [row["id"] for row in listed.get("messages", [])]

    def labels(self, id: str) -> set[str]:
        names = {row["id"]: row["name"] for row in self.call("GET", "/labels")["labels"]}
        return {names.get(label, label) for label in self.call("GET", f"/messages/{id}?format=minimal")["labelIds"]}

    def raw(self, id: str) -> bytes:
        return base64.urlsafe_b64decode(self.call("GET", f"/messages/{id}?format=raw")["raw"] + "==")

    def empty(self) -> None:
        if ids := self.ids():
            self.call("POST", "/messages/batchDelete", {"ids": ids})


@pytest.fixture
def box(emulate: Emulate) -> Iterator[Box]:
    """The mailbox, with a letter from Ola in it that stays as it is."""
    found = Box(emulate.url)
    found.empty()
    id = found.put(letter(OLA, text="Takk for sist. Jeg sitter ved siden av annekari@example.no."))
    before = found.raw(id), found.labels(id)
    yield found
    assert (found.raw(id), found.labels(id)) == before


@pytest.fixture
def server(emulate: Emulate, box: Box) -> Iterator[GoogleServer]:
    with google(emulate.url) as running:
        yield running


@pytest.fixture
def gmail(server: GoogleServer) -> Gmail:
    return Gmail(settings(server), [MAILBOX])


def letter(sender: str, to: str = MAILBOX, text: str = "Hei", name: str = "", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, "Spørsmål om lampe"
    mail["Message-ID"] = name or f"<{abs(hash((sender, to, text)))}@example.no>"
    for key, value in headers.items():
        mail[key.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def submission(number: int = 1, about: str = KARI) -> EmailMessage:
    return letter(MAILBOX, text=f"Navn: Kari\nE-post: {about}\n", name=f"<submission-{number}@fjordlys.no>")


def kinds(found: list[Held]) -> list[str]:
    return sorted(held.kind for held in found)


# Copies and letters


def test_a_copy_lies_in_the_inbox_under_its_forms_label(gmail: Gmail, box: Box) -> None:
    id = gmail.copy(submission(), "kontakt")
    assert {"Samtykke/kontakt", "INBOX", "UNREAD"} <= box.labels(id)
    assert b"X-Samtykke: <submission-1@fjordlys.no>" in box.raw(id)


def test_a_copy_is_put_in_once(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    assert gmail.copy(submission(), "kontakt") == gmail.copy(submission(), "kontakt")
    again = Gmail(settings(server), [MAILBOX])
    again.copy(submission(), "kontakt")
    again.copy(submission(2), "kontakt")
    assert len(box.ids()) == 3  # and Ola's


def test_a_copy_whose_answer_was_lost_is_not_put_in_twice(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    server.fail(Answer(500, acted=True), "POST", "/messages")
    with pytest.raises(Retry):
        gmail.copy(submission(), "kontakt")
    gmail.copy(submission(), "kontakt")
    assert len(box.ids()) == 2


def test_a_copy_that_search_does_not_know_yet_is_found_among_the_newest(
    gmail: Gmail, box: Box, server: GoogleServer
) -> None:
    gmail.copy(submission(), "kontakt")
    server.fail(nothing(), "GET", f"/users/{MAILBOX.replace('@', '%40')}/messages")
    gmail.copy(submission(), "kontakt")
    assert len(box.ids()) == 2


def test_a_copy_that_was_thrown_away_does_not_come_back(gmail: Gmail, box: Box) -> None:
    id = gmail.copy(submission(), "kontakt")
    gmail.erase(met(kari()))
    assert gmail.copy(submission(), "kontakt") == id
    assert "TRASH" in box.labels(id)
    assert len(box.ids()) == 2


def test_a_copy_is_believed_when_it_is_read(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    other = box.put(letter("per@example.no"))
    server.fail(Answer(200, json.dumps({"id": other}).encode()), "POST", "/messages")
    with pytest.raises(Retry, match="does not show"):
        gmail.copy(submission(), "kontakt")


def test_a_letter_is_sent_once(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    mail = letter(MAILBOX, KARI, name="<letter-1@fjordlys.no>")
    id = gmail.send(mail)
    assert "SENT" in box.labels(id)
    assert gmail.send(letter(MAILBOX, KARI, name="<letter-1@fjordlys.no>")) == id
    assert len(server.asked("POST", "/messages/send")) == 1


def test_a_letter_whose_answer_was_lost_is_not_sent_twice(gmail: Gmail, server: GoogleServer) -> None:
    server.fail(Answer(503, acted=True), "POST", "/messages/send")
    with pytest.raises(Retry):
        gmail.send(letter(MAILBOX, KARI, name="<letter-2@fjordlys.no>"))
    gmail.send(letter(MAILBOX, KARI, name="<letter-2@fjordlys.no>"))
    assert len(server.asked("POST", "/messages/send")) == 1


def test_a_letter_that_gmail_renamed_is_known_by_our_mark(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    """Gmail may replace the Message-ID of what is sent."""
    box.put(letter(MAILBOX, KARI, name="<CAEx@mail.gmail.com>", X_Samtykke="<letter-3@fjordlys.no>"), "SENT")
    # emulate lists the headers it knows only, so the answer is Gmail's in form
    shown = {"labelIds": ["SENT"], "payload": {"headers": [{"name": "X-Samtykke", "value": "<letter-3@fjordlys.no>"}]}}
    server.fail(Answer(200, json.dumps(shown).encode()), "GET", "/messages/")
    gmail.send(letter(MAILBOX, KARI, name="<letter-3@fjordlys.no>"))
    assert server.asked("POST", "/messages/send") == []


def test_a_letter_without_a_name_is_refused(gmail: Gmail, box: Box) -> None:
    mail = letter(MAILBOX, KARI)
    del mail["Message-ID"]
    with pytest.raises(Rejected, match="Message-ID"):
        gmail.send(mail)


# Finding. Every kind of hit is seen before a search that finds nothing is believed.


@pytest.mark.parametrize(
    ("mail", "labels"),
    [
        (letter(KARI), ("INBOX",)),
        (letter("Kari <Kari@Example.NO>"), ("INBOX",)),
        (letter(MAILBOX, KARI), ("SENT",)),
        (letter("per@example.no", text=f"Snakk med {KARI}."), ("INBOX",)),
        (letter("per@example.no", text=f"Skriv til <{KARI}>, hun vet."), ("SPAM",)),
        (letter("per@example.no", Cc=KARI), ("INBOX",)),
        (letter("per@example.no", Delivered_To=KARI, text=f"Til {KARI}"), ("INBOX",)),
    ],
    ids=["from", "capitals", "to", "body", "spam", "cc", "delivered to"],
)
def test_what_has_to_do_with_a_person_is_found(
    gmail: Gmail, box: Box, mail: EmailMessage, labels: tuple[str, ...]
) -> None:
    assert gmail.find(kari()) == []
    id = box.put(mail, *labels)
    assert gmail.find(kari()) == [Held("correspondence", f"{MAILBOX}/{id}")]


def test_gmail_is_asked_of_every_way_a_person_can_be_in_a_letter(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    gmail.find(kari())
    asked = {call.one("q") for call in server.asked("GET", "/messages") if "q" in call.query}
    ways = {f"{way}:{KARI}" for way in ("from", "to", "cc", "bcc", "deliveredto")}
    assert asked == {f'"{KARI}"', *ways}
    assert {call.one("includeSpamTrash") for call in server.asked("GET", "/messages") if "q" in call.query} == {"true"}


def test_a_domain_with_norwegian_letters_is_looked_for_in_both_spellings(gmail: Gmail, box: Box) -> None:
    box.put(letter("per@example.no", text="Skriv til kari@blåbær.no"))
    assert kinds(gmail.find(profile("kari@xn--blbr-roah.no"))) == ["correspondence"]


def test_a_longer_address_is_somebody_else(gmail: Gmail, box: Box) -> None:
    for text in ("anne.kari@example.no", "kari@example.no.com", "annekari@example.no"):
        box.put(letter("per@example.no", text=f"Skriv til {text}"))
    assert gmail.find(kari()) == []


def test_our_copies_and_letters_are_told_from_correspondence(gmail: Gmail, box: Box) -> None:
    gmail.copy(submission(), "kontakt")
    gmail.send(letter(MAILBOX, KARI, name="<letter-4@fjordlys.no>"))
    box.put(letter(KARI))
    assert kinds(gmail.find(kari())) == ["copy", "copy", "correspondence"]


def test_whoever_forges_our_mark_or_borrows_our_label_makes_no_copy(gmail: Gmail, box: Box) -> None:
    gmail.copy(submission(about="per@example.no"), "kontakt")
    label = next(row["id"] for row in box.call("GET", "/labels")["labels"] if row["name"] == "Samtykke/kontakt")
    box.put(letter(KARI, X_Samtykke="<forged@example.no>"))
    box.put(letter(KARI, text="Klage"), "INBOX", label)
    assert kinds(gmail.find(kari())) == ["correspondence", "correspondence"]


def test_a_hit_that_vanishes_before_it_is_read_is_nothing(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    box.put(letter(KARI))
    server.fail(refused(404, "notFound"), "GET", "/messages/", times=2)  # Ola's letter is looked at too
    assert gmail.find(kari()) == []


def test_every_page_of_hits_is_read(gmail: Gmail, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.processors.google import mailbox

    monkeypatch.setattr(mailbox, "PAGE", 2)
    for number in range(5):
        box.put(letter(KARI, text=f"Nummer {number}"))
    assert len(gmail.find(kari())) == 5


def test_export_shows_copies_in_full_and_of_correspondence_that_it_is_there(gmail: Gmail, box: Box) -> None:
    assert gmail.export(kari()) == {}
    gmail.copy(submission(), "kontakt")
    hers = box.put(letter(KARI, text="Hemmelig om Per"))
    others = box.put(letter("per@example.no", text=f"Om {KARI}"))
    shown = gmail.export(kari())
    assert [row["text"] for row in shown["copies"]] == [f"Navn: Kari\nE-post: {KARI}\n"]
    listed = {row["id"].partition("/")[2]: row.get("subject") for row in shown["correspondence"]}
    assert listed == {hers: "Spørsmål om lampe", others: None}
    assert "Hemmelig" not in str(shown)
    assert "per@" not in str(shown["correspondence"])
    assert b"Hemmelig om Per" in gmail.message(f"{MAILBOX}/{hers}")


# Erasing


def test_copies_go_to_the_trash_and_that_is_told_with_its_tail(gmail: Gmail, box: Box) -> None:
    id = gmail.copy(submission(), "kontakt")
    assert kinds(gmail.find(kari())) == ["copy"]
    outcome = gmail.erase(met(kari()))
    assert outcome.state == "pending"
    assert "30 days" in outcome.text and "25" in outcome.text
    assert outcome.check_at is not None
    assert 30.9 * DAY < outcome.check_at - datetime.now(UTC) <= 31 * DAY
    assert "TRASH" in box.labels(id)
    assert kinds(gmail.find(kari())) == ["trash"]


def test_erasing_again_waits_for_the_trash_without_starting_the_clock_anew(gmail: Gmail, box: Box) -> None:
    id = gmail.copy(submission(), "kontakt")
    gmail.erase(met(kari()))
    again = gmail.erase(met(kari()))
    assert (again.state, again.check_at is not None and again.check_at - datetime.now(UTC) <= DAY) == ("pending", True)
    box.call("DELETE", f"/messages/{id}")
    assert gmail.find(kari()) == []
    assert gmail.erase(met(kari())).state == "erased"


def test_nothing_there_is_nothing_erased(gmail: Gmail, box: Box) -> None:
    assert gmail.erase(kari()).state == "not_held"


def test_correspondence_waits_for_a_human(gmail: Gmail, box: Box) -> None:
    copy = gmail.copy(submission(), "kontakt")
    mail = box.put(letter(KARI))
    before = box.labels(mail)
    outcome = gmail.erase(met(kari()))
    assert outcome.state == "manual"
    assert "correspondence" in outcome.text and "30 days" in outcome.text
    assert "@" not in outcome.text
    assert box.labels(mail) == before
    assert "TRASH" in box.labels(copy)


def test_what_a_human_said_yes_to_goes_to_the_trash(gmail: Gmail, box: Box) -> None:
    yes, no = box.put(letter(KARI, text="Ja")), box.put(letter(KARI, text="Nei"))
    for _ in range(2):
        assert gmail.discard([f"{MAILBOX}/{yes}"]).state == "pending"
    assert ("TRASH" in box.labels(yes), "TRASH" in box.labels(no)) == (True, False)
    box.call("DELETE", f"/messages/{yes}")
    assert gmail.discard([f"{MAILBOX}/{yes}"]).state == "erased"
    assert gmail.erase(met(kari())).state == "manual"


def test_an_id_of_another_mailbox_is_not_touched_nor_any_beside_it(
    gmail: Gmail, box: Box, server: GoogleServer
) -> None:
    hers = box.put(letter(KARI))
    for stranger in ("boss@fjordlys.no/m1", "m1", ""):
        with pytest.raises(ValueError, match="not the id"):
            gmail.discard([f"{MAILBOX}/{hers}", stranger])
        with pytest.raises(ValueError, match="not the id"):
            list(gmail.messages([stranger]))
    assert server.asked("POST", "/trash") == []


def test_a_human_is_shown_what_there_is_to_decide_about_newest_first(gmail: Gmail, box: Box) -> None:
    gmail.copy(submission(), "kontakt")
    old = box.put(letter(f"Kari Nordmann <{KARI}>", text="1", Date="Mon, 02 Mar 2026 12:00:00 +0000"))
    new = box.put(letter("per@example.no", text=f"Om {KARI}", Date="Tue, 03 Mar 2026 12:00:00 +0000"), "SPAM")
    gone = box.put(letter(KARI, text="3"), "TRASH")
    shown = gmail.correspondence(kari())
    assert [one.id for one in shown] == [f"{MAILBOX}/{new}", f"{MAILBOX}/{old}"]
    assert [(one.party, one.spam) for one in shown] == [(False, True), (True, False)]
    assert (shown[1].sender, shown[1].to) == (f"Kari Nordmann <{KARI}>", MAILBOX)
    assert (shown[1].subject, shown[1].at) == ("Spørsmål om lampe", datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert f"{MAILBOX}/{gone}" in {held.id for held in gmail.find(kari()) if held.kind == "trash"}


def test_what_a_human_picked_is_handed_out_whole(gmail: Gmail, box: Box) -> None:
    yes, no = box.put(letter(KARI, text="Ja")), box.put(letter(KARI, text="Nei"))
    lost = box.put(letter(KARI, text="Borte"))
    box.call("DELETE", f"/messages/{lost}")
    picked = dict(gmail.messages([f"{MAILBOX}/{yes}", f"{MAILBOX}/{lost}"]))
    assert list(picked) == [f"{MAILBOX}/{yes}"]
    assert b"Ja" in picked[f"{MAILBOX}/{yes}"] and no not in str(picked)


def test_for_good_only_where_the_owner_granted_it(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    gmail.copy(submission(), "kontakt")
    server.delegated.add(ALL)
    assert gmail.erase(met(kari())).state == "erased"
    assert gmail.find(kari()) == []
    assert server.asked("POST", "/trash") == []
    assert len(server.asked("DELETE", "/messages/")) == 1


def test_without_that_grant_nothing_is_deleted_for_good(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    gmail.copy(submission(), "kontakt")
    gmail.erase(met(kari()))
    assert server.asked("DELETE") == []
    assert all(ALL not in scopes for _, scopes in server.tokens.values())


def test_a_trash_that_did_not_happen_is_seen(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    gmail.copy(submission(), "kontakt")
    server.fail(Answer(200, b"{}"), "POST", "/trash")
    outcome = gmail.erase(met(kari()))
    assert (outcome.state, outcome.text) == ("pending", "Gmail has not removed everything yet.")


def test_restricting_labels_and_takes_out_of_the_inbox(gmail: Gmail, box: Box) -> None:
    assert gmail.restrict(kari(), True).state == "not_held"
    id = box.put(letter(KARI))
    assert gmail.restrict(kari(), True).state == "held"
    assert box.labels(id) == {"Samtykke/restricted (GDPR 18)"}
    gmail.restrict(kari(), False)
    assert box.labels(id) == {"INBOX"}


def test_messages_are_not_rewritten(gmail: Gmail, box: Box) -> None:
    assert gmail.rectify(kari()).state == "not_held"
    box.put(letter(KARI))
    assert gmail.rectify(kari()).state == "manual"


def test_a_mailbox_is_no_list(gmail: Gmail, server: GoogleServer) -> None:
    assert gmail.push(met(kari("newsletter"))).state == "not_held"
    assert list(gmail.members()) == []
    assert server.calls == []


def test_ping_answers_one_line_without_anybody_in_it(gmail: Gmail, box: Box) -> None:
    assert gmail.ping() == "Gmail answers, mailboxes: 1"


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
def test_trouble_while_looking_is_worth_another_try(gmail: Gmail, server: GoogleServer, trouble: Answer) -> None:
    server.fail(trouble, "GET", "/messages")
    with pytest.raises(Retry) as caught:
        gmail.find(kari())
    assert "kari" not in str(caught.value)
    assert gmail.find(kari()) == []


def test_half_a_list_is_not_nobody(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    for path, text in (("/labels", "labels"), ("/messages", "resultSizeEstimate")):
        server.fail(Answer(200, b"{}"), "GET", path)
        with pytest.raises(Retry, match=text):
            gmail.find(kari())


def test_half_a_message_is_not_nobody(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    box.put(letter(KARI))
    server.fail(Answer(200, b'{"id": "m", "internalDate": "1"}'), "GET", "/messages/")
    with pytest.raises(Retry, match="without the message"):
        gmail.find(kari())


# News


def proven(mail: EmailMessage, sender: str = KARI) -> EmailMessage:
    mail["Authentication-Results"] = f"mx.google.com; dmarc=pass header.from={sender.partition('@')[2]}"
    return mail


def nobody(_: str) -> str:
    return ""


def test_a_wish_to_leave_is_news_once(gmail: Gmail, box: Box) -> None:
    start = gmail.news("", nobody)
    assert start.notices == []
    box.put(proven(letter(KARI, text="Avmeld meg")))
    news = gmail.news(start.history, nobody)
    assert [(notice.kind, notice.address) for notice in news.notices] == [("unsubscribed", KARI)]
    assert gmail.news(news.history, nobody).notices == []


def test_history_that_gmail_has_forgotten_is_read_again(gmail: Gmail, box: Box, server: GoogleServer) -> None:
    start = gmail.news("", nobody)
    box.put(proven(letter(KARI, text="Avmeld meg")))
    first = gmail.news(start.history, nobody)
    server.fail(refused(404, "notFound"), "GET", "/history")
    again = gmail.news(start.history, nobody)
    assert [notice.key for notice in again.notices] == [notice.key for notice in first.notices]
    assert gmail.news(again.history, nobody).notices == []


@pytest.mark.parametrize("label", ["SENT", "SPAM", "TRASH", "DRAFT"])
def test_what_did_not_come_in_is_no_news(gmail: Gmail, box: Box, label: str) -> None:
    start = gmail.news("", nobody)
    box.put(proven(letter(KARI, text="Avmeld meg")), label)
    assert gmail.news(start.history, nobody).notices == []


def nothing() -> Answer:
    return Answer(200, b'{"messages": [], "resultSizeEstimate": 0}')


# Letters


def app_with(**config: str) -> Flask:
    app = Flask("letters")
    app.config.update(config)
    processors.init_app(app)
    return app


def test_letters_leave_by_the_mailbox(box: Box, server: GoogleServer) -> None:
    config = {"GOOGLE_CREDENTIALS": service_account(server.url), "GOOGLE_API_BASE": server.url}
    with app_with(GMAIL_MAILBOX=MAILBOX, **config).app_context():
        found = transport("gmail:")
        for _ in range(2):
            found.deliver(letter(MAILBOX, KARI, name="<letter-9@fjordlys.no>"), 9)
        assert found.ping() == "Gmail answers, mailboxes: 1"
    assert len(server.asked("POST", "/messages/send")) == 1


@pytest.mark.parametrize("config", [{}, {"GMAIL_MAILBOX": MAILBOX}])
def test_letters_need_a_mailbox_and_a_key(config: dict[str, str]) -> None:
    with app_with(**config).app_context(), pytest.raises(Misconfigured, match=r"G(MAIL_MAILBOX|OOGLE_CREDENTIALS)"):
        transport("gmail:").ping()


def test_an_address_that_stands_in_the_subject_alone_is_hers(gmail: Gmail, box: Box) -> None:
    mail = letter("noreply@forms.no", text="Se vedlagte skjema")
    mail.replace_header("Subject", f"Ny henvendelse fra {KARI}")
    box.put(mail)
    assert gmail.erase(met(kari())).state == "manual"


def test_an_address_between_the_quotes_of_outlook_is_hers(gmail: Gmail, box: Box) -> None:
    box.put(letter("ola@example.no", text=f"Fra: Ola\nTil: '{KARI}'\nEmne: tilbud\n"))
    assert gmail.erase(met(kari())).state == "manual"


def test_lifting_a_restriction_puts_every_letter_back_where_it_lay(gmail: Gmail, box: Box) -> None:
    archived = box.put(letter(KARI), "STARRED")
    sent = box.put(letter(MAILBOX, to=KARI, text="Svar"), "SENT")
    spam = box.put(letter(KARI, text="Spam"), "SPAM")
    new = box.put(letter(KARI, text="Nytt"), "INBOX")
    before = {id: box.labels(id) for id in (archived, sent, spam, new)}
    for restricted in (True, True, False, False):
        gmail.restrict(kari(), restricted)
    assert {id: box.labels(id) for id in before} == before


def test_lifting_where_nothing_was_restricted_moves_nothing(gmail: Gmail, box: Box) -> None:
    archived = box.put(letter(KARI), "STARRED")
    gmail.restrict(kari(), False)
    assert box.labels(archived) == {"STARRED"}
