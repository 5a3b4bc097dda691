"""What Mailchimp posts: believed only when signed, and read the same however often it comes."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from app.processors.base import Notice
from app.processors.mailchimp.webhook import parse, verify
from tests.support.mailchimp_server import sign, webhook
from tests.support.mailchimp_store import Store

SECRET = "the-signing-secret"
NOW = 1_770_000_000
BODY = b"type=unsubscribe&fired_at=2026-03-02+12%3A00%3A00&data%5Bemail%5D=kari%40example.no"
SIGNED = {"X-Mailchimp-Signature": sign(SECRET, BODY, NOW)}


def form(kind: str, **data: str) -> dict[str, str]:
    fields = {"id": "8a25ff1d98", "list_id": "a1b2c3d4e5", "email": "kari@example.no", **data}
    return {"type": kind, "fired_at": "2026-03-02 12:00:00", **{f"data[{k}]": v for k, v in fields.items()}}


def test_a_signed_body_is_believed() -> None:
    assert verify(SECRET, SIGNED, BODY, NOW)


def test_the_name_of_the_header_may_be_in_any_case() -> None:
    assert verify(SECRET, {"x-mailchimp-signature": SIGNED["X-Mailchimp-Signature"]}, BODY, NOW)


def test_a_second_signature_may_stand_beside_the_right_one() -> None:
    header = SIGNED["X-Mailchimp-Signature"].replace("v1=", "v1=00, v1=")
    assert verify(SECRET, {"X-Mailchimp-Signature": header}, BODY, NOW)


@pytest.mark.parametrize(("late", "believed"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_five_minutes_either_way_are_allowed(late: int, believed: bool) -> None:
    assert verify(SECRET, SIGNED, BODY, NOW + late) is believed


def test_a_changed_body_is_not_believed() -> None:
    assert not verify(SECRET, SIGNED, BODY.replace(b"kari", b"0la1"), NOW)


def test_a_changed_time_is_not_believed() -> None:
    moved = SIGNED["X-Mailchimp-Signature"].replace(f"t={NOW}", f"t={NOW + 1}")
    assert not verify(SECRET, {"X-Mailchimp-Signature": moved}, BODY, NOW)


def test_another_secret_is_not_believed() -> None:
    assert not verify("another", SIGNED, BODY, NOW)


def test_an_empty_secret_believes_nobody() -> None:
    assert not verify("", {"X-Mailchimp-Signature": sign("", BODY, NOW)}, BODY, NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=",
        f"t={NOW}",
        f"t={NOW},v1=",
        "v1=00",
        f"t=x{NOW},v1=00",
        f"t={'9' * 5000},v1=00",
        f"t={NOW},v1=blåbær",
        ",",
    ],
)
def test_a_header_that_makes_no_sense_is_not_believed(header: str) -> None:
    assert not verify(SECRET, {"X-Mailchimp-Signature": header}, BODY, NOW)


def test_no_header_is_not_believed() -> None:
    assert not verify(SECRET, {}, BODY, NOW)


@pytest.mark.parametrize(
    ("kind", "read"),
    [("subscribe", "subscribed"), ("unsubscribe", "unsubscribed"), ("profile", "profile"), ("cleaned", "cleaned")],
)
def test_each_type_becomes_our_word(kind: str, read: str) -> None:
    notice = parse(form(kind))
    assert notice is not None
    assert (notice.kind, notice.address) == (read, "kari@example.no")
    assert notice.at == datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_a_changed_address_tells_both() -> None:
    told = form("upemail", new_id="51da8c3259", new_email="kari@vevstua.no", old_email="kari@example.no")
    del told["data[email]"], told["data[id]"]
    notice = parse(told)
    assert notice is not None
    assert notice.kind == "address_changed"
    assert (notice.address, notice.new_address) == ("kari@example.no", "kari@vevstua.no")


@pytest.mark.parametrize("action", ["unsub", "delete"])
def test_leaving_and_being_removed_both_end_the_subscription(action: str) -> None:
    notice = parse(form("unsubscribe", action=action, reason="manual"))
    assert notice is not None
    assert notice.kind == "unsubscribed"


@pytest.mark.parametrize("kind", ["campaign", "", "SUBSCRIBE", "something-new"])
def test_what_concerns_nobody_is_passed_over(kind: str) -> None:
    assert parse(form(kind)) is None
    assert parse({}) is None


def test_another_audience_is_not_ours() -> None:
    assert parse(form("unsubscribe"), audience="0ther4ud1e") is None
    assert parse(form("unsubscribe"), audience="a1b2c3d4e5") is not None


@pytest.mark.parametrize("fired_at", ["", "yesterday", "2026-13-02 12:00:00"])
def test_a_time_that_cannot_be_read_is_an_error_that_names_nobody(fired_at: str) -> None:
    with pytest.raises(ValueError, match="unsubscribe webhook without a readable time") as caught:
        parse({**form("unsubscribe"), "fired_at": fired_at})
    assert "kari" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nobody_is_an_error() -> None:
    with pytest.raises(ValueError, match="without an address"):
        parse(form("unsubscribe", email=" "))
    with pytest.raises(ValueError, match="without an address"):
        parse(form("upemail", old_email="kari@example.no"))


def test_a_repeat_has_the_same_key_and_news_another() -> None:
    def key(told: dict[str, str]) -> str:
        notice = parse(told)
        assert isinstance(notice, Notice)
        return notice.key

    first = form("unsubscribe")
    assert key(first) == key(form("unsubscribe", reason="manual"))
    others = [form("subscribe"), form("unsubscribe", id="another"), {**first, "fired_at": "2026-03-02 12:00:01"}]
    assert len({key(first), *map(key, others)}) == 4


def test_the_key_of_a_hook_without_an_id_names_nobody() -> None:
    told = form("cleaned", reason="hard")
    del told["data[id]"]
    notice, other = parse(told), parse({**told, "data[email]": "ola@example.no"})
    assert notice is not None
    assert other is not None
    assert notice.key != other.key
    assert "kari" not in notice.key


def test_the_stand_in_signs_what_we_can_read() -> None:
    headers, raw = webhook("unsubscribe", Store("a1b2c3d4e5"), "kari@example.no", SECRET, action="unsub")
    assert verify(SECRET, headers, raw, datetime.now(UTC).timestamp())
    notice = parse(dict(parse_qsl(raw.decode())), audience="a1b2c3d4e5")
    assert notice is not None
    assert notice.address == "kari@example.no"
