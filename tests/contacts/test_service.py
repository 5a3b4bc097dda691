"""Meeting people, what they volunteer, and forgetting them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import contacts
from app.contacts import suppression
from app.contacts.models import Contact, ContactValue
from app.contacts.readdressing import Taken, readdress
from app.extensions import db
from app.sites.models import Company, Site


@pytest.fixture
def site(app: Flask) -> int:
    with app.app_context():
        site = Site(slug="fjordlys", name="Fjordlys", origin="http://localhost", company=Company(slug="f", name="F"))
        db.session.add(site)
        db.session.commit()
        return site.id


@pytest.fixture
def context(app: Flask, site: int) -> Iterator[None]:
    with app.app_context():
        yield


def meet(address: str, site: int, display: str = "") -> Contact:
    contact = contacts.meet(address, display or address, "nb", site)
    db.session.commit()
    return contact


def at_once(app: Flask, count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act` in so many threads that start together, each with a session of its own."""
    barrier, results = threading.Barrier(count), []

    def run(number: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                results.append(act(number))
                db.session.commit()
            except Exception as error:
                results.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    return results


def test_the_same_address_is_the_same_person(context: None, site: int, kari: str) -> None:
    first = meet(kari, site)
    assert meet(kari, site).id == first.id


def test_meeting_again_changes_nothing_that_is_known(context: None, site: int, kari: str) -> None:
    first = meet(kari, site, "Kari@example.no")
    subject = first.subject
    again = contacts.meet(kari, "KARI@example.no", "en", site)
    assert (again.display, again.lang, again.subject) == ("Kari@example.no", "nb", subject)


def test_eight_who_meet_her_at_once_meet_one_person(app: Flask, site: int, kari: str) -> None:
    met = at_once(app, 8, lambda number: contacts.meet(kari, kari, "nb", site).id)
    with app.app_context():
        assert set(met) == {db.session.scalar(select(Contact.id))} and len(met) == 8
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


def test_meeting_while_she_is_being_forgotten_gives_a_whole_person(app: Flask, site: int, kari: str) -> None:
    with app.app_context():
        meet(kari, site)

    def act(number: int) -> Any:
        if number % 2:
            return contacts.meet(kari, kari, "nb", site).address
        person = contacts.find(kari)
        person = contacts.lock(person.id) if person else None
        return contacts.forget(person) if person else None

    results = at_once(app, 6, act)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert results.count(kari) == 3


@pytest.mark.parametrize("spelt", ["kari@example.no", "  KARI@Example.NO ", "kari@EXAMPLE.no"])
def test_she_is_found_however_her_address_is_spelt(context: None, site: int, kari: str, spelt: str) -> None:
    meet(kari, site)
    found = contacts.find(spelt)
    assert found is not None and found.address == kari


@pytest.mark.parametrize("stranger", ["ola@example.no", "", "no address", "a@b@c", "kari@example.no\0", "\ud800@x.no"])
def test_nobody_is_found_behind_what_is_not_her_address(context: None, site: int, kari: str, stranger: str) -> None:
    meet(kari, site)
    assert contacts.find(stranger) is None


def test_a_lock_sees_what_was_committed_elsewhere(app: Flask, context: None, site: int, kari: str) -> None:
    contact_id = meet(kari, site).id
    assert db.session.get(Contact, contact_id).lang == "nb"  # type: ignore[union-attr]
    db.session.commit()
    assert at_once(app, 1, lambda number: setattr(db.session.get(Contact, contact_id), "lang", "en")) == [None]
    held = contacts.lock(contact_id)
    assert held is not None and held.lang == "en"


def test_many_are_locked_by_their_ids_wherever_their_rows_are(context: None, site: int) -> None:
    ids = [meet(f"person{number}@example.no", site).id for number in range(3)]
    contacts.lock(ids[0]).lang = "en"  # type: ignore[union-attr]  # PostgreSQL writes a changed row to another place
    db.session.commit()
    assert [contact.id for contact in contacts.lock_free([ids[2], ids[0], ids[1]])] == ids


def test_locking_somebody_forgotten_gives_nobody(context: None, site: int, kari: str) -> None:
    person = meet(kari, site)
    contact_id = person.id
    contacts.forget(person)
    assert contacts.lock(contact_id) is None


def values(contact: Contact) -> dict[str, tuple[str, str]]:
    return {value.field: (value.value, value.source) for value in contact.values}


def test_a_value_remembers_where_it_came_from(context: None, site: int, kari: str) -> None:
    person = meet(kari, site)
    contacts.volunteer(person, {"name": "Kari Nordmann", "company": " "}, "submission:1", overwrite=False)
    assert values(person) == {"name": ("Kari Nordmann", "submission:1")}


def test_a_form_anyone_can_send_fills_but_does_not_replace(context: None, site: int, kari: str) -> None:
    person = meet(kari, site)
    contacts.volunteer(person, {"name": "Kari"}, "submission:1", overwrite=False)
    contacts.volunteer(person, {"name": "Somebody else", "phone": "+4722334455"}, "submission:2", overwrite=False)
    assert values(person) == {"name": ("Kari", "submission:1"), "phone": ("+4722334455", "submission:2")}


def test_the_owner_of_the_mailbox_may_replace_but_a_blank_removes_nothing(context: None, site: int, kari: str) -> None:
    person = meet(kari, site)
    contacts.volunteer(person, {"name": "K", "company": "Fjord"}, "submission:1", overwrite=False)
    contacts.volunteer(person, {"name": "Kari", "company": ""}, "submission:2", overwrite=True)
    assert values(person) == {"company": ("Fjord", "submission:1"), "name": ("Kari", "submission:2")}


def test_repeating_the_same_value_keeps_its_first_source(context: None, site: int, kari: str) -> None:
    person = meet(kari, site)
    contacts.volunteer(person, {"name": "Kari"}, "submission:1", overwrite=False)
    contacts.volunteer(person, {"name": "Kari"}, "submission:2", overwrite=True)
    assert values(person) == {"name": ("Kari", "submission:1")}


def test_a_message_is_no_particular_of_a_person(context: None, site: int, kari: str) -> None:
    person = meet(kari, site)
    contacts.volunteer(person, {"message": "Hello", "email": kari}, "submission:1", overwrite=True)
    assert values(person) == {}


def test_volunteering_in_two_jobs_at_once_fails_neither(app: Flask, site: int, kari: str) -> None:
    with app.app_context():
        contact_id = meet(kari, site).id

    def act(number: int) -> None:
        person = db.session.get(Contact, contact_id)
        assert person is not None
        contacts.volunteer(person, {"name": f"Kari {number}"}, f"submission:{number}", overwrite=False)

    assert at_once(app, 6, act) == [None] * 6
    with app.app_context():
        rows = list(db.session.scalars(select(ContactValue)))
        assert len(rows) == 1 and rows[0].value == f"Kari {rows[0].source.removeprefix('submission:')}"


# Another address


NEW = "kari.ny@example.no"


def test_nobody_gets_the_address_of_somebody_else(context: None, site: int, kari: str, ola: str) -> None:
    person, other = meet(kari, site), meet(ola, site)
    with pytest.raises(Taken) as error:
        readdress(person, ola, ola, "request:1")
    assert ola not in str(error.value)
    assert (person.address, other.address) == (kari, ola)


def test_only_her_own_noes_go_with_her(context: None, site: int, kari: str, ola: str) -> None:
    person = meet(kari, site)
    suppression.suppress(kari, "newsletter", "withdrawn")
    suppression.suppress(ola, "offers", "withdrawn")
    readdress(person, NEW, NEW, "request:1")
    assert suppression.scopes(NEW) == suppression.scopes(kari) == {"newsletter"}
    assert suppression.scopes(ola) == {"offers"}


def test_of_two_corrections_the_later_one_says_where_the_address_comes_from(
    context: None, site: int, kari: str
) -> None:
    person = meet(kari, site)
    readdress(person, "kari.feil@example.no", "kari.feil@example.no", "request:1")
    for source in ("request:2", "request:3"):
        readdress(person, NEW, NEW, source)
    assert values(person)["email"] == (NEW, "request:2")
