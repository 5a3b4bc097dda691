"""Merkle trees, held against the recursive definition of RFC 6962 section 2.1."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from app.consent import merkle

contents = st.lists(st.binary(max_size=20), min_size=1, max_size=70)


def by_the_rfc(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + by_the_rfc(leaves[:split]) + by_the_rfc(leaves[split:])).digest()


@given(contents)
def test_the_root_is_the_one_the_rfc_defines(batch):
    leaves = [merkle.leaf_hash(content) for content in batch]
    assert merkle.root(leaves) == by_the_rfc(leaves)


@given(contents, st.data())
def test_every_proof_leads_to_the_root(batch, data):
    leaves = [merkle.leaf_hash(content) for content in batch]
    position = data.draw(st.integers(0, len(leaves) - 1))
    assert merkle.climb(leaves[position], merkle.proof(leaves, position)) == merkle.root(leaves)


@given(contents, st.binary(max_size=20), st.data())
def test_no_proof_carries_another_leaf(batch, forged, data):
    leaves = [merkle.leaf_hash(content) for content in batch]
    position = data.draw(st.integers(0, len(leaves) - 1))
    if forged != batch[position]:
        assert merkle.climb(merkle.leaf_hash(forged), merkle.proof(leaves, position)) != merkle.root(leaves)


def test_the_empty_batch_has_the_hash_of_nothing():
    assert merkle.root([]) == sha256(b"").digest()
