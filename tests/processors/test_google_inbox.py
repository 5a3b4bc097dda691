"""Bounces and wishes to leave, read from real shapes of mail. Pure."""

from __future__ import annotations

import email
from email.message import EmailMessage, Message
from email.policy import compat32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.processors.base import Retry
from app.processors.google import bounce, optout
from app.processors.google.message import Message as Read
from app.processors.google.message import read, texts

KARI = "kari@example.no"
LETTER = "<letter-1@samtykke.fjordlys.no>"


def written(name: str) -> str:
    """We sent one letter, to Kari."""
    return KARI if name == LETTER else ""


def report(
    status: str = "5.1.1",
    action: str = "failed",
    final: str = KARI,
    original: str = "",
    returned: str = LETTER,
    to: str = KARI,
    kind: str = "text/rfc822-headers",
    form: str = "delivery-status",
) -> Message:
    """A delivery status notification as Gmail and Postfix write it."""
    first = f"Original-Recipient: rfc822;{original}\n" if original else ""
    letter = f"From: post@fjordlys.no\nTo: Kari <{to}>\nMessage-ID: {returned}\nSubject: Bekreft\n\n"
    return email.message_from_string(
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\n"
        "To: post@fjordlys.no\n"
        "Subject: Delivery Status Notification (Failure)\n"
        f'Content-Type: multipart/report; report-type={form}; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nAddress not found\n"
        "--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; googlemail.com\nArrival-Date: Mon, 02 Mar 2026 12:00:00 +0000\n\n"
        f"{first}Final-Recipient: rfc822; {final}\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
        f"--b\nContent-Type: {kind}\n\n{letter}"
        "--b--\n",
        policy=compat32,
    )


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_an_address_that_does_not_exist_is_told(status: str, kind: str) -> None:
    assert bounce.addresses(report(status, kind=kind), written) == [KARI]


@pytest.mark.parametrize(
    "status", ["4.1.1", "5.2.2", "5.2.3", "5.3.4", "5.4.1", "5.7.1", "5.7.26", "5.1.8", "5.0.0", "5.1.100", "", "x"]
)
def test_what_says_nothing_of_the_address_is_no_bounce(status: str) -> None:
    assert bounce.addresses(report(status), written) == []


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_only_a_failure_counts(action: str) -> None:
    assert bounce.addresses(report(action=action), written) == []


def test_a_bounce_of_a_letter_we_never_sent_is_made_up() -> None:
    assert bounce.addresses(report(returned="<letter-1@evil.example>"), written) == []
    assert bounce.addresses(report(returned=""), written) == []


def test_the_address_we_wrote_to_counts_and_no_other() -> None:
    assert bounce.addresses(report(final="ola@example.no"), written) == []
    assert bounce.addresses(report(final="kari@old.example", original=KARI), written) == [KARI]
    assert bounce.addresses(report(final="KARI@Example.NO"), written) == [KARI]


def test_a_letter_of_ours_says_nothing_of_anybody_but_whom_it_was_sent_to() -> None:
    """Kari has got a letter, and makes up a notification about Ola."""
    assert bounce.addresses(report(to="ola@example.no", final="ola@example.no"), written) == []


def test_a_letter_that_gmail_renamed_is_known_by_our_mark() -> None:
    made = report(returned=f"<CAEx@mail.gmail.com>\nX-Samtykke: {LETTER}")
    assert bounce.addresses(made, written) == [KARI]


def test_other_reports_and_letters_are_no_bounce() -> None:
    assert bounce.addresses(report(form="feedback-report"), written) == []
    assert bounce.addresses(mail("avmeld meg"), written) == []


def test_a_report_without_our_letter_is_no_bounce() -> None:
    short = email.message_from_string(
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: message/delivery-status\n\n"
        f"Final-Recipient: rfc822; {KARI}\nAction: failed\nStatus: 5.1.1\n--b--\n"
    )
    assert bounce.addresses(short, lambda _: KARI) == []


def mail(text: str, subject: str = "Re: Nyhetsbrev fra Fjordlys", sender: str = KARI, **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Kari Nordmann <{sender}>", "post@fjordlys.no", subject
    verdict = f"mx.google.com; dkim=pass header.i=@{sender.rpartition('@')[2]}; spf=pass; dmarc=pass (p=NONE)"
    for name, value in {"Authentication-Results": verdict, **headers}.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


@pytest.mark.parametrize(
    "text",
    [
        "avmeld meg",
        "Avmeld meg!",
        "Meld meg av",
        "Meld meg av nyhetsbrevet, takk",
        "Vennligst meld meg av",
        "Hei,\n\nkan dere melde meg av?\n\nMvh\nKari Nordmann\nDaglig leder",
        "Fjern meg fra listen.",
        "STOPP",
        "stopp nyhetsbrevet",
        "Jeg ønsker å bli avmeldt",
        "Ta meg av listen",
        "unsubscribe",
        "Please unsubscribe me",
        "Hi!\nRemove me from your mailing list please.\nThanks\n\nBest regards\nKari",
        "remove me",
        "Stop.",
        "Take me off the list",
        "Avmeld meg\n\nSendt fra min iPhone",
        "Avmeld meg\n\nDen man. 2. mars 2026 kl. 12:00 skrev Fjordlys <post@fjordlys.no>:\n> Vi har nye lamper!\n> Hei",
        "unsubscribe\n\nOn Mon, Mar 2, 2026 at 12:00 PM Fjordlys wrote:\n> News",
        "avmeld meg\n-- \nKari\nTlf 22 22 22 22",
        "Avmeld meg\n\n-----Opprinnelig melding-----\nFra: Fjordlys\nHei Kari",
    ],
)
def test_a_plain_wish_to_leave_is_understood(text: str) -> None:
    assert optout.address(mail(text)) == KARI


@pytest.mark.parametrize(
    "text",
    [
        "Ikke avmeld meg",
        "Ikke meld meg av nyhetsbrevet!",
        "Meld meg på nyhetsbrevet",
        "Meld meg på",
        "Kan dere slutte å ringe meg?",
        "Avmeld meg ikke",
        "Avmeld meg fra kurset på torsdag",
        "Kan jeg bestille en lampe? Og meld meg av.",
        "Meld meg av\nOg send meg fakturaen på nytt.",
        "Stopp leveringen, lampen er knust",
        "Slett alt dere har om meg",
        "Don't unsubscribe me",
        "How do I unsubscribe?",
        "I did not unsubscribe",
        "Please stop by our stand",
        "remove",
        "Ta meg med på listen",
        "Hei, takk for sist",
        "",
        "> avmeld meg",
        "Den man. 2. mars 2026 skrev Kari:\n> avmeld meg",
    ],
)
def test_anything_else_is_left_to_a_human(text: str) -> None:
    assert optout.address(mail(text)) is None


def test_a_mail_programs_own_button_writes_the_subject_alone() -> None:
    assert optout.address(mail("", subject="unsubscribe")) == KARI
    assert optout.address(mail("\n\n", subject="Avmelding")) == KARI
    assert optout.address(mail("Hei, en lampe?", subject="unsubscribe")) is None
    assert optout.address(mail("", subject="Re: unsubscribe")) is None


def test_html_is_read_as_people_see_it() -> None:
    made = mail("x")
    made.set_content("<div dir='ltr'>Avmeld meg</div><br><div class='gmail_quote'>&gt; Hei</div>", subtype="html")
    assert optout.address(made) == KARI


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List-Id": "<a.b>"},
        {"X-Autoreply": "yes"},
    ],
)
def test_a_machine_does_not_leave(headers: dict[str, str]) -> None:
    assert optout.address(mail("unsubscribe", **headers)) is None


@pytest.mark.parametrize(
    ("verdict", "believed"),
    [
        ("mx.google.com; dmarc=pass", True),
        ("mx.google.com; spf=pass; dmarc=fail (p=NONE)", False),
        ("mx.google.com; dkim=pass header.i=@example.no header.s=a", True),
        ("mx.google.com; dkim=pass header.d=evil.example", False),
        ("mx.google.com; spf=pass smtp.mailfrom=kari@example.no", True),
        ("mx.google.com; spf=pass smtp.mailfrom=x@evil.example", False),
        ("mx.google.com; spf=fail smtp.mailfrom=kari@example.no", False),
        ("mx.evil.example; dmarc=pass", False),
        ("", False),
    ],
)
def test_nobody_can_be_unsubscribed_by_a_forged_sender(verdict: str, believed: bool) -> None:
    made = mail("avmeld meg", **{"Authentication-Results": verdict})
    assert (optout.address(made) == KARI) is believed


def test_two_senders_are_none() -> None:
    made = mail("avmeld meg")
    made.replace_header("From", "kari@example.no, ola@example.no")
    assert optout.address(made) is None


@given(st.binary(max_size=400))
def test_no_mail_is_so_odd_that_it_stops_the_reading(raw: bytes) -> None:
    made = email.message_from_bytes(b"From: a@b.no\nAuthentication-Results: mx.google.com; dmarc=pass\n" + raw)
    optout.address(made)
    bounce.addresses(made, written)
    list(texts(made))


@pytest.mark.parametrize("answer", [{}, {"id": "m", "raw": "eA=="}, {"id": "m", "raw": 7, "internalDate": "1"}])
def test_half_a_message_is_worth_another_try(answer: dict[str, object]) -> None:
    with pytest.raises(Retry):
        read(answer)


def test_an_attachment_may_hold_what_we_cannot_read() -> None:
    made = mail("Se vedlegg")
    assert not _read(made).unreadable()
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    assert _read(made).unreadable()


def test_an_address_in_a_link_is_seen() -> None:
    made = mail("x")
    made.set_content(f'<a href="mailto:{KARI}?subject=x">Skriv</a>', subtype="html")
    made.replace_header("From", "per@example.no")
    assert _read(made).mentions(KARI)
    assert not _read(made).mentions("ari@example.no")


@pytest.mark.parametrize(
    ("header", "said"),
    [("Subject", f"Ny bestilling fra {KARI}"), ("From", f'"{KARI} via Skjema" <noreply@forms.no>')],
)
def test_an_address_in_a_header_is_seen_wherever_it_stands(header: str, said: str) -> None:
    made = mail("x")
    made.replace_header("From", "per@example.no")
    made.replace_header(header, said)
    assert _read(made).mentions(KARI)


@pytest.mark.parametrize(("text", "named"), [(f"Til: '{KARI}'", True), (f"o'{KARI}", False), (f"anne.{KARI}", False)])
def test_quotes_around_an_address_are_not_part_of_it(text: str, named: bool) -> None:
    made = mail(text)
    made.replace_header("From", "per@example.no")
    assert _read(made).mentions(KARI) is named


def _read(made: EmailMessage) -> Read:
    from datetime import UTC, datetime

    parsed = email.message_from_bytes(made.as_bytes(), policy=compat32)
    return Read("m", frozenset(), datetime.now(UTC), parsed)
