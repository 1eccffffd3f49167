"""Slots open the master key for whoever brings the right secret, and for nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from storage.errors import Conflict, Corrupt, Denied, NotFound
from storage.keys import (
    Keyring,
    Secret,
    SlotKind,
    create_keys,
    read_recovery_text,
    recovery_text,
    unlock,
    unlock_with_master,
)
from storage.vault import HolderKey, Vault
from tests.storage.archives import flip

ROOT = Path(__file__).parents[2]
PASSPHRASE = Secret(kind=SlotKind.PASSPHRASE, content="Grüße und Küsse".encode())
RECOVERY = Secret(kind=SlotKind.RECOVERY, content=bytes(range(100, 132)))
KEY_FILE = Secret(kind=SlotKind.KEY_FILE, content=b"\xff" * 64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("three-slots") / "keys"
    create_keys(made, "arc_test", [PASSPHRASE, RECOVERY, KEY_FILE])
    return made


@pytest.fixture
def own_folder(tmp_path):
    create_keys(tmp_path / "keys", "arc_test", [RECOVERY])
    return tmp_path / "keys"


@pytest.mark.parametrize("secret", [PASSPHRASE, RECOVERY, KEY_FILE], ids=lambda one: one.kind.value)
def test_every_slot_opens_the_same_keys(folder, secret):
    opened = unlock(folder, secret)
    assert opened.master == unlock(folder, RECOVERY).master
    assert len({opened.database_key, opened.digest_key, opened.backup_key, opened.master}) == 4


def test_a_recovery_key_opens_though_typed_as_passphrase_in_any_case_and_spacing(folder):
    printed = recovery_text(RECOVERY.content)
    for typed in (printed, printed.lower(), printed.replace("-", " "), f"  {printed}\n", printed.replace("-", "")):
        assert unlock(folder, Secret(kind=SlotKind.PASSPHRASE, content=typed.encode())).archive_id == "arc_test"


@pytest.mark.parametrize("text", ["", "ABCD", "not base 32 at all!", "A" * 51, "A" * 60, "ü" * 52])
def test_what_is_no_recovery_key_is_none(text):
    assert read_recovery_text(text) is None


def test_a_recovery_key_as_printed_is_read_back():
    for first in range(0, 256, 15):
        secret = bytes((first + one) % 256 for one in range(32))
        assert read_recovery_text(recovery_text(secret)) == secret


@pytest.mark.parametrize(
    "wrong",
    [
        Secret(kind=SlotKind.PASSPHRASE, content=b""),
        Secret(kind=SlotKind.PASSPHRASE, content=PASSPHRASE.content + b" "),
        Secret(kind=SlotKind.PASSPHRASE, content=b"\xff\xfe"),
        Secret(kind=SlotKind.RECOVERY, content=flip(RECOVERY.content)),
        Secret(kind=SlotKind.KEY_FILE, content=RECOVERY.content),
    ],
    ids=["empty", "longer", "no text", "one bit", "wrong kind"],
)
def test_a_wrong_secret_is_denied_in_one_sentence(folder, wrong):
    with pytest.raises(Denied) as caught:
        unlock(folder, wrong)
    assert "\n" not in caught.value.message
    assert caught.value.__cause__ is None


def test_the_slots_hold_no_secret(folder):
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    opened = unlock(folder, RECOVERY)
    for secret in (opened.master, opened.database_key, RECOVERY.content, PASSPHRASE.content, opened.epoch_key(1)):
        assert secret not in content
        assert secret.hex().encode() not in content


def test_nothing_secret_is_printed(folder):
    opened = unlock(folder, RECOVERY)
    holder = Vault(opened).fresh("sub_1")
    printed = repr((opened, RECOVERY, holder, Vault(opened)))
    for secret in (opened.master, opened.database_key, RECOVERY.content, holder.key):
        assert secret.hex() not in printed
        assert repr(secret)[2:-1] not in printed


def test_key_files_are_readable_by_their_owner_only(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (folder, folder / "epoch", folder / "index")} == {0o700}


def test_no_archive_is_said_to_be_there_where_there_is_none(tmp_path):
    with pytest.raises(NotFound, match="archiver init"):
        unlock(tmp_path / "keys", RECOVERY)


@pytest.mark.parametrize("name", ["keyring", "epoch/1"])
def test_a_missing_key_file_is_named(own_folder, name):
    (own_folder / name).unlink()
    with pytest.raises(NotFound, match=f"keys/{name} is missing"):
        unlock(own_folder, RECOVERY).epoch_key(1)


@pytest.mark.parametrize("name", ["keyring", "epoch/1"])
def test_a_damaged_key_file_is_refused(own_folder, name):
    path = own_folder / name
    path.write_bytes(flip(path.read_bytes(), 70))
    with pytest.raises(Corrupt):
        unlock(own_folder, RECOVERY).epoch_key(1)


def test_a_key_file_of_another_epoch_is_refused(own_folder):
    keyring = unlock(own_folder, RECOVERY)
    keyring.create_epoch(2)
    (own_folder / "epoch" / "2").write_bytes((own_folder / "epoch" / "1").read_bytes())
    with pytest.raises(Corrupt):
        unlock(own_folder, RECOVERY).epoch_key(2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"format": 0}',
        b'{"format": true}',
        b'{"format": "2"}',
        b'{"format": 1}',
        b'{"format": 1, "archive": "a", "slots": {}}',
        b'{"format": 1, "archive": "a", "slots": [1]}',
        b'{"format": 1, "archive": "a", "slots": [{"kind": "recovery"}]}',
        b'{"format": 1, "archive": "a", "slots": [{"kind": "recovery", "salt": "x", "argon2id": null}]}',
    ],
)
def test_damaged_slots_are_said_to_be_damaged(own_folder, content):
    (own_folder / "slots.json").write_bytes(content)
    with pytest.raises(Corrupt, match=r"slots\.json"):
        unlock(own_folder, RECOVERY)


def test_impossible_parameters_of_a_slot_are_damage(own_folder):
    document = json.loads((own_folder / "slots.json").read_bytes())
    document["slots"][0] |= {"kind": "passphrase", "argon2id": {"time_cost": 0, "memory_cost": 1, "parallelism": 1}}
    (own_folder / "slots.json").write_text(json.dumps(document))
    with pytest.raises(Corrupt, match=r"slots\.json"):
        unlock(own_folder, PASSPHRASE)


def test_a_program_that_was_handed_the_master_key_opens_the_same_archive(own_folder):
    opened = unlock(own_folder, RECOVERY)
    assert unlock_with_master(own_folder, opened.master).database_key == opened.database_key


def test_a_destroyed_index_key_is_gone_and_may_be_destroyed_again(own_folder):
    keyring = unlock(own_folder, RECOVERY)
    key = keyring.create_index_key(1)
    assert keyring.index_key(1) == key
    keyring.destroy_index_key(1)
    keyring.destroy_index_key(1)
    with pytest.raises(NotFound):
        keyring.index_key(1)


def test_a_key_is_never_replaced_by_another_of_its_name(own_folder):
    with pytest.raises(Conflict):
        unlock(own_folder, RECOVERY).create_epoch(1)


def test_an_epoch_that_another_program_made_is_found(own_folder):
    reader, maker = unlock(own_folder, RECOVERY), unlock(own_folder, RECOVERY)
    with pytest.raises(NotFound):
        reader.epoch_key(2)
    maker.create_epoch(2)
    assert reader.epoch_key(2) == maker.epoch_key(2)


def test_two_archives_share_no_key(tmp_path):
    one = create_keys(tmp_path / "one", "arc_1", [RECOVERY])
    two = create_keys(tmp_path / "two", "arc_2", [RECOVERY])
    assert {one.master, one.database_key, one.epoch_key(1)}.isdisjoint({two.master, two.database_key, two.epoch_key(1)})


def test_a_holders_key_wrapped_for_one_holder_is_not_anothers(own_folder):
    keyring: Keyring = unlock(own_folder, RECOVERY)
    vault = Vault(keyring)
    wrapped = vault.wrap(HolderKey("sub_1", bytes(32)), 1)
    assert vault.unwrap(wrapped).key == bytes(32)
    with pytest.raises(Corrupt):
        vault.unwrap(type(wrapped)("sub_2", 1, wrapped.wrapped))


def test_a_wrapped_key_of_another_epoch_does_not_open(own_folder):
    keyring = unlock(own_folder, RECOVERY)
    keyring.create_epoch(2)
    vault = Vault(keyring)
    wrapped = vault.wrap(vault.fresh("sub_1"), 1)
    with pytest.raises(Corrupt):
        vault.unwrap(type(wrapped)("sub_1", 2, wrapped.wrapped))


def test_a_passphrase_is_stretched_with_64_mebibytes_three_times(tmp_path):
    program = (
        "import sys; from pathlib import Path; from storage.keys import Secret, SlotKind, create_keys\n"
        "create_keys(Path(sys.argv[1]), 'arc_test', [Secret(kind=SlotKind.PASSPHRASE, content=b'nine green owls')])"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "keys")], cwd=ROOT, check=True)
    (slot,) = json.loads((tmp_path / "keys" / "slots.json").read_bytes())["slots"]
    assert slot["argon2id"] == {"time_cost": 3, "memory_cost": 65_536, "parallelism": 4}
