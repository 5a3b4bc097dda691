"""Canonical JSON, held against a library that implements the whole of RFC 8785."""

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import canonical_json

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
values = text | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.none()
keys = st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=12)


@given(st.dictionaries(keys, values, max_size=12))
def test_it_is_the_form_of_the_rfc(record):
    assert canonical_json(record) == rfc8785.dumps(record)
