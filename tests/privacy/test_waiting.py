"""Tasks that wait at a processor which staff have paused hold up nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.clock import now
from app.extensions import db
from app.privacy import stages
from app.sync import links
from tests.privacy.world import World


def test_a_paused_processor_holds_up_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch, kari: str, ola: str
) -> None:
    monkeypatch.setattr(stages, "MANY", 1)
    for address in (kari, ola):
        world.subscribe(address)
    world.work()
    with world.app.app_context():
        links.pause("mailchimp", "staff:1")
        db.session.commit()
    hers, his = world.erases(kari), world.erases(ola)
    with world.app.app_context():
        first, second = world._task(hers, "mailchimp", "erase"), world._task(his, "sandbox", "verify")
        first.state, first.check_at = "retrying", now() - timedelta(hours=2)
        second.state, second.check_at = "polling", now() - timedelta(hours=1)
        db.session.commit()
        assert stages.waiting() == [second.id]
