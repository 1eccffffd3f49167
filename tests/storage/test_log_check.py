"""A damaged write-ahead log is told from a torn write: what was acknowledged does not vanish in silence."""

from __future__ import annotations

import shutil
import struct

import pytest
from sqlalchemy import select

from storage.archive import open_archive
from storage.errors import Conflict
from storage.log_check import KEPT
from storage.tables import ledger_head
from storage.upgrading import plan_upgrade
from tests.storage.archives import custodian, file_one, flip

HEADER, FRAME = 32, 24 + 4096


@pytest.fixture
def stopped(archive, tmp_path):
    """A copy of an archive as a killed service leaves it, and the ends (in frames) of its commits."""
    owner = custodian(archive)
    archive.store.truncate_log()
    for number in range(3):
        file_one(archive, owner, b"Subject: mail %d\r\n\r\n" % number)
    with archive.store.read() as connection:
        size = connection.execute(select(ledger_head.c.size)).scalar_one()
    copy = tmp_path / "copy"
    shutil.copytree(archive.folder, copy, ignore=shutil.ignore_patterns("*-shm"))
    log = (copy / "archive.db-wal").read_bytes()
    frames = (len(log) - HEADER) // FRAME
    ends = [one + 1 for one in range(frames) if struct.unpack_from(">I", log, HEADER + one * FRAME + 4)[0]]
    assert len(ends) > 2
    return copy, archive.keyring, ends, size


def opened(copy, keyring):
    archive = open_archive(copy, keyring)
    try:
        with archive.store.read() as connection:
            size = connection.execute(select(ledger_head.c.size)).scalar_one()
        return archive.store.restriction, size
    finally:
        archive.close()


def change_log(copy, change):
    path = copy / "archive.db-wal"
    path.write_bytes(change(path.read_bytes()))


def test_a_whole_log_is_recovered_without_a_word(stopped):
    copy, keyring, _, size = stopped
    assert opened(copy, keyring) == (None, size)
    assert not (copy / KEPT).exists()


def test_an_upgrade_does_not_pass_over_a_damaged_log(stopped):
    copy, keyring, ends, _ = stopped
    at = HEADER + (ends[0] - 1) * FRAME + 100
    change_log(copy, lambda log: flip(log, at))
    for _ in range(2):
        with pytest.raises(Conflict, match="log was damaged"):
            plan_upgrade(copy, keyring)
    assert (copy / KEPT).exists()


@pytest.mark.parametrize("at", [0, 3, 4, 8, 15, 16, 24, 31])
def test_a_damaged_header_of_the_log_restricts_the_archive(stopped, at):
    copy, keyring, _, size = stopped
    change_log(copy, lambda log: flip(log, at))
    restriction, left = opened(copy, keyring)
    assert left < size
    assert "log was damaged" in restriction


@pytest.mark.parametrize("at", [0, 4, 8, 16, 24, 2000, FRAME - 1])
def test_a_damaged_frame_before_the_last_commit_restricts_the_archive(stopped, at):
    copy, keyring, ends, size = stopped
    change_log(copy, lambda log: flip(log, HEADER + (ends[0] - 2) * FRAME + at))
    restriction, left = opened(copy, keyring)
    assert left < size
    assert "log was damaged" in restriction


def test_the_damaged_log_is_kept_until_it_was_settled(stopped, tmp_path):
    copy, keyring, ends, _ = stopped
    change_log(copy, lambda log: flip(log, HEADER + (ends[0] - 1) * FRAME + 99))
    damaged = (copy / "archive.db-wal").read_bytes()
    for _ in range(2):
        assert opened(copy, keyring)[0] is not None
        assert (copy / KEPT).read_bytes() == damaged
        assert (copy / KEPT).stat().st_mode & 0o077 == 0
    (copy / KEPT).rename(tmp_path / "settled")
    assert opened(copy, keyring)[0] is None


def test_a_restricted_archive_takes_nothing(stopped):
    copy, keyring, ends, _ = stopped
    change_log(copy, lambda log: flip(log, HEADER + (ends[0] - 1) * FRAME + 99))
    archive = open_archive(copy, keyring)
    with pytest.raises(Conflict, match="accept the loss"), archive.store.write():
        pass
    archive.close()


@pytest.mark.parametrize("kept", ["nothing", "half a frame", "a frame too few", "all but the end"])
def test_a_commit_that_was_torn_by_a_crash_is_dropped_without_a_word(stopped, kept):
    copy, keyring, ends, size = stopped
    begin, end = HEADER + ends[-2] * FRAME, HEADER + ends[-1] * FRAME
    cut = {
        "nothing": begin,
        "half a frame": begin + FRAME // 2,
        "a frame too few": end - FRAME,
        "all but the end": end - 1,
    }
    change_log(copy, lambda log: log[: cut[kept]])
    restriction, left = opened(copy, keyring)
    assert restriction is None
    assert left <= size


def test_a_torn_commit_whose_later_frames_were_written_is_dropped_without_a_word(stopped):
    copy, keyring, ends, _ = stopped
    begin = HEADER + ends[-2] * FRAME
    change_log(copy, lambda log: log[:begin] + bytes(FRAME) + log[begin + FRAME :])
    assert opened(copy, keyring)[0] is None


def test_frames_of_an_older_generation_behind_the_end_are_nothing(stopped):
    copy, keyring, ends, _ = stopped

    def older(log: bytes) -> bytes:
        rest = bytearray(log[HEADER + ends[0] * FRAME :])
        for at in range(8, len(rest), FRAME):
            rest[at] ^= 0x55
        return log[: HEADER + ends[0] * FRAME] + bytes(rest)

    change_log(copy, older)
    assert opened(copy, keyring)[0] is None


def test_a_running_archive_is_opened_by_others_without_a_word(archive):
    owner = custodian(archive)
    for number in range(3):
        file_one(archive, owner, b"Subject: mail %d\r\n\r\n" % number)
        assert opened(archive.folder, archive.keyring)[0] is None
