"""A WordPress with our plugin, and the service as WordPress sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.processors.wordpress.client import Client
from app.processors.wordpress.processor import WordPress
from app.processors.wordpress.settings import Settings
from tests.support import wordpress
from tests.support.wordpress import releases, rows
from tests.support.wordpress.service import Service
from tests.support.wordpress.site import KEYS, Site


@pytest.fixture(scope="session")
def running_site() -> Iterator[Site]:
    """On this machine's PHP and WordPress, or on those that were asked for: what cannot be had is then red."""
    reason = wordpress.missing()
    if reason:
        pytest.skip(reason)
    site = Site(releases.chosen())
    yield site
    site.stop()


@pytest.fixture
def site(running_site: Site) -> Iterator[Site]:
    """As freshly installed. A test that makes PHP complain about our plugin fails here."""
    running_site.reset()
    before = running_site.log()
    yield running_site
    assert running_site.log() == before


@pytest.fixture
def settings(site: Site) -> Settings:
    return Settings(site.url, "first", KEYS["first"], "samtykke")


@pytest.fixture
def plugin(settings: Settings) -> Client:
    return Client(settings)


@pytest.fixture
def processor(settings: Settings) -> WordPress:
    return WordPress(settings)


@pytest.fixture
def service() -> Iterator[Service]:
    """Stands where our own service stands for WordPress, and says 404 to what it was not told to answer."""
    with Service() as service:
        yield service


@pytest.fixture
def connected(site: Site, service: Service) -> Service:
    """The service that the site's administrator has connected."""
    with site.database() as db:
        rows.option(db, "samtykke_settings", {"service": service.url, "user": "samtykke"})
    return service
