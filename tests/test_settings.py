"""A setting that cannot be meant as it stands is named at the start, in plain words and without what it holds."""

from __future__ import annotations

import pytest

from app import config, create_app
from app.config import Misconfigured

SECRET = "hemmelig"


@pytest.fixture
def refused(tmp_path):
    """What is said of these settings; nobody may read in it what they hold."""

    def refuse(match, **settings):
        with pytest.raises(Misconfigured, match=match) as problem:
            create_app({"SAMTYKKE_ENV": "development", "INSTANCE_DIR": str(tmp_path), **settings})
        assert SECRET not in str(problem.value) and problem.value.__cause__ is None
        return str(problem.value)

    return refuse


@pytest.mark.parametrize("mode", ["prod", "Production", "dev", "production ", ""])
def test_a_mode_that_nobody_knows_is_not_development(mode, refused):
    refused("^SAMTYKKE_ENV must be development or production", SAMTYKKE_ENV=mode)


@pytest.mark.parametrize("said", [{}, {"SAMTYKKE_ENV": "production"}])
def test_without_a_word_it_is_production(said):
    needed = {"SECRET_KEY": "x" * 40, "BASE_URL": "https://h", "MAIL_URL": "file:/tmp/m", "MAIL_FROM": "post@x.no"}
    assert config.load({**said, **needed})["PRODUCTION"]


@pytest.mark.parametrize("kinds", ["ersure", "erasure access", "none, erasure", ",", "Erasure"])
def test_a_kind_of_request_that_nobody_knows_does_not_switch_the_human_off(kinds, refused):
    said = refused("^PRIVACY_APPROVAL must be kinds of requests", PRIVACY_APPROVAL=kinds)
    assert "erasure" in said and "or none" in said


@pytest.mark.parametrize("proxies", ["-1", "one"])
def test_a_number_of_proxies_that_cannot_be_is_refused(proxies, refused):
    refused("^TRUSTED_PROXIES must be a whole number", TRUSTED_PROXIES=proxies)
