"""What is sealed of requests is opened by every check, and a changed bit of it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import LargeBinary, select, update

from archiver.checking import check_now
from archiver.checking_requests import REQUEST_COLUMNS
from storage.archive import open_archive
from storage.columns import metadata
from storage.keys import Secret, SlotKind, unlock
from tests.storage.archives import ACTOR
from tests.vectors.archives import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.archive import Archive

# tables of `search.disclosure` hang on a request
_TABLES = [
    table
    for table in metadata.sorted_tables
    if table.name == "disclosure_requests"
    or any(one.column.table.name == "disclosure_requests" for one in table.foreign_keys)
]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """The frozen archive, with a request that was redacted and produced."""
    frozen = unpack(3, tmp_path)
    opened = open_archive(
        frozen.folder,
        unlock(frozen.folder / "keys", Secret(kind=SlotKind.PASSPHRASE, content=frozen.passphrase.encode())),
    )
    yield opened
    opened.close()


def test_every_sealed_column_of_requests_is_opened() -> None:
    known = {(one.sealed.table.name, one.sealed.name) for one in REQUEST_COLUMNS}
    sealed = {
        (table.name, column.name)
        for table in _TABLES
        for column in table.columns
        if isinstance(column.type, LargeBinary) and column.name.startswith("sealed_")
    }
    assert len(sealed) > 10
    assert known == sealed


def test_a_changed_bit_of_any_is_told_by_its_name(archive: Archive) -> None:
    changed = set()
    for column in REQUEST_COLUMNS:
        with archive.store.write() as transaction:
            there = select(column.sealed).where(column.sealed.is_not(None))
            sealed = transaction.connection.execute(there).scalars().first()
            if sealed is None:
                continue  # the frozen archive has none of these
            flipped = bytes([*sealed[:-1], sealed[-1] ^ 1])
            rows = update(column.sealed.table).where(column.sealed == sealed)
            transaction.connection.execute(rows.values({column.sealed.name: flipped}))
        changed.add(column.name)
    assert {"request", "redactions of a record", "production", "papers of a production"} <= changed
    report, _ = check_now(archive, actor=ACTOR)
    assert changed <= {one.kind for one in report.faults}


def test_what_was_not_changed_opens(archive: Archive) -> None:
    report, _ = check_now(archive, actor=ACTOR)
    assert report.faults == []
