"""Whose records matching looks at: those of custodians with a picture, each once, and nobody else's."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from archiver import reading_turns
from search.matching import Matcher
from storage.matching_tables import matched_custodians, message_digests
from storage.tables import records
from tests.archiver.commands import CUSTODIAN, PERSONAL, Office, a_mail, new_office
from tests.archiver.test_matching_pictures import OTHER, SAID, an_export, opened
from tests.archiver.test_picture_command import OFF, PLANTED, hand_in, png

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archiver.wiring import Installation


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(reading_turns, "READER_MODULE", PLANTED)
    office = new_office(tmp_path / "archive")
    office.json("custodian", "add", OTHER, "--name", "Lee Moreau")
    return office


def counted(installation: Installation, monkeypatch: pytest.MonkeyPatch, *, batch: int) -> Counter[str]:
    """How often each record is opened while matching catches up."""
    catalogue = installation.archive.catalogue
    seen: Counter[str] = Counter()
    describe = type(catalogue).describe

    def watched(self: object, connection: object, ids: Sequence[str]) -> object:
        seen.update(ids)
        return describe(self, connection, ids)

    monkeypatch.setattr(type(catalogue), "describe", watched)
    Matcher(installation.archive, batch=batch).catch_up()
    monkeypatch.setattr(type(catalogue), "describe", describe)
    return seen


def owners(installation: Installation) -> dict[str, str]:
    with installation.archive.store.read() as connection:
        rows = connection.execute(select(records.c.id, records.c.custodian_id)).all()
    return {row.id: row.custodian_id for row in rows}


def hand_in_picture(office: Office, path: Path, mark: str = "") -> str:
    return hand_in(office, path, png(*(f"said:{one}" for one in (*SAID, *([mark] if mark else [])))))


def test_without_a_picture_no_record_is_opened(office, tmp_path, monkeypatch):
    an_export(office, tmp_path)
    with opened(office) as installation:
        assert counted(installation, monkeypatch, batch=2) == {}


@pytest.mark.parametrize("batch", [1, 2, 256])
def test_only_records_of_custodians_with_a_picture_are_opened_and_digested(office, tmp_path, monkeypatch, batch):
    for number in range(5):
        path = tmp_path / f"{number}.eml"
        path.write_bytes(a_mail(f"Letter {number}", f"The museum is closed on day {number}.", sender=PERSONAL))
        office.json("ingest", str(path), "--custodian", OTHER if number % 2 else CUSTODIAN)
    others = an_export(office, tmp_path, OTHER)
    mine = an_export(office, tmp_path)
    picture = hand_in_picture(office, tmp_path / "a.png")
    office.json("picture", "read")
    with opened(office) as installation:
        of = owners(installation)
        seen = counted(installation, monkeypatch, batch=batch)
        assert len(of) == 8
        assert {of[one] for one in seen} == {of[mine]}
        assert len(seen) == 5
        assert others not in seen
        with installation.archive.store.read() as connection:
            digested = set(connection.execute(select(message_digests.c.custodian_id)).scalars())
            about = connection.execute(select(matched_custodians)).all()
        assert digested == {of[mine]}
        assert [(row.custodian_id, row.whole) for row in about] == [(of[mine], True)]
        assert counted(installation, monkeypatch, batch=batch) == {}
    assert [one["record"] for one in office.json("record", "show", picture)["evidence"]] == [mine]


@pytest.mark.parametrize("batch", [1, 256])
def test_a_custodian_whose_first_picture_comes_later_is_caught_up_on(office, tmp_path, monkeypatch, batch):
    others = an_export(office, tmp_path, OTHER)
    hand_in_picture(office, tmp_path / "a.png")
    office.json("picture", "read")
    with opened(office) as installation:
        assert others not in counted(installation, monkeypatch, batch=batch)
    path = tmp_path / "b.png"
    path.write_bytes(png(*(f"said:{one}" for one in SAID), "said:And a word of mine"))
    assert office.json("ingest", str(path), "--custodian", OTHER, **OFF)["archived"] == 1
    picture = max(one["id"] for one in office.json("record", "list"))
    office.json("picture", "read")
    with opened(office) as installation:
        Matcher(installation.archive, batch=batch).catch_up()
    assert [one["record"] for one in office.json("record", "show", picture)["evidence"]] == [others]
