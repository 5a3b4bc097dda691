"""Whoever confirms in WordPress that she wants to be erased is heard by the service at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.wordpress.service import Answer, Service
from tests.support.wordpress.site import Site
from tests.wordpress.people import KARI

ERASE = "/webhooks/wordpress/erase"
TAKEN = {"items_removed": False, "items_retained": True, "messages": ["Asked."], "done": True}
ASK = f"""
$id = wp_create_user_request( '{KARI}', '%s' );
do_action( 'user_request_action_confirmed', $id );
return array( $id, get_post_status( $id ), _get_cron_array() );
"""
CLOCK = """
$ours = function ( $at ) {
    return is_array( $at ) && isset( $at['samtykke_hand_over'] );
};
return array_values( array_filter( (array) _get_cron_array(), $ours ) );
"""
TELL = "do_action( 'samtykke_hand_over', %d, %d ); return 1;"


def confirms(site: Site, action: str = "remove_personal_data") -> int:
    """She opens the link in WordPress's letter. Returns the number of her request."""
    number, status, _ = site.php(ASK % action)
    assert status == "request-confirmed"
    return int(number)


def planned(site: Site) -> list[Any]:
    """What the clock will tell again: number of the request, and of the try."""
    return [args["args"] for at in site.php(CLOCK) for args in at["samtykke_hand_over"].values()]


def test_a_confirmed_wish_to_be_erased_is_handed_over(site: Site, connected: Service) -> None:
    connected.answers[ERASE] = Answer(body=TAKEN)
    confirms(site)
    [asked] = connected.asked
    assert asked.path == ERASE
    assert json.loads(asked.body) == {"email": KARI, "page": 1, "confirmed": True, "site": site.url}
    assert planned(site) == []


def test_a_request_to_see_is_answered_by_the_exporter_and_not_here(site: Site, connected: Service) -> None:
    confirms(site, "export_personal_data")
    assert connected.asked == []


@pytest.mark.parametrize("answer", [Answer(503), Answer(401), Answer(200, "<html>")])
def test_a_service_that_is_away_is_told_later(site: Site, connected: Service, answer: Answer) -> None:
    connected.answers[ERASE] = answer
    number = confirms(site)
    assert planned(site) == [[number, 2]]
    connected.answers[ERASE] = Answer(body=TAKEN)
    site.php(TELL % (number, 2))
    assert len(connected.asked) == 2
    assert planned(site) == [[number, 2]]  # the one that has just been told; nothing new


def test_it_is_told_a_few_times_and_not_for_ever(site: Site, connected: Service) -> None:
    connected.answers[ERASE] = Answer(503)
    number = confirms(site)
    site.php(TELL % (number, 6))
    assert planned(site) == [[number, 2]]


def test_an_older_service_is_not_asked_again(site: Site, connected: Service) -> None:
    confirms(site)
    assert len(connected.asked) == 1
    assert planned(site) == []


def test_what_has_been_done_meanwhile_is_not_told(site: Site, connected: Service) -> None:
    connected.answers[ERASE] = Answer(503)
    number = confirms(site)
    site.query("UPDATE wp_posts SET post_status = 'request-completed' WHERE ID = ?", number)
    site.php(TELL % (number, 2))
    site.php(TELL % (number + 1000, 2))
    assert len(connected.asked) == 1


def test_before_the_service_is_connected_nothing_is_called(site: Site, service: Service) -> None:
    confirms(site)
    assert service.asked == []
    assert planned(site) == []
