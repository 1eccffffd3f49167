"""Tags in review: words that reviewers put on records of a request, to find them again; every step can be taken back.

Rules:

- A tag's words are content: sealed under the request's key. Spellings that differ in case or spaces are one tag, which
  is shown as it was written first.
- Tags say nothing of what is decided: neither a decision nor its confirmation changes with them, and none of them ever
  leaves with a production.
- A step keeps only what it changed. It is taken back while no later step that stands has put the same tag on one of its
  records or taken it off.
- A record that was destroyed keeps its tags as it keeps its decision: by its id, until the request's key goes.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, func, insert, select

from search.disclosure.requests import Requests
from search.disclosure.review import Review, Step
from search.disclosure.review_progress import progress_of
from search.disclosure.review_rows import chunks, standing_of
from search.disclosure.review_tables import review_steps
from search.disclosure.tag_tables import review_tags, tag_changes, tagged_records
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from contextlib import AbstractContextManager

    from storage.transaction import Store, Transaction

LONGEST_TAG: Final = 60
MOST_TAGS: Final = 500
MOST_AT_ONCE: Final = 20
BOUND_TO: Final = "/tag"

_Pairs = list[tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag of a request, and how many records have it."""

    number: int
    name: str
    records: int


class Tags:
    """The tags of one archive's requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)

    def tag(
        self,
        request_id: str,
        record_ids: Sequence[str],
        *,
        actor: str,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> Step:
        """Put tags on records and take others off them; a tag that the request does not have yet is made.

        Raises:
            NotFound: there is no such request, a record is not before its reviewers, or it has no such tag to take off.
            InvalidInput: no tag is named, one cannot be a tag, or one is both put on and taken off.
            Conflict: the request is closed, it has too many tags, or nothing changes.
        """
        put, off = _words(add), _words(remove)
        if not put and not off:
            raise InvalidInput("say which tag: --add NAME or --remove NAME")
        if put.keys() & off.keys():
            raise InvalidInput("the same tag is to be put on and taken off; leave one out")
        wanted = list(dict.fromkeys(record_ids))
        with self._step(request_id) as transaction:
            connection = transaction.connection
            self._requests.get_open(connection, request_id)
            there = standing_of(connection, request_id, wanted)
            missing = next((one for one in wanted if one not in there), None)
            if missing is not None:
                raise NotFound(f"record {missing[:64]} is not before the reviewers of this request", record=missing)
            on = self._made(connection, request_id, put)
            gone = [self._number(connection, request_id, one) for one in off]
            has = _pairs(connection, request_id, [*on, *gone], wanted)
            added = [(tag, one) for tag in on for one in wanted if (tag, one) not in has]
            removed = [(tag, one) for tag in gone for one in wanted if (tag, one) in has]
            if not added and not removed:
                raise Conflict("there is nothing to do: the records have these tags, or have them not, as it is")
            said = " ".join([*(f"+{one}" for one in put.values()), *(f"-{one}" for one in off.values())])
            return self._change(transaction, request_id, "tag", added, removed, actor, said=said)

    def undo(self, request_id: str, number: int, *, actor: str) -> Step:
        """Take a step of tags back: its records have the tags that they had before it.

        Raises:
            NotFound: there is no such step of tags.
            Conflict: a later step touched one of its tags on one of its records, it was taken back already, or the
                request is closed.
        """
        about = tag_changes.c
        with self._step(request_id) as transaction:
            connection = transaction.connection
            self._requests.get_open(connection, request_id)
            query = select(tag_changes).where(about.request_id == request_id, about.step == number)
            changed = {(row.tag, row.record_id): row.added for row in connection.execute(query)}
            if not changed:
                raise NotFound(f"step {number} of this review tagged nothing; see: archiver request review --steps")
            undone = _undone_since(connection, request_id, number)
            for some in chunks([one for _, one in changed]):
                later = select(about.step, about.tag, about.record_id).where(
                    about.request_id == request_id, about.record_id.in_(some), about.step > number
                )
                standing = (row for row in connection.execute(later) if row.step not in undone)
                if number in undone or any((row.tag, row.record_id) in changed for row in standing):
                    raise Conflict(f"a later step tagged records of step {number} anew, or it was taken back already")
            added = [pair for pair, was_added in changed.items() if not was_added]
            removed = [pair for pair, was_added in changed.items() if was_added]
            return self._change(transaction, request_id, "undo", added, removed, actor, takes_back=number)

    def made(self, connection: Connection, request_id: str, number: int) -> bool:
        """Whether a step of review was one of tags."""
        about = tag_changes.c
        query = select(about.step).where(about.request_id == request_id, about.step == number).limit(1)
        return connection.execute(query).first() is not None

    def all(self, connection: Connection, request_id: str, *, hidden: Collection[str] = ()) -> list[Tag]:
        """The tags of a request in the order of their words, with how many records have each.

        Records of `hidden` are not counted, and a tag that only they have is left out.

        Raises:
            Corrupt: one is not what was sealed.
        """
        about = tagged_records.c
        count = select(about.tag, func.count().label("records")).where(about.request_id == request_id)
        count = count.group_by(about.tag)
        counts: Counter[int] = Counter({row.tag: row.records for row in connection.execute(count)})
        had = set(counts)
        for some in chunks(sorted(hidden)):
            counts.subtract(
                {row.tag: row.records for row in connection.execute(count.where(about.record_id.in_(some)))}
            )
        tags = [
            Tag(number=number, name=name, records=counts[number])
            for number, name in self._names(connection, request_id).items()
            if counts[number] or number not in had
        ]
        return sorted(tags, key=lambda one: (_folded(one.name), one.number))

    def number(self, connection: Connection, request_id: str, name: str) -> int:
        """The number of a tag by its words.

        Raises:
            InvalidInput: these words cannot be a tag.
            NotFound: the request has no such tag.
        """
        return self._number(connection, request_id, next(iter(_words([name]))))

    def of(self, connection: Connection, request_id: str, record_ids: Sequence[str]) -> dict[str, list[str]]:
        """The tags of these records, each in the order of their words; records without any are left out.

        Raises:
            Corrupt: one is not what was sealed.
        """
        about = tagged_records.c
        found: dict[str, set[int]] = {}
        for some in chunks(record_ids):
            query = select(about.record_id, about.tag).where(about.request_id == request_id, about.record_id.in_(some))
            for row in connection.execute(query):
                found.setdefault(row.record_id, set()).add(row.tag)
        if not found:
            return {}
        names = self._names(connection, request_id, set().union(*found.values()))
        return {one: sorted((names[tag] for tag in tags), key=_folded) for one, tags in found.items()}

    def _step(self, request_id: str) -> AbstractContextManager[Transaction]:
        """A transaction in which nothing of how records stand changes, so that what was counted of it stays."""
        return progress_of(self._store).carried(self._store, request_id, ())

    def _names(self, connection: Connection, request_id: str, numbers: Iterable[int] | None = None) -> dict[int, str]:
        about = review_tags.c
        query = select(about.number, about.sealed_name).where(about.request_id == request_id)
        if numbers is not None:
            query = query.where(about.number.in_(list(numbers)))
        rows = list(connection.execute(query.order_by(about.number)))
        if not rows:
            return {}
        key = self._requests.key(connection, request_id)
        return {
            row.number: self._store.vault.unseal(
                key, SealKind.REQUEST, f"{request_id}{BOUND_TO}", row.sealed_name
            ).decode()
            for row in rows
        }

    def _made(self, connection: Connection, request_id: str, put: dict[str, str]) -> list[int]:
        """The numbers of tags, those made that are new."""
        digests = {self._digest(request_id, folded): name for folded, name in put.items()}
        about = review_tags.c
        query = select(about.name_tag, about.number)
        query = query.where(about.request_id == request_id, about.name_tag.in_(list(digests)))
        known = {bytes(row.name_tag): row.number for row in connection.execute(query)}
        fresh = {digest: name for digest, name in digests.items() if digest not in known}
        if fresh:
            last = (
                connection.execute(select(func.max(about.number)).where(about.request_id == request_id)).scalar() or 0
            )
            if last + len(fresh) > MOST_TAGS:
                raise Conflict(f"a request has at most {MOST_TAGS} tags; use those that it has")
            key = self._requests.key(connection, request_id)
            rows = []
            for number, (digest, name) in enumerate(fresh.items(), start=last + 1):
                known[digest] = number
                sealed = self._store.vault.seal(key, SealKind.REQUEST, f"{request_id}{BOUND_TO}", name.encode())
                rows.append({"request_id": request_id, "number": number, "name_tag": digest, "sealed_name": sealed})
            connection.execute(insert(review_tags), rows)
        return [known[digest] for digest in digests]

    def _number(self, connection: Connection, request_id: str, folded: str) -> int:
        about = review_tags.c
        query = select(about.number).where(
            about.request_id == request_id, about.name_tag == self._digest(request_id, folded)
        )
        found = connection.execute(query).scalar()
        if found is None:
            raise NotFound("the request has no such tag; see: archiver request tags")
        return int(found)

    def _digest(self, request_id: str, folded: str) -> bytes:
        message = b"\x00".join((b"review-tag", request_id.encode(), folded.encode()))
        return hmac.digest(self._store.keyring.digest_key, message, hashlib.sha256)

    def _change(
        self,
        transaction: Transaction,
        request_id: str,
        kind: str,
        added: _Pairs,
        removed: _Pairs,
        actor: str,
        *,
        said: str = "",
        takes_back: int | None = None,
    ) -> Step:
        """One step: its row and leaves, what it changed, and how records stand after it."""
        connection = transaction.connection
        touched = list(dict.fromkeys(one for _, one in (*added, *removed)))
        event = EventKind.REVIEW_TAGGED if takes_back is None else EventKind.REVIEW_UNDONE
        payload = {"tags": said} if takes_back is None else {"takes_back": takes_back}
        note = None
        if said:
            key = self._requests.key(connection, request_id)
            note = self._store.vault.seal(key, SealKind.REQUEST, request_id, said.encode())
        step = Review(self._store).begin(
            transaction, request_id, kind, event, touched, actor, payload=payload, note=note, takes_back=takes_back
        )
        changes = [(pair, True) for pair in added] + [(pair, False) for pair in removed]
        connection.execute(
            insert(tag_changes),
            [
                {"request_id": request_id, "step": step.number, "tag": tag, "record_id": one, "added": was_added}
                for (tag, one), was_added in changes
            ],
        )
        if added:
            rows = [{"request_id": request_id, "tag": tag, "record_id": one} for tag, one in added]
            connection.execute(insert(tagged_records), rows)
        for tag in dict.fromkeys(tag for tag, _ in removed):
            for some in chunks([one for number, one in removed if number == tag]):
                about = tagged_records.c
                mine = (about.request_id == request_id, about.tag == tag, about.record_id.in_(some))
                connection.execute(delete(tagged_records).where(*mine))
        return step


def _undone_since(connection: Connection, request_id: str, number: int) -> set[int]:
    """Steps from `number` on that do not count: those that were taken back, and those that took back a later one."""
    about = review_steps.c
    query = select(about.number, about.takes_back).where(
        about.request_id == request_id, about.number > number, about.takes_back >= number
    )
    undone: set[int] = set()
    for row in connection.execute(query.order_by(about.number.desc())):  # what takes a step back is behind it
        if row.number not in undone:
            undone.add(row.takes_back)
            undone |= {row.number} if row.takes_back > number else set()
    return undone


def _pairs(
    connection: Connection, request_id: str, tags: Sequence[int], record_ids: Sequence[str]
) -> set[tuple[int, str]]:
    """Which of these records have which of these tags."""
    about = tagged_records.c
    found: set[tuple[int, str]] = set()
    for some in chunks(record_ids):
        query = select(about.tag, about.record_id).where(
            about.request_id == request_id, about.tag.in_(tags), about.record_id.in_(some)
        )
        found |= {(row.tag, row.record_id) for row in connection.execute(query)}
    return found


def _words(names: Sequence[str]) -> dict[str, str]:
    """Tags as they are written, by their folded words.

    Raises:
        InvalidInput: one cannot be a tag, or there are too many.
    """
    found: dict[str, str] = {}
    for one in names:
        name = unicodedata.normalize("NFC", " ".join(one.split()))
        if not name or len(name) > LONGEST_TAG or not name.isprintable():
            raise InvalidInput(f"a tag is one line of 1 to {LONGEST_TAG} characters")
        found.setdefault(_folded(name), name)
    if len(found) > MOST_AT_ONCE:
        raise InvalidInput(f"name at most {MOST_AT_ONCE} tags at a time")
    return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
