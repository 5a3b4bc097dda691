"""Which processors a configuration turns on."""

from __future__ import annotations

from pathlib import Path

from app.processors import REGISTRY, build
from app.processors.sandbox import Sandbox


def test_nothing_is_on_by_itself() -> None:
    assert build({}) == {}
    assert build(dict.fromkeys((switch for switch, _ in REGISTRY.values()), "")) == {}


def test_each_processor_is_turned_on_by_its_setting(tmp_path: Path) -> None:
    settings = {"SANDBOX_PATH": str(tmp_path / "s.sqlite"), "MAILCHIMP_API_KEY": "k-us1", "MAILCHIMP_AUDIENCE": "a1"}
    settings |= {"STRIPE_API_KEY": "sk_test_1"}
    settings |= {"GOOGLE_CREDENTIALS": "/run/secrets/google", "GMAIL_MAILBOX": "post@fjordlys.no"}
    settings |= {"GOOGLE_CONTACTS_GROUP": "Nyhetsbrev", "GOOGLE_GROUPS": "newsletter=nytt@fjordlys.no"}
    settings |= {"WORDPRESS_URL": "https://fjordlys.no", "WORDPRESS_KEY_ID": "k1", "WORDPRESS_USER": "samtykke"}
    settings |= {"WORDPRESS_SECRET": "a-secret-for-tests-only-0123456789abcdef"}
    assert list(build(settings)) == list(REGISTRY)
    assert {name: processor.name for name, processor in build(settings).items()} == {n: n for n in REGISTRY}


def test_building_calls_nobody_and_touches_no_file(tmp_path: Path) -> None:
    assert isinstance(build({"SANDBOX_PATH": tmp_path / "s.sqlite"})["sandbox"], Sandbox)
    assert list(tmp_path.iterdir()) == []
