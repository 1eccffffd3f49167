"""Whatever a newer program wrote is refused in one sentence that says so, and nothing of it is opened."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text, update

from archiver.problems import Exit, error_json, problem_of
from storage import bundle_check
from storage.archive import FORMAT, open_archive
from storage.backup import manifest as manifests
from storage.bundle_check import check_document
from storage.checkpoints import verifier_key
from storage.errors import ArchiveError, Conflict, Corrupt, InvalidInput, NewerFormat
from storage.events import Event
from storage.fixity import FixityCheck
from storage.keys import read_slots, unlock
from storage.memory_blobs import MemoryReader
from storage.migrating import configuration
from storage.sealed_ranges import SealedRanges
from storage.sealed_streams import open_pieces
from storage.sealing import SealKind, header, read_header, seal, unseal
from storage.slots import list_slots
from storage.tables import archive as archive_table
from storage.tables import ledger_leaves
from storage.upgrading import plan_upgrade
from tests.every_case import every_case
from tests.storage.archives import RECOVERY, custodian, file_one
from tests.storage.backup.scenes import Scene

KEY = bytes(range(32))
NAMED: dict[str, Any] = {"archive_id": "arc_1", "kind": SealKind.SUBMISSION, "object_id": "sub_1"}
PLAIN = b"a walrus" * 5_000
SEALED = seal(KEY, **NAMED, plain=PLAIN)


def execute(archive, statement):
    with archive.store.write() as transaction:
        transaction.connection.execute(statement)


def one_sentence(error: ArchiveError) -> bool:
    return "\n" not in error.message and "use the newer program" in error.message


def at_version(version: int) -> bytes:
    return SEALED[:4] + bytes((version,)) + SEALED[5:]


def opened_in_pieces(sealed):
    given = b""
    try:
        for piece in open_pieces(KEY, **NAMED, sealed=[sealed]):
            given += piece
    finally:
        assert given == b""


WAYS = {
    "whole": lambda sealed: unseal(KEY, **NAMED, sealed=sealed),
    "a byte at a time": lambda sealed: list(
        open_pieces(KEY, **NAMED, sealed=[sealed[at : at + 1] for at in range(len(sealed))])
    ),
    "in pieces": opened_in_pieces,
    "by ranges": lambda sealed: SealedRanges(KEY, **NAMED, sealed=MemoryReader(sealed)),
    "by its header": read_header,
}


@every_case("way", list(WAYS))
@every_case("version", [2, 3, 255])
def test_a_container_of_a_newer_version_is_said_to_be_one(way, version):
    with pytest.raises(NewerFormat) as caught:
        WAYS[way](at_version(version))
    assert one_sentence(caught.value)
    assert f"version {version}" in caught.value.message


@pytest.mark.parametrize("way", list(WAYS))
def test_whoever_looks_for_damage_finds_a_newer_container_too(way):
    with pytest.raises(Corrupt):
        WAYS[way](at_version(2))


@every_case("way", list(WAYS))
@every_case("sealed", [at_version(0), b"QRAR" + at_version(2)[4:], b"PRAR", b"PRA", b""])
def test_what_is_no_container_is_not_called_newer(way, sealed):
    with pytest.raises(Corrupt) as caught:
        WAYS[way](sealed)
    assert not isinstance(caught.value, NewerFormat)


def test_a_newer_header_before_our_own_chunks_gives_no_plain_byte():
    ours = len(header(SealKind.SUBMISSION, "sub_1"))
    longer = at_version(2)[:ours] + bytes(8) + SEALED[ours:]
    for way in WAYS.values():
        with pytest.raises(NewerFormat):
            way(longer)


def test_a_newer_object_is_a_fault_of_its_record_and_does_not_stop_a_check(archive):
    filed = file_one(archive, custodian(archive), b"Subject: x\r\n\r\n")
    path = archive.blobs._path(filed.blob_id)
    path.write_bytes(path.read_bytes()[:4] + b"\x02" + path.read_bytes()[5:])
    assert [(one.kind, one.id) for one in FixityCheck(archive).run().faults] == [("object", filed.record_id)]


def test_a_newer_key_file_is_said_to_be_one(archive):
    path = archive.folder / "keys" / "keyring"
    path.write_bytes(path.read_bytes()[:4] + b"\x02" + path.read_bytes()[5:])
    with pytest.raises(NewerFormat) as caught:
        unlock(archive.folder / "keys", RECOVERY)
    assert one_sentence(caught.value)


def test_a_newer_archive_is_refused(archive):
    execute(archive, update(archive_table).values(format=FORMAT + 1))
    for way in (open_archive, plan_upgrade):
        with pytest.raises(NewerFormat) as caught:
            way(archive.folder, archive.keyring)
        assert one_sentence(caught.value)


def test_a_database_of_an_unknown_later_revision_is_refused(archive):
    execute(archive, text("UPDATE alembic_version SET version_num = '9999'"))
    for way in (open_archive, plan_upgrade):
        with pytest.raises(NewerFormat, match="schema 9999") as caught:
            way(archive.folder, archive.keyring)
        assert one_sentence(caught.value)


@pytest.mark.parametrize("revision", ["0001", "", "000"])
def test_a_schema_that_is_not_that_of_the_format_is_damage(archive, revision):
    execute(archive, text("UPDATE alembic_version SET version_num = :one").bindparams(one=revision))
    with pytest.raises(Corrupt, match="schema"):
        open_archive(archive.folder, archive.keyring)


def test_an_old_format_with_a_later_revision_is_refused_by_an_upgrade(archive):
    execute(archive, update(archive_table).values(format=1))
    with pytest.raises(Conflict, match="archiver upgrade"):
        open_archive(archive.folder, archive.keyring)
    execute(archive, text("UPDATE alembic_version SET version_num = '0004'"))
    with pytest.raises(NewerFormat):
        plan_upgrade(archive.folder, archive.keyring)


def test_the_newest_known_revision_is_that_of_the_last_migration(archive):
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    with archive.store.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == head
    execute(archive, text(f"UPDATE alembic_version SET version_num = '{int(head or 0) + 1:04}'"))
    with pytest.raises(NewerFormat):
        open_archive(archive.folder, archive.keyring)


@pytest.mark.parametrize("version", [2, 100])
def test_a_leaf_of_a_newer_version_is_said_to_be_one(archive, version):
    with archive.store.read() as connection:
        event = archive.ledger.event_at(connection, 0).event
    members = {**json.loads(event.encode()), "v": version}
    with pytest.raises(NewerFormat) as caught:
        Event.decode(json.dumps(members).encode())
    assert one_sentence(caught.value)
    execute(
        archive, update(ledger_leaves).where(ledger_leaves.c.position == 0).values(leaf=json.dumps(members).encode())
    )
    with archive.store.read() as connection, pytest.raises(NewerFormat):
        archive.ledger.event_at(connection, 0)
    assert ("ledger", "leaf 0") in [(one.kind, one.id) for one in FixityCheck(archive).run().faults]


@pytest.mark.parametrize("leaf", [b'{"v":0}', b'{"v":"2"}', b'{"v":true}', b"{}", b"[]", b"2"])
def test_what_is_no_leaf_is_not_called_newer(leaf):
    with pytest.raises(ValueError, match="leaf") as caught:
        Event.decode(leaf)
    assert not isinstance(caught.value, NewerFormat)


def test_slots_of_a_newer_format_are_said_to_be(archive):
    path = archive.folder / "keys" / "slots.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    for way in (read_slots, list_slots, lambda keys: unlock(keys, RECOVERY)):
        with pytest.raises(NewerFormat, match=r"slots\.json has format 2") as caught:
            way(archive.folder / "keys")
        assert one_sentence(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        {"type": "receipt", "format": 2, "proof": {}},
        {"type": "record", "format": 2, "files": [], "facts": {}},
        {"type": "export", "format": 7, "manifest_sha256": "0" * 64},
    ],
)
def test_a_document_of_a_newer_format_is_not_checked(document, tmp_path, capsys):
    with pytest.raises(NewerFormat, match=f"{document['type']} has format") as caught:
        check_document(json.dumps(document).encode())
    assert one_sentence(caught.value)
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document))
    assert bundle_check.main([str(path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_proof_with_a_newer_leaf_is_not_checked(archive):
    with archive.store.read() as connection:
        proof = archive.ledger.prove(connection, 0).to_json()
    proof["leaf"] = json.dumps({**json.loads(proof["leaf"]), "v": 2})
    document = {"type": "proof", "key": archive.ledger.public_key(), **proof}
    with pytest.raises(NewerFormat):
        check_document(json.dumps(document).encode())


def test_a_checkpoint_has_no_format_and_another_first_line_is_nothing_that_can_be_checked(archive):
    note = archive.ledger.publish_checkpoint()
    with pytest.raises(InvalidInput):
        check_document(b"new-" + note, verifier_key(archive.ledger.origin, archive.keyring.signing_key))


def test_a_backup_of_a_newer_format_is_refused(archive, tmp_path, monkeypatch):
    scene = Scene(archive, tmp_path)
    monkeypatch.setattr(manifests, "FORMAT", manifests.FORMAT + 1)
    scene.back_up()
    monkeypatch.undo()
    with pytest.raises(NewerFormat, match="backup format 2") as caught:
        scene.restore()
    assert "\n" not in caught.value.message


def test_a_backup_of_a_newer_archive_is_refused(archive, tmp_path, monkeypatch):
    scene = Scene(archive, tmp_path)
    monkeypatch.setattr("storage.backup.creating.FORMAT", FORMAT + 1)
    scene.back_up()
    monkeypatch.undo()
    with pytest.raises(NewerFormat, match=f"format {FORMAT + 1}"):
        scene.restore()


def test_newer_is_an_error_of_its_own_kind_with_status_1():
    for error in (NewerFormat("x"), caught_container()):
        assert problem_of(error).exit is Exit.ERROR
        assert problem_of(error).title == "Newer archive"
        assert error_json(error)["error"] == {"kind": "newer_format", "message": error.message, **error.fields}


def caught_container() -> ArchiveError:
    with pytest.raises(NewerFormat) as caught:
        unseal(KEY, **NAMED, sealed=at_version(2))
    return caught.value
