"""Merkle tree hashing and proofs after RFC 9162 §2.1; pure, no I/O.

Rule: the same leaves in the same order give the same root everywhere, and a proof verifies with nothing but
the leaf, the sizes and the roots. Hashes are 32 bytes (SHA-256).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

# The hash of the complete subtree over leaves [number << level, (number + 1) << level).
SubtreeHash = Callable[[int, int], bytes]

# Hashes are kept in rows of 256, of each eighth level only: what lies between follows from them (C2SP tlog-tiles).
ROW_LEVELS = 8
ROW = 1 << ROW_LEVELS
_WORTH = 16  # hashes of a row under one that is kept

# The hashes [256 * number, 256 * number + 256) of a level that is a multiple of 8, as far as the tree has them.
ReadRow = Callable[[int, int], Sequence[bytes]]


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 9162 §2.1.1: the hash of one leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 9162 §2.1.1: the hash of an interior node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The roots of the complete subtrees that make up a tree of `size` leaves, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """One complete subtree per set bit of the size."""
        if self.size.bit_count() != len(self.hashes) or any(len(one) != HASH_BYTES for one in self.hashes):
            raise ValueError("a frontier has one hash of 32 bytes for each bit that is set in its size")

    def append(self, leaves: Sequence[bytes]) -> tuple[Frontier, list[tuple[int, int, bytes]]]:
        """Append leaf hashes; also returns every subtree that this completed, as (level, number, hash)."""
        stack = list(self.hashes)
        size = self.size
        completed: list[tuple[int, int, bytes]] = []
        for hashed in leaves:
            current, level, number = hashed, 0, size
            while number & 1:
                current = node_hash(stack.pop(), current)
                level, number = level + 1, number >> 1
                completed.append((level, number, current))
            stack.append(current)
            size += 1
        return Frontier(size, tuple(stack)), completed

    def root(self) -> bytes:
        """The root of the tree (RFC 9162 §2.1.1, MTH)."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def encode(self) -> bytes:
        """The hashes, concatenated."""
        return b"".join(self.hashes)

    @classmethod
    def decode(cls, size: int, encoded: bytes) -> Frontier:
        """Read `encode()` again."""
        return cls(size, tuple(encoded[at : at + HASH_BYTES] for at in range(0, len(encoded), HASH_BYTES)))


class RowHashes:
    """Hashes of complete subtrees, computed from rows; each row is read once, and what takes long is kept."""

    def __init__(self, read_row: ReadRow) -> None:
        self._read_row = read_row
        self._rows: dict[tuple[int, int], Sequence[bytes]] = {}
        self._known: dict[tuple[int, int], bytes] = {}

    def subtree(self, level: int, number: int) -> bytes:
        """See `SubtreeHash`.

        Raises:
            LookupError: the row does not reach so far.
        """
        known = self._known.get((level, number))
        if known is not None:
            return known
        below = level - level % ROW_LEVELS
        first, count = number << (level - below), 1 << (level - below)
        at = (below, first >> ROW_LEVELS)
        if at not in self._rows:
            self._rows[at] = self._read_row(*at)
        row = self._rows[at][first & ROW - 1 :][:count]
        if len(row) != count:
            raise LookupError(first << below)
        while len(row) > 1:
            row = [node_hash(row[pair], row[pair + 1]) for pair in range(0, len(row), 2)]
        if count >= _WORTH:
            self._known[level, number] = row[0]
        return row[0]


def _split(width: int) -> int:
    """The largest power of two smaller than `width` (RFC 9162: k)."""
    return 1 << ((width - 1).bit_length() - 1)


def range_hash(start: int, end: int, subtree: SubtreeHash) -> bytes:
    """The hash over leaves [start, end) of a tree, where `start` is aligned as the RFC's recursion leaves it."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return subtree(level, start >> level)
    middle = start + _split(width)
    return node_hash(range_hash(start, middle, subtree), range_hash(middle, end, subtree))


def inclusion_proof(index: int, size: int, subtree: SubtreeHash) -> list[bytes]:
    """RFC 9162 §2.1.3.1: the audit path of leaf `index` (from 0) in the tree of `size` leaves."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in a tree of this size")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(range_hash(middle, end, subtree))
            end = middle
        else:
            proof.append(range_hash(start, middle, subtree))
            start = middle
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 §2.1.3.2: whether `leaf` (a leaf hash) is leaf `index` of the tree with this size and root."""
    if not 0 <= index < size:
        return False
    number, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            current = node_hash(sibling, current)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and current == root


def consistency_proof(old: int, size: int, subtree: SubtreeHash) -> list[bytes]:
    """RFC 9162 §2.1.4.1: the proof that the tree of `old` leaves is a prefix of the tree of `size` leaves."""
    if not 0 < old <= size:
        raise ValueError("the older tree must have at least one leaf and no more than the newer")
    proof: list[bytes] = []
    start, end, whole = 0, size, True
    while old != end - start or start != 0 or not whole:
        if old == end - start:
            proof.append(range_hash(start, end, subtree))
            break
        middle = _split(end - start)
        if old <= middle:
            proof.append(range_hash(start + middle, end, subtree))
            end = start + middle
        else:
            proof.append(range_hash(start, start + middle, subtree))
            start, old, whole = start + middle, old - middle, False
    return proof[::-1]


def verify_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """RFC 9162 §2.1.4.2: whether the tree (`old`, `old_root`) is a prefix of the tree (`size`, `root`)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    number, last = old - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and older == old_root and newer == root
