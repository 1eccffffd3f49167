"""A damaged index says so, or answers exactly as of a position that it had: never less."""

from __future__ import annotations

import random
import shutil

import pytest

from search.fts_index import open_fts_index
from search.index import FacetName
from search.queries import Between, Clock, Field, Like, Likeness, Words, negation
from storage.database import open_encrypted
from storage.errors import Corrupt
from tests.search.building import ZONE, document

SEED = 99
KEY = b"k" * 32
BATCHES, EACH = 6, 12
_ANY = Between(Clock.CAPTURED, None, None)


def fill(index) -> None:
    for batch in range(BATCHES):
        numbers = range(batch * EACH, (batch + 1) * EACH)
        index.add([document(number, text=f"roof w{number} filler words") for number in numbers], batch)


@pytest.fixture(scope="module")
def folded(tmp_path_factory):
    """The file of an index that was closed: no log beside it."""
    path = tmp_path_factory.mktemp("folded") / "gen-1.db"
    index = open_fts_index(path, KEY, create=True)
    fill(index)
    index.close()
    return path


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """The file of an index and the log beside it, as a loss of power leaves them."""
    path = tmp_path_factory.mktemp("logged") / "gen-1.db"
    index = open_fts_index(path, KEY, create=True)
    fill(index)
    copies = tmp_path_factory.mktemp("copies")
    for ending in ("", "-wal"):
        shutil.copy(f"{path}{ending}", copies / f"gen-1.db{ending}")
    index.close()
    return copies / "gen-1.db"


def look(path) -> str:
    """What an index answers, compared with what it should at its position; `corrupt` where it says that it is."""
    try:
        index = open_fts_index(path, KEY)
    except Corrupt:
        return "corrupt"
    try:
        count = (index.position() + 1) * EACH
        assert index.counts().indexed == count
        assert index.search(Words(Field.TEXT, ("roof",)), limit=5).total == count
        assert len(set(index.ids(_ANY))) == count
        assert index.search(negation(Words(Field.TEXT, ("w0",))), limit=0).total == max(count - 1, 0)
        assert index.search(Like(Field.TEXT, Likeness.GLOB, "w*"), limit=0).total == count
        assert sum(number for _, number in index.facets(_ANY, [FacetName.KIND], zone=ZONE, most=9)[0].counts) == count
    except Corrupt:
        return "corrupt"
    finally:
        index.close()
    return "exact"


def check_all_of(path) -> None:
    index = open_fts_index(path, KEY)
    try:
        index.check(thorough=True)
    finally:
        index.close()


def flip(path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 0x10]))


def copied(path, folder):
    for ending in ("", "-wal"):
        if path.with_name(path.name + ending).exists():
            shutil.copy(f"{path}{ending}", folder / f"gen-1.db{ending}")
    return folder / "gen-1.db"


def test_a_changed_byte_anywhere_is_corrupt_or_leaves_every_answer_exact(folded, tmp_path):
    chance = random.Random(SEED)
    size = folded.stat().st_size
    answers = []
    for page in range(0, size, 4096):
        path = copied(folded, tmp_path)
        flip(path, page + chance.randrange(4096))
        answers.append(look(path))
        with pytest.raises(Corrupt):
            check_all_of(path)
    assert answers.count("corrupt") > len(answers) // 4, (SEED, answers)


@pytest.mark.parametrize("part", ["-wal", ""])
def test_a_changed_byte_in_the_log_gives_an_earlier_position_or_is_corrupt(logged, tmp_path, part):
    chance = random.Random(SEED)
    damaged = logged.with_name(logged.name + part)
    size = damaged.stat().st_size
    answers = []
    for start in range(0, size, max(size // 30, 1)):
        path = copied(logged, tmp_path)
        flip(path.with_name(path.name + part), min(start + chance.randrange(4096), size - 1))
        answers.append(look(path))
    assert set(answers) <= {"corrupt", "exact"}
    assert answers


def test_a_log_or_a_file_that_is_cut_off_is_corrupt_or_of_an_earlier_position(logged, folded, tmp_path):
    for source, ending in ((logged, "-wal"), (folded, ""), (logged, "")):
        size = source.with_name(source.name + ending).stat().st_size
        for share in (0.0, 0.2, 0.5, 0.9, 0.999):
            path = copied(source, tmp_path)
            with path.with_name(path.name + ending).open("r+b") as file:
                file.truncate(int(size * share))
            assert look(path) in {"corrupt", "exact"}, (ending, share)
            for one in tmp_path.iterdir():
                one.unlink()


def test_a_whole_index_passes_the_thorough_check_and_goes_on_being_used(folded, tmp_path):
    index = open_fts_index(copied(folded, tmp_path), KEY)
    index.check(thorough=False)
    index.check(thorough=True)
    index.remove(["rec_000001"], 7)
    index.check(thorough=True)
    with index._connections.writing() as connection:
        connection.execute("INSERT INTO words(words) VALUES ('optimize')")
    index.check(thorough=True)
    assert index.search(Words(Field.TEXT, ("roof",)), limit=0).total == BATCHES * EACH - 1
    index.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM docs WHERE doc = (SELECT max(doc) FROM docs)",
        "DELETE FROM docs WHERE doc = (SELECT min(doc) FROM docs)",
        "DELETE FROM docs",
        "DELETE FROM words",
        "DELETE FROM meta WHERE name = 'indexed'",
        "DROP TABLE docs",
    ],
)
def test_tables_that_do_not_fit_each_other_are_corrupt_at_opening(folded, tmp_path, statement):
    path = copied(folded, tmp_path)
    connection = open_encrypted(path, KEY)
    connection.execute(statement)
    connection.close()
    with pytest.raises(Corrupt):
        open_fts_index(path, KEY)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM docs WHERE record_id = 'rec_000030'",
        "UPDATE meta SET value = value + 1 WHERE name = 'indexed'",
        "UPDATE meta SET value = value + 1 WHERE name = 'unsearchable'",
        "DELETE FROM fact_values",
    ],
)
def test_what_the_opening_does_not_see_the_thorough_check_does(folded, tmp_path, statement):
    path = copied(folded, tmp_path)
    connection = open_encrypted(path, KEY)
    connection.execute(statement)
    connection.close()
    index = open_fts_index(path, KEY)
    with pytest.raises(Corrupt):
        index.check(thorough=True)
    index.close()


def test_words_of_a_record_that_is_not_known_are_corrupt_in_every_way_of_asking(folded, tmp_path):
    path = copied(folded, tmp_path)
    connection = open_encrypted(path, KEY)
    connection.execute("DELETE FROM docs WHERE record_id = 'rec_000030'")
    connection.close()
    for ask in (
        lambda one: one.search(Words(Field.TEXT, ("roof",)), limit=500),
        lambda one: list(one.ids(_ANY)),
        lambda one: list(one.ids(Words(Field.TEXT, ("w30",)))),
        lambda one: one.facets(Words(Field.TEXT, ("roof",)), [FacetName.KIND], zone=ZONE, most=9),
    ):
        index = open_fts_index(path, KEY)
        with pytest.raises(Corrupt):
            ask(index)
        index.close()
