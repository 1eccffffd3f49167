"""Roots and proofs of RFC 9162 §2.1, against a second, recursive reading of its definitions."""

from __future__ import annotations

import hashlib
from functools import cache

import pytest

from storage.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.storage.archives import flip

LARGEST = 130
LEAVES = [b"leaf %d" % number for number in range(LARGEST)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]


@cache
def defined_root(start: int, end: int) -> bytes:
    """MTH of RFC 9162 §2.1.1 as it is written there."""
    if start == end:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return hashlib.sha256(b"\x00" + LEAVES[start]).digest()
    width = 1
    while width * 2 < end - start:
        width *= 2
    left, right = defined_root(start, start + width), defined_root(start + width, end)
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree(level: int, number: int) -> bytes:
    return defined_root(number << level, (number + 1) << level)


def grown(size: int) -> Frontier:
    return Frontier().append(HASHES[:size])[0]


def test_the_root_of_no_leaves_is_the_hash_of_nothing():
    assert Frontier().root() == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_roots_known_from_certificate_transparency():
    # the leaves and roots that implementations of RFC 6962 test with (the hashing is the same)
    leaves = [
        bytes.fromhex(one)
        for one in (
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        )
    ]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    assert [Frontier().append(hashes[:size])[0].root().hex() for size in range(1, 9)] == roots


def test_the_root_is_the_defined_one_at_every_size():
    assert [grown(size).root() for size in range(LARGEST + 1)] == [defined_root(0, size) for size in range(LARGEST + 1)]


@pytest.mark.parametrize("step", [1, 3, 64, 129])
def test_a_frontier_grown_in_steps_is_the_one_grown_at_once(step):
    frontier = Frontier()
    for start in range(0, LARGEST, step):
        frontier, _ = frontier.append(HASHES[start : start + step])
    assert frontier == grown(LARGEST)


def test_appending_names_every_subtree_that_it_completes():
    completed: dict[tuple[int, int], bytes] = {}
    frontier = Frontier()
    for start in range(0, LARGEST, 7):
        frontier, fresh = frontier.append(HASHES[start : start + 7])
        completed |= {(level, number): hashed for level, number, hashed in fresh}
    expected = {(level, number) for level in range(1, 8) for number in range(LARGEST >> level)}
    assert set(completed) == expected
    assert all(completed[place] == subtree(*place) for place in expected)


def test_a_frontier_survives_its_encoding():
    for size in range(LARGEST + 1):
        assert Frontier.decode(size, grown(size).encode()) == grown(size)


@pytest.mark.parametrize(
    ("size", "encoded"), [(1, b""), (0, bytes(32)), (3, bytes(32)), (2, bytes(64)), (1, bytes(33))]
)
def test_a_frontier_that_does_not_fit_its_size_is_refused(size, encoded):
    with pytest.raises(ValueError, match="frontier"):
        Frontier.decode(size, encoded)


def test_every_leaf_is_proved_in_every_tree():
    for size in range(1, LARGEST + 1):
        root = defined_root(0, size)
        for index in range(size):
            proof = inclusion_proof(index, size, subtree)
            assert verify_inclusion(HASHES[index], index, size, proof, root)


def test_a_proof_of_inclusion_fails_for_anything_else():
    for size in (1, 2, 3, 7, 8, 9, 64, 65, 127, 128, 129, 130):
        root = defined_root(0, size)
        for index in {0, size // 2, size - 1}:
            proof = inclusion_proof(index, size, subtree)
            leaf = HASHES[index]
            assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, root)
            assert not verify_inclusion(leaf, index, size, proof, flip(root))
            assert not verify_inclusion(leaf, index, size, [*proof, bytes(32)], root)
            assert not verify_inclusion(leaf, size, size, proof, root)
            assert not verify_inclusion(leaf, -1, size, proof, root)
            for at in range(len(proof)):
                assert not verify_inclusion(leaf, index, size, [*proof[:at], flip(proof[at]), *proof[at + 1 :]], root)
                assert not verify_inclusion(leaf, index, size, proof[:at] + proof[at + 1 :], root)


def test_a_proof_does_not_verify_at_another_place():
    for size in range(2, 40):
        root = defined_root(0, size)
        for index in range(size):
            proof = inclusion_proof(index, size, subtree)
            accepted = [other for other in range(size) if verify_inclusion(HASHES[index], other, size, proof, root)]
            assert accepted == [index]


def test_an_interior_node_cannot_pose_as_a_leaf():
    root = defined_root(0, 4)
    node = HASHES[0] + HASHES[1]
    assert not verify_inclusion(leaf_hash(node), 0, 2, [subtree(1, 1)], root)
    assert node_hash(HASHES[0], HASHES[1]) != leaf_hash(node)


def test_every_tree_is_proved_to_begin_every_later_one():
    for size in range(1, LARGEST + 1):
        root = defined_root(0, size)
        for old in range(1, size + 1):
            proof = consistency_proof(old, size, subtree)
            assert verify_consistency(old, size, proof, defined_root(0, old), root)


def test_a_proof_of_consistency_fails_for_anything_else():
    for size in (2, 3, 7, 8, 9, 64, 65, 129, 130):
        root = defined_root(0, size)
        for old in {1, size // 2, size - 1}:
            proof = consistency_proof(old, size, subtree)
            old_root = defined_root(0, old)
            assert not verify_consistency(old, size, proof, flip(old_root), root)
            assert not verify_consistency(old, size, proof, old_root, flip(root))
            assert not verify_consistency(old, size, [*proof, bytes(32)], old_root, root)
            assert not verify_consistency(size + 1, size, proof, old_root, root)
            assert not verify_consistency(0, size, proof, old_root, root)
            for at in range(len(proof)):
                forged = [*proof[:at], flip(proof[at]), *proof[at + 1 :]]
                assert not verify_consistency(old, size, forged, old_root, root)
                assert not verify_consistency(old, size, proof[:at] + proof[at + 1 :], old_root, root)


def test_equal_trees_need_no_proof_and_take_none():
    root = defined_root(0, 5)
    assert verify_consistency(5, 5, [], root, root)
    assert not verify_consistency(5, 5, [root], root, root)
    assert not verify_consistency(5, 5, [], flip(root), root)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index, size):
    with pytest.raises(ValueError, match="leaf"):
        inclusion_proof(index, size, subtree)


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3)])
def test_no_proof_is_made_between_trees_that_cannot_be_prefixes(old, size):
    with pytest.raises(ValueError, match="older tree"):
        consistency_proof(old, size, subtree)
