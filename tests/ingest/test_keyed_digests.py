"""Digests under a key that is hashed once are those of the standard library."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from ingest.keyed_digests import KeyedDigest


@pytest.mark.parametrize("size", [0, 1, 32, 63, 64, 65, 200])
def test_a_digest_is_that_of_hmac_whatever_the_length_of_the_key(size):
    key = bytes(range(size))
    digests = KeyedDigest(key, b"message")
    for text in ("", "a", "für", "👍" * 100):
        assert digests.of(text) == hmac.digest(key, b"message" + text.encode(), hashlib.sha256)


def test_one_digest_leaves_nothing_behind_for_the_next():
    digests = KeyedDigest(b"key", b"")
    first = digests.of("one")
    digests.of("another")
    assert digests.of("one") == first
