"""A public page that was captured before: how much of it is gone since, and how much is new.

Rule: every capture of a page is a record of its own, whole; nothing is left out of it because an earlier one has it.
What is compared are its passages, the lines and the messages of it, as keyed digests; the notes of a capture say how
many of those of the last one before it are no longer there, and name that record. A capture that is handed in after a
later one is held against that one, since a record that is there is never changed.

One examiner at a time works on an archive, so what it read before its transaction is still so in it; captures of one
batch see each other through what `settle` remembers until `begin`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from ingest.conversations import PartRow
from storage.conversation_tables import conversation_parts
from storage.records import RecordState
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.archive import Archive
    from storage.records import Description

MOST_PASSAGES = 50_000
_TAG_BYTES = 16  # half of what HMAC-SHA-256 gives
_DIGEST_BYTES = 32  # a multiple of what a row of messages has for each
_ONLY_SO_MANY = f"only its first {MOST_PASSAGES:,} passages are compared with other captures"
_SAME = "it says the same as the capture before it, record {}"
_CHANGED = (
    "of {there:,} passages of the capture before it, record {record}, {gone:,} are no longer there, and {new:,} are new"
)
_LATER = (
    "a later capture of this page is there already, record {record}: of the {there:,} passages of this one {gone:,} "
    "are no longer in it, and {new:,} in it are not in this one"
)
_SAME_LATER = "a later capture of this page is there already, and says the same, record {}"


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A capture that is there: when it was made, by its own word, and its passages."""

    record_id: str
    at: datetime
    passages: frozenset[bytes]


class PageCaptures:
    """The captured pages of one archive, as the examiner meets them."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._settled: list[tuple[bytes, _Earlier]] = []

    def begin(self) -> None:
        """Forget what the last batch settled: it is written."""
        self._settled.clear()

    def settle(
        self, description: Description, custodian_id: str, record_id: str, container_id: str | None
    ) -> tuple[tuple[str, ...], PartRow]:
        """What there is to note of a capture, and the row that later ones are held against."""
        conversation = description.conversation
        assert conversation is not None
        page = self._tag("page", custodian_id, conversation.key)[:_TAG_BYTES]
        passages, complete = self._passages(page, description)
        at = _moment(description.sent_at)
        notes = [] if complete else [_ONLY_SO_MANY]
        others = self._others(page)
        before = max((one for one in others if one.at <= at), key=lambda one: one.at, default=None)
        after = min((one for one in others if one.at > at), key=lambda one: one.at, default=None)
        if before is not None:
            notes.append(_compared(before.passages, passages, before.record_id, _SAME, _CHANGED))
        elif after is not None:
            notes.append(_compared(passages, after.passages, after.record_id, _SAME_LATER, _LATER))
        self._settled.append((page, _Earlier(record_id, at, passages)))
        row = PartRow(
            record_id=record_id,
            root_id=record_id,
            thread=page,
            day="",
            container_id=container_id,
            messages=0,
            digests=b"".join(sorted(passages)),
        )
        return tuple(notes), row

    def _others(self, page: bytes) -> list[_Earlier]:
        """The active records of this page, in the order in which they came."""
        parts = conversation_parts.c
        query = select(parts.record_id, parts.digests, records.c.sent_at).join(records)
        query = query.where(parts.thread == page, records.c.state == RecordState.ACTIVE.value)
        with self._archive.store.read() as connection:
            rows = connection.execute(query.order_by(records.c.position)).all()
        found = [_Earlier(row.record_id, _moment(row.sent_at), _split(row.digests)) for row in rows]
        return found + [one for key, one in self._settled if key == page]

    def _passages(self, page: bytes, description: Description) -> tuple[frozenset[bytes], bool]:
        """The digests of what it says, each passage once, and whether all of it was taken."""
        key = self._archive.store.keyring.digest_key
        found: set[bytes] = set()
        for passage in _said(description):
            if len(found) >= MOST_PASSAGES:
                return frozenset(found), False
            found.add(hmac.digest(key, b"passage" + page + passage.encode(), hashlib.sha256)[:_DIGEST_BYTES])
        return frozenset(found), True

    def _tag(self, *parts: str) -> bytes:
        message = b"".join(b"%d:%b" % (len(one.encode()), one.encode()) for one in parts)
        return hmac.digest(self._archive.store.keyring.digest_key, message, hashlib.sha256)


def _said(description: Description) -> Iterator[str]:
    """The lines of a page and its messages, without regard to spaces."""
    for line in description.text.split("\n"):
        passage = " ".join(line.split())
        if passage:
            yield passage
    for one in description.messages:
        yield f"{one.sender or ''}\x1f{' '.join(one.text.split())}"


def _compared(before: frozenset[bytes], after: frozenset[bytes], record: str, same: str, changed: str) -> str:
    gone, new = len(before - after), len(after - before)
    if not gone and not new:
        return same.format(record)
    return changed.format(there=len(before), record=record, gone=gone, new=new)


def _moment(at: datetime | None) -> datetime:
    """When a capture was made; one that does not say was made before all others, for what that is worth."""
    if at is None:
        return datetime.min.replace(tzinfo=UTC)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _split(digests: bytes) -> frozenset[bytes]:
    return frozenset(digests[at : at + _DIGEST_BYTES] for at in range(0, len(digests), _DIGEST_BYTES))
