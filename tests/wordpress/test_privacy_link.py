"""Visitors find the page where they see, correct and delete what is known about them."""

from __future__ import annotations

import re

import pytest

from tests.support.wordpress import rows
from tests.support.wordpress.service import Service
from tests.support.wordpress.site import Site
from tests.wordpress.test_form import shown

LINK = re.compile(r'<p class="samtykke-privacy"><a class="wp-element-button" href="([^"]*)">([^<]*)</a></p>')
BLOCK = "<!-- wp:samtykke/privacy {} /-->"
ENGLISH, NORWEGIAN = "See, correct or delete what we know about you", "Se, rett eller slett det vi vet om deg"


def link(site: Site, content: str) -> tuple[str, str]:
    found = LINK.findall(shown(site, content))
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("content", ["[samtykke_privacy]", "<!-- wp:samtykke/privacy /-->"])
def test_shortcode_and_block_lead_there_in_the_language_of_the_page(
    site: Site, connected: Service, content: str
) -> None:
    assert link(site, content) == (f"{connected.url}/privacy", ENGLISH)
    with site.database() as db:
        rows.option(db, "WPLANG", "nb_NO")
    assert link(site, content) == (f"{connected.url}/personvern", NORWEGIAN)


@pytest.mark.parametrize(
    "content",
    ['[samtykke_privacy lang="nb" text="Ditt personvern"]', BLOCK.format('{"lang":"nb","text":"Ditt personvern"}')],
)
def test_language_and_words_may_be_chosen(site: Site, connected: Service, content: str) -> None:
    assert link(site, content) == (f"{connected.url}/personvern", "Ditt personvern")


def test_words_cannot_become_markup(site: Site, connected: Service) -> None:
    html = shown(
        site, BLOCK.format('{"text":"\\u003cscript\\u003ealert(1)\\u003c/script\\u003e","lang":"\\u0022onclick="}')
    )
    assert "<script>alert" not in html
    assert LINK.search(html)[1] == f"{connected.url}/privacy"  # type: ignore[index]


def test_nobody_is_asked_for_a_link_and_nothing_is_shown_before_the_service_is_connected(
    site: Site, service: Service
) -> None:
    assert "samtykke-privacy" not in shown(site, "[samtykke_privacy]")
    assert service.asked == []


def test_a_link_needs_no_call(site: Site, connected: Service) -> None:
    link(site, "[samtykke_privacy]")
    assert connected.asked == []
