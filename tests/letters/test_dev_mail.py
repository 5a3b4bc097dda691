from __future__ import annotations

import os

import pytest

from app import create_app
from tests.support.mailbox import links

UNSUBSCRIBE = "https://samtykke.example/u/v1.abcdefgh." + "B" * 120


def test_the_page_is_there_before_the_first_letter(client):
    assert client.get("/dev/mail").status_code == 200


def test_the_newest_letter_comes_first(post, worker, client, mailbox):
    for number in (1, 2):
        post("confirm", subject=f"Number {number}")
        worker()
    os.utime(mailbox.folder / "000000000001.eml", (1, 1))
    page = client.get("/dev/mail").text
    assert page.index("Number 2") < page.index("Number 1")
    assert 'href="/dev/mail/000000000001"' in page


def test_a_letter_shows_its_headers_its_text_and_its_links(post, worker, client, mailbox):
    post("confirm", unsubscribe_url=UNSUBSCRIBE)
    worker()
    page = client.get("/dev/mail/000000000001").text
    assert "List-Unsubscribe=One-Click" in page
    assert "kari@example.no" in page
    for link in links(mailbox[0]):
        assert f'href="{link}"' in page


def test_the_html_of_a_letter_can_do_nothing(post, worker, client):
    post("confirm", unsubscribe_url=UNSUBSCRIBE)
    worker()
    answer = client.get("/dev/mail/000000000001/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in client.get("/dev/mail/000000000001").headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["000000000009", "x", "..%2f..%2fapp", "%2e%2e", "000000000001.eml"])
def test_other_names_lead_nowhere(name, post, worker, client):
    post("confirm")
    worker()
    assert client.get(f"/dev/mail/{name}").status_code == 404


def test_production_has_no_such_page(database, tmp_path):
    environ = {
        "SAMTYKKE_ENV": "production",
        "SECRET_KEY": "k" * 40,
        "BASE_URL": "https://samtykke.example",
        "DATABASE_URL": database,
        "INSTANCE_DIR": str(tmp_path),
        "MAIL_URL": f"file:{tmp_path}/mail",
        "MAIL_FROM": "post@fjordlys.example",
    }
    assert create_app(environ, TESTING=True).test_client().get("/dev/mail").status_code == 404
