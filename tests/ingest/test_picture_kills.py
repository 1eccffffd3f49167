"""A program that ends while it reads pictures leaves the record waiting, and one version in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from ingest.picture_reading import MOST_ATTEMPTS, PictureReader
from tests.ingest.pictured import (
    Sources,
    file_pictures,
    is_waiting,
    picture,
    reader_of,
    transcription_of,
    versions_of,
)
from tests.storage.archives import custodian, make_archive


@pytest.fixture
def archive(tmp_path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def sources():
    return Sources()


def read_all(reader: PictureReader) -> int:
    count = 0
    while reader.read_waiting() is not None:
        count += 1
    reader.close()
    return count


def test_what_ends_the_program_again_and_again_is_given_up_and_said(archive, sources):
    record_id = file_pictures(archive, custodian(archive), picture(sources, "one"))

    class Fatal:
        def read(self, _request) -> NoReturn:
            raise SystemExit

        def renew(self) -> None:
            pass

        def warm_up(self) -> None:
            pass

    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(SystemExit):
            reader_of(archive, sources, start=Fatal).read_waiting()
    assert versions_of(archive, record_id) == []
    assert read_all(reader_of(archive, sources, start=Fatal)) == 1
    assert "again and again" in transcription_of(archive, record_id).unsearchable[0]


_KILLED = """
import os, signal, sys
from pathlib import Path
from typing import NoReturn
from storage.records import ComponentRole
from tests.ingest.pictured import Sources, reader_of
from tests.storage.archives import open_again

class Killing:
    def read(self, request):
        os.kill(os.getpid(), signal.SIGKILL)
    def renew(self): pass
    def warm_up(self): pass
    def close(self): pass

archive = open_again(Path(sys.argv[1]))
sources = Sources(contents={sys.argv[2]: Path(sys.argv[3]).read_bytes()})
reader_of(archive, sources, start=Killing).read_waiting()
"""


def test_a_reader_that_is_killed_leaves_the_record_waiting_and_one_version_in_the_end(archive, sources, tmp_path):
    part = picture(sources, "one")
    record_id = file_pictures(archive, custodian(archive), part)
    (tmp_path / "part").write_bytes(sources.contents[part.id])
    words = [sys.executable, "-c", _KILLED, str(archive.folder), part.id, str(tmp_path / "part")]
    ended = subprocess.run(words, check=False, cwd=Path(__file__).parents[2], env=dict(os.environ), timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert versions_of(archive, record_id) == []
    assert is_waiting(archive, record_id)
    assert read_all(reader_of(archive, sources)) == 1
    assert versions_of(archive, record_id) == [1]
    assert read_all(reader_of(archive, sources)) == 0
