"""Nobody takes somebody else off a list by writing into his own address what Google would say of hers."""

from __future__ import annotations

import email
from email.policy import compat32

import pytest

from app.processors.google import optout


def wish(verdict: str, sender: str = "kari@kunde.no") -> str | None:
    head = f"Authentication-Results: mx.google.com; {verdict}\nFrom: {sender}\nSubject: x\n\nStopp\n"
    return optout.address(email.message_from_string(head, policy=compat32))


SPF = "spf=pass (google.com: domain of {0} designates 1.2.3.4 as permitted sender) smtp.mailfrom={0}"


@pytest.mark.parametrize(
    "verdict",
    [
        SPF.format("dmarc=pass@evil.no") + "; dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=kunde.no",
        SPF.format("dmarc=pass@evil.no"),
        SPF.format("dkim=pass/header.d=kunde.no@evil.no"),
        SPF.format('"a; dmarc=pass"@evil.no'),
        SPF.format('"a) dmarc=pass (b"@evil.no'),
        "dkim=pass header.i=kunde.no@evil.no header.s=s1 header.b=AbCdEf",
    ],
)
def test_what_the_sender_chose_himself_proves_nothing(verdict: str) -> None:
    assert wish(verdict) is None


@pytest.mark.parametrize(
    "verdict",
    [
        "dkim=pass header.i=@kunde.no header.s=s1; dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=kunde.no",
        "dkim=pass header.i=kari@kunde.no header.s=s1",
        "dkim=fail header.i=@evil.no; dkim=pass header.d=kunde.no",
        SPF.format("kari@kunde.no"),
        SPF.format('"kari nordmann"@kunde.no'),
    ],
)
def test_what_google_found_does(verdict: str) -> None:
    assert wish(verdict) == "kari@kunde.no"
