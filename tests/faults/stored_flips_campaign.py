"""Single bits flipped in what lies outside containers: the database's pages, its log, the ledger's files, the keys.

What counts as caught, by subject:

- database pages: reading everything raises; or it gives what it gave before, and a walk over all pages raises. A free
  page, which nobody reads, is named by SQLCipher's own walk;
- the log of a killed archive: it opens as it was after one of its commits, never otherwise. A rollback behind the
  published checkpoint is refused; any other is told when the archive is opened, but for that of the very last commit,
  which no program can tell from a write that the crash cut short (`storage.log_check`);
- checkpoint, tiles, anchors: a signature, a hash or the form fails, and no other checkpoint is ever believed;
- slots and key files: nothing opens, or what opens is the same key. A flip that changes no meaning (the case of a
  hexadecimal digit) is counted apart.
"""

from __future__ import annotations

import json
import random
import shutil
import struct
from collections import Counter
from typing import TYPE_CHECKING, Any

from storage.anchors import survey
from storage.archive import open_archive
from storage.checkpoints import verify
from storage.database import DatabaseError, open_encrypted
from storage.errors import ArchiveError, Conflict, Corrupt
from storage.fixity import FixityCheck
from storage.keys import unlock, unlock_with_master
from storage.log_check import lost_commits
from storage.tiles import check_tiles
from tests.faults.campaign import Campaign, Counts
from tests.faults.stored_scene import CANARY, KEY_FILE, PASSPHRASE, Scene, flipped, scene, scratch_folder
from tests.storage.archives import RECOVERY, custodian, file_one

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.anchors import AnchorPlace

_PAGE, _HEADER, _FRAME = 4096, 32, 24 + 4096
_SECRETS = (PASSPHRASE, RECOVERY, KEY_FILE)
_NOTHING = "changes no meaning"


class Flipper:
    """A file whose bits are flipped in an order that the seed gives; `judge` says what came of each.

    An outcome that begins with an exclamation mark is a failure.
    """

    def __init__(self, name: str, path: Path, judge: Callable[[int], str]) -> None:
        self.name = name
        self.path = path
        self.content = path.read_bytes()
        self.bits = 8 * len(self.content)
        self._judge = judge
        self.seen: Counter[str] = Counter()
        self.failures: list[str] = []

    def run(self, draw: random.Random, count: int) -> int:
        """Flip so many different bits, or all that there are."""
        chosen = draw.sample(range(self.bits), min(count, self.bits))
        for bit in chosen:
            self.path.write_bytes(flipped(self.content, bit))
            outcome = self._judge(bit)
            self.seen[outcome.removeprefix("!")] += 1
            if outcome.startswith("!"):
                self.failures.append(f"{self.name}, bit {bit} (byte {bit // 8}): {outcome[1:]}")
        self.path.write_bytes(self.content)
        return len(chosen)


def dump(path: Path, key: bytes, *, read_only: bool = True) -> list[Any]:
    """Every row of every table.

    Raises:
        ArchiveError, DatabaseError: it cannot be read.
    """
    connection = open_encrypted(path, key, read_only=read_only)
    try:
        return _rows(connection)
    finally:
        connection.close()


def _rows(connection: Any) -> list[Any]:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return [(name, connection.execute(f'SELECT * FROM "{name}"').fetchall()) for (name,) in tables]


def _database(built: Scene, folder: Path) -> Flipper:
    """A copy of the database whose log is folded in, with a few free pages in it."""
    path, key = folder / "archive.db", built.archive.keyring.database_key
    built.archive.store.truncate_log()
    shutil.copyfile(built.folder / "archive.db", path)
    connection = open_encrypted(path, key)
    connection.execute("CREATE TABLE passing (what BLOB)")
    connection.execute("INSERT INTO passing VALUES (randomblob(40000))")
    connection.execute("DROP TABLE passing")
    (spare,) = connection.execute("PRAGMA freelist_count").fetchone()
    connection.close()
    before = dump(path, key)
    silent: set[int] = set()

    def judge(bit: int) -> str:
        try:
            after = dump(path, key)
        except (ArchiveError, DatabaseError) as error:
            return "!the error quotes content" if CANARY in str(error) else "reading it raises"
        if after != before:
            return "!something else was read"
        connection = open_encrypted(path, key, read_only=True)
        try:
            if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return "the walk over all trees names it"
        except DatabaseError:
            return "the walk over all trees names it"
        else:
            silent.add(bit // 8 // _PAGE)
            named = connection.execute("PRAGMA cipher_integrity_check").fetchall()
            return "free page: SQLCipher's walk names it" if named and len(silent) <= spare else "!nothing noticed it"
        finally:
            connection.close()

    return Flipper("database pages", path, judge)


def _log(built: Scene, folder: Path) -> Flipper:
    """The log of an archive that was killed: a few commits, a checkpoint, and a few more."""
    archive, key = built.archive, built.archive.keyring.database_key
    owner = custodian(archive, "eve@district.example")
    archive.store.truncate_log()
    database = (built.folder / "archive.db").read_bytes()
    file_one(archive, owner, b"Subject: one\r\n\r\n")
    note = archive.ledger.publish_checkpoint()
    published = verify(note, archive.ledger.public_key()).size
    for number in range(2):
        file_one(archive, owner, b"Subject: later %d\r\n\r\n" % number)
    house = folder / "house"
    shutil.copytree(built.folder, house, ignore=shutil.ignore_patterns("*-shm", "*.lock"))
    log = (house / "archive.db-wal").read_bytes()
    alone = folder / "alone"
    alone.mkdir()
    states = _states(alone, database, log, key)
    tried: dict[tuple[int, bool], str] = {}
    path = alone / "archive.db-wal"

    def judge(_bit: int) -> str:
        damaged = path.read_bytes()
        (alone / "archive.db").write_bytes(database)
        connection = open_encrypted(alone / "archive.db", key)
        rows, told = _rows(connection), lost_commits(connection, path)
        connection.close()
        if rows not in states[:-1]:
            return "!a damaged log was read as whole, or to rows that were never committed together"
        state = states.index(rows)
        if (state, told) not in tried:
            tried[state, told] = _opened_whole(house, built, damaged, database, told=told)
        if tried[state, told]:
            return f"!{tried[state, told]}"
        size = next(row for name, row in rows if name == "ledger_head")[0][1]
        if not told:
            last = state == len(states) - 2 and size >= published
            return (
                "the very last commit: taken for a torn write" if last else "!a rollback is not told when it is opened"
            )
        return "rollback, told when it is opened" + (" and by the checkpoint" if size < published else "")

    path.write_bytes(log)
    return Flipper("database log", path, judge)


def _states(folder: Path, database: bytes, log: bytes, key: bytes) -> list[list[Any]]:
    """All rows as they were after each commit of the log, before the first one first."""
    frames = (len(log) - _HEADER) // _FRAME
    commits = [at for at in range(frames) if struct.unpack_from(">I", log, _HEADER + at * _FRAME + 4)[0]]
    found = []
    for end in (0, *(at + 1 for at in commits)):
        for one in folder.iterdir():
            one.unlink()
        (folder / "archive.db").write_bytes(database)
        (folder / "archive.db-wal").write_bytes(log[: _HEADER + end * _FRAME])
        found.append(dump(folder / "archive.db", key, read_only=False))
    return found


def _opened_whole(house: Path, built: Scene, log: bytes, database: bytes, *, told: bool) -> str:
    """The same as a whole archive: what opening and `verify` say of it; an empty text where that is right."""
    for one in house.glob("archive.db*"):
        one.unlink()
    (house / "archive.db").write_bytes(database)
    (house / "archive.db-wal").write_bytes(log)
    archive = open_archive(house, built.archive.keyring)
    try:
        if (archive.store.restriction is not None) != told:
            return "opening the archive says something else than the check of the log"
        note = archive.ledger.published_checkpoint()
        assert note is not None
        published = verify(note, archive.ledger.public_key())
        with archive.store.read() as connection:
            if archive.ledger.head(connection).size >= published.size:
                return ""
            try:
                archive.ledger.must_extend(connection, published, "ledger/checkpoint")
            except Conflict:
                pass
            else:
                return "a ledger shorter than its checkpoint goes on"
        faults = {one.kind for one in FixityCheck(archive).run().faults}
        return "" if "ledger" in faults else "a check says nothing of a ledger that is shorter than its checkpoint"
    finally:
        archive.close()


def _ledger_files(built: Scene) -> list[Flipper]:
    ledger, folder = built.archive.ledger, built.folder / "ledger"
    key = ledger.public_key()
    note = ledger.published_checkpoint()
    assert note is not None
    head = verify(note, key)

    def checkpoint(_bit: int) -> str:
        try:
            verify(ledger.published_checkpoint() or b"", key)
        except Corrupt:
            return "refused"
        return "!a changed checkpoint is believed"

    def tiles(_bit: int) -> str:
        return "named" if check_tiles(folder, head) else "!a changed tile is not named"

    paths = [one for one in sorted((folder / "tile").rglob("*")) if one.is_file()]
    named = [Flipper(f"tile {one.relative_to(folder / 'tile')}", one, tiles) for one in paths]
    return [Flipper("checkpoint", folder / "checkpoint", checkpoint), *named]


def _anchors(built: Scene) -> list[Flipper]:
    with built.archive.store.read() as connection:
        keys = built.archive.ledger.public_keys(connection)

    def judge_of(place: AnchorPlace) -> Callable[[int], str]:
        whole = survey([place], keys)
        known = {one.checkpoint for one in whole.sightings}
        notes = {verify(note, keys[0]) for note in place.notes()}

        def judge(_bit: int) -> str:
            found = survey([place], keys)
            if not {one.checkpoint for one in found.sightings} <= notes:
                return "!a changed checkpoint is believed"
            if found.findings:
                return "told as a note that does not count"
            return _NOTHING if {one.checkpoint for one in found.sightings} == known else "!an anchor vanished silently"

        return judge

    newest = max(built.folder_anchor.path.iterdir(), key=lambda one: int(one.name.partition(".")[0]))
    return [
        Flipper("anchor file", built.file_anchor.path, judge_of(built.file_anchor)),
        Flipper("anchor in a folder", newest, judge_of(built.folder_anchor)),
    ]


def _keys(built: Scene) -> list[Flipper]:
    keys, master = built.folder / "keys", built.archive.keyring.master
    whole = _meaning(keys / "slots.json")

    def slots(_bit: int) -> str:
        refused = 0
        for secret in _SECRETS:
            try:
                opened = unlock(keys, secret).master
            except ArchiveError:
                refused += 1
                continue
            if opened != master:
                return "!another master key was opened"
        if refused:
            return "refused"
        return _NOTHING if _meaning(keys / "slots.json") == whole else "!every slot opens with something else in it"

    def key_file(_bit: int) -> str:
        try:
            unlock_with_master(keys, master).epoch_key(1)
        except Corrupt:
            return "refused"
        return "!a changed key file opens"

    files = [Flipper(f"keys/{name}", keys / name, key_file) for name in ("keyring", "epoch/1")]
    return [Flipper("keys/slots.json", keys / "slots.json", slots), *files]


def _meaning(path: Path) -> Any:
    document = json.loads(path.read_bytes())
    for slot in document["slots"]:
        slot["salt"], slot["sealed"] = bytes.fromhex(slot["salt"]), bytes.fromhex(slot["sealed"])
    return document


def _quiet(built: Scene) -> None:
    """SQLCipher tells each damaged page on stderr, for the whole process."""
    connection = open_encrypted(built.folder / "archive.db", built.archive.keyring.database_key)
    connection.execute("PRAGMA cipher_log_level = NONE").fetchall()
    connection.close()


def run(seed: int, count: int) -> Counts:
    """Half of the flips in the small files, as far as they have bits; of the rest a fifth in the log, else in pages."""
    draw = random.Random(seed)
    with scene() as built, scratch_folder() as folder:
        _quiet(built)
        database = _database(built, folder)
        log = _log(built, folder)
        small = [*_ledger_files(built), *_anchors(built), *_keys(built)]
        done = 0
        for at, one in enumerate(sorted(small, key=lambda one: one.bits)):
            done += one.run(draw, (count // 2 - done) // (len(small) - at))
        done += log.run(draw, (count - done) // 5)
        database.run(draw, count - done)
        everything = [*small, log, database]
    notes: dict[str, str | int | float] = {}
    for one in everything:
        told = ", ".join(f"{outcome} {number:,}" for outcome, number in sorted(one.seen.items()))
        every = " (every bit)" if one.seen.total() == one.bits else ""
        notes[one.name] = f"{one.seen.total():,} of {one.bits:,} bits{every}: {told}"
    total = sum(one.seen.total() for one in everything)
    failures = tuple(f"seed {seed}: {failure}" for one in everything for failure in one.failures)
    return Counts(run=total, distinct=total, failures=failures, notes=notes)


CAMPAIGN = Campaign(name="bit flips in database, ledger files and keys", requires=120_000, quick=200, run=run)
