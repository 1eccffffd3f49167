"""Checkpoints are signed notes that anybody can check and nobody can change."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.checkpoints import Checkpoint, read_verifier_key, sign, verifier_key, verify
from storage.errors import Corrupt
from tests.every_case import every_case
from tests.storage.archives import flip

ORIGIN = "public-records-archive/arc_test"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
CHECKPOINT = Checkpoint(origin=ORIGIN, size=7, root=bytes(range(32)))
VERIFIER = verifier_key(ORIGIN, KEY)
NOTE = sign(CHECKPOINT, KEY)


def test_a_checkpoint_has_the_form_of_a_signed_note():
    origin, size, root, empty, signature, end = NOTE.decode().split("\n")
    assert (origin, size, empty, end) == (ORIGIN, "7", "", "")
    assert base64.b64decode(root) == CHECKPOINT.root
    dash, name, encoded = signature.split(" ")
    public = KEY.public_key().public_bytes_raw()
    blob = base64.b64decode(encoded)
    assert (dash, name) == ("\N{EM DASH}", ORIGIN)
    assert blob[:4] == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + public).digest()[:4]
    KEY.public_key().verify(blob[4:], f"{origin}\n{size}\n{root}\n".encode())


def test_a_signed_checkpoint_verifies_with_the_public_key():
    assert verify(NOTE, VERIFIER) == CHECKPOINT
    assert verify(NOTE, f"  {VERIFIER}\n") == CHECKPOINT


def test_no_byte_of_what_is_signed_can_be_changed():
    signed = NOTE.index(b"\n\n") + 1
    for at in range(signed):
        for bit in range(8):
            with pytest.raises(Corrupt):
                verify(flip(NOTE, at, 1 << bit), VERIFIER)


def test_a_checkpoint_signed_by_another_key_is_refused():
    with pytest.raises(Corrupt, match="not signed by this key"):
        verify(sign(CHECKPOINT, OTHER_KEY), VERIFIER)


def test_a_checkpoint_of_another_log_is_refused():
    with pytest.raises(Corrupt, match="not of this log"):
        verify(sign(Checkpoint(origin="other/log", size=7, root=CHECKPOINT.root), KEY), VERIFIER)


def test_signatures_of_others_beside_ours_do_no_harm():
    text, ours = NOTE.decode().split("\n\n")
    stranger = "\N{EM DASH} witness.example " + base64.b64encode(bytes(68)).decode()
    namesake = f"\N{EM DASH} {ORIGIN} " + base64.b64encode(bytes(68)).decode()
    assert verify(f"{text}\n\n{stranger}\n{namesake}\n{ours}".encode(), VERIFIER) == CHECKPOINT


@every_case(
    "note",
    [
        b"",
        b"\xff\xfe",
        b"\n\n\n",
        ORIGIN.encode(),
        f"{ORIGIN}\n7\n\n".encode(),
        f"{ORIGIN}\nseven\nAAAA\n\nx".encode(),
        f"{ORIGIN}\n{'9' * 5000}\nAAAA\n\nx".encode(),
        NOTE.replace(b"\n7\n", b"\n07\n"),
        NOTE.replace(b"\n7\n", b"\n+7\n"),
        NOTE.replace(b"\n7\n", "\n٧\n".encode()),
        NOTE.replace(b"\n\n", b"\nextension\n\n"),
        NOTE.replace(b"\n\n", b"\n"),
        NOTE.split(b"\n\n")[0] + b"\n\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(note):
    with pytest.raises(Corrupt):
        verify(note, VERIFIER)


def test_a_signed_negative_size_is_refused():
    with pytest.raises(Corrupt):
        verify(sign(Checkpoint(origin=ORIGIN, size=-1, root=bytes(32)), KEY), VERIFIER)


def test_a_verifier_line_is_read_back():
    assert read_verifier_key(VERIFIER) == (ORIGIN, KEY.public_key().public_bytes_raw())


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a+b",
        "name+00000000+!!!!",
        VERIFIER.replace("+", "-"),
        VERIFIER[:-8],
        "x" + VERIFIER,
        "name+" + hashlib.sha256(b"name\n\x01short").digest()[:4].hex() + "+" + base64.b64encode(b"\x01short").decode(),
    ],
)
def test_what_is_no_verifier_line_is_refused(line):
    with pytest.raises(Corrupt, match="public key line"):
        verify(NOTE, line)
