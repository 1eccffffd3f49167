"""Ledger → links: which better evidence holds the messages that pictures show, whichever of the two came first.

Rules:

- A follower of the ledger with a position of its own: it may lag, never misses. What it writes is made again from the
  records at any time; a batch that is repeated changes nothing. It looks at the records of those custodians alone of
  whom some picture was read (`search.matching_progress`).
- Digests find what may match, among the records of the same custodian alone; what does is found out from the texts.
- A picture is matched anew as a whole when it is read, corrected, or when something arrives that may match: so a link
  never outlives what it was concluded from. Nothing is written about a record that was destroyed meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import delete, insert, select

from search.compared_messages import held_messages, held_text, is_better, shown_messages, texts_of
from search.evidence import NO_PLACE, PAIR
from search.matching_progress import is_behind, move, next_stretch
from search.message_digests import better_digests, custodian_key, pictured_digests, unpacked
from search.settled_matches import settled
from storage.active_records import IS_ACTIVE
from storage.errors import Corrupt
from storage.matching_tables import message_digests, message_links
from storage.tables import records

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from search.message_matching import Said
    from storage.archive import Archive
    from storage.records import DescribedRecord
    from storage.transcription import Transcription

BATCH: Final = 256
_MOST_OPENED: Final = 40  # records compared with one picture: those that have most in common with it
_LEAST_SHARED: Final = 2
_PAGE: Final = 500
_POLL_SECONDS: Final = 0.02
log = structlog.get_logger()


class Matcher:
    """Links the pictures of one archive to better evidence."""

    def __init__(
        self,
        archive: Archive,
        *,
        batch: int = BATCH,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._archive = archive
        self._batch = batch
        self._lock_path = archive.folder / "index" / "matcher.lock"
        self._monotonic = monotonic
        self._wait = wait

    def follow_batch(self) -> bool:
        """Read one batch of events; whether it was a full one, behind which there may be more."""
        with self._turn() as mine:
            return mine and self._step()

    def catch_up(self, limit_seconds: float | None = None) -> None:
        """Follow until what is in the ledger now was read, or the time is over."""
        deadline = None if limit_seconds is None else self._monotonic() + limit_seconds
        while self._is_behind():
            with self._turn() as mine:
                if mine:
                    self._step()
            if deadline is not None and self._monotonic() >= deadline:
                return
            if not mine:
                self._wait(_POLL_SECONDS)

    def _is_behind(self) -> bool:
        with self._archive.store.read() as connection:
            return is_behind(self._archive.ledger, connection)

    def _step(self) -> bool:
        archive = self._archive
        with archive.store.read() as connection:
            stretch = next_stretch(archive.ledger, connection, self._batch)
        if stretch is None:
            return False
        ids = stretch.ids
        if not ids:
            with archive.store.write() as transaction:
                move(transaction.connection, stretch)
            return stretch.more
        opened = self._open(ids)
        rows = [row for one in opened for row in self._rows(*one)]
        with archive.store.write() as transaction:
            connection = transaction.connection
            for some in _chunks(ids):
                connection.execute(delete(message_digests).where(message_digests.c.record_id.in_(some)))
            active = _active(connection, ids)
            if kept := [row for row in rows if row["record_id"] in active]:
                connection.execute(insert(message_digests), kept)
        links, seen = self._links(rows)
        with archive.store.write() as transaction:
            connection = transaction.connection
            for some in _chunks([*seen, *ids]):
                connection.execute(delete(message_links).where(message_links.c.pictured_id.in_(some)))
            active = _active(connection, [link[end] for link in links for end in ("pictured_id", "better_id")])
            if kept := [one for one in links if one["pictured_id"] in active and one["better_id"] in active]:
                connection.execute(insert(message_links), kept)
            move(connection, stretch)
        return stretch.more

    def _rows(self, described: DescribedRecord, read: Transcription | None) -> Iterator[dict[str, Any]]:
        """What is written of a record: digests of what its pictures show, and of what it holds itself."""
        about = {"record_id": described.record.id, "custodian_id": described.record.custodian_id}
        key = custodian_key(self._archive.store.keyring.digest_key, described.record.custodian_id)
        if shown := texts_of(shown_messages(read)):
            yield {**about, "pictured": True, "digests": pictured_digests(key, shown)}
        if is_better(described):
            texts = texts_of(held_messages(described)) or [held_text(described)]
            if digests := better_digests(key, texts):
                yield {**about, "pictured": False, "digests": digests}

    def _links(self, rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
        """The links of every picture that these rows concern, and which pictures these are."""
        found: list[dict[str, Any]] = []
        seen: list[str] = []
        for custodian_id in dict.fromkeys(row["custodian_id"] for row in rows):
            mine = [row for row in rows if row["custodian_id"] == custodian_id]
            for picture, others in self._candidates(custodian_id, mine).items():
                seen.append(picture)
                found += self._links_of(picture, others)
        return found, seen

    def _candidates(self, custodian_id: str, fresh: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
        """The pictures of a custodian that fresh rows concern, each with the records that may hold their messages."""
        pictures = {row["record_id"]: frozenset(unpacked(row["digests"])) for row in fresh if row["pictured"]}
        with self._archive.store.read() as connection:
            rows = self._digests(connection, custodian_id, pictured=True)
            known = {record_id: frozenset(digests) for record_id, digests in rows}
        where: dict[int, list[str]] = {}
        for record_id, digests in known.items():
            for one in digests:
                where.setdefault(one, []).append(record_id)
        for row in fresh if where else ():
            if not row["pictured"]:
                touched = _counted(where, unpacked(row["digests"]))
                pictures |= {one: known[one] for one, shared in touched.items() if shared >= _LEAST_SHARED}
        if not pictures:
            return {}
        shared: dict[str, list[tuple[int, str]]] = {one: [] for one in pictures}
        with self._archive.store.read() as connection:
            for record_id, held in self._digests(connection, custodian_id, pictured=False):
                for picture, wanted in pictures.items():
                    count = len(wanted.intersection(held)) if picture != record_id else 0
                    if count >= _LEAST_SHARED:
                        shared[picture].append((count, record_id))
        return {
            picture: [one for _, one in sorted(others, reverse=True)[:_MOST_OPENED]]
            for picture, others in shared.items()
        }

    def _digests(
        self, connection: Connection, custodian_id: str, *, pictured: bool
    ) -> Iterator[tuple[str, array[int]]]:
        about = message_digests.c
        query = select(about.record_id, about.digests)
        query = query.where(about.custodian_id == custodian_id, about.pictured == pictured)
        for row in connection.execute(query.execution_options(yield_per=_PAGE)):
            yield row.record_id, unpacked(row.digests)

    def _links_of(self, picture: str, others: Sequence[str]) -> list[dict[str, Any]]:
        """The links of one picture, out of the records that may hold its messages."""
        mine = self._open([picture])
        shown = shown_messages(mine[0][1]) if mine else ()
        talks: dict[str, Sequence[Said]] = {}
        texts: dict[str, str] = {}
        for other in others if shown else ():
            for described, _ in self._open([other]):
                held = held_messages(described)
                if held:
                    talks[other] = held
                else:
                    texts[other] = held_text(described)
        matches = settled(shown, talks, texts)
        told = sum(bool(one.text) for one in shown)
        return [
            {
                "pictured_id": picture,
                "better_id": other,
                "shown": told,
                "pairs": b"".join(
                    [
                        struct.pack(PAIR, one.shown, NO_PLACE if one.held is None else one.held, one.equal)
                        for one in match.pairs
                    ]
                ),
            }
            for other, match in matches.items()
        ]

    def _open(self, ids: Sequence[str]) -> list[tuple[DescribedRecord, Transcription | None]]:
        """These records as far as they can be opened, each with the newest of what its pictures say."""
        archive = self._archive
        try:
            with archive.store.read() as connection:
                described = archive.catalogue.describe(connection, ids)
                read = archive.transcriptions.latest(connection, ids)
        except Corrupt:
            if len(ids) == 1:
                log.warning("matching.record_unreadable", record=ids[0])
                return []
            return [opened for one in ids for opened in self._open([one])]
        return [(one, read[one.record.id].transcription if one.record.id in read else None) for one in described]

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Whether it is ours to work; the kernel gives the lock back however a program dies."""
        descriptor = os.open(self._lock_path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)


def _counted(where: dict[int, list[str]], digests: Iterable[int]) -> dict[str, int]:
    shared: dict[str, int] = {}
    for one in digests:
        for record_id in where.get(one, ()):
            shared[record_id] = shared.get(record_id, 0) + 1
    return shared


def _active(connection: Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in _chunks(list(dict.fromkeys(ids))):
        query = select(records.c.id).where(records.c.id.in_(some), IS_ACTIVE)
        found |= set(connection.execute(query).scalars())
    return found


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
