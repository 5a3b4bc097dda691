"""Merkle trees as in RFC 6962 section 2.1: a root over a batch, and short proofs that a leaf is in it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; SHA-256 of nothing for an empty batch."""
    if not leaves:
        return sha256(b"").digest()
    return _levels(leaves)[-1][0]


def _levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Every level from the leaves to the root. A lone last node rises as it is, which equals the RFC's split."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        levels.append(above + list(below[len(above) * 2 :]))
    return levels


def proof(leaves: Sequence[bytes], position: int) -> list[tuple[str, bytes]]:
    """The path from a leaf to the root: for each step the side and hash of the neighbour."""
    path = []
    for level in _levels(leaves)[:-1]:
        neighbour = position ^ 1
        if neighbour < len(level):
            path.append(("left" if neighbour < position else "right", level[neighbour]))
        position //= 2
    return path


def climb(leaf: bytes, path: Sequence[tuple[str, bytes]]) -> bytes:
    """The root that a leaf and its path lead to."""
    for side, neighbour in path:
        leaf = node_hash(neighbour, leaf) if side == "left" else node_hash(leaf, neighbour)
    return leaf
