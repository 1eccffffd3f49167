"""What was given away is never taken back: anchors are kept, found again, and compared with the log."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update

from storage.anchors import FileAnchor, FolderAnchor, Standing, judge, newest_anchor, survey
from storage.checkpoints import Checkpoint, origin_of, sign, verifier_key, verify
from storage.errors import Corrupt, StorageFull, TemporarilyUnavailable
from storage.events import EventKind
from storage.merkle import Frontier, leaf_hash
from storage.tables import ledger_head
from storage.tiles import Tiles
from storage.transaction import prepare
from tests.storage.archives import ACTOR, flip
from tests.storage.test_tiles import Rows

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = origin_of("arc_test")
LINE = verifier_key(ORIGIN, KEY)


def checkpoint(size, origin=ORIGIN):
    return Checkpoint(origin=origin, size=size, root=bytes([size % 256]) * 32)


def note(size, origin=ORIGIN, key=KEY):
    return sign(checkpoint(size, origin), key)


def keep(place, *sizes: int, origin=ORIGIN):
    for size in sizes:
        place.keep(note(size, origin), checkpoint(size, origin))
    return place


@pytest.fixture(params=["file", "folder"])
def place(request, tmp_path):
    if request.param == "file":
        return FileAnchor(tmp_path / "anchors.txt")
    (tmp_path / "far").mkdir()
    return FolderAnchor(tmp_path / "far")


def details(found):
    return [one.detail for one in found.findings]


def test_the_newest_of_what_was_kept_is_found(place):
    keep(place, 3, 7, 100)
    assert newest_anchor([place], LINE) == checkpoint(100)
    assert newest_anchor([place.path], LINE) == checkpoint(100)


def test_the_same_checkpoint_may_be_kept_again(place):
    keep(place, 3, 3)
    assert newest_anchor([place], LINE) == checkpoint(3)


def test_a_file_anchor_is_only_ever_appended_to(tmp_path):
    place = FileAnchor(tmp_path / "anchors.txt")
    before = b""
    for size in (3, 7, 100):
        keep(place, size)
        content = place.path.read_bytes()
        assert content.startswith(before)
        before = content
    assert place.notes() == (note(3), note(7), note(100))


def test_a_folder_anchor_has_a_file_for_each_checkpoint_that_anybody_can_check(tmp_path):
    place = FolderAnchor(tmp_path)
    keep(place, 3, 7)
    keep(place, 4, origin=origin_of("arc_test", 2))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["3.checkpoint", "7.checkpoint", "log-2-4.checkpoint"]
    assert verify((tmp_path / "7.checkpoint").read_bytes(), LINE) == checkpoint(7)


@pytest.mark.parametrize("cut", [1, 10, 60, 100, 150, 200])
def test_a_note_cut_short_in_a_file_hides_no_other(tmp_path, cut):
    place = FileAnchor(tmp_path / "anchors.txt")
    keep(place, 3)
    with place.path.open("ab") as opened:
        opened.write(b"\n" + note(50)[:cut])
    keep(place, 7)
    assert newest_anchor([place], LINE) == checkpoint(7)


def test_only_the_end_of_a_long_file_is_read_and_its_first_note_may_be_cut(tmp_path):
    place = FileAnchor(tmp_path / "anchors.txt")
    place.path.write_bytes(b"\n".join(note(size) for size in range(1, 8_000)))
    found = survey([place], [LINE])
    assert found.newest(ORIGIN) == checkpoint(7_999)
    assert found.findings == ()


def test_notes_of_others_are_named_and_passed_over(place):
    keep(place, 3)
    stranger = "elsewhere.example/log"
    place.keep(note(900, stranger), checkpoint(900, stranger))
    place.keep(note(800, key=OTHER), checkpoint(800))
    found = survey([place], [LINE])
    assert found.newest(ORIGIN) == checkpoint(3)
    assert any("another log, 'elsewhere.example/log'" in one for one in details(found))
    assert any("not signed by this key" in one for one in details(found))


@pytest.mark.parametrize(
    "content", [b"", b"\n" * 1000, b"\xff" * 5000, b"a\n1\nAAAA\n\n\xe2\x80\x94 a b\n", b"\x00" * 70_000]
)
def test_junk_is_told_and_is_no_anchor(place, content):
    (place.path / "99.checkpoint" if place.path.is_dir() else place.path).write_bytes(content)
    found = survey([place], [LINE])
    assert found.sightings == ()
    assert found.findings


def test_many_files_with_high_numbers_are_not_all_read(tmp_path):
    place = keep(FolderAnchor(tmp_path), 3)
    for number in range(100):
        (tmp_path / f"{10**9 + number}.checkpoint").write_bytes(b"junk")
    assert len(place.notes()) == 16


def test_a_place_that_is_away_is_told_and_the_others_are_read(tmp_path):
    near = keep(FileAnchor(tmp_path / "near"), 5)
    away = [FileAnchor(tmp_path / "no" / "such"), FolderAnchor(tmp_path / "gone"), FolderAnchor(near.path)]
    found = survey([*away, near], [LINE])
    assert found.newest(ORIGIN) == checkpoint(5)
    assert [one.place for one in found.findings] == [str(one.path) for one in away]


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in details(survey([FileAnchor(tmp_path / "pipe")], [LINE]))[0]


@pytest.mark.parametrize("kind", [FileAnchor, FolderAnchor])
def test_a_place_that_cannot_take_a_note_says_so(tmp_path, kind):
    with pytest.raises(TemporarilyUnavailable, match="anchor"):
        keep(kind(tmp_path / "no" / "such"), 3)


def test_a_full_disk_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr("storage.anchors.os.write", lambda _, content: len(content) - 1)
    with pytest.raises(StorageFull):
        keep(FileAnchor(tmp_path / "anchors.txt"), 3)


# against a log


def grow(archive, count=10):
    with archive.store.write() as transaction:
        for number in range(count):
            transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR, subjects=(f"rec_{number}",))


def anchored(archive, place):
    published = archive.ledger.publish_checkpoint()
    found = verify(published, archive.ledger.public_key())
    place.keep(published, found)
    return found


def judged(archive, place):
    with archive.store.read() as connection:
        found = survey([place], archive.ledger.public_keys(connection))
        return judge(connection, archive.ledger, found)


def signed(archive, root, size, log=1):
    origin = origin_of(archive.id, log)
    head = Checkpoint(origin=origin, size=size, root=root)
    return sign(head, archive.keyring.signing_key), head


def test_a_log_that_grew_begins_with_its_anchors(archive, place):
    anchored(archive, place)
    grow(archive)
    anchored(archive, place)
    grow(archive)
    assert [one.standing for one in judged(archive, place)] == [Standing.KEPT]


def test_an_anchor_newer_than_the_log_is_a_rollback_and_both_sizes_are_named(archive, place):
    grow(archive, 3)
    place.keep(*signed(archive, bytes(32), 50))
    (one,) = judged(archive, place)
    assert one.standing is Standing.BROKEN
    assert one.conflict is not None
    assert "4 leaves" in one.conflict.message
    assert "the 50 that" in one.conflict.message


def test_an_anchor_of_another_history_is_a_fork(archive, place):
    grow(archive)
    place.keep(*signed(archive, bytes(32), 5))
    (one,) = judged(archive, place)
    assert one.standing is Standing.BROKEN
    assert "another one" in one.conflict.message


def raise_log(archive, payload):
    """What an accepted loss leaves: a log of the next number that begins with its declaration."""
    with archive.store.write() as transaction:
        transaction.connection.execute(update(ledger_head).values(log=2))
        if payload is not None:
            said = [f"{name}-{payload[name]}" for name in ("size", "missing") if name in payload]
            transaction.append_prepared(
                prepare(
                    archive.store.vault,
                    transaction.epoch,
                    EventKind.LOSS_ACCEPTED,
                    transaction.at,
                    ACTOR,
                    (archive.id, "log-1", *said),
                    payload,
                    facts=payload.get("root"),
                )
            )
    (archive.folder / "ledger" / "checkpoint").unlink()


def test_the_origin_and_the_key_follow_the_number_of_the_log(archive):
    assert archive.ledger.origin == f"public-records-archive/{archive.id}"
    raise_log(archive, None)
    assert archive.ledger.origin == f"public-records-archive/{archive.id}/2"
    published = archive.ledger.publish_checkpoint()
    assert verify(published, archive.ledger.public_key()).origin == archive.ledger.origin
    with archive.store.read() as connection:
        proof = archive.ledger.prove(connection, 0)
    assert verify(proof.checkpoint, archive.ledger.public_key()).size == proof.size


def old_log(archive, size):
    rows = Rows(size)
    Tiles(archive.folder / "ledger" / "log-1").publish(rows, 0, size, rows.checkpoint().root)
    return rows


def declared(archive, size):
    rows = old_log(archive, size)
    origin = origin_of(archive.id)
    payload = {"origin": origin, "size": size, "root": rows.checkpoint().root.hex(), "missing": 20}
    raise_log(archive, payload)
    return rows


@pytest.mark.parametrize("size", [40, 41, 60])
def test_an_anchor_of_a_log_that_ended_as_declared_is_accepted(archive, place, size):
    rows = declared(archive, 40)
    root = rows.checkpoint().root if size == 40 else bytes(32)
    place.keep(*signed(archive, root, size))
    assert [one.standing for one in judged(archive, place)] == [Standing.DECLARED]


def test_an_older_anchor_of_a_log_that_ended_is_compared_with_what_is_left_of_it(archive, place):
    rows = declared(archive, 40)
    place.keep(*signed(archive, rows.checkpoint(30).root, 30))
    assert [one.standing for one in judged(archive, place)] == [Standing.DECLARED]


@pytest.mark.parametrize("size", [30, 40])
def test_a_declared_break_excuses_no_other_history(archive, place, size):
    declared(archive, 40)
    place.keep(*signed(archive, bytes(32), size))
    assert [one.standing for one in judged(archive, place)] == [Standing.BROKEN]


def test_of_a_log_that_is_gone_nothing_can_be_said(archive, place):
    origin = origin_of(archive.id)
    raise_log(archive, {"origin": origin, "size": 40, "root": bytes(32).hex(), "missing": 20})
    place.keep(*signed(archive, bytes(32), 30))
    assert [one.standing for one in judged(archive, place)] == [Standing.UNKNOWN]


def test_a_log_that_ended_without_a_declaration_is_a_rollback(archive, place):
    anchored(archive, place)
    raise_log(archive, None)
    (one,) = judged(archive, place)
    assert one.standing is Standing.BROKEN
    assert "nobody declared" in one.conflict.message


def test_after_a_declared_break_a_rollback_of_the_new_log_is_still_found(archive, place):
    declared(archive, 40)
    place.keep(*signed(archive, bytes(32), 60))
    place.keep(*signed(archive, bytes(32), 9, log=2))
    assert {one.standing for one in judged(archive, place)} == {Standing.DECLARED, Standing.BROKEN}


def test_a_declaration_that_cannot_be_read_is_damage(archive, place):
    raise_log(archive, {"origin": "x"})
    with archive.store.read() as connection, pytest.raises(Corrupt, match="declaration"):
        archive.ledger.declared_breaks(connection)


def test_the_root_of_an_anchor_is_that_of_the_leaves(archive, place):
    grow(archive)
    found = anchored(archive, place)
    with archive.store.read() as connection:
        events = archive.ledger.events_after(connection, -1)
    hashes = [leaf_hash(one.event.encode()) for one in events]
    assert Frontier().append(hashes)[0].root() == found.root


@pytest.mark.parametrize("at", [0, len(ORIGIN), len(ORIGIN) + 1, len(ORIGIN) + 3, -1, -3])
def test_a_damaged_note_in_a_file_is_told_and_does_not_vanish(tmp_path, at):
    place = FileAnchor(tmp_path / "anchor")
    place.path.write_bytes(note(3) + b"\n" + flip(note(17), at, 4))
    found = survey([place], [LINE])
    assert found.newest(ORIGIN) == checkpoint(3)
    assert len(found.findings) == 1
