"""Small files are whole or absent, and what is erased is overwritten first."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from storage.errors import StorageFull, TemporarilyUnavailable
from storage.files import erase, write_whole


def refuse_with(code):
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    return refuse


def test_a_file_is_replaced_by_its_new_content(tmp_path):
    path = tmp_path / "one"
    write_whole(path, b"old")
    write_whole(path, b"newer")
    assert path.read_bytes() == b"newer"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["one"]


def test_file_and_folder_are_both_made_durable(tmp_path, monkeypatch):
    synced = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_whole(tmp_path / "one", b"content")
    assert synced == [tmp_path / "one.new", tmp_path]


@pytest.mark.parametrize(("code", "expected"), [(errno.ENOSPC, StorageFull), (errno.EIO, TemporarilyUnavailable)])
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_failed_write_leaves_the_old_content_and_nothing_else(tmp_path, monkeypatch, call, code, expected):
    path = tmp_path / "one"
    write_whole(path, b"old")
    with monkeypatch.context() as patched:
        patched.setattr(os, call, refuse_with(code))
        with pytest.raises(expected) as caught:
            write_whole(path, b"new")
    assert type(caught.value) is expected
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["one"]


def test_what_is_erased_is_overwritten_before_it_goes(tmp_path, monkeypatch):
    path = tmp_path / "key"
    write_whole(path, b"secret" * 10)
    os.link(path, tmp_path / "another name of the same bytes")
    erase(path)
    left = (tmp_path / "another name of the same bytes").read_bytes()
    assert not path.exists()
    assert len(left) == 60
    assert b"secret" not in left
