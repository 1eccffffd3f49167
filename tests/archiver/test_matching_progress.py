"""Whose records matching looks at: those of custodians with a picture, each once, and nobody else's."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from sqlalchemy import select

from archiver import reading_turns
from search.matching import Matcher
from storage.matching_tables import matched_custodians, message_digests
from storage.tables import records
from tests.archiver.commands import CUSTODIAN, PERSONAL, Office, a_mail
from tests.archiver.test_matching_pictures import OTHER, SAID, an_export, opened
from tests.archiver.test_picture_command import OFF, PLANTED, hand_in, png

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from archiver.wiring import Installation


@pytest.fixture(autouse=True, scope="module")
def _planted() -> Iterator[None]:
    with mock.patch.object(reading_turns, "READER_MODULE", PLANTED):
        yield


@pytest.fixture(scope="module")
def two_custodians(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    office = Office(folder=shutil.copytree(new_archive, tmp_path_factory.mktemp("two") / "archive"))
    office.json("custodian", "add", OTHER, "--name", "Lee Moreau")
    return office.folder


@pytest.fixture
def office(two_custodians: Path, tmp_path: Path) -> Office:
    return Office(folder=shutil.copytree(two_custodians, tmp_path / "archive"))


@dataclass(frozen=True, kw_only=True)
class Made:
    """An archive in which nothing was matched yet, and records of it."""

    folder: Path
    others: str
    mine: str = ""
    picture: str = ""


@pytest.fixture(scope="module")
def with_mails(two_custodians: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Mails and an export of each custodian, and a picture of one."""
    place = tmp_path_factory.mktemp("mails")
    office = Office(folder=shutil.copytree(two_custodians, place / "archive"))
    for whose, numbers in ((CUSTODIAN, (0, 2, 4)), (OTHER, (1, 3))):
        inbox = place / whose
        inbox.mkdir()
        for number in numbers:
            mail = a_mail(f"Letter {number}", f"The museum is closed on day {number}.", sender=PERSONAL)
            (inbox / f"{number}.eml").write_bytes(mail)
        office.json("ingest", str(inbox), "--custodian", whose)
    others, mine = an_export(office, place, OTHER), an_export(office, place)
    picture = hand_in_picture(office, place / "a.png")
    office.json("picture", "read")
    return Made(folder=office.folder, others=others, mine=mine, picture=picture)


@pytest.fixture(scope="module")
def with_one_picture(two_custodians: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A picture of one custodian, and an export of the other."""
    place = tmp_path_factory.mktemp("one")
    office = Office(folder=shutil.copytree(two_custodians, place / "archive"))
    others = an_export(office, place, OTHER)
    hand_in_picture(office, place / "a.png")
    office.json("picture", "read")
    return Made(folder=office.folder, others=others)


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
def test_only_records_of_custodians_with_a_picture_are_opened_and_digested(with_mails, tmp_path, monkeypatch, batch):
    office = Office(folder=shutil.copytree(with_mails.folder, tmp_path / "archive"))
    mine = with_mails.mine
    with opened(office) as installation:
        of = owners(installation)
        seen = counted(installation, monkeypatch, batch=batch)
        assert len(of) == 8
        assert {of[one] for one in seen} == {of[mine]}
        assert len(seen) == 5
        assert with_mails.others not in seen
        with installation.archive.store.read() as connection:
            digested = set(connection.execute(select(message_digests.c.custodian_id)).scalars())
            about = connection.execute(select(matched_custodians)).all()
        assert digested == {of[mine]}
        assert [(row.custodian_id, row.whole) for row in about] == [(of[mine], True)]
        assert counted(installation, monkeypatch, batch=batch) == {}
    assert [one["record"] for one in office.json("record", "show", with_mails.picture)["evidence"]] == [mine]


@pytest.mark.parametrize("batch", [1, 256])
def test_a_custodian_whose_first_picture_comes_later_is_caught_up_on(with_one_picture, tmp_path, monkeypatch, batch):
    office = Office(folder=shutil.copytree(with_one_picture.folder, tmp_path / "archive"))
    others = with_one_picture.others
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
