"""A transfer in an archive of three mails, for the tests of transfers: approved, packaged, not answered yet."""

from __future__ import annotations

import functools
import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from storage.tables import records
from tests.archiver.commands import Office
from tests.archiver.test_disposition_commands import DAY, act, filled_once, opened, schedule  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

ARCHIVES = '{ do = "transfer_permanently", party = "State Archives" }'
APPRAISAL = '{ do = "transfer_for_appraisal", party = "State Archives" }'


def transfer(office, steps: str) -> str:
    """An approved transfer of all three records."""
    schedule(office, steps)
    batch = act(office, "olga", "propose", "--today", DAY, "--action", "transfer")["id"]
    assert act(office, "anna", "approve", batch)["state"] == "approved"
    return batch


def packaged(office, batch: str, name: str = "bag") -> Path:
    folder = office.folder.parent / name
    act(office, "olga", "package", batch, "--to", str(folder))
    return folder


def states(office: Office) -> list[str]:
    """The states of all records."""
    house = opened(office)
    with house.archive.store.read() as connection:
        found = sorted(connection.execute(select(records.c.state)).scalars())
    house.close()
    return found


def ids_of(office, batch: str) -> list[str]:
    return [one["id"] for one in act(office, "olga", "show", batch)["decisions"]]


def lines_of(path: Path) -> dict[str, str]:
    pairs = [line.split("  ", 1) for line in path.read_text().splitlines()]
    assert len({name for _, name in pairs}) == len(pairs)
    return {name: digest for digest, name in pairs}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An archive with an approved transfer of three records to the archives, and its package."""

    office: Office
    batch: str
    bag: Path

    @property
    def manifest(self) -> str:
        return hashlib.sha256((self.bag / "manifest-sha256.txt").read_bytes()).hexdigest()

    def accept(self, *options: str, who: str = "olga", status: int = 0):
        return act(self.office, who, "accept", self.batch, "--reference", "Letter 12", *options, status=status)

    def execute(self, *options: str, status: int = 0):
        return act(self.office, "olga", "execute", self.batch, *options, status=status)


@functools.cache  # a fixture that is imported is made again for every file; this is only copied from
def sent_from(filled: Path) -> Sent:
    place = filled.parent.with_name("sent")
    place.mkdir()
    shutil.copy(filled.parent / "tokens.json", place)
    whole = Office(folder=shutil.copytree(filled, place / "archive"))
    batch = transfer(whole, ARCHIVES)
    return Sent(office=whole, batch=batch, bag=packaged(whole, batch))


@pytest.fixture(scope="module")
def sent_once(filled_once) -> Sent:  # noqa: F811 - a fixture
    return sent_from(filled_once)


@pytest.fixture
def sent(sent_once, tmp_path) -> Sent:
    shutil.copytree(sent_once.office.folder.parent, tmp_path, dirs_exist_ok=True)
    return Sent(office=Office(folder=tmp_path / "archive"), batch=sent_once.batch, bag=tmp_path / "bag")
