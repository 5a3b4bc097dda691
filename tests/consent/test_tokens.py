"""Links: forged ones open nothing, old ones work for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import tokens
from app.crypto import Keyring

OLD, NEW = "an-old-secret-of-thirty-two-characters", "a-new-secret-of-thirty-two-characters!"


def test_a_link_of_three_years_ago_survives_two_key_rotations():
    link = tokens.sign(Keyring(OLD, []), "unsubscribe", ["subject", "newsletter", "nb", "site"])
    ring = Keyring("the-newest-secret-of-32-characters-or-so", [NEW, OLD])
    assert tokens.read(ring, "unsubscribe", link) == ["subject", "newsletter", "nb", "site"]


def test_a_link_that_stands_in_a_letter_already_opens_whatever_has_changed_since():
    """Made once and written down here, for those that are out there cannot be made anew."""
    link = "v1.u4qMcQ.WyJzdWJqZWN0IiwibmV3c2xldHRlciIsIm5iIiwic2l0ZSJd.j33iltO-D0zLMg5uff5BbBZQTF28RvcOu3G_k_XcQuE"
    assert tokens.read(Keyring(OLD, []), "unsubscribe", link) == ["subject", "newsletter", "nb", "site"]
    assert tokens.belongs(Keyring(OLD, []), "confirm", "row-1", "wC_RGlad_AOo6Wejc5rf1BKCnbXS_nSJEtjH-wSTbFs")


def test_a_link_for_one_use_opens_no_other():
    link = tokens.sign(Keyring(NEW, []), "unsubscribe", ["subject"])
    assert tokens.read(Keyring(NEW, []), "preferences", link) is None


def test_a_link_of_a_stranger_opens_nothing():
    assert tokens.read(Keyring(NEW, []), "unsubscribe", tokens.sign(Keyring(OLD, []), "unsubscribe", ["x"])) is None


@given(st.data())
def test_a_link_with_one_character_changed_opens_nothing(data):
    ring = Keyring(NEW, [])
    link = tokens.sign(ring, "unsubscribe", ["subject", "newsletter", "nb", "site"])
    place = data.draw(st.integers(0, len(link) - 1))
    letter = data.draw(st.sampled_from("ABCabc019-_."))
    changed = link[:place] + letter + link[place + 1 :]
    assert changed == link or tokens.read(ring, "unsubscribe", changed) is None


@given(st.text(max_size=800))
def test_anything_at_all_can_stand_where_a_link_should(word):
    assert tokens.read(Keyring(NEW, []), "unsubscribe", word) is None


@pytest.mark.parametrize("word", ["", "v1", "v1...", "v1.a.b.c", "v1.AAAAAA.e30.AAAA"])
def test_crumbs_of_a_link_open_nothing(word):
    assert tokens.read(Keyring(NEW, []), "unsubscribe", word) is None


def test_a_word_made_for_one_row_fits_no_other():
    ring = Keyring(NEW, [])
    word = tokens.derived(ring, "confirm", "row-1")
    assert tokens.belongs(ring, "confirm", "row-1", word)
    assert not tokens.belongs(ring, "confirm", "row-2", word)
