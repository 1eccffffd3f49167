"""Destroyed records are tried to be had back from copies taken before, with every key that is left now.

For each share of the records (1, 10, 1 % and 50 %): the files of the living archive are copied (database, log, shared
memory, objects, index) before the destruction, after its decision, and after its end; then each copy is opened with
the keys that the archive has now, and each key that is left is tried on everything about each destroyed record. Every
destroyed record in every copy is one attempt. What the archive's own files still hold, deciphered page by page, is
searched for the sealed bytes, the digest and the words of each.

The attack itself is tried first: with a copy of keys/ of before, which is the limit that a certificate states, it must
have every record back. The records that stay must be there, unchanged.
"""

from __future__ import annotations

import random
import shutil
import string
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import sqlcipher3.dbapi2 as sqlcipher3
from sqlalchemy import select

from storage.database import DatabaseError, engine_for, open_encrypted
from storage.errors import ArchiveError, Corrupt
from storage.keys import unlock
from storage.sealing import SealKind, unseal
from storage.tables import (
    descriptions,
    ledger_payloads,
    ledger_subjects,
    submission_digests,
    submissions,
    wrapped_keys,
)
from tests.faults.campaign import Campaign, Counts
from tests.faults.destruction_archives import copy_files, deciphered, house_of_words, in_memory
from tests.storage.archives import ACTOR, RECOVERY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.wiring import Installation
    from storage.archive import Archive
    from tests.faults.destruction_archives import Target

COPIES = 3
_WORD_LETTERS = 18
# in a segment a word stands without what it shares with the one before it: its stem, or another word's beginning
_OWN_LETTERS = slice(4, 12)
_NEEDLE = 48


@dataclass(kw_only=True)
class Thief:
    """Copies of an archive, and the keys that somebody has who may read its folder now."""

    archive_id: str
    database_key: bytes
    keys: list[bytes] = field(default_factory=list)
    tried: int = 0

    @classmethod
    def of(cls, keys_folder: Path) -> Thief:
        """Everything that opens in a folder keys/, used for whatever it is not meant for too."""
        keyring = unlock(keys_folder, RECOVERY)
        every = [keyring.master, keyring.database_key, keyring.digest_key, keyring.backup_key]
        every.append(keyring.signing_key.private_bytes_raw())
        every += [keyring.epoch_key(number) for number in keyring.epoch_files()]
        every += [keyring.index_key(int(path.name)) for path in (keys_folder / "index").iterdir()]
        return cls(archive_id=keyring.archive_id, database_key=keyring.database_key, keys=every)

    def _open(self, kind: SealKind, name: str, sealed: bytes, also: Sequence[bytes]) -> list[bytes]:
        opened = []
        for key in (*self.keys, *also):
            self.tried += 1
            try:
                opened.append(unseal(key, archive_id=self.archive_id, kind=kind, object_id=name, sealed=sealed))
            except Corrupt:
                continue
        return opened

    def take_back(self, copy: Path, wanted: Sequence[Target]) -> dict[str, set[str]]:
        """What could be opened in a copy, by record: names of places."""
        engine = engine_for(copy / "archive.db", self.database_key)
        try:
            with engine.connect() as connection:
                return {one.record_id: self._take_one(connection, copy, one) for one in wanted}
        finally:
            engine.dispose()

    def _take_one(self, connection, copy: Path, one: Target) -> set[str]:
        about = select(ledger_subjects.c.position).where(
            ledger_subjects.c.subject.in_([one.record_id, one.submission_id])
        )
        payloads = connection.execute(select(ledger_payloads).where(ledger_payloads.c.position.in_(about))).all()
        holders = [one.record_id, one.submission_id, *(row.event_id for row in payloads)]
        rows = connection.execute(select(wrapped_keys).where(wrapped_keys.c.holder.in_(holders))).all()
        held = [key for row in rows for key in self._open(SealKind.WRAPPED_KEY, row.holder, row.wrapped, ())]
        places = {"key"} if held else set()
        sealed = [
            (SealKind.DESCRIPTION, one.record_id, descriptions.c.sealed_description, descriptions.c.record_id),
            (SealKind.ENVELOPE, one.submission_id, submissions.c.sealed_envelope, submissions.c.id),
        ]
        for kind, name, column, whose in sealed:
            content = connection.execute(select(column).where(whose == name)).scalar()
            if content and self._open(kind, name, content, held):
                places.add(kind.name)
        for row in payloads:
            if self._open(SealKind.EVENT_PAYLOAD, row.event_id, row.sealed_payload, held):
                places.add(SealKind.EVENT_PAYLOAD.name)
        path = copy / "objects" / one.blob_id[:2] / one.blob_id
        if path.exists() and self._open(SealKind.SUBMISSION, one.submission_id, path.read_bytes(), held):
            places.add(SealKind.SUBMISSION.name)
        return places

    def opens_index(self, copy: Path) -> list[Path]:
        """The generations in a copy that some key opens."""
        opened = []
        for path in (copy / "index").glob("gen-*.db"):
            for key in self.keys:
                self.tried += 1
                try:
                    open_encrypted(path, key).close()
                except ArchiveError:
                    continue
                opened.append(path)
        return opened


def needles(archive: Archive, wanted: Sequence[Target]) -> dict[str, list[bytes]]:
    """Bytes that only stand in the database while a record does: beginnings of what is sealed, and its digest."""
    found: dict[str, list[bytes]] = {}
    with archive.store.read() as connection:
        for one in wanted:
            query = [
                select(descriptions.c.sealed_description).where(descriptions.c.record_id == one.record_id),
                select(submissions.c.sealed_envelope).where(submissions.c.id == one.submission_id),
                select(wrapped_keys.c.wrapped).where(wrapped_keys.c.holder == one.submission_id),
                select(submission_digests.c.tag).where(submission_digests.c.submission_id == one.submission_id),
            ]
            content = [bytes(connection.execute(each).scalar_one()) for each in query]
            # the end: every container of an object begins with the same header
            found[one.record_id] = [each[-_NEEDLE:][:32] for each in content]
    return found


def _words(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(string.ascii_lowercase, k=_WORD_LETTERS)) for _ in range(count)]


def _index_content(house: Installation) -> bytes:
    """What the index's file holds: its pages one by one, and its segments, which go on from page to page."""
    number = house.generations.current()
    path, key = house.generations.path(number), house.archive.keyring.index_key(number)
    connection = open_encrypted(path, key)
    try:
        blocks = [row[0] for row in connection.execute("SELECT block FROM words_data")]
    finally:
        connection.close()
    return b"".join((*blocks, deciphered(path, key)))


def _holds(index: bytes, one: Target) -> bool:
    return one.word[_OWN_LETTERS].encode() in index


def undelete(place: Path, words: list[str], share: int) -> tuple[int, int, list[str]]:
    """Destroy the first `share` records of a new archive and attack; attempts, keys tried, and what went wrong."""
    house, all_targets = house_of_words(place / "archive", words)
    failures: list[str] = []
    gone, stay = all_targets[:share], all_targets[share:]
    archive = house.archive
    try:
        wanted = needles(archive, gone)
        before = copy_files(archive.folder, place / "before", keys=True)
        pages = deciphered(archive.folder / "archive.db", archive.keyring.database_key)
        if not all(any(one in pages for one in each) for each in wanted.values()):
            failures.append("the search for sealed bytes does not find them where they are")
        index = _index_content(house)
        if not all(_holds(index, one) for one in gone):
            failures.append("the search for words does not find them in the index where they are")
        destroying = house.destroying()
        batch_id = destroying.destroy([one.record_id for one in gone], actor=ACTOR)
        decided = copy_files(archive.folder, place / "decided", keys=False)
        if destroying.advance(actor=ACTOR, at_once=True) != (batch_id,):
            failures.append("the destruction was not confirmed")
        after = copy_files(archive.folder, place / "after", keys=False)
        failures += _left_in_files(house, gone, wanted)
        failures += _lost(house, stay)
    finally:
        house.close()
    owner = Thief.of(before / "keys")  # the limit: whoever has keys/ of before has the records of before
    for one, places in owner.take_back(_fresh(before), gone).items():
        if places != {"key", *(kind.name for kind in _EVERYWHERE)}:
            failures.append(f"with keys/ of before {one} should be had back, and only {sorted(places)} was")
    if not owner.opens_index(_fresh(before)):
        failures.append("with keys/ of before the index should open")
    thief = Thief.of(archive.folder / "keys")
    for copy in (before, decided, after):
        for one, places in thief.take_back(_fresh(copy), gone).items():
            failures += [f"{copy.name}: {place} of {one} opened" for place in places]
    failures += [f"{copy.name}: an old index opened" for copy in (before, decided) if thief.opens_index(_fresh(copy))]
    return COPIES * len(gone), thief.tried, failures


_EVERYWHERE = (SealKind.DESCRIPTION, SealKind.ENVELOPE, SealKind.EVENT_PAYLOAD, SealKind.SUBMISSION)


def _fresh(copy: Path) -> Path:
    """A copy of the copy: to open one changes it."""
    to = copy.with_name(f"{copy.name}-opened")
    shutil.rmtree(to, ignore_errors=True)
    return shutil.copytree(copy, to)


def _left_in_files(house: Installation, gone: Sequence[Target], wanted: dict[str, list[bytes]]) -> list[str]:
    """What the archive's own files still have of the destroyed records."""
    archive = house.archive
    pages = deciphered(archive.folder / "archive.db", archive.keyring.database_key)
    index = _index_content(house)
    left = [
        f"pages of the database hold {one.record_id}"
        for one in gone
        if any(needle in pages for needle in wanted[one.record_id])
    ]
    left += [f"the index holds a word of {one.record_id}" for one in gone if _holds(index, one)]
    raw = [path.read_bytes() for path in archive.folder.rglob("*") if path.is_file()]
    left += [
        f"a file holds a word of {one.record_id}" for one in gone if any(one.word.encode() in each for each in raw)
    ]
    return left


def _lost(house: Installation, stay: Sequence[Target]) -> list[str]:
    """What went with the destroyed records although it should have stayed."""
    archive = house.archive
    lost = []
    for one in stay:
        try:
            with archive.store.read() as connection:
                (described,) = archive.catalogue.describe(connection, [one.record_id])
                content = archive.submissions.content(connection, one.submission_id)
            if one.word not in described.description.text or content != one.word.encode():
                lost.append(f"{one.record_id} changed")
        except (ArchiveError, DatabaseError, ValueError) as error:
            lost.append(f"{one.record_id} is lost: {type(error).__name__}")
    indexed = house.index.counts().indexed
    if indexed != len(stay):
        lost.append(f"the index has {indexed} of {len(stay)} records")
    return lost


def run(seed: int, count: int) -> Counts:
    """Attack at least `count` destroyed records in copies; the shares are 1, 10, 1 % and 50 % of an archive."""
    records = max(40, -(-count // COPIES) * 2)
    tried = attempts = 0
    failures: list[str] = []
    sqlcipher3.connect(":memory:").execute("PRAGMA cipher_log_level = NONE")  # it tells of every wrong key
    for at, share in enumerate((1, 10, max(1, records // 100), records // 2)):
        with tempfile.TemporaryDirectory(prefix="undelete-", dir=in_memory()) as name:
            done, keys, wrong = undelete(Path(name), _words(seed + at, records), share)
        attempts += done
        tried += keys
        failures += [f"share {share} of {records}: {one}" for one in wrong]
    notes: dict[str, str | int | float] = {"records of each archive": records, "keys tried": tried}
    return Counts(run=attempts, failures=tuple(failures), notes=notes)


CAMPAIGN = Campaign(name="undelete", requires=3_000, quick=15, run=run)
