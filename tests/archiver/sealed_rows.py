"""What commands sealed of requests before the check of everything: whole, and with a byte of each column changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from archiver.checking import check_now
from archiver.checking_requests import REQUEST_COLUMNS
from tests.archiver.search_work_scene import opened

if TYPE_CHECKING:
    from storage.archive import Archive
    from storage.fixity_report import SealedColumn
    from tests.archiver.commands import Office

ACTOR = "operator:test"


def prove_sealed(office: Office, *expected: str) -> None:
    """Assert that `verify` opens every row, and tells a changed byte of each column that has any by its name.

    Args:
        office: an archive in which commands were run; it is afterwards as it was.
        expected: names of columns (`REQUEST_COLUMNS`) that must have a row.
    """
    installation = opened(office)
    try:
        archive = installation.archive
        there = _rows(archive)
        assert set(expected) <= there.keys()
        assert faults_of(archive) == []
        for column, sealed in there.values():
            _write(archive, column, sealed, bytes([*sealed[:-1], sealed[-1] ^ 1]))
        told = {kind for kind, _ in faults_of(archive)}
        assert told >= there.keys()
        for column, sealed in there.values():
            _write(archive, column, bytes([*sealed[:-1], sealed[-1] ^ 1]), sealed)
    finally:
        installation.close()


def faults_of(archive: Archive) -> list[tuple[str, str]]:
    """What a check of everything tells, by kind."""
    report, _ = check_now(archive, actor=ACTOR)
    return [(one.kind, one.detail) for one in report.faults]


def _rows(archive: Archive) -> dict[str, tuple[SealedColumn, bytes]]:
    """A sealed value of each column that has one."""
    found: dict[str, tuple[SealedColumn, bytes]] = {}
    with archive.store.read() as connection:
        for column in REQUEST_COLUMNS:
            query: Any = select(column.sealed).where(column.sealed.is_not(None)).limit(1)
            sealed = connection.execute(query).scalar()
            if sealed is not None:
                found[column.name] = (column, bytes(sealed))
    return found


def _write(archive: Archive, column: SealedColumn, old: bytes, new: bytes) -> None:
    with archive.store.write() as transaction:
        change = update(column.sealed.table).where(column.sealed == old).values({column.sealed.name: new})
        assert transaction.connection.execute(change).rowcount == 1
