"""Objects against their rows: files that no row names, and rows whose file is gone.

Rules:

- A file without a row was never acknowledged: its writer was killed before the commit, and no key of it exists. It
  is removed once it is an hour old, and after a look under the write lock that there is still no row.
- A row without a file is a loss, and an alarm: it is named with its record, and nothing is done about it.
- Files and rows are compared folder by folder, a 256th of all names at a time, the rows in one ordered pass over pages;
  only a file that no row names is looked at more closely.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from storage.files import sync_folder
from storage.tables import destructions, losses, objects, records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime, timedelta
    from pathlib import Path

    from sqlalchemy import Connection

    from storage.archive import Archive

MOST_NAMED = 1_000
"""Missing objects that a report names, at most; it counts them all."""
_BLOB_ID = re.compile(r"[0-9a-f]{64}")
_TOGETHER = 500
_PAGE = 10_000
_PREFIX = 2
_NO_MORE: tuple[str, Iterator[str]] = ("g", iter(()))  # behind every hexadecimal digit


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingObject:
    """An object that a row names and the store does not have; `record` is "" where none was made of it."""

    blob_id: str
    holder: str
    record: str


@dataclass(slots=True, kw_only=True)
class ObjectSurvey:
    """What was found. `young` are files without a row that may still get one."""

    objects: int = 0
    orphans: int = 0
    young: int = 0
    missing_count: int = 0
    missing: list[MissingObject] = field(default_factory=list)


def survey_objects(archive: Archive, *, older_than: timedelta, remove: bool) -> ObjectSurvey:
    """Compare all files with all rows; with `remove`, orphans older than `older_than` are removed and counted."""
    found = ObjectSurvey()
    root = archive.folder / "objects"
    border = archive.store.clock() - older_than
    for prefix, named in _by_folder(_names_of_rows(archive)):
        there = _names_of_files(root / prefix)
        found.objects += len(there)
        found.orphans += _remove_orphans(archive, root / prefix, sorted(there - named), border, found, remove=remove)
        for start in range(0, len(lost := sorted(named - there)), _TOGETHER):
            _take_down_missing(archive, lost[start : start + _TOGETHER], found)
    return found


def _names_of_rows(archive: Archive) -> Iterator[str]:
    """Every name that a row has, in order; each page is a read of its own, and newer than the one before."""
    after = ""
    while True:
        with archive.store.read() as connection:
            page = select(objects.c.blob_id).where(objects.c.blob_id > after).order_by(objects.c.blob_id).limit(_PAGE)
            names = connection.execute(page).scalars().all()
        if not names:
            return
        after = names[-1]
        yield from names


def _by_folder(names: Iterable[str]) -> Iterator[tuple[str, set[str]]]:
    """Each of the 256 folders, in order, with those of the ordered names that belong into it."""
    groups = groupby(names, key=lambda name: name[:_PREFIX])
    prefix, group = next(groups, _NO_MORE)
    for number in range(256):
        folder = f"{number:02x}"
        while prefix < folder:  # no folder is called so, because no object is
            prefix, group = next(groups, _NO_MORE)
        named: set[str] = set()
        if prefix == folder:
            named = set(group)
            prefix, group = next(groups, _NO_MORE)
        yield folder, named


def _names_of_files(folder: Path) -> set[str]:
    try:
        return {name for name in os.listdir(folder) if _BLOB_ID.fullmatch(name)}  # noqa: PTH208 - names are all it needs
    except FileNotFoundError:
        return set()


def _remove_orphans(
    archive: Archive, folder: Path, names: list[str], border: datetime, found: ObjectSurvey, *, remove: bool
) -> int:
    old: list[str] = []
    for name in names:
        try:
            is_old = (folder / name).stat().st_mtime < border.timestamp()
        except FileNotFoundError:
            continue
        if is_old:
            old.append(name)
        else:
            found.young += 1
    removed = 0
    for start in range(0, len(old), _TOGETHER):
        some = old[start : start + _TOGETHER]
        removed += _remove_unnamed(archive, folder, some) if remove else len(some) - len(_named_now(archive, some))
    if remove and removed:
        sync_folder(folder)
    return removed


def _remove_unnamed(archive: Archive, folder: Path, names: list[str]) -> int:
    """Remove those that no row names, all under the write lock: a depositor that was held up looks there again."""
    with archive.store.write() as transaction:
        orphans = set(names) - _named(transaction.connection, names)
        for name in orphans:
            (folder / name).unlink(missing_ok=True)
    return len(orphans)


def _named_now(archive: Archive, names: list[str]) -> set[str]:
    with archive.store.read() as connection:
        return _named(connection, names)


def _named(connection: Connection, names: list[str]) -> set[str]:
    return set(connection.execute(select(objects.c.blob_id).where(objects.c.blob_id.in_(names))).scalars())


def _take_down_missing(archive: Archive, names: list[str], found: ObjectSurvey) -> None:
    """Look again, at rows and store both, since a deposit or a destruction may have come between."""
    with archive.store.read() as connection:
        rows = connection.execute(select(objects.c.blob_id, objects.c.holder).where(objects.c.blob_id.in_(names))).all()
        holders = [row.holder for row in rows]
        settled = _settled(connection, holders)
        made = select(records.c.holder, records.c.id).where(records.c.holder.in_(holders))
        record_of = {row.holder: row.id for row in connection.execute(made)}
    for row in rows:
        if row.holder in settled or archive.blobs.contains(row.blob_id):
            continue
        found.missing_count += 1
        if len(found.missing) < MOST_NAMED:
            record = record_of.get(row.holder, "")
            found.missing.append(MissingObject(blob_id=row.blob_id, holder=row.holder, record=record))


def _settled(connection: Connection, holders: list[str]) -> set[str]:
    """Holders whose objects may be gone: destroyed, and not yet swept up, or declared lost by a restore."""
    gone = select(destructions.c.record_id, destructions.c.submission_id)
    gone = gone.where(or_(destructions.c.record_id.in_(holders), destructions.c.submission_id.in_(holders)))
    settled = {one for row in connection.execute(gone) for one in row}
    settled.update(connection.execute(select(losses.c.subject).where(losses.c.subject.in_(holders))).scalars())
    of_lost = select(records.c.holder).join(losses, losses.c.subject == records.c.id)
    settled.update(connection.execute(of_lost.where(records.c.holder.in_(holders))).scalars())
    return settled
