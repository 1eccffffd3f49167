"""A public page that was captured before: how much of it is gone since, and how much is new.

Rule: every capture of a page is a record of its own, whole; nothing is left out of it because an earlier one has it.
What is compared are its passages (the lines of its text) and the posts and comments that its markup names, as keyed
digests; the notes of a capture say how many of those of the last one before it are no longer there, and name that
record. A capture that is handed in after a
later one is held against that one, since a record that is there is never changed.

One examiner at a time works on an archive, so what it read before its transaction is still so in it; captures of one
batch see each other through what `settle` remembers until `begin`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import select

from ingest.conversations import PartRow
from storage.conversation_tables import conversation_parts
from storage.records import RecordState
from storage.tables import records

if TYPE_CHECKING:
    from storage.archive import Archive
    from storage.records import Description

MOST_PASSAGES = 50_000
_TAG_BYTES = 16  # half of what HMAC-SHA-256 gives
_DIGEST_BYTES = 32  # a multiple of what a row of messages has for each
_ONLY_SO_MANY = f"only its first {MOST_PASSAGES:,} passages are compared with other captures"
_SAME = "it says the same as the capture before it, record {}"
_SAME_LATER = "a later capture of this page is there already, and says the same, record {}"
_CHANGED = (
    "of the {there:,} {what} of the capture before it, record {record}, {gone:,} are no longer there; {new:,} are new"
)
_LATER = (
    "a later capture of this page is there already, record {record}: of the {there:,} {what} of this one {gone:,} are "
    "not in it; {new:,} are new in it"
)
_PASSAGES, _MESSAGES = "lines of text", "posts and comments"


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A capture that is there: when it was made, by its own word, and what it says."""

    record_id: str
    at: datetime
    said: _Said


@dataclass(frozen=True, slots=True)
class _Said:
    """The digests of a page's passages and of its messages, each once."""

    passages: frozenset[bytes]
    messages: frozenset[bytes]


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
        said, complete = self._said(page, description)
        at = _moment(description.sent_at)
        notes = [] if complete else [_ONLY_SO_MANY]
        others = self._others(page)
        before = max((one for one in others if one.at <= at), key=lambda one: one.at, default=None)
        after = min((one for one in others if one.at > at), key=lambda one: one.at, default=None)
        if before is not None:
            notes += _compared(before.said, said, before.record_id, _SAME, _CHANGED)
        elif after is not None:
            notes += _compared(said, after.said, after.record_id, _SAME_LATER, _LATER)
        self._settled.append((page, _Earlier(record_id, at, said)))
        row = PartRow(
            record_id=record_id,
            root_id=record_id,
            thread=page,
            day="",
            container_id=container_id,
            messages=len(said.messages),
            digests=b"".join([*sorted(said.messages), *sorted(said.passages)]),
        )
        return tuple(notes), row

    def _others(self, page: bytes) -> list[_Earlier]:
        """The active records of this page, in the order in which they came."""
        parts = conversation_parts.c
        query = select(parts.record_id, parts.messages, parts.digests, records.c.sent_at).join(records)
        query = query.where(parts.thread == page, records.c.state == RecordState.ACTIVE.value)
        with self._archive.store.read() as connection:
            rows = connection.execute(query.order_by(records.c.position)).all()
        found = [_Earlier(row.record_id, _moment(row.sent_at), _split(row.messages, row.digests)) for row in rows]
        return found + [one for key, one in self._settled if key == page]

    def _said(self, page: bytes, description: Description) -> tuple[_Said, bool]:
        """What it says, and whether all of it was taken."""
        key = self._archive.store.keyring.digest_key

        def digest(what: bytes, passage: str) -> bytes:
            return hmac.digest(key, what + page + passage.encode(), hashlib.sha256)[:_DIGEST_BYTES]

        lines = dict.fromkeys(" ".join(line.split()) for line in description.text.split("\n"))
        lines.pop("", None)
        messages = {f"{one.sender or ''}\x1f{' '.join(one.text.split())}" for one in description.messages}
        passages = frozenset(digest(b"passage", one) for one in islice(lines, MOST_PASSAGES))
        said = _Said(passages, frozenset(digest(b"post", one) for one in messages))
        return said, len(lines) <= MOST_PASSAGES

    def _tag(self, *parts: str) -> bytes:
        message = b"".join(b"%d:%b" % (len(one.encode()), one.encode()) for one in parts)
        return hmac.digest(self._archive.store.keyring.digest_key, message, hashlib.sha256)


def _compared(before: _Said, after: _Said, record: str, same: str, changed: str) -> list[str]:
    notes = []
    for what, old, new in (
        (_MESSAGES, before.messages, after.messages),
        (_PASSAGES, before.passages, after.passages),
    ):
        if old != new:
            gone, fresh = len(old - new), len(new - old)
            notes.append(changed.format(there=len(old), what=what, record=record, gone=gone, new=fresh))
    return notes or [same.format(record)]


def _moment(at: datetime | None) -> datetime:
    """When a capture was made; one that does not say was made before all others, for what that is worth."""
    if at is None:
        return datetime.min.replace(tzinfo=UTC)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _split(messages: int, digests: bytes) -> _Said:
    found = [digests[at : at + _DIGEST_BYTES] for at in range(0, len(digests), _DIGEST_BYTES)]
    return _Said(frozenset(found[messages:]), frozenset(found[:messages]))
