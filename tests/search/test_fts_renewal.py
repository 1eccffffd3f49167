"""An index written anew has no word, no value and no number of the records that it was written without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from search.fts_export import export_without
from search.fts_index import open_fts_index
from search.index import FacetName
from search.queries import Between, Clock, Field, Like, Likeness, Words
from storage.database import open_encrypted
from tests.search.building import ZONE, document

KEY, NEXT_KEY = b"k" * 32, b"n" * 32
_ANY = Between(Clock.CAPTURED, None, None)


def made(number: int, secret: str):
    one = document(number, text=f"roof {secret} common", names=(f"{secret}file.pdf",))
    return replace(
        one,
        custodian_id=f"cus_{secret}",
        correspondents=(f"{secret}@z.example", "all@z.example"),
        columns=tuple(f"{line} {secret}{place}" for place, line in enumerate(one.columns)),
    )


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "gen-1.db"
    index = open_fts_index(path, KEY, create=True)
    index.add([made(number, f"secret{number:03}x") for number in range(60)], 9)
    index.close()
    return path


def everything_in(path, key) -> str:
    """All values of all tables, FTS5's own included, decrypted, as text."""
    connection = open_encrypted(path, key)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = []
    for name in names:
        if name != "words":
            found += [str(value) for row in connection.execute(f"SELECT * FROM {name}") for value in row]
    connection.close()
    return "\n".join(found)


@pytest.mark.parametrize("gone", [1, 6, 30, 59])
def test_nothing_of_the_destroyed_is_in_any_table(source, tmp_path, gone):
    target = tmp_path / "gen-2.db"
    export_without(source, KEY, target, NEXT_KEY, [f"rec_{number:06}" for number in range(gone)])
    content = everything_in(target, NEXT_KEY)
    for number in range(60):
        assert (f"secret{number:03}x" in content) == (number >= gone), number
    index = open_fts_index(target, NEXT_KEY)
    index.check(thorough=True)
    assert index.position() == 9
    assert index.counts().indexed == 60 - gone
    assert index.search(Words(Field.TEXT, ("common",)), limit=0).total == 60 - gone
    assert len(index.expand(Like(Field.TEXT, Likeness.GLOB, "secret*"), 9_999)) >= 60 - gone
    custodians = index.facets(_ANY, [FacetName.CUSTODIAN, FacetName.CORRESPONDENT], zone=ZONE, most=99)
    assert [len(facet.counts) for facet in custodians] == [60 - gone, 61 - gone]
    index.close()


def test_what_a_writer_remembers_of_swept_words_and_values_is_given_up(source, tmp_path):
    writer = open_fts_index(source, KEY)
    writer.add([made(70, "secret070x")], 10)
    export_without(source, KEY, tmp_path / "gen-2.db", NEXT_KEY, ["rec_000070"])
    writer.add([replace(made(70, "secret070x"), record_id="rec_000071")], 11)
    assert writer.search(Like(Field.TEXT, Likeness.GLOB, "*cret070*"), limit=0).total == 1
    custodians = writer.facets(_ANY, [FacetName.CUSTODIAN], zone=ZONE, most=99)[0]
    assert ("cus_secret070x", 1) in custodians.counts
    writer.check(thorough=True)
    writer.close()


def test_the_facts_that_a_reader_has_in_memory_follow_a_renewal_of_its_file(source, tmp_path):
    reader = open_fts_index(source, KEY)
    asked = {"names": [FacetName.CUSTODIAN], "zone": ZONE, "most": 99}
    assert len(reader.facets(_ANY, **asked)[0].counts) == 60
    export_without(source, KEY, tmp_path / "gen-2.db", NEXT_KEY, ["rec_000001"])
    assert len(reader.facets(_ANY, **asked)[0].counts) == 59
    reader.close()
