"""Somebody bombs strangers through a form: fewer letters leave, and the company is told once."""

from datetime import timedelta

import pytest
import time_machine

from app.clock import now
from app.consent import service, throttle
from app.consent.models import Confirmation, Purpose
from app.contacts.service import meet
from app.extensions import db
from app.letters.models import Letter
from app.sites.models import Company, Site


@pytest.fixture
def site(app):
    with app.app_context():
        db.session.add(Purpose(slug="newsletter", names={}))
        site = Site(
            slug="s", name="S", origin="https://s.example", company=Company(slug="c", name="C", email="c@s.example")
        )
        db.session.add(site)
        db.session.commit()
        yield site


def ask(number, site, network):
    contact = meet(f"victim{number}@example.no", "", "nb", site.id)
    waiting = service.ask(contact, {"newsletter": ""}, site=site, lang="nb", facts={}, network=network)
    db.session.commit()
    return waiting


def test_in_peace_a_network_may_ask_ten_times_an_hour(site):
    assert [bool(ask(n, site, "192.0.2.0/24")) for n in range(11)] == [True] * 10 + [False]
    assert db.session.query(Letter).filter_by(kind="staff_attack").count() == 0


def test_under_attack_each_network_gets_one_letter_an_hour_and_the_company_is_told_once(site):
    for number in range(throttle.ATTACK_LETTERS):
        assert ask(number, site, f"10.0.{number}.0/24")
    assert ask(100, site, "198.51.100.0/24")
    assert ask(101, site, "198.51.100.0/24") is None
    assert ask(102, site, "198.51.100.0/24") is None
    assert db.session.query(Letter).filter_by(kind="staff_attack").count() == 1


def test_fifty_people_who_confirm_are_no_attack(site):
    for number in range(throttle.ATTACK_LETTERS):
        ask(number, site, f"10.0.{number}.0/24")
    db.session.query(Confirmation).update({"used_at": now()})
    db.session.commit()
    assert not throttle.attacked(site)


def test_an_attack_on_one_site_is_none_on_another_and_over_within_the_hour(site):
    other = Site(slug="t", name="T", origin="https://t.example", company=site.company)
    db.session.add(other)
    for number in range(throttle.ATTACK_LETTERS):
        ask(number, site, f"10.0.{number}.0/24")
    assert throttle.attacked(site) and not throttle.attacked(other)
    with time_machine.travel(now() + timedelta(minutes=61)):
        assert not throttle.attacked(site)
