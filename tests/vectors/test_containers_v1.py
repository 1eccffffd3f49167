"""Sealed containers of version 1, frozen: 84 cases, each with what must come out or the rule that it breaks.

`containers_v1.json` was written once and is never written again. Its first reader stands here: it follows
docs/format.md with nothing but HKDF and AES-GCM, and names the rule. The program's own three ways to open a
container (whole, in pieces, by ranges) must agree with it on every case.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from storage.errors import Corrupt
from storage.memory_blobs import MemoryReader
from storage.sealed_ranges import SealedRanges
from storage.sealed_streams import open_pieces
from storage.sealing import SealKind, unseal
from tests.every_case import every_case

VECTORS = json.loads((Path(__file__).parent / "containers_v1.json").read_text())
CASES, MADE = VECTORS["cases"], VECTORS["made"]
CHUNK, STEP = 16_384, 16_400


class Refused(Exception):
    """The rule of the page that a container breaks."""


def pattern(size):
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def sealed_of(case):
    if "sealed" in case:
        return base64.b64decode(case["sealed"])
    parts = []
    for part in case["parts"]:
        if isinstance(part, str):
            parts.append(bytes.fromhex(part))
        else:
            name, begin, end = part
            parts.append(sealed_of(next(one for one in CASES if one["name"] == name))[begin:end])
    return b"".join(parts)


def derived(key, salt, context):
    label = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
    output = HKDFExpand(SHA512(), 76, label + salt + context).derive(key)
    return AESGCM(output[:32]), int.from_bytes(output[32:44]), output[44:]


def open_by_the_page(key, archive, kind, name, sealed):
    if sealed[:4] != b"PRAR":
        raise Refused("header")
    if sealed[4:5] != b"\x01":
        raise Refused("version")
    if sealed[5:6] != bytes((kind,)):
        raise Refused("kind")
    head = b"PRAR\x01" + bytes((kind, len(name))) + name.encode()
    if sealed[: len(head)] != head:
        raise Refused("object")
    body = sealed[len(head) :]
    salt, commitment, chunks = body[:24], body[24:56], body[56:]
    if len(commitment) < 32 or len(chunks) % STEP < 16:
        raise Refused("truncated")
    cipher, nonce, expected = derived(key, salt, head + archive.encode())
    if commitment != expected:
        raise Refused("commitment")
    plain = b""
    for number in range(len(chunks) // STEP + 1):
        try:
            plain += cipher.decrypt((nonce ^ number).to_bytes(12), chunks[number * STEP : (number + 1) * STEP], None)
        except InvalidTag:
            raise Refused("tag") from None
    return plain


def seal_by_the_page(key, archive, kind, name, salt, plain):
    head = b"PRAR\x01" + bytes((kind, len(name))) + name.encode()
    cipher, nonce, commitment = derived(key, salt, head + archive.encode())
    chunks = [
        cipher.encrypt((nonce ^ number).to_bytes(12), plain[number * CHUNK : (number + 1) * CHUNK], None)
        for number in range(len(plain) // CHUNK + 1)
    ]
    return b"".join((head, salt, commitment, *chunks))


def whole(key, named, sealed):
    return unseal(key, **named, sealed=sealed)


def streamed(key, named, sealed):
    pieces = (sealed[at : at + 5_000] for at in range(0, len(sealed), 5_000))
    return b"".join(open_pieces(key, **named, sealed=pieces))


def by_ranges(key, named, sealed):
    ranges = SealedRanges(key, **named, sealed=MemoryReader(sealed))
    return b"".join(ranges.read(at, 10_000) for at in range(0, ranges.size + 1, 10_000))


WAYS = (whole, streamed, by_ranges)


def by_name(case):
    return case["name"].replace(" ", "-")


def named(case):
    return {"archive_id": case["archive"], "kind": SealKind(case["kind"]), "object_id": case["object"]}


@every_case("case", CASES, ids=by_name)
def test_the_page_alone_gives_what_the_case_says(case):
    key, sealed = bytes.fromhex(case["key"]), sealed_of(case)
    if "error" in case:
        with pytest.raises(Refused) as caught:
            open_by_the_page(key, case["archive"], case["kind"], case["object"], sealed)
        assert str(caught.value) == case["error"]
    else:
        plain = open_by_the_page(key, case["archive"], case["kind"], case["object"], sealed)
        assert plain == pattern(case["plain_size"])
        assert hashlib.sha256(plain).hexdigest() == case["plain_sha256"]


@every_case("way", WAYS)
@every_case("case", CASES, ids=by_name)
def test_every_way_to_open_agrees(case, way):
    key, sealed = bytes.fromhex(case["key"]), sealed_of(case)
    if "error" in case:
        with pytest.raises(Corrupt):
            way(key, named(case), sealed)
    else:
        assert way(key, named(case), sealed) == pattern(case["plain_size"])


@pytest.mark.parametrize("case", MADE, ids=by_name)
def test_a_large_container_is_sealed_again_and_opens(case):
    key, plain = bytes.fromhex(case["key"]), pattern(case["plain_size"])
    salt = bytes.fromhex(case["salt"])
    sealed = seal_by_the_page(key, case["archive"], case["kind"], case["object"], salt, plain)
    assert (len(sealed), hashlib.sha256(sealed).hexdigest()) == (case["sealed_size"], case["sealed_sha256"])
    assert all(way(key, named(case), sealed) == plain for way in WAYS)


def test_the_cases_are_many_and_break_every_rule():
    assert len(CASES) + len(MADE) == 84
    assert {case.get("error") for case in CASES} == {
        None,
        "header",
        "version",
        "kind",
        "object",
        "commitment",
        "truncated",
        "tag",
    }
