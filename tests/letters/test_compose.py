from __future__ import annotations

import email.policy
from email import message_from_bytes
from types import SimpleNamespace

import pytest
from flask_babel import get_locale
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import now
from app.extensions import db
from app.letters import compose, headers
from app.letters.compose import Draft
from app.letters.models import Letter
from app.outbox.models import OutboxRow
from app.sites.models import Company, Site
from tests.letters.conftest import LOOSE
from tests.support.mailbox import html, links, text

UNSUBSCRIBE = "https://samtykke.example/u/v1.abcdefgh." + "B" * 120 + "." + "c" * 43


def test_a_letter_says_what_it_is(post, worker, mailbox, kari):
    post("confirm", unsubscribe_url=UNSUBSCRIBE)
    worker()
    (sent,) = mailbox.to(kari)
    assert str(sent["From"]) == "Fjordlys Interiør <post@fjordlys.example>"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["Message-ID"].endswith("@localhost>")
    assert sent["List-Id"] == "Fjordlys <fjordlys.localhost>"
    assert sent.keys().count("Date") == 1
    assert [part.get_content_type() for part in sent.iter_parts()] == ["text/plain", "text/html"]


def test_mail_programs_can_offer_one_click_unsubscribe(post, worker, mailbox):
    """RFC 8058. A link longer than a line must not be folded or encoded: mail programs would not see it."""
    post("confirm", unsubscribe_url=UNSUBSCRIBE)
    worker()
    (file,) = mailbox.folder.glob("*.eml")
    lines = file.read_bytes().decode("ascii").split("\r\n")
    assert f"List-Unsubscribe: <{UNSUBSCRIBE}>" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_a_letter_to_staff_has_no_unsubscribe_link_and_is_answered_to_the_visitor(post, worker, mailbox, ola):
    post("staff_submission", to=ola, reply_to="kari@example.no")
    worker()
    (sent,) = mailbox.to(ola)
    assert sent["List-Unsubscribe"] is None
    assert sent["List-Id"] is None
    assert sent["Reply-To"] == "kari@example.no"


def test_the_organisation_number_is_grouped_in_both_forms(app, post, worker, mailbox, kari):
    with app.app_context():
        db.session.query(Company).one().org_number = "314159268"
        db.session.commit()
    post("confirm", unsubscribe_url=UNSUBSCRIBE)
    worker()
    (sent,) = mailbox.to(kari)
    assert all("314\u00a0159\u00a0268" in form(sent) for form in (text, html))


@pytest.mark.parametrize("kind", ["confirm", "lost_link", "receipt_confirmed", "receipt_withdrawn"])
@pytest.mark.parametrize(("lang", "words"), [("en", ["Unsubscribe", "Privacy policy"]), ("nb", [])])
def test_both_forms_carry_the_footer(kind, lang, words, post, worker, mailbox):
    post(kind, lang=lang, unsubscribe_url=UNSUBSCRIBE)
    worker()
    policy = "https://fjordlys.example/personvern" if lang == "nb" else "https://fjordlys.example/en/privacy"
    for body in (text(mailbox[0]), html(mailbox[0])):
        for word in ("Fjordlys Interiør AS", "Havnegata 1, 5003 Bergen", policy, UNSUBSCRIBE, *words):
            assert word in body
        assert "https://www.datatilsynet.no/" in body


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_it_is_composed_in_the_readers_language(lang, post, worker, mailbox, monkeypatch, kari):
    post("confirm", lang=lang)
    asked = LOOSE["confirm"]
    monkeypatch.setitem(
        compose.COMPOSERS, "confirm", lambda _: Draft(subject=get_locale().english_name, to=kari, context=asked)
    )
    worker()
    assert mailbox[0]["Subject"].startswith({"nb": "Norwegian", "en": "English"}[lang])
    assert f'<html lang="{lang}">' in html(mailbox[0])


def test_both_forms_carry_the_same_links(post, worker, mailbox):
    post("confirm", unsubscribe_url=UNSUBSCRIBE)
    worker()
    for link in links(mailbox[0]):
        assert f'href="{link}"' in html(mailbox[0])


def test_what_a_visitor_wrote_is_text_in_both_forms(post, worker, mailbox):
    evil = "<svg onload=alert(1)> {{7*7}}"
    context = {
        "form": evil,
        "at": now(),
        "answers": [{"label": evil, "value": evil}],
        "asked": [evil],
        "masked": True,
        "url": "http://localhost/admin/",
    }
    post("staff_submission", lang="en", context=context)
    worker()
    assert "<svg" not in html(mailbox[0])
    assert "<title>New submission: &lt;svg onload=alert(1)&gt; {{7*7}}</title>" in html(mailbox[0])
    assert text(mailbox[0]).count(evil) == 5


# What somebody may write to get another header


@pytest.mark.parametrize(
    "subject",
    [
        "Hei\r\nBcc: evil@example.com",
        "=?utf-8?q?Hei=0D=0ABcc:_evil@example.com?=",
        "=?utf-8?b?SGVpDQpCY2M6IGV2aWxAZXhhbXBsZS5jb20=?=",
        "=?utf-8?q?Hei?==?utf-8?q?=0D=0ABcc:_evil@example.com?=",
        "==??utf-8?q?Hei=0D=0ABcc:_evil@example.com?=",
        "Hei\u2028Bcc: evil@example.com",
        "Hei\x0b\x0c\x1c\x85Bcc: evil@example.com\x00",
        "=\u200b?utf-8?q?Hei=0D=0ABcc:_evil@example.com?=",
        "=\r\n?utf-8?q?Hei=0D=0ABcc:_evil@example.com?=",
    ],
)
def test_a_subject_is_one_line_and_adds_no_recipient(subject, post, worker, mailbox, kari):
    post("staff_submission", subject=subject)
    worker()
    (file,) = mailbox.folder.glob("*.eml")
    head = file.read_bytes().partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert b"Bcc" not in names
    assert names.count(b"Subject") == 1
    assert mailbox[0].get_all("To") == [kari]


@pytest.mark.parametrize(
    "to",
    [
        "ola@example.no, evil@example.com",
        "ola@example.no\r\nBcc: evil@example.com",
        "ola@example.no>, <evil@example.com",
        "=?utf-8?q?ola=40example.no=0D=0ABcc:_evil@example.com?=",
        "øystein@example.no",
        "ola",
        "@",
        "ola@" + "x" * 300,
    ],
)
def test_there_is_one_recipient_or_no_letter(to, app, post, worker, mailbox):
    post("staff_submission", to=to)
    worker()
    assert len(mailbox) == 0
    with app.app_context():
        row = db.session.scalar(db.select(OutboxRow))
        assert row.failed_at
        assert row.error == "Rejected: Letter 1: not one e-mail address"


@pytest.mark.parametrize("address", ["evil@example.com, ola@example.no", "x\r\nBcc: evil@example.com", "", "kari"])
def test_an_answer_goes_to_one_valid_address_or_to_us(address, post, worker, mailbox):
    post("staff_submission", reply_to=address)
    worker()
    assert mailbox[0]["Reply-To"] is None


def test_a_subject_is_short(post, worker, mailbox):
    post("staff_submission", subject="å" * 1000)
    worker()
    assert mailbox[0]["Subject"] == "å" * 150


def test_a_letter_composed_twice_is_the_same_bytes(app, post):
    letter_id = post("confirm", unsubscribe_url=UNSUBSCRIBE)
    with app.app_context():
        row = db.session.get_one(Letter, letter_id)
        assert compose.compose(row).as_bytes() == compose.compose(row).as_bytes()


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_whatever_the_subject_it_comes_back_as_one_header(subject):
    message = headers.EmailMessage(policy=headers.POLICY)
    headers.write(message, "Subject", headers.one_line(subject))
    headers.write(message, "To", headers.mailbox("kari@example.no"))
    raw = headers.verified(message).as_bytes()
    read = message_from_bytes(raw, policy=email.policy.default)
    assert read.keys() == ["Subject", "To"]
    assert "".join(read["Subject"].split()) == "".join(headers.one_line(subject).split())


def test_headers_that_do_not_come_back_are_refused(monkeypatch):
    """The net under the net: on many a Python an encoded word in a subject becomes a header of its own."""
    monkeypatch.setattr(compose, "one_line", str)
    monkeypatch.setattr(compose, "_render", lambda *_: "Hei")
    monkeypatch.setattr(compose, "current_app", SimpleNamespace(config={"MAIL_FROM": "post@fjordlys.example"}))
    monkeypatch.setattr(compose, "host", lambda: "localhost")
    letter = SimpleNamespace(id=1, kind="confirm", lang="nb", message_id="<1@localhost>", created_at=now())
    site = Site(slug="f", name="F", company=Company(name="F"))
    evil = Draft(to="kari@example.no", subject="=?utf-8?q?Hei=0D=0ABcc:_evil@example.com?=")
    try:
        raw = compose._message(letter, site, evil).as_bytes()
    except headers.Unsafe:
        return
    assert message_from_bytes(raw, policy=email.policy.default)["Bcc"] is None
