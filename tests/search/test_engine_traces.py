"""What a renewal leaves of destroyed records in the files of each engine: nothing, in no byte behind the cipher."""

from __future__ import annotations

import random
import shutil
import tempfile

import pytest

from search.engines import engine_named, engine_names
from search.queries import Between, Clock, Field, Like, Likeness
from storage.errors import ArchiveError
from tests.search.trace_scene import content, held, made, secret_words

RECORDS = 200
SHARES = {"one": 1, "1 %": RECORDS // 100, "ten": 10, "50 %": RECORDS // 2}
KEY, NEXT_KEY, OTHER_KEY = b"k" * 32, b"n" * 32, b"o" * 32
SEED = 20_250_307
ANY = Between(Clock.CAPTURED, None, None)


@pytest.fixture(scope="module", params=engine_names())
def generation(request, tmp_path_factory):
    """An engine, and a generation of it that was written in several pieces."""
    engine, words = engine_named(request.param), secret_words(SEED, RECORDS)
    path = tmp_path_factory.mktemp("index") / f"gen-1.{engine.ending}"
    index = engine.open(path, KEY, create=True)
    for start in range(0, RECORDS, 50):
        index.add([made(number, words[number]) for number in range(start, start + 50)], start + 50)
    index.close()
    return engine, path, words


@pytest.fixture
def source(generation, tmp_path):
    """A copy of it, to be renewed."""
    engine, path, words = generation
    (shutil.copytree if path.is_dir() else shutil.copy)(path, tmp_path / path.name)
    return engine, tmp_path / path.name, words


@pytest.mark.parametrize("share", SHARES)
def test_no_word_of_a_destroyed_record_is_left_in_what_is_written_anew(source, share):
    engine, path, words = source
    gone = sorted(random.Random(SEED).sample(range(RECORDS), SHARES[share]))
    target = path.with_name(f"gen-2.{engine.ending}")
    # the scan sees what it looks for, removed or not
    index = engine.open(path, KEY)
    index.remove([f"rec_{number:06}" for number in gone], RECORDS)
    index.close()
    assert held(content(engine.name, path, KEY), words) == list(range(RECORDS)), f"seed {SEED}"
    engine.renew(path, KEY, target, NEXT_KEY, [f"rec_{number:06}" for number in gone])
    left = [number for number in range(RECORDS) if number not in gone]
    assert held(content(engine.name, target, NEXT_KEY), words) == left, f"seed {SEED}"
    index = engine.open(target, NEXT_KEY)
    assert sorted(index.ids(ANY)) == [f"rec_{number:06}" for number in left]
    found = index.expand(Like(Field.TEXT, Likeness.GLOB, "*"), 10_000)
    assert not set(found) & {words[number] for number in gone}
    index.check(thorough=True)
    index.close()


def test_a_copy_taken_before_opens_with_no_key_that_is_left(source):
    engine, path, _ = source
    target = path.with_name(f"gen-2.{engine.ending}")
    engine.renew(path, KEY, target, NEXT_KEY, ["rec_000001"])
    for key in (NEXT_KEY, OTHER_KEY):
        with pytest.raises(ArchiveError):
            engine.open(path, key).close()


def test_nothing_is_written_in_plain_nowhere(source, monkeypatch):
    engine, path, words = source
    scratch = path.parent / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", None)
    index = engine.open(path, KEY)
    index.add([made(number + RECORDS, words[number]) for number in range(50)], RECORDS + 50)
    index.search(ANY, limit=10)
    index.expand(Like(Field.TEXT, Likeness.GLOB, "*e*"), 10_000)
    engine.renew(path, KEY, path.with_name(f"gen-2.{engine.ending}"), NEXT_KEY, ["rec_000001"])
    written = b"".join(one.read_bytes() for one in path.parent.rglob("*") if one.is_file())
    index.close()
    assert held(written, words) == []
    assert b"heron" not in written
