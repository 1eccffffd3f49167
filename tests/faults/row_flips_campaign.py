"""Single bits flipped in the values of rows, each page of the database being whole: what only a key could have written.

A bit of any value of any column of an archive with a row in nearly every table is flipped through SQL, with the rules
of columns and references switched off. It counts as caught where a check of everything names a fault, or the archive
does not open. `UNWITNESSED` lists the columns that nothing can be held against, each with the reason and with what a
wrong value would do; a flip in another column that goes unnoticed is a failure.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from archiver.checking import FURTHER
from storage.archive import open_archive
from storage.database import DatabaseError, open_encrypted
from storage.errors import ArchiveError
from storage.fixity import FixityCheck
from tests.faults.campaign import Campaign, Counts
from tests.faults.stored_scene import Scene, flipped, scene

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLOCK = "only shown; no leaf has this time"
_PASS = "the account of a check that runs; the next pass begins anew"
_TURN = "says when and in which order a letter, an examination or a reading is tried, which happens all the same"
UNWITNESSED = {
    "archive.created_at": _CLOCK,
    "custodians.since": _CLOCK,
    "epochs.created_at": _CLOCK,
    "users.created_at": _CLOCK,
    "ledger_head.log": "0 and 1 give the same origin; any other number fails at the checkpoint",
    "submissions.channel": "of a destroyed one: it stood in the payload, which is destroyed",
    "submissions.size": "the same",
    "records.holder": "of a destroyed one, whose key is gone",
    "submissions.reason": "said to people; no leaf binds it",
    "users.name_tag": "the user is not found by that name, and so may do nothing",
    "users.token_digest": "the token opens nothing",
    "awaiting_examination.position": _TURN,
    "submission_digests.tag": "the same bytes handed in again become a second submission",
    "destruction_batches.epoch": "the batch waits for the roll of another epoch, and absence is verified after it",
    "destruction_batches.decided_at": "only shown; the time stands in the leaf",
    **{f"fixity_passes.{one}": _PASS for one in ("number", "started_at", "told_at", "done")},
    **{f"fixity_passes.{one}": _PASS for one in ("records", "objects", "bytes", "faults", "cursor")},
    **{f"awaiting_reading.{one}": _TURN for one in ("priority", "attempts", "since")},
    **{f"outbox.{one}": _TURN for one in ("created_at", "next_try", "attempts")},
    "outbox.kind": "said to people beside the letter, which is sealed",
}


def _other(draw: random.Random, value: int | str | bytes) -> int | str | bytes:
    """The value with one bit flipped that it has."""
    if isinstance(value, int):
        return value ^ 1 << draw.randrange(max(1, value.bit_length()))
    if isinstance(value, str):
        at = draw.randrange(len(value))
        return value[:at] + chr(ord(value[at]) ^ 1 << draw.randrange(7)) + value[at + 1 :]
    return flipped(value, draw.randrange(8 * len(value)))


class _Rows:
    """The rows of an archive through a connection of its own, on which the database's rules do not hold."""

    def __init__(self, built: Scene) -> None:
        self.connection = open_encrypted(built.folder / "archive.db", built.archive.keyring.database_key)
        self.connection.execute("PRAGMA foreign_keys = OFF")
        self.connection.execute("PRAGMA ignore_check_constraints = ON")
        named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        self.tables = {name: self._shape(name) for (name,) in self.connection.execute(named).fetchall()}

    def _shape(self, table: str) -> tuple[list[str], list[str]]:
        about = self.connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        names = [one[1] for one in about]
        return names, [one[1] for one in about if one[5]] or names

    def values(self) -> Iterator[tuple[str, str, list[tuple[Any, ...]]]]:
        """Each column with the rows that have something in it."""
        for table, (names, _) in self.tables.items():
            rows = self.connection.execute(f'SELECT * FROM "{table}"').fetchall()
            for at, column in enumerate(names):
                there = [row for row in rows if row[at] not in {None, "", b""}]
                if there:
                    yield table, column, there

    def change(self, table: str, column: str, row: tuple[Any, ...], to: Any) -> tuple[Any, ...]:
        """Put another value into one column of a row; the row as it is then."""
        names, keys = self.tables[table]
        where = " AND ".join(f'"{one}" IS ?' for one in keys)
        found = [row[names.index(one)] for one in keys]
        self.connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {where}', [to, *found])
        at = names.index(column)
        return (*row[:at], to, *row[at + 1 :])


def _noticed(built: Scene) -> bool:
    try:
        if FixityCheck(built.archive, further=FURTHER).run().faults:
            return True
        open_archive(built.folder, built.archive.keyring).close()
    except ArchiveError:
        return True
    return False


def run(seed: int, count: int) -> Counts:
    """Flips in all columns in turn."""
    draw = random.Random(seed)
    failures: list[str] = []
    missed: Counter[str] = Counter()
    done = 0
    with scene() as built:
        rows = _Rows(built)
        columns = list(rows.values())
        draw.shuffle(columns)
        while done < count:
            for table, column, there in columns:
                row = draw.choice(there)
                value = row[rows.tables[table][0].index(column)]
                try:
                    changed = rows.change(table, column, row, _other(draw, value))
                except DatabaseError:  # the flip gave the key of another row
                    continue
                done += 1
                if not _noticed(built):
                    missed[f"{table}.{column}"] += 1
                    if f"{table}.{column}" not in UNWITNESSED:
                        failures.append(f"seed {seed}: {table}.{column} went from {value!r:.60} unnoticed")
                rows.change(table, column, changed, value)
                if done >= count:
                    break
        if _noticed(built):
            failures.append(f"seed {seed}: the campaign did not put everything back")
        rows.connection.close()
    notes: dict[str, str | int | float] = {"columns": len(columns), "not witnessed": missed.total()}
    return Counts(run=done, distinct=done, failures=tuple(failures), notes={**notes, **dict(sorted(missed.items()))})


CAMPAIGN = Campaign(name="bit flips in values of rows", requires=3_000, quick=10, run=run)
