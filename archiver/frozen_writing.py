"""A frozen result as files for others: the signed document, the list of ids, and what became of each record.

Rule: `ids.txt` has the ids, one a line, and its SHA-256 is the one that the ledger binds; `set.json` says how they were
found and is signed; `records.csv` says what each record is now. Each export is an event with the digest of `set.json`.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from archiver.access import Act, authorize
from archiver.frozen_sets import opened, with_states
from archiver.receipts import make_folder
from archiver.search_statements import search_statement
from archiver.signing import as_json
from search.frozen_ids import chunks
from search.frozen_sets import FrozenSets
from search.inert_cells import as_csv
from storage.bundle_searches import DOCUMENT, FROZEN, IDS, PROOFS
from storage.errors import InvalidInput
from storage.events import EventKind
from storage.files import sync_folder, write_pieces
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.frozen_sets import FrozenSet

MOST_PROOFS: Final = 10_000
TABLE: Final = "records.csv"
_PAGE: Final = 500
_LINES: Final = 10_000


def export_frozen(
    installation: Installation,
    who: Principal,
    set_id: str,
    folder: Path,
    *,
    proofs: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """Write a set into a folder; with `proofs` also that each of its records is in the ledger.

    Raises:
        NotFound: there is no such set.
        InvalidInput: it has more records than `MOST_PROOFS`, and proofs are asked for.
        Conflict: the folder is a file; or a restore lost what the ledger said of the set.
        Denied: this role may not.
        StorageFull, TemporarilyUnavailable: the disk is full, or busy.
    """
    authorize(who, Act.WORK_SEARCHES)
    one = opened(installation, who, set_id)
    if proofs and one.total > MOST_PROOFS:
        raise InvalidInput(f"proofs are written for at most {MOST_PROOFS:,} records; leave --proofs out")
    make_folder(folder)
    document = _stated(installation, who, one, proofs=proofs)
    content = as_json(document)
    sha256 = hashlib.sha256(content).hexdigest()
    sets = FrozenSets(installation.archive.store)
    parts: list[tuple[str, Iterator[bytes]]] = [
        (DOCUMENT, iter([content])),
        (IDS, _lines(sets.ids(set_id))),
        (TABLE, _table(installation, one, progress)),
    ]
    if proofs:
        parts.append((PROOFS, _proofs(installation, sets.ids(set_id))))
    else:
        (folder / PROOFS).unlink(missing_ok=True)  # of an earlier export of another set
    for name, pieces in parts:
        write_pieces(folder / name, pieces, durable=False)
    sync_folder(folder)
    return {
        "frozen": set_id,
        "total": one.total,
        "ids_sha256": one.ids_sha256,
        "sha256": sha256,
        "fingerprint": document["fingerprint"],
        "files": [str(folder / name) for name, _ in parts],
    }


def frozen_statement(installation: Installation, who: Principal, set_id: str) -> dict[str, Any]:
    """The signed document of a set, without its ids; it is an event as an export is.

    Raises:
        NotFound: there is no such set.
        Conflict: a restore lost what the ledger said of it.
        Denied: this role may not.
    """
    return _stated(installation, who, opened(installation, who, set_id), proofs=False)


def _stated(installation: Installation, who: Principal, one: FrozenSet, *, proofs: bool) -> dict[str, Any]:
    document = search_statement(installation, FROZEN, one.id, "set", one.about, one.position)
    payload = {"sha256": hashlib.sha256(as_json(document)).hexdigest(), "proofs": proofs}
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.SEARCH_EXPORTED, actor=who.actor, subjects=(one.id,), payload=payload)
    return document


def _lines(ids: Iterator[str]) -> Iterator[bytes]:
    for some in chunks(ids, _LINES):
        yield "".join(f"{one}\n" for one in some).encode()


def _table(
    installation: Installation, one: FrozenSet, progress: Callable[[int, int | None], None] | None
) -> Iterator[bytes]:
    yield as_csv([("record", "state", "kind", "captured_at", "sent_at", "series", "leaf")])
    states: dict[str, str] = {}
    done = 0
    for record_id, state in with_states(installation, one):
        states[record_id] = state
        if len(states) == _PAGE:
            yield _rows(installation, states)
            done += len(states)
            states = {}
            if progress is not None:
                progress(done, one.total)
    if states:
        yield _rows(installation, states)


def _rows(installation: Installation, states: dict[str, str]) -> bytes:
    columns = (records.c.id, records.c.kind, records.c.captured_at, records.c.sent_at)
    query = select(*columns, records.c.series_id, records.c.position).where(records.c.id.in_(states))
    with installation.archive.store.read() as connection:
        found = {row.id: row for row in connection.execute(query)}
    rows = []
    for record_id, state in states.items():
        row = found[record_id]
        sent = None if row.sent_at is None else row.sent_at.isoformat()
        rows.append((record_id, state, row.kind, row.captured_at.isoformat(), sent, row.series_id, row.position))
    return as_csv(rows).removeprefix(b"\xef\xbb\xbf")


def _proofs(installation: Installation, ids: Iterator[str]) -> Iterator[bytes]:
    archive = installation.archive
    for some in chunks(ids, _PAGE):
        query = select(records.c.id, records.c.position).where(records.c.id.in_(some))
        with archive.store.read() as connection:
            positions = {row.id: row.position for row in connection.execute(query)}
            for record_id in some:
                proof = archive.ledger.prove(connection, positions[record_id]).to_json()
                yield json.dumps({"subject": record_id, **proof}).encode() + b"\n"
