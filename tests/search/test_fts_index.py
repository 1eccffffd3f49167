from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from search.fts_index import open_fts_index
from search.index import IndexOutdated
from storage.errors import ArchiveError, Corrupt
from tests.search.building import document, parse

KEY = b"k" * 32
ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "gen-1.db"
    index = open_fts_index(made, KEY, create=True)
    index.add([document(number, text=f"roof{number} roof " + "filler words " * 50) for number in range(400)], 400)
    index.close()
    return made


def test_a_reopened_index_knows_everything(path):
    index = open_fts_index(path, KEY)
    assert index.position() == 400
    assert index.search(parse("roof"), limit=1).total == 400
    index.close()


def test_nothing_readable_stands_in_the_file(path):
    content = path.read_bytes()
    assert b"roof" not in content
    assert b"filler" not in content
    assert not content.startswith(b"SQLite")


def test_another_key_is_corruption(path):
    with pytest.raises(Corrupt):
        open_fts_index(path, b"x" * 32)


def test_a_missing_and_an_emptied_file_are_corruption(path):
    path.write_bytes(b"")
    with pytest.raises(Corrupt):
        open_fts_index(path, KEY)
    path.unlink()
    with pytest.raises(Corrupt):
        open_fts_index(path, KEY)
    assert not path.exists()


def test_a_file_that_vanishes_while_it_is_open_is_not_made_anew(path):
    index = open_fts_index(path, KEY)
    index.close()
    fresh = open_fts_index(path, KEY)
    fresh._connections.forget_idle()
    path.unlink()
    with pytest.raises(Corrupt):
        fresh.search(parse("roof"), limit=1)
    assert not path.exists()
    fresh.close()


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_damaged_page_is_an_error_or_leaves_the_answer_exact(path, fraction):
    content = bytearray(path.read_bytes())
    page = int(len(content) // 4096 * fraction) * 4096
    content[page + 100 : page + 200] = bytes(100)
    path.write_bytes(bytes(content))
    for query in ("roof", "NOT nothing", "roof17", "kind:email"):
        try:
            index = open_fts_index(path, KEY)
            total = index.search(parse(query), limit=5).total
        except Corrupt:
            continue
        assert total == (1 if query == "roof17" else 400)
        index.close()


def test_an_index_of_another_version_is_refused(path, monkeypatch):
    monkeypatch.setattr("search.fts_index.VERSION", "fts/99")
    with pytest.raises(IndexOutdated, match="index rebuild"):
        open_fts_index(path, KEY)


def test_making_an_index_over_another_is_refused(path):
    with pytest.raises(ArchiveError):
        open_fts_index(path, KEY, create=True)


def test_a_batch_that_fails_leaves_nothing_behind(path):
    index = open_fts_index(path, KEY)
    broken = document(1000, text="roof")
    object.__setattr__(broken, "language", None)
    with pytest.raises(ArchiveError):
        index.add([document(999, text="roof"), broken], 999)
    assert index.search(parse("roof"), limit=1).total == 400
    assert index.position() == 400
    index.add([document(999, text="roof")], 999)
    assert index.search(parse("roof"), limit=1).total == 401
    index.close()


_READ = """
import sys
from pathlib import Path
from search.fts_index import open_fts_index
from search.queries import Field, Words
index = open_fts_index(Path(sys.argv[1]), b"k" * 32)
for line in sys.stdin:
    print(index.search(Words(Field.ANY, ("roof",)), limit=1).total, flush=True)
"""


def test_another_program_reads_what_was_added_beside_it(path):
    index = open_fts_index(path, KEY)
    with subprocess.Popen(
        [sys.executable, "-c", _READ, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        for number in range(3):
            reader.stdin.write("again\n")
            reader.stdin.flush()
            assert int(reader.stdout.readline()) == 400 + number
            index.add([document(500 + number, text="roof")], 500 + number)
        reader.stdin.close()
    index.close()


_WRITE_FOR_EVER = """
import sys
from pathlib import Path
from search.fts_index import open_fts_index
from tests.search.building import document
index = open_fts_index(Path(sys.argv[1]), b"k" * 32)
for number in range(1000, 100000):
    index.add([document(number, text="roof")], number)
    print(number, flush=True)
"""


def test_what_was_acknowledged_before_a_kill_is_there_after_it(path):
    with subprocess.Popen(
        [sys.executable, "-c", _WRITE_FOR_EVER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(30)][-1]
        writer.kill()
    index = open_fts_index(path, KEY)
    assert index.position() >= acknowledged
    assert index.search(parse("roof"), limit=1).total == 400 + index.position() - 1000 + 1
    index.close()
