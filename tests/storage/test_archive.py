"""An archive is made once, opened with its keys, and refused in one sentence where that cannot be."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from storage.archive import FORMAT, create_archive, open_archive, read_zone
from storage.errors import Conflict, Corrupt, InvalidInput, NewerFormat, NotFound
from storage.events import EventKind
from storage.keys import create_keys, unlock
from storage.tables import archive as archive_table
from tests.storage.archives import ACTOR, RECOVERY, make_archive, open_again


def test_a_new_archive_begins_with_the_leaf_of_its_making(archive):
    with archive.store.read() as connection:
        first = archive.ledger.event_at(connection, 0).event
        payload = archive.ledger.payload(connection, 0)
    assert (first.kind, first.subjects, first.actor) == (EventKind.ARCHIVE_CREATED, (archive.id,), ACTOR)
    assert payload == {"zone": "America/Los_Angeles", "test_clock": False, "format": FORMAT}
    assert archive.ledger.published_checkpoint() is not None


def test_an_archive_opens_again_as_it_was_made(archive):
    again = open_again(archive.folder)
    assert (again.id, again.zone, again.test_clock, again.created_at) == (
        archive.id,
        archive.zone,
        archive.test_clock,
        archive.created_at,
    )
    again.close()


def test_only_the_owner_may_look_into_an_archive(archive):
    for path in (archive.folder, *archive.folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_second_archive_in_the_same_place_is_refused(archive):
    with pytest.raises(Conflict, match="already holds"):
        make_archive(archive.folder)


def test_a_folder_with_other_things_in_it_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(Conflict, match="not empty"):
        make_archive(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]


def test_settings_may_lie_in_the_folder_before(tmp_path):
    (tmp_path / "archiver.toml").write_text("")
    make_archive(tmp_path).close()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(Conflict, match="is a file"):
        make_archive(tmp_path / "file")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "a\x00b"])
def test_no_such_zone_leaves_no_folder(tmp_path, zone):
    with pytest.raises(InvalidInput, match="not a time zone"):
        create_archive(tmp_path / "archive", [RECOVERY], zone=zone, actor=ACTOR)
    assert not (tmp_path / "archive").exists()


def test_a_zone_is_read_by_its_name():
    assert read_zone("Europe/Vienna").key == "Europe/Vienna"


def test_a_newer_archive_is_refused_in_one_sentence(archive):
    with archive.store.write() as transaction:
        transaction.connection.execute(update(archive_table).values(format=FORMAT + 1))
    with pytest.raises(NewerFormat, match=f"format {FORMAT + 1}"):
        open_again(archive.folder)


def test_an_archive_whose_row_was_never_committed_is_refused(archive):
    with archive.store.write() as transaction:
        transaction.connection.execute(delete(archive_table))
    with pytest.raises(Conflict, match="never completely made"):
        open_again(archive.folder)


def test_an_archive_interrupted_before_its_schema_is_refused(tmp_path):
    keyring = create_keys(tmp_path / "keys", "arc_1", [RECOVERY])
    (tmp_path / "archive.db").touch()
    with pytest.raises(Conflict, match="never completely made"):
        open_archive(tmp_path, keyring)


def test_a_missing_database_is_said_and_not_made(archive):
    archive.close()
    for path in archive.folder.glob("archive.db*"):
        path.unlink()
    with pytest.raises(NotFound, match=r"archive\.db"):
        open_again(archive.folder)
    assert not (archive.folder / "archive.db").exists()


def test_the_keys_of_another_archive_do_not_open_it(archive, tmp_path):
    keyring = create_keys(tmp_path / "other", "arc_other", [RECOVERY])
    with pytest.raises(Corrupt, match="the key is not its key"):
        open_archive(archive.folder, keyring)


def test_a_clock_for_tests_is_remembered(tmp_path):
    created = create_archive(tmp_path / "a", [RECOVERY], zone="UTC", test_clock=True, actor=ACTOR)
    assert created.test_clock
    created.close()
    again = open_again(tmp_path / "a")
    assert again.test_clock
    with again.store.read() as connection:
        assert connection.execute(select(archive_table.c.zone)).scalar_one() == "UTC"
    again.close()


def test_the_keyring_names_its_archive(archive):
    assert unlock(archive.folder / "keys", RECOVERY).archive_id == archive.id
