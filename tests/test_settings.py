"""A setting that cannot be meant as it stands is named at the start, in plain words and without what it holds."""

from __future__ import annotations

import pytest

from app import config, create_app
from app.config import Misconfigured

SECRET = "hemmelig"


@pytest.fixture
def refused(tmp_path):
    """What is said of these settings; nobody may read in it what they hold."""

    def refuse(match, **settings):
        with pytest.raises(Misconfigured, match=match) as problem:
            create_app({"SAMTYKKE_ENV": "development", "INSTANCE_DIR": str(tmp_path), **settings})
        assert SECRET not in str(problem.value) and problem.value.__cause__ is None
        return str(problem.value)

    return refuse


@pytest.mark.parametrize("mode", ["prod", "Production", "dev", "production ", ""])
def test_a_mode_that_nobody_knows_is_not_development(mode, refused):
    refused("^SAMTYKKE_ENV must be development or production", SAMTYKKE_ENV=mode)


@pytest.mark.parametrize("said", [{}, {"SAMTYKKE_ENV": "production"}])
def test_without_a_word_it_is_production(said):
    needed = {"SECRET_KEY": "x" * 40, "BASE_URL": "https://h", "MAIL_URL": "file:/tmp/m", "MAIL_FROM": "post@x.no"}
    assert config.load({**said, **needed})["PRODUCTION"]


@pytest.mark.parametrize("kinds", ["ersure", "erasure access", "none, erasure", ",", "Erasure"])
def test_a_kind_of_request_that_nobody_knows_does_not_switch_the_human_off(kinds, refused):
    said = refused("^PRIVACY_APPROVAL must be kinds of requests", PRIVACY_APPROVAL=kinds)
    assert "erasure" in said and "or none" in said


@pytest.mark.parametrize("proxies", ["-1", "one"])
def test_a_number_of_proxies_that_cannot_be_is_refused(proxies, refused):
    refused("^TRUSTED_PROXIES must be a whole number", TRUSTED_PROXIES=proxies)


SENDERS = ["Fjordlys", "Fjordlys <>", "post@", "post@x", "post@x.no, kari@x.no", "Fjordlys, Oslo <post@x.no>", "@x.no"]


@pytest.mark.parametrize("sender", SENDERS)
def test_a_sender_without_one_address_is_refused(sender, refused):
    refused("^MAIL_FROM must be one e-mail address", MAIL_FROM=sender)


@pytest.mark.parametrize("sender", ["post@x.no", "Fjordlys Interiør <post@x.no>", '"Fjordlys, Oslo" <post@blåbær.no>'])
def test_a_sender_with_or_without_a_name_is_fine(sender, tmp_path):
    create_app({"SAMTYKKE_ENV": "development", "INSTANCE_DIR": str(tmp_path), "MAIL_FROM": sender})


SERVERS = [
    "smtp://post:hemmelig/x@h:587",
    "smtp://post:hemmelig#x@h:587",
    "smtp://post:hemmelig?x@h:587",
    "smtp://post:587/hemmelig@h",
    "smtp://post:587?hemmelig@h",
    "smtps://post:hemmelig@h:port",
    "smtps://post:hemmelig@[x",
    "smtps://post:hemmelig@h:99999",
    "smtps://post:hemmeligø@h",
    "smtps://post:hemmelig%C3%B8@h",
    "smtps://post:hemmelig@h..no",
]


@pytest.mark.parametrize("url", SERVERS)
def test_a_mail_server_that_cannot_be_read_is_refused(url, refused):
    assert "percent-encoded" in refused("^MAIL_URL cannot be read", MAIL_URL=url)


@pytest.mark.parametrize("url", ["mail.example", "smtp://", "smtp://post:hemmelig@mail.example:25"])
def test_a_way_for_letters_that_is_none_is_refused_at_the_start(url, refused):
    refused("^MAIL_URL", MAIL_URL=url)


@pytest.mark.parametrize("url", ["huey.db", "mysql://u:hemmelig@h/x", "postgresql://u:hemmelig@h:port/x", "redis://h"])
def test_a_bell_that_nobody_can_ring_is_refused(url, refused):
    refused("^HUEY_URL", HUEY_URL=url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FISCAL_YEAR_END", "31.12"),
        ("FISCAL_YEAR_END", "02-30"),
        ("FISCAL_YEAR_END", "W01-1"),
        ("BOOKKEEPING_YEARS", "-3"),
        ("BOOKKEEPING_YEARS", "0"),
        ("BOOKKEEPING_YEARS", "4"),
        ("BOOKKEEPING_YEARS", "9999"),
        ("WORKERS", "0"),
        ("WORKERS", "-1"),
        ("OUTBOX_LEASE", "0"),
        ("OUTBOX_LEASE", "9" * 20),
        ("INTAKE_BOX_PER_MINUTE", "0"),
        ("INTAKE_STOP_PER_MINUTE", "-5"),
        ("LOGIN_LIMIT", "often"),
        ("LOGIN_LIMIT", "0 per minute"),
        ("LOST_LIMIT", "20 per fortnight"),
        ("BACKUP_DAYS", "wrdpress=7"),
        ("BACKUP_DAYS", "own=999999"),
        ("RATELIMIT_STORAGE_URI", "hemmelig"),
        ("RATELIMIT_STORAGE_URI", "redis://:hemmelig@h:port"),
        ("BASE_URL", "https://host:abc"),
        ("BASE_URL", "https://[x"),
        ("BASE_URL", "https://post:hemmelig@host"),
        ("DATABASE_URL", "postgresql+psycopg2://u:hemmelig@h/x"),
        ("DATABASE_URL", "sqlite+aiosqlite:///x.db"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(name, value, refused):
    refused(f"^{name} ", **{name: value})


def test_a_holder_that_nobody_knows_is_told_who_is_known(refused):
    assert "own, sandbox, mailchimp" in refused("^BACKUP_DAYS names", BACKUP_DAYS="own=7 wrdpress=7")


@pytest.mark.parametrize(
    "settings",
    [
        {"FISCAL_YEAR_END": "02-29", "BOOKKEEPING_YEARS": "10"},
        {"TRUSTED_PROXIES": "0", "WORKERS": "1"},
        {"LOGIN_LIMIT": "3 per minute; 9/hour", "BACKUP_DAYS": "own=7 wordpress=0"},
        {"BASE_URL": "https://[::1]:8443/"},
        {"DATABASE_URL": "postgresql://u@h/x"},
        {"PRIVACY_APPROVAL": "erasure, access,"},
        {"PRIVACY_APPROVAL": "none"},
    ],
)
def test_what_can_be_meant_starts(settings, tmp_path):
    create_app({"SAMTYKKE_ENV": "development", "INSTANCE_DIR": str(tmp_path), **settings})


def test_a_secret_in_a_file_may_begin_with_the_mark_of_its_editor(tmp_path):
    (tmp_path / "token").write_bytes(b"\xef\xbb\xbfhemmelig\r\n")
    settings = config.load({"SAMTYKKE_ENV": "development", "METRICS_TOKEN_FILE": str(tmp_path / "token")})
    assert settings["METRICS_TOKEN"] == SECRET


def test_a_secret_in_a_file_that_is_no_text_is_refused(tmp_path, refused):
    (tmp_path / "token").write_bytes(b"hemmelig\xff")
    refused("^METRICS_TOKEN_FILE names a file that is not UTF-8", METRICS_TOKEN_FILE=str(tmp_path / "token"))


@pytest.mark.parametrize("name", ["INSTANCE_DIR", "JOURNAL_DIR", "SPOOL_DIR"])
@pytest.mark.parametrize("below", ["", "/deep/down"])
def test_a_folder_that_is_a_file_is_refused(name, below, tmp_path, refused):
    (tmp_path / "file").touch()
    refused(f"^{name} .* is a file$", **{name: f"{tmp_path}/file{below}"})


def test_a_folder_that_cannot_be_made_is_refused(refused):
    refused("^INSTANCE_DIR .* cannot be made", INSTANCE_DIR="/proc/samtykke")


def test_a_folder_in_which_the_database_cannot_be_written_is_refused(refused, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    refused("^INSTANCE_DIR .* cannot be written")
