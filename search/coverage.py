"""How complete a search is, in counts and in lists: what should be found, what is indexed, and why the rest is not.

Rules:

- Nothing is left out silently. A record is indexed, or it waits for the follower, or it cannot be opened; and of what
  is indexed each part whose text could not be read has a reason of a closed list (`search.unread_reasons`).
- Counts are exact at one moment of the index, and within a scope: nobody learns how much there is of what he may not
  see. A list has no limit.
- Ids, counts and reasons only, never content.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from search.queries import Between, Clock, Field, Words, conjunction, disjunction
from search.unread_reasons import SENTENCES, Unread, reason_word
from storage.records import RecordState
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from search.engines import EngineIndex
    from search.index import IdScope, SearchIndex
    from search.queries import Query
    from storage.archive import Archive

_PAGE: Final = 2_000
_ANY: Final = Between(Clock.CAPTURED, None, None)


class Missing(StrEnum):
    """Why something that was handed in is not in the index at all; the last three are of submissions."""

    NOT_INDEXED = "not_indexed"
    UNREADABLE = "unreadable"
    UNEXAMINED = "unexamined"
    IN_QUARANTINE = "in_quarantine"
    FAILED = "failed"


REASONS: Final = (*(one.value for one in Missing), *(one.value for one in Unread))
"""Every reason by which coverage counts and lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """Submissions that are no records yet, or came to none, as far as somebody may know of them; None where not."""

    unexamined: int = 0
    in_quarantine: int | None = None
    failed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReport:
    """How complete a search is, within the scope of who asks.

    `records` should be found, `indexed` are, and of these `unsearchable` have a part whose text could not be read:
    `unread` counts them by reason, a record once under each of its reasons. Of those that are not indexed
    `unreadable` were passed over because they could not be opened, and the others wait. `pictures_waiting` is how many
    have pictures that are yet to be read, `behind` how many ledger events are not looked at.

    `rebuilding` is whether the index is being built anew; then `rebuilt` is how many records the new one has, and
    `outdated` whether the one that answers meanwhile is of another version.
    """

    engine: str
    records: int
    indexed: int
    unsearchable: int
    unread: tuple[tuple[Unread, int], ...]
    unreadable: int
    behind: int
    pictures_waiting: int
    submissions: Handed
    rebuilding: bool = False
    rebuilt: int = 0
    outdated: bool = False

    @property
    def waiting(self) -> int:
        """Records that the index has not come to yet."""
        return max(0, self.records - self.indexed - self.unreadable)

    @property
    def complete(self) -> bool:
        """Whether every record that should be found is in the index, which is of this version."""
        return self.indexed >= self.records and not self.outdated

    def as_document(self) -> dict[str, Any]:
        """As commands and the API print it; the first three numbers are those of the command contract."""
        handed = self.submissions
        return {
            "records": self.records,
            "indexed": self.indexed,
            "unsearchable": self.unsearchable,
            "complete": self.complete,
            "waiting": self.waiting,
            "unreadable": self.unreadable,
            "behind": self.behind,
            "unread": {code.value: count for code, count in self.unread},
            "pictures_waiting": self.pictures_waiting,
            "submissions": {
                "unexamined": handed.unexamined,
                "in_quarantine": handed.in_quarantine,
                "failed": handed.failed,
            },
            "engine": self.engine,
            "rebuild": {"indexed": self.rebuilt, "records": self.records} if self.rebuilding else None,
            "outdated": self.outdated,
        }

    def sentences(self) -> list[str]:
        """What a search could not look into, a sentence each; none where there is nothing to say."""
        return coverage_sentences(self.as_document())


def coverage_sentences(document: dict[str, Any]) -> list[str]:
    """What a search could not look into, a sentence each, from a report as a document, also an older one."""
    lines: list[str] = []
    count = document["records"]
    if rebuild := document.get("rebuild"):
        older = "; meanwhile one of an older version answers" if document.get("outdated") else ""
        lines.append(f"the index is being rebuilt: {rebuild['indexed']:,} of {rebuild['records']:,} records{older}")
    elif document.get("outdated"):
        lines.append("another version of this program built the index; run: archiver index rebuild")
    missing = count - document["indexed"]
    unreadable = document.get("unreadable", 0)
    if missing - unreadable > 0:
        lines.append(f"{missing - unreadable:,} of {count:,} records are not indexed yet; search again in a moment")
    if unreadable:
        lines.append(f"{_records(unreadable)} could not be opened and are not indexed; run: archiver verify")
    if document["unsearchable"]:
        one = document["unsearchable"] == 1
        lines.append(
            f"{_records(document['unsearchable'])} {'has' if one else 'have'} parts whose text could not be read"
        )
    lines += [
        f"  {number:,} with {SENTENCES[Unread(code)]}" for code, number in document.get("unread", {}).items() if number
    ]
    handed = document.get("submissions") or {}
    told = (
        ("unexamined", "not examined yet"),
        ("in_quarantine", "in quarantine"),
        ("failed", "could not be read at all"),
    )
    lines += [f"{handed[name]:,} handed in {what}" for name, what in told if handed.get(name)]
    return lines


def _records(count: int) -> str:
    return f"{count:,} record" if count == 1 else f"{count:,} records"


def count_unread(
    index: SearchIndex, clause: Query | None = None, allowed: IdScope | None = None
) -> tuple[tuple[Unread, int], ...]:
    """How many records have parts that could not be read, by reason, those with none left out."""
    counted = [(code, index.search(_having(code, clause), limit=0, allowed=allowed).total) for code in Unread]
    return tuple((code, count) for code, count in counted if count)


def count_indexed(index: SearchIndex, clause: Query | None = None, allowed: IdScope | None = None) -> int:
    """How many records of a scope are in the index."""
    return index.search(_ANY if clause is None else clause, limit=0, allowed=allowed).total


def count_unsearchable(index: SearchIndex, clause: Query | None = None, allowed: IdScope | None = None) -> int:
    """How many records of a scope have some part whose text could not be read."""
    any_of = disjunction(Words(Field.HAS, (reason_word(code),), exact=True) for code in Unread)
    return index.search(any_of if clause is None else conjunction((any_of, clause)), limit=0, allowed=allowed).total


def list_unread(
    index: SearchIndex, clause: Query | None = None, allowed: IdScope | None = None, only: str | None = None
) -> Iterator[tuple[str, Unread]]:
    """The id of every record with a part that could not be read, once for each reason; `only` of one reason."""
    for code in Unread:
        if only is None or only == code.value:
            for record_id in index.ids(_having(code, clause), allowed=allowed):
                yield record_id, code


def list_missing(
    archive: Archive, index: EngineIndex, *, custodian_id: str | None = None, hidden: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Missing]]:
    """The id of every record that should be in the index and is not, oldest first, within a scope."""
    reached = index.position()
    for page in active_pages(archive, custodian_id=custodian_id):
        there = index.document_positions([record_id for record_id, _ in page])
        for record_id, position in page:
            if record_id not in there and record_id not in hidden:
                yield record_id, Missing.NOT_INDEXED if position > reached else Missing.UNREADABLE


def active_pages(archive: Archive, *, custodian_id: str | None = None) -> Iterator[list[tuple[str, int]]]:
    """Every active record's id and the ledger position at which it was archived, in pages, in order of ids."""
    rows = records.c
    query = select(rows.id, rows.position, rows.state).order_by(rows.id).limit(_PAGE)
    if custodian_id is not None:
        query = query.where(rows.custodian_id == custodian_id)
    after = ""
    while True:
        # each page is a read of its own: a long one would hold back the write-ahead log's checkpoint
        with archive.store.read() as connection:
            page = connection.execute(query.where(rows.id > after)).all()
        if not page:
            return
        after = page[-1].id
        yield [(row.id, row.position) for row in page if row.state == RecordState.ACTIVE.value]


def count_active(archive: Archive, *, custodian_id: str | None = None) -> int:
    """How many records are active, of one custodian or of all."""
    query = select(func.count()).where(records.c.state == RecordState.ACTIVE.value)
    if custodian_id is not None:
        query = query.where(records.c.custodian_id == custodian_id)
    with archive.store.read() as connection:
        counted: int = connection.execute(query).scalar_one()
    return counted


def _having(code: Unread, clause: Query | None) -> Query:
    word = Words(Field.HAS, (reason_word(code),), exact=True)
    return word if clause is None else conjunction((word, clause))
