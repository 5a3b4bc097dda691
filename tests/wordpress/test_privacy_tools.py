"""WordPress's own tools reach what the service holds, and say so when they cannot."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.processors.wordpress.client import Client
from tests.support.wordpress.service import Answer, Service
from tests.support.wordpress.site import Site
from tests.wordpress.people import KARI

EXPORT, ERASE = "/webhooks/wordpress/export", "/webhooks/wordpress/erase"
CALL = """
$all    = apply_filters( 'wp_privacy_personal_data_%s', array() );
$answer = call_user_func( $all['samtykke-service']['callback'], '%s', %d );
return is_wp_error( $answer ) ? array( 'error' => $answer->get_error_code() ) : $answer;
"""
SHOWN = {
    "data": [
        {"group_id": "consents", "group_label": "Consents", "item_id": "1", "data": [{"name": "a", "value": "b"}]}
    ],
    "done": True,
}
GONE = {"items_removed": True, "items_retained": False, "messages": [], "done": True}


def called(site: Site, tool: str, page: int = 1) -> Any:
    return site.php(CALL % (tool, KARI, page))


def test_an_export_shows_what_the_service_says(site: Site, connected: Service) -> None:
    connected.answers[EXPORT] = Answer(body=SHOWN)
    assert called(site, "exporters", 2) == SHOWN
    assert json.loads(connected.asked[-1].body) == {"email": KARI, "page": 2, "site": site.url}
    assert KARI not in connected.asked[-1].path


def test_an_erasure_is_asked_of_the_service(site: Site, connected: Service) -> None:
    connected.answers[ERASE] = Answer(body=GONE)
    assert called(site, "erasers") == GONE


def test_a_service_that_cannot_be_asked_yet_is_named_in_the_archive(site: Site, connected: Service) -> None:
    answer = called(site, "exporters")
    assert answer["done"] is True
    assert f"{connected.url}/admin/" in answer["data"][0]["data"][0]["value"]
    answer = called(site, "erasers")
    assert (answer["items_removed"], answer["items_retained"], answer["done"]) == (False, True, True)
    assert f"{connected.url}/admin/" in answer["messages"][0]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401), "refused"),
        (Answer(503), "failed"),
        (Answer(200, "<html>"), "failed"),
        (Answer(200, {"ok": True}), "failed"),
        (Answer(200, '{"data": [{"gro'), "failed"),
    ],
)
def test_a_service_that_fails_stops_the_tool_instead_of_leaving_something_out(
    site: Site, connected: Service, answer: Answer, code: str
) -> None:
    connected.answers.update({EXPORT: answer, ERASE: answer})
    assert called(site, "exporters") == called(site, "erasers") == {"error": code}


def test_the_service_is_not_asked_back_by_its_own_calls(plugin: Client, connected: Service) -> None:
    coverage = plugin.call("coverage")
    assert "samtykke-service" not in {**coverage["exporters"], **coverage["erasers"]}
    assert plugin.call("erase", email=KARI, eraser="samtykke-service", page=1)["error"] == "gone"
    assert connected.asked == []


def test_nothing_is_registered_before_the_service_is_connected(site: Site) -> None:
    names = site.php("return array_keys( apply_filters( 'wp_privacy_personal_data_erasers', array() ) );")
    assert names == ["wordpress-comments"]


def test_the_policy_guide_has_our_paragraph(site: Site) -> None:
    code = "do_action( 'admin_init' ); return WP_Privacy_Policy_Content::get_suggested_policy_text();"
    assert any(text["plugin_name"] == "Samtykke" and "no cookies" in text["policy_text"] for text in site.php(code))
