"""What is sealed of requests is opened by every check, and a changed bit of it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import LargeBinary, event, func, insert, select, update

from archiver.checking import check_now
from archiver.checking_requests import REQUEST_COLUMNS
from search.disclosure.accepted_tables import accepted_occurrences
from search.disclosure.requests import Requests
from search.disclosure.review_tables import review_steps
from storage.archive import open_archive
from storage.columns import metadata
from storage.fixity_sealed_columns import SealedColumnPhase
from storage.keys import Secret, SlotKind, unlock
from storage.sealing import SealKind
from storage.tables import fixity_passes
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


NOTES = 25


def noted(archive: Archive) -> str:
    """A request with many notes of its review; its id."""
    requests = Requests(archive.store)
    with archive.store.read() as connection:
        request_id = requests.all(connection)[0].id
        key = requests.key(connection, request_id)
    with archive.store.write() as transaction:
        last = transaction.connection.execute(select(func.max(review_steps.c.number))).scalar() or 0
        row = {"request_id": request_id, "kind": "decide", "actor": ACTOR, "at": transaction.at, "position": 0}
        rows = [
            {
                **row,
                "number": last + number,
                "takes_back": None,
                "sealed_note": archive.store.vault.seal(key, SealKind.REQUEST, request_id, b"a note"),
            }
            for number in range(1, NOTES + 1)
        ]
        transaction.connection.execute(insert(review_steps), rows)
    return request_id


def phase_of(archive: Archive, name: str) -> SealedColumnPhase:
    return SealedColumnPhase(archive, next(one for one in REQUEST_COLUMNS if one.name == name))


def pages(phase: SealedColumnPhase, limit: int) -> list[tuple[str | None, list[str]]]:
    """Where each page of a walk ended, and the ids of its faults."""
    walked = []
    cursor: str | None = ""
    while cursor is not None:
        page = phase.page(cursor, limit)
        cursor = page.cursor
        walked.append((cursor, [one.id for one in page.tally.faults]))
    return walked


def test_a_request_with_very_many_rows_is_opened_in_pages_of_some_rows(archive: Archive) -> None:
    noted(archive)
    phase = phase_of(archive, "note of a review")
    asked: list[str] = []
    with archive.store.read() as connection:
        there = connection.execute(select(func.count(review_steps.c.sealed_note))).scalar_one()
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", lambda *some: asked.append(some[2]))
    walked = pages(phase, 7)
    assert len(walked) == there // 7 + 1
    assert len([one for one in asked if one.startswith("SELECT")]) == len(walked)
    assert all(ids == [] for _, ids in walked)


def test_a_walk_goes_on_behind_the_row_where_it_ended(archive: Archive) -> None:
    request_id = noted(archive)
    with archive.store.write() as transaction:
        where = (review_steps.c.request_id == request_id, review_steps.c.sealed_note.is_not(None))
        numbers = select(review_steps.c.number).where(*where).order_by(review_steps.c.number)
        numbers_there = transaction.connection.execute(numbers).scalars().all()
        broken = update(review_steps).where(review_steps.c.number == numbers_there[10], *where)
        transaction.connection.execute(broken.values(sealed_note=b"nothing that opens"))
    for limit in (1, 4, 7, 11, 100):
        found = pages(phase_of(archive, "note of a review"), limit)
        assert [ids for _, ids in found if ids] == [[request_id]]
        assert found[10 // limit][1] == [request_id]
    # one who was at it before pages were counted in rows had done all of a holder
    assert pages(phase_of(archive, "note of a review"), 7)[0][0] is not None
    assert phase_of(archive, "note of a review").page(request_id, 7).cursor is None


def test_a_cursor_has_room_for_any_key_and_parts_no_rows_that_it_cannot_tell(archive: Archive) -> None:
    request_id = noted(archive)
    with archive.store.write() as transaction:
        row = {"request_id": request_id, "string": "s" * 40, "at": transaction.at, "actor": ACTOR}
        rows = [
            {
                **row,
                "record_id": record,
                "part": f"{'p' * 200}{number}",
                "position": number,
                "sealed_reason": b"nothing that opens",
            }
            for record in ("rec_a", "rec_b")
            for number in range(5)
        ]
        transaction.connection.execute(insert(accepted_occurrences), rows)
    phase = phase_of(archive, "accepted occurrence")
    walked = pages(phase, 2)
    assert [len(ids) for _, ids in walked] == [5, 5, 0]
    longest = max(len(f"{phase.name}:{cursor}") for cursor, _ in walked)
    assert longest <= fixity_passes.c.cursor.type.length  # type: ignore[attr-defined]
