"""A setting that cannot be meant as it stands is named at the start, in plain words and without what it holds."""

from __future__ import annotations

import pytest

from app import config, create_app
from app.config import Misconfigured

SECRET = "hemmelig"


def refused(*, match, **settings):
    """What is said of these settings; nobody may read in it what they hold."""
    with pytest.raises(Misconfigured, match=match) as problem:
        create_app({"SAMTYKKE_ENV": "development", **settings})
    assert SECRET not in str(problem.value) and problem.value.__cause__ is None
    return str(problem.value)


@pytest.mark.parametrize("mode", ["prod", "Production", "dev", "production ", ""])
def test_a_mode_that_nobody_knows_is_not_development(mode):
    refused(SAMTYKKE_ENV=mode, match=r"^SAMTYKKE_ENV must be development or production")


@pytest.mark.parametrize("said", [{}, {"SAMTYKKE_ENV": "production"}])
def test_without_a_word_it_is_production(said):
    needed = {"SECRET_KEY": "x" * 40, "BASE_URL": "https://h", "MAIL_URL": "file:/tmp/m", "MAIL_FROM": "post@x.no"}
    assert config.load({**said, **needed})["PRODUCTION"]
