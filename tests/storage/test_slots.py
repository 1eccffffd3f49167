"""Slots are added and removed whole, and no archive is left that one lost secret would close."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Never

import pytest

from storage.archive import create_archive, open_archive
from storage.errors import Conflict, Corrupt, Denied, NotFound, TemporarilyUnavailable
from storage.events import EventKind
from storage.keys import Secret, SlotKind, unlock
from storage.sealing import new_key
from storage.slots import MOST, Slots, list_slots
from storage.transaction import Store
from tests.storage.archives import ACTOR, RECOVERY

ROOT = Path(__file__).parents[2]
KEY_FILE = Secret(kind=SlotKind.KEY_FILE, content=b"\x00\n" * 32)
PASSPHRASE = Secret(kind=SlotKind.PASSPHRASE, content=b"correct horse battery staple")
ADDER = """
import sys
from pathlib import Path
from storage.keys import Secret, SlotKind
from storage.slots import Slots
from tests.storage.archives import open_again
archive = open_again(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(6):
    content = f"{sys.argv[2]} {number}".encode().ljust(40)
    Slots(archive).add(Secret(kind=SlotKind.KEY_FILE, content=content), actor="operator:test")
archive.close()
"""


@pytest.fixture
def archive(tmp_path):
    made = create_archive(tmp_path / "archive", [RECOVERY, KEY_FILE], zone="America/Chicago", actor=ACTOR)
    made.close()
    opened = open_with(tmp_path / "archive", RECOVERY)
    yield opened
    opened.close()


def open_with(folder, secret):
    return open_archive(folder, unlock(folder / "keys", secret))


def numbers(archive):
    return [one.number for one in list_slots(archive.folder / "keys")]


def last_event(archive):
    with archive.store.read() as connection:
        place = archive.ledger.head(connection).size - 1
        return archive.ledger.event_at(connection, place).event, archive.ledger.payload(connection, place)


@pytest.mark.parametrize(
    "secret",
    [PASSPHRASE, Secret(kind=SlotKind.RECOVERY, content=bytes(32)), Secret(kind=SlotKind.KEY_FILE, content=b"k" * 32)],
    ids=lambda one: one.kind.value,
)
def test_an_added_secret_opens_and_the_others_still_do(archive, secret):
    added = Slots(archive).add(secret, actor=ACTOR)
    assert (added.number, added.kind) == (3, secret.kind)
    for one in (secret, RECOVERY, KEY_FILE):
        assert unlock(archive.folder / "keys", one).master == archive.keyring.master


def test_adding_and_removing_are_witnessed_with_number_and_kind(archive):
    slots = Slots(archive)
    slots.add(Secret(kind=SlotKind.RECOVERY, content=bytes(32)), actor=ACTOR)
    event, payload = last_event(archive)
    assert (event.kind, event.actor, payload) == (EventKind.KEY_SLOT_ADDED, ACTOR, {"slot": 3, "kind": "recovery"})
    slots.remove(2, actor=ACTOR)
    event, payload = last_event(archive)
    assert (event.kind, payload) == (EventKind.KEY_SLOT_REMOVED, {"slot": 2, "kind": "key-file"})


def test_a_removed_secret_opens_nothing_any_more(archive):
    slots = Slots(archive)
    slots.add(PASSPHRASE, actor=ACTOR)
    slots.remove(2, actor=ACTOR)
    with pytest.raises(Denied, match="key file"):
        unlock(archive.folder / "keys", KEY_FILE)
    assert numbers(archive) == [1, 3]


def test_the_last_recovery_key_stays(archive):
    other = open_with(archive.folder, KEY_FILE)
    Slots(other).add(PASSPHRASE, actor=ACTOR)
    with pytest.raises(Conflict, match="last recovery key"):
        Slots(other).remove(1, actor=ACTOR)
    assert numbers(other) == [1, 2, 3]
    other.close()


def test_two_slots_stay(archive):
    with pytest.raises(Conflict, match="at least 2"):
        Slots(archive).remove(2, actor=ACTOR)


def test_the_slot_that_opened_the_archive_stays(archive):
    Slots(archive).add(Secret(kind=SlotKind.RECOVERY, content=bytes(32)), actor=ACTOR)
    with pytest.raises(Conflict, match="use another secret"):
        Slots(archive).remove(1, actor=ACTOR)


@pytest.mark.parametrize("number", [0, -1, 3, 10**20])
def test_an_unknown_slot_is_not_found(archive, number):
    with pytest.raises(NotFound, match="slot list"):
        Slots(archive).remove(number, actor=ACTOR)


def test_a_secret_that_opens_already_is_not_added_again(archive):
    with pytest.raises(Conflict, match="slot 2 opens with that secret already"):
        Slots(archive).add(KEY_FILE, actor=ACTOR)
    assert numbers(archive) == [1, 2]


def test_there_is_a_most(archive):
    slots = Slots(archive)
    for _ in range(MOST - 2):
        slots.add(Secret(kind=SlotKind.KEY_FILE, content=new_key()), actor=ACTOR)
    with pytest.raises(Conflict, match="the most"):
        slots.add(Secret(kind=SlotKind.KEY_FILE, content=new_key()), actor=ACTOR)


def test_listing_needs_no_secret_and_says_when_a_slot_was_added(archive):
    Slots(archive).add(PASSPHRASE, actor=ACTOR)
    found = list_slots(archive.folder / "keys")
    assert [one.kind.value for one in found] == ["recovery", "key-file", "passphrase"]
    assert [one.added_at is None for one in found] == [True, True, False]


def test_a_key_file_counts_to_its_last_byte(archive):
    for wrong in (KEY_FILE.content[:-1], KEY_FILE.content + b"\n", b"\x00\n" + b"\x01\n" * 31):
        with pytest.raises(Denied):
            unlock(archive.folder / "keys", Secret(kind=SlotKind.KEY_FILE, content=wrong))


def test_a_slot_of_the_first_version_opens_with_the_first_line_of_its_file(tmp_path):
    old = Secret(kind=SlotKind.KEY_FILE, content=b"the first line alone counted then")
    create_archive(tmp_path / "archive", [RECOVERY, old], zone="America/Chicago", actor=ACTOR).close()
    whole = Secret(kind=SlotKind.KEY_FILE, content=old.content + b" \nand a second line")
    assert unlock(tmp_path / "archive" / "keys", whole).slot == 2


def refuse(*_arguments: object) -> Never:
    raise TemporarilyUnavailable("no")


def test_where_the_event_cannot_be_written_nothing_is_added(archive, monkeypatch):
    monkeypatch.setattr(Store, "write", refuse)
    with pytest.raises(TemporarilyUnavailable):
        Slots(archive).add(PASSPHRASE, actor=ACTOR)
    assert numbers(archive) == [1, 2]


def test_where_the_file_cannot_be_written_the_old_slots_stand(archive, monkeypatch):
    Slots(archive).add(PASSPHRASE, actor=ACTOR)
    monkeypatch.setattr("storage.slots.write_whole", refuse)
    with pytest.raises(TemporarilyUnavailable):
        Slots(archive).add(Secret(kind=SlotKind.RECOVERY, content=bytes(32)), actor=ACTOR)
    with pytest.raises(TemporarilyUnavailable):
        Slots(archive).remove(2, actor=ACTOR)
    assert numbers(archive) == [1, 2, 3]
    assert unlock(archive.folder / "keys", KEY_FILE).slot == 2


def test_two_programs_that_add_at_once_lose_nothing_of_each_other(archive):
    command = [sys.executable, "-c", ADDER, str(archive.folder)]
    adders = [
        subprocess.Popen([*command, name], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for adder in adders:
        assert adder.stdout.readline() == "ready\n"
    for adder in adders:
        adder.stdin.write("go\n")
        adder.stdin.flush()
    for adder in adders:
        adder.communicate()
        assert adder.returncode == 0
    assert numbers(archive) == list(range(1, 15))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "retina"},
        {"number": None},
        {"number": 1},
        {"kind": "passphrase", "argon2id": {"time_cost": 10**9, "memory_cost": 1024, "parallelism": 1}},
        {"kind": "passphrase", "argon2id": {"time_cost": 1, "memory_cost": 2**31, "parallelism": 1}},
        {"kind": "passphrase", "argon2id": {}},
    ],
)
def test_a_damaged_slot_is_said_to_be_damaged_at_once(archive, change):
    path = archive.folder / "keys" / "slots.json"
    document = json.loads(path.read_bytes())
    document["slots"][1] |= change
    path.write_text(json.dumps(document))
    with pytest.raises(Corrupt, match=r"slots\.json"):
        Slots(archive).add(PASSPHRASE, actor=ACTOR)
