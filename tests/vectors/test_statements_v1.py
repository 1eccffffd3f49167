"""Frozen statements of format 1 stay good for ever, by our own check and by one with nothing but Ed25519."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from storage.bundle_check import check_document

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "statements_v1.json").read_text("utf-8"))
KEY = VECTORS["key"]
DOCUMENTS = ["receipt", "record", "export", "proof", "consistency"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_of_format_1_is_still_proved(name: str):
    verdict = check_document(json.dumps(VECTORS[name]).encode(), KEY)
    assert verdict.kind == name
    assert verdict.faults == []
    assert verdict.trusted


@pytest.mark.parametrize("name", ["receipt", "record", "export"])
def test_the_signature_is_the_one_that_the_format_page_describes(name: str):
    document = dict(VECTORS[name])
    mark, signer, encoded = document.pop("signature").split(" ")
    form = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    text = f"public-records-archive statement v1\n{hashlib.sha256(form).hexdigest()}\n"
    key_name, key_id, key = KEY.split("+", 2)
    signature = base64.b64decode(encoded)
    assert (mark, signer, signature[:4].hex()) == ("\N{EM DASH}", key_name, key_id)
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(signature[4:], text.encode())


def test_the_leaf_of_a_receipt_binds_the_digest_of_the_bytes():
    receipt = VECTORS["receipt"]
    digest = hashlib.sha256(bytes.fromhex(receipt["salt"]) + receipt["payload"].encode()).hexdigest()
    assert json.loads(receipt["proof"]["leaf"])["digest"] == digest
    assert json.loads(receipt["payload"])["sha256"] == receipt["sha256"]
    assert receipt["sha256"] == hashlib.sha256(VECTORS["original"].encode()).hexdigest()
