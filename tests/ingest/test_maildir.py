"""The Maildir reader: a folder that others change while it is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ingest.formats.maildir import MAX_PASSES, VANISHED, is_maildir, read_maildir

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place in ("cur", "new", "tmp"):
        (tmp_path / place).mkdir()
    return tmp_path


def _put(folder: Path, name: str, content: bytes = b"Subject: x\n\ny\n") -> None:
    (folder / name).write_bytes(content)


def test_messages_of_cur_and_new_are_given_once_and_tmp_is_passed_over(folder: Path):
    _put(folder, "cur/1.a:2,S", b"one")
    _put(folder, "new/2.b", b"two")
    _put(folder, "tmp/3.c", b"half")
    assert [(m.source, m.raw) for m in read_maildir(folder)] == [("cur/1.a:2,S", b"one"), ("new/2.b", b"two")]


def test_a_message_that_was_moved_while_the_folder_was_read_is_found_under_its_new_name(folder: Path):
    _put(folder, "new/1.a", b"one")
    _put(folder, "new/2.b", b"two")
    reading = read_maildir(folder)
    assert next(reading).raw == b"one"
    (folder / "new/2.b").rename(folder / "cur/2.b:2,RS")
    assert [(m.source, m.raw) for m in reading] == [("cur/2.b:2,RS", b"two")]


def test_a_message_that_vanished_is_said(folder: Path):
    _put(folder, "cur/1.a:2,", b"one")
    _put(folder, "cur/2.b:2,", b"two")
    reading = read_maildir(folder)
    next(reading)
    (folder / "cur/2.b:2,").unlink()
    assert [(m.source, m.raw, m.problem) for m in reading] == [("cur/2.b:2,", b"", VANISHED)]


def test_a_message_that_arrives_while_the_folder_is_read_is_given(folder: Path):
    _put(folder, "new/1.a", b"one")
    reading = read_maildir(folder)
    next(reading)
    _put(folder, "new/0.z", b"late")
    assert [m.raw for m in reading] == [b"late"]


def test_a_message_already_given_is_not_given_again_under_new_flags(folder: Path):
    _put(folder, "cur/1.a:2,", b"one")
    _put(folder, "cur/2.b:2,", b"two")
    reading = read_maildir(folder)
    next(reading)
    (folder / "cur/1.a:2,").rename(folder / "cur/1.a:2,S")
    assert [m.raw for m in reading] == [b"two"]


def test_a_folder_that_never_rests_ends(folder: Path):
    _put(folder, "new/0", b"x")
    given = 0
    for message in read_maildir(folder):
        given += 1
        _put(folder, f"new/{given}", message.raw)
    assert given == MAX_PASSES


def test_subfolders_of_maildir_plus_plus_are_read(folder: Path):
    for place in ("cur", "new", "tmp"):
        (folder / ".Sent" / place).mkdir(parents=True)
    _put(folder, ".Sent/cur/1.a:2,S", b"sent")
    (folder / ".notes").mkdir()
    assert [(m.source, m.raw) for m in read_maildir(folder)] == [(".Sent/cur/1.a:2,S", b"sent")]


def test_links_and_pipes_are_never_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_bytes(b"secret")
    (folder / "new/1.link").symlink_to(secret)
    os.mkfifo(folder / "new/2.pipe")
    (folder / "new/3.folder").mkdir()
    found = list(read_maildir(folder))
    assert [m.raw for m in found] == [b"", b"", b""]
    assert all(m.problem for m in found)


def test_a_file_above_the_limit_is_reported(folder: Path):
    _put(folder, "new/1.a", b"x" * 11)
    found = list(read_maildir(folder, max_message=10))
    assert [(m.raw, m.problem) for m in found] == [(b"", "larger than 10 bytes")]


def test_names_that_are_not_utf8_become_printable(folder: Path):
    name = os.fsdecode(b"1.\xff.host")
    (folder / "new" / name).write_bytes(b"x")
    found = list(read_maildir(folder))
    assert [m.raw for m in found] == [b"x"]
    found[0].source.encode()


def test_a_maildir_is_told_by_its_places(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    assert is_maildir(folder)
    assert not is_maildir(tmp_path_factory.mktemp("plain"))
