"""A request that names another host is refused, and no page or letter ever carries that name."""

import pytest


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "a b", "[::1"]
)
@pytest.mark.parametrize("path", ["/healthz", "/f/kontakt", "/nowhere", "/admin/"])
def test_another_host_gets_a_line_and_nothing_else(client, demo, host, path):
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert answer.data == b"Unknown host.\n"


def test_our_own_host_is_let_in_on_any_port(client, demo):
    assert client.get("/healthz", headers={"Host": "localhost:8123"}).status_code == 200


def test_a_forged_form_post_cannot_put_a_host_into_a_letter(client, worker, mailbox, demo, kari):
    client.post(
        "/f/nyhetsbrev", data={"email": kari, "consent_newsletter": "1"}, headers={"X-Forwarded-Host": "evil.example"}
    )
    worker()
    assert "evil.example" not in mailbox.to(kari)[0].as_string()
