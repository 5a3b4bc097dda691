from __future__ import annotations

import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app import outbox
from app.clock import now
from app.config import Misconfigured
from app.extensions import db
from app.letters import headers
from app.letters.transports import Folder, Server, transport
from app.outbox.models import OutboxRow
from app.processors.base import Rejected, Retry
from tests.letters.server import MailServer
from tests.support.processes import free_port

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # said by the test server


@pytest.fixture
def message():
    message = headers.EmailMessage(policy=headers.POLICY)
    message["From"] = headers.mailbox("post@fjordlys.example", "Fjordlys Interiør")
    message["To"] = headers.mailbox("kari@example.no")
    message["Message-ID"] = "<1@localhost>"
    message.set_content("Hei på deg\n", cte="quoted-printable")
    return message


# A folder


def test_a_letter_is_one_file_and_sent_twice_it_is_the_same_file(tmp_path, message):
    for _ in range(2):
        transport(f"file:{tmp_path}/mail").deliver(message, 7)
    assert [file.name for file in (tmp_path / "mail").iterdir()] == ["000000000007.eml"]


def test_a_letter_is_in_the_folder_whole_or_not_at_all(tmp_path, message, monkeypatch):
    """A reader never meets half a letter: it is written under another name first."""
    names = []
    monkeypatch.setattr(Path, "replace", lambda self, target: names.append((self.suffix, target.name)))
    Folder(tmp_path).deliver(message, 7)
    assert names == [(".tmp", "000000000007.eml")]
    assert list(tmp_path.glob("*.eml")) == []


# A mail server


def test_a_mail_server_gets_the_letter(smtp, message):
    transport(f"smtp://127.0.0.1:{smtp.port}").deliver(message, 1)
    assert smtp.envelopes[0].rcpt_tos == ["kari@example.no"]
    assert smtp.envelopes[0].mail_from == "post@fjordlys.example"
    assert smtp.letters[0].get_content().strip() == "Hei på deg"


@pytest.mark.parametrize(
    ("where", "answer", "outcome", "words"),
    [
        ("kari@example.no", "550 5.1.1 <kari@example.no> unknown", Rejected, "The mail server answered 550 5.1.1."),
        ("kari@example.no", "451 4.7.1 Greylisted, kari", Retry, "The mail server answered 451 4.7.1."),
        ("DATA", "451 try again, kari@example.no", Retry, "The mail server answered 451."),
        ("DATA", "554 5.7.1 spam from kari@example.no", Rejected, "The mail server answered 554 5.7.1."),
        ("DATA", "421 closing", Retry, "The mail server answered 421."),
    ],
)
def test_a_refusal_is_final_or_not_and_names_nobody(where, answer, outcome, words, smtp, message):
    smtp.says[where] = answer
    with pytest.raises(outcome) as raised:
        transport(f"smtp://127.0.0.1:{smtp.port}").deliver(message, 1)
    assert str(raised.value) == words


def test_a_server_that_is_not_there_is_tried_again(message):
    with pytest.raises(Retry, match=r"cannot be used \(ConnectionRefusedError\)"):
        transport(f"smtp://127.0.0.1:{free_port()}").deliver(message, 1)


def test_a_server_without_starttls_gets_nothing_when_we_want_it(smtp, message):
    with pytest.raises(Retry, match="SMTPNotSupportedError"):
        transport(f"smtp://127.0.0.1:{smtp.port}?starttls=1").deliver(message, 1)
    assert smtp.letters == []


def test_how_we_part_does_not_matter(smtp, message, monkeypatch):
    def broken(_session):
        raise ConnectionResetError

    monkeypatch.setattr("smtplib.SMTP.quit", broken)
    transport(f"smtp://127.0.0.1:{smtp.port}").deliver(message, 1)
    assert len(smtp.letters) == 1


# With TLS and a password


@pytest.fixture
def certificate(tmp_path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "server.pem"
    file.write_bytes(private + signed.public_bytes(pem))
    return file


@pytest.fixture(params=["smtps", "starttls"])
def secure(request, certificate):
    """A server that wants TLS and a password, and the MAIL_URL for it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    starttls = request.param == "starttls"
    kind = {"starttls": context, "require_starttls": True} if starttls else {"tls": context, "auth_require_tls": False}
    server = MailServer(**kind, auth_required=True)
    scheme, query = ("smtp", "?starttls=1") if starttls else ("smtps", "")
    server.url = f"{scheme}://fjordlys%40example.no:{{}}@127.0.0.1:{server.port}{query}"
    yield server
    server.stop()


def test_the_password_is_given_under_tls(secure, certificate, message, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    transport(secure.url.format("p%40ss%2Fword")).deliver(message, 1)
    assert secure.logins == [("fjordlys@example.no", "p@ss/word")]
    assert len(secure.letters) == 1


def test_a_certificate_nobody_vouches_for_gets_neither_password_nor_letter(secure, message):
    with pytest.raises(Retry, match="SSLCertVerificationError"):
        transport(secure.url.format("p%40ss%2Fword")).deliver(message, 1)
    assert secure.logins == []


def test_a_wrong_password_can_be_mended_so_it_is_tried_again(secure, certificate, message, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(Retry, match=r"does not let us in \(535\)"):
        transport(secure.url.format("wrong")).deliver(message, 1)


# MAIL_URL


@pytest.mark.parametrize(
    ("url", "port", "tls", "starttls"),
    [
        ("smtp://mail.example", 587, False, True),
        ("smtp://mail.example:25", 25, False, False),
        ("smtp://mail.example:25?starttls=1", 25, False, True),
        ("smtp://mail.example?starttls=0", 587, False, False),
        ("smtps://mail.example", 465, True, False),
    ],
)
def test_what_a_mail_url_means(url, port, tls, starttls):
    server = transport(url)
    assert isinstance(server, Server)
    assert (server.port, server.tls, server.starttls) == (port, tls, starttls)


@pytest.mark.parametrize("url", ["", "file:", "mail.example", "http://mail.example", "smtp://u:p@mail.example:25"])
def test_a_mail_url_that_cannot_be_used_is_named(url):
    with pytest.raises(Misconfigured, match="MAIL_URL"):
        transport(url)


def test_a_password_may_hold_anything_when_it_is_percent_encoded():
    server = transport("smtps://post%40x.no:a%2Fb%23c%3Fd%40e@mail.example/")
    assert isinstance(server, Server)
    assert (server.user, server.password, server.host) == ("post@x.no", "a/b#c?d@e", "mail.example")


# The whole way


def test_a_letter_goes_once(post, worker, smtp, app, letter):
    app.config["MAIL_URL"] = f"smtp://127.0.0.1:{smtp.port}"
    letter_id = post("confirm")
    assert letter(letter_id).sent_at is None
    worker()
    assert letter(letter_id).sent_at
    with app.app_context():
        outbox.enqueue("letter.send", letter_id)
        db.session.commit()
    worker()
    assert [sent["Message-ID"] for sent in smtp.letters] == [letter(letter_id).message_id]


def test_a_letter_nobody_wants_any_more_is_dropped(post, worker, mailbox, letter):
    letter_id = post("confirm", to="")
    worker()
    assert len(mailbox) == 0
    assert letter(letter_id).dropped == "unwanted"
    assert letter(letter_id).sent_at is None


def test_a_refused_letter_waits_for_staff(post, worker, smtp, app, letter):
    app.config["MAIL_URL"] = f"smtp://127.0.0.1:{smtp.port}"
    smtp.says["kari@example.no"] = "550 5.1.1 no kari@example.no here"
    letter_id = post("confirm")
    worker()
    assert letter(letter_id).sent_at is None
    with app.app_context():
        row = db.session.scalar(db.select(OutboxRow))
        assert row.failed_at
        assert row.error == "Rejected: The mail server answered 550 5.1.1."
