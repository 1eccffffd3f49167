"""Format 1, frozen: these vectors were written once and must open for ever, here and in any other program.

`format_v1.json` is never written again. The readers below follow docs/format.md with nothing but a hash, AES-GCM,
HKDF, Argon2id and Ed25519, so that the page is enough for another program; our own code must agree with them.
Plain bytes of containers are a pattern: byte number i is i modulo 251.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from storage import description_codec
from storage.catalogue import facts_digest
from storage.checkpoints import sign, verifier_key, verify
from storage.errors import Corrupt
from storage.events import Event, payload_digest
from storage.keys import Secret, SlotKind, read_recovery_text, unlock
from storage.merkle import Frontier, leaf_hash, verify_consistency, verify_inclusion
from storage.records import Channel, Grade, Record, RecordKind, RecordState
from storage.sealing import SealKind, unseal
from storage.submissions import SealedEnvelope
from storage.vault import Vault, WrappedKey
from tests.every_case import every_case

VECTORS = json.loads((Path(__file__).parent / "format_v1.json").read_text())
LEDGER, KEYS = VECTORS["ledger"], VECTORS["keys"]
STEP = 16 * 1024 + 16


def by_name(vector):
    return vector["name"].replace(" ", "-")


def pattern(size):
    return bytes(number % 251 for number in range(size))


def open_by_the_page(key: bytes, archive: str, kind: int, name: str, sealed: bytes) -> bytes | None:
    """A container opened as docs/format.md says; None where it is not to be opened."""
    head = b"PRAR\x01" + bytes((kind, len(name))) + name.encode()
    if not sealed.startswith(head) or len(sealed) < len(head) + 24 + 32 + 16:
        return None
    body = sealed[len(head) :]
    salt, commitment, chunks = body[:24], body[24:56], body[56:]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + head + archive.encode()
    derived = HKDFExpand(SHA512(), 32 + 12 + 32, info).derive(key)
    if not hmac.compare_digest(derived[44:], commitment) or len(chunks) % STEP < 16:
        return None
    nonce, plain = int.from_bytes(derived[32:44]), b""
    for number in range(len(chunks) // STEP + 1):
        try:
            one = AESGCM(derived[:32]).decrypt(
                (nonce ^ number).to_bytes(12), chunks[number * STEP : (number + 1) * STEP], None
            )
        except InvalidTag:
            return None
        plain += one
    return plain


def members(vector):
    sealed = base64.b64decode(vector["sealed"])
    return bytes.fromhex(vector["key"]), vector["archive"], vector["kind"], vector["object"], sealed


def open_with_ours(vector):
    key, archive, kind, name, sealed = members(vector)
    return unseal(key, archive_id=archive, kind=SealKind(kind), object_id=name, sealed=sealed)


@pytest.mark.parametrize("vector", VECTORS["containers"], ids=by_name)
def test_a_frozen_container_opens_here(vector):
    assert open_with_ours(vector) == pattern(vector["plain_size"])


@pytest.mark.parametrize("vector", VECTORS["containers"], ids=by_name)
def test_a_frozen_container_opens_by_the_page_alone(vector):
    assert open_by_the_page(*members(vector)) == pattern(vector["plain_size"])


@every_case("vector", VECTORS["refused"], ids=by_name)
def test_what_must_not_open_does_not(vector):
    assert open_by_the_page(*members(vector)) is None
    with pytest.raises(Corrupt):
        open_with_ours(vector)


def test_the_numbers_of_the_kinds_never_change():
    assert {one.name: one.value for one in SealKind} == {
        "SUBMISSION": 1,
        "COMPONENT": 2,
        "DESCRIPTION": 3,
        "ENVELOPE": 4,
        "EVENT_PAYLOAD": 5,
        "WRAPPED_KEY": 6,
        "CUSTODIAN": 7,
        "USER": 8,
        "DRAFT": 9,
        "KEYRING": 10,
        "EPOCH_KEY": 11,
        "INDEX_KEY": 12,
        "MASTER_KEY": 13,
        "BACKUP": 14,
        "LETTER": 15,
        "PARTICIPANT": 16,
        "TRANSCRIPTION": 17,
        "HOLD": 18,
        "SUBJECT": 19,
        "SEARCH": 20,
        "INDEX_FILE": 21,
        "REQUEST": 22,
    }


@pytest.mark.parametrize("leaf", LEDGER["leaves"], ids=lambda leaf: json.loads(leaf)["kind"])
def test_a_frozen_leaf_is_read_and_written_the_same(leaf):
    assert Event.decode(leaf.encode()).encode() == leaf.encode()
    assert json.dumps(json.loads(leaf), sort_keys=True, separators=(",", ":")) == leaf


def test_the_frozen_tree_has_its_hashes_roots_and_proofs():
    hashes = [leaf_hash(leaf.encode()) for leaf in LEDGER["leaves"]]
    roots = [Frontier().append(hashes[:size])[0].root() for size in range(len(hashes) + 1)]
    assert [one.hex() for one in hashes] == LEDGER["leaf_hashes"]
    assert [one.hex() for one in roots] == LEDGER["roots"]
    assert [hashlib.sha256(b"\x00" + leaf.encode()).hexdigest() for leaf in LEDGER["leaves"]] == LEDGER["leaf_hashes"]
    for index, path in enumerate(LEDGER["inclusion"]):
        assert verify_inclusion(hashes[index], index, 5, [bytes.fromhex(one) for one in path], roots[5])
    for old, path in LEDGER["consistency"].items():
        assert verify_consistency(int(old), 5, [bytes.fromhex(one) for one in path], roots[int(old)], roots[5])


def test_the_frozen_payload_has_its_digest():
    vector = VECTORS["payload"]
    assert payload_digest(bytes.fromhex(vector["salt"]), vector["payload"].encode()) == vector["digest"]
    assert json.loads(LEDGER["leaves"][0])["digest"] == vector["digest"]


def test_the_frozen_checkpoint_verifies_and_is_signed_the_same():
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(LEDGER["signing_seed"]))
    note = LEDGER["checkpoint"].encode()
    head = verify(note, LEDGER["verifier"])
    assert (head.size, head.root.hex()) == (5, LEDGER["roots"][5])
    assert sign(head, key) == note
    assert verifier_key(head.origin, key) == LEDGER["verifier"]


def test_the_frozen_checkpoint_verifies_by_the_page_alone():
    body, signature = LEDGER["checkpoint"].split("\n\n")
    name, identifier, encoded = LEDGER["verifier"].split("+", 2)
    key = base64.b64decode(encoded)
    blob = base64.b64decode(signature.removeprefix(f"\N{EM DASH} {name} "))
    assert key[0] == 1
    assert hashlib.sha256(name.encode() + b"\n" + key).digest()[:4] == bytes.fromhex(identifier) == blob[:4]
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(blob[4:], body.encode() + b"\n")
    assert body.split("\n") == [name, "5", base64.b64encode(bytes.fromhex(LEDGER["roots"][5])).decode()]


@pytest.fixture
def folder(tmp_path):
    for name, content in KEYS["files"].items():
        path = tmp_path / "keys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    return tmp_path / "keys"


SECRETS = {
    "passphrase": KEYS["passphrase"].encode(),
    "recovery": read_recovery_text(KEYS["recovery"]),
    "key-file": base64.b64decode(KEYS["key_file"]),
}


@pytest.mark.parametrize("kind", SECRETS)
def test_the_frozen_keys_open_with_every_slot(folder, kind):
    ring = unlock(folder, Secret(kind=SlotKind(kind), content=SECRETS[kind]))
    assert {
        "master": ring.master.hex(),
        "database": ring.database_key.hex(),
        "digest": ring.digest_key.hex(),
        "backup": ring.backup_key.hex(),
        "signing": ring.signing_key.private_bytes_raw().hex(),
        "epoch/1": ring.epoch_key(1).hex(),
        "index/3": ring.index_key(3).hex(),
    } == KEYS["opened"]
    wrapped = KEYS["wrapped"]
    opened = Vault(ring).unwrap(WrappedKey(wrapped["holder"], wrapped["epoch"], base64.b64decode(wrapped["sealed"])))
    assert opened.key.hex() == wrapped["key"]


@pytest.mark.parametrize("kind", SECRETS)
def test_the_frozen_keys_open_by_the_page_alone(kind):
    files = {name: base64.b64decode(content) for name, content in KEYS["files"].items()}
    document = json.loads(files["slots.json"])
    (slot,) = [one for one in document["slots"] if one["kind"] == kind]
    salt = bytes.fromhex(slot["salt"])
    if kind == "passphrase":
        key = hash_secret_raw(SECRETS[kind], salt, hash_len=32, type=Type.ID, **slot["argon2id"])
    else:
        key = HKDF(SHA256(), 32, salt, b"public-records-archive slot v1").derive(SECRETS[kind])
    archive, number = document["archive"], slot["number"]
    master = open_by_the_page(key, archive, 13, f"slot/{number}", bytes.fromhex(slot["sealed"]))
    assert master.hex() == KEYS["opened"]["master"]
    ring = json.loads(open_by_the_page(master, archive, 10, "keyring", files["keyring"]))
    assert ring == {name: KEYS["opened"][name] for name in ("database", "digest", "backup", "signing")}
    epoch = open_by_the_page(master, archive, 11, "epoch/1", files["epoch/1"])
    index = open_by_the_page(master, archive, 12, "index/3", files["index/3"])
    assert [epoch.hex(), index.hex()] == [KEYS["opened"]["epoch/1"], KEYS["opened"]["index/3"]]
    wrapped = KEYS["wrapped"]
    opened = open_by_the_page(epoch, archive, 6, wrapped["holder"], base64.b64decode(wrapped["sealed"]))
    assert opened.hex() == wrapped["key"]


def test_the_recovery_key_is_base_32_without_padding():
    compact = KEYS["recovery"].replace("-", "")
    assert base64.b32decode(compact + "=" * (-len(compact) % 8)) == SECRETS["recovery"]


def test_the_frozen_envelope_is_read_and_written_the_same():
    assert SealedEnvelope.decode(VECTORS["envelope"].encode()).encode().decode() == VECTORS["envelope"]


def test_the_frozen_description_is_read_and_written_the_same():
    encoded = VECTORS["description"].encode()
    described = description_codec.decode(encoded)
    assert described.original.subject == "Bus"
    assert described.text.endswith("\U0001f68c")
    assert description_codec.encode(described) == encoded


def test_the_digest_of_captured_facts_is_taken_as_the_format_says():
    record = Record(
        id="rec_1",
        kind=RecordKind.EMAIL,
        submission_id="sub_1",
        custodian_id="cus_1",
        channel=Channel.SMTP,
        captured_at=datetime(2026, 3, 1, 12, 30, 5, 250_000, tzinfo=UTC),
        sent_at=None,
        series_id="S-1",
        state=RecordState.ACTIVE,
        grade=Grade.C,
        position=7,
    )
    said = (
        b'{"captured_at":"2026-03-01T12:30:05.250000+00:00","channel":"smtp","custodian":"cus_1","grade":"C",'
        b'"id":"rec_1","kind":"email","sent_at":null,"submission":"sub_1"}'
    )
    assert facts_digest(record) == hashlib.sha256(said).hexdigest()
    assert facts_digest(replace(record, series_id="S-2", position=8)) == facts_digest(record)
    assert facts_digest(replace(record, grade=Grade.A)) != facts_digest(record)
