"""Whom records are about: persons, cases and accounts by their reference in the register that they come from.

Rule: apart from custodians, whose records these are; a person who is an employee may name his custodian, and then
what happens to him is known of all records of that custodian. Reference, name and day of birth are sealed under a
key of the subject's own; a subject is found again by a keyed digest of its class and reference.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, insert, select, update

from retention.tables import subjects
from storage.errors import Corrupt, InvalidInput, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.transaction import Store, Transaction
    from storage.vault import WrappedKey

_LONGEST: Final = 200
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_EARLIEST_BIRTH: Final = date(1850, 1, 1)
_CHUNK: Final = 500
MOST_AT_ONCE: Final = 500


class SubjectClass(StrEnum):
    """What a subject is; `kind` says more of a person, as `student`."""

    PERSON = "person"
    CASE = "case"
    ACCOUNT = "account"


class Kept(StrEnum):
    """What keeping a subject came to."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """What somebody states about a subject; None where nothing is said."""

    about: SubjectClass
    kind: str
    ref: str
    name: str | None = None
    born: date | None = None
    custodian_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A subject of this archive."""

    id: str
    stated: SubjectFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    id: str
    stated: SubjectFacts
    sealed: bytes
    key: WrappedKey | None


class Subjects:
    """The subjects of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._opened: dict[tuple[str, int], Subject] = {}

    def tag(self, about: SubjectClass, ref: str) -> bytes:
        """The keyed digest by which a subject is found; case and blanks at the ends do not count."""
        message = b"subject\x00" + about.value.encode() + b"\x00" + ref.strip().casefold().encode()
        return hmac.digest(self._store.keyring.digest_key, message, hashlib.sha256)

    def keep(self, stated: Sequence[SubjectFacts], *, actor: str) -> list[tuple[str, Kept]]:
        """Add subjects, or change what is known of those that are there; id and outcome of each, in their order.

        What is not stated stays as it was. All of them are kept, or none.

        Raises:
            InvalidInput: a reference, kind, name or day cannot be one, or there are more than `MOST_AT_ONCE`.
        """
        if len(stated) > MOST_AT_ONCE:
            raise InvalidInput(f"keep at most {MOST_AT_ONCE} subjects at once")
        wanted = [check_subject(one) for one in stated]
        with self._store.read() as connection:
            known = self._by_tag(connection, [self.tag(one.about, one.ref) for one in wanted])
        prepared = [self._prepare(one, known.get(self.tag(one.about, one.ref))) for one in wanted]
        if all(one is None for one in prepared):
            return [(known[self.tag(one.about, one.ref)].id, Kept.UNCHANGED) for one in wanted]
        with self._store.write() as transaction:
            return [
                (known[self.tag(said.about, said.ref)].id, Kept.UNCHANGED)
                if one is None
                else self._write(transaction, one, actor)
                for said, one in zip(wanted, prepared, strict=True)
            ]

    def _prepare(self, stated: SubjectFacts, there: Subject | None) -> _Prepared | None:
        """Seal what is new, outside of any transaction; None where nothing is."""
        if there is None:
            subject_id = new_id(Prefix.SUBJECT)
            key = self._store.vault.fresh(subject_id)
            wrapped: WrappedKey | None = self._store.vault.wrap(key, self._store.current_epoch())
        else:
            subject_id, wrapped = there.id, None
            stated = _joined(stated, there.stated)
            if stated == there.stated:
                return None
            with self._store.read() as connection:
                found = self._store.holder_keys(connection, [subject_id])
            key = found[subject_id]
        sealed = self._store.vault.seal(key, SealKind.SUBJECT, subject_id, _encode(stated))
        return _Prepared(id=subject_id, stated=stated, sealed=sealed, key=wrapped)

    def _write(self, transaction: Transaction, one: _Prepared, actor: str) -> tuple[str, Kept]:
        tag = self.tag(one.stated.about, one.stated.ref)
        values = {
            "kind": one.stated.kind,
            "custodian_id": one.stated.custodian_id,
            "sealed_subject": one.sealed,
        }
        if one.key is None:
            mine = select(subjects.c.custodian_id).where(subjects.c.id == one.id)
            before = transaction.connection.execute(mine).scalar()
            # whose records it no longer tells of, and whose it tells of now: who follows the ledger reads both again
            others = {before, one.stated.custodian_id} if before != one.stated.custodian_id else set()
            named = (one.id, *sorted(filter(None, others)))
            position = transaction.append(EventKind.SUBJECT_CHANGED, actor=actor, subjects=named)
            change = update(subjects).where(subjects.c.id == one.id).values(**values, position=position)
            transaction.connection.execute(change)
            return one.id, Kept.CHANGED
        there = transaction.connection.execute(select(subjects.c.id).where(subjects.c.tag == tag)).scalar()
        if there is not None:  # the same reference twice, or somebody was quicker
            return there, Kept.UNCHANGED
        transaction.keep_key(one.key)
        position = transaction.append(EventKind.SUBJECT_ADDED, actor=actor, subjects=(one.id,))
        row = {"id": one.id, "about": one.stated.about.value, "tag": tag, "since": transaction.at, **values}
        transaction.connection.execute(insert(subjects), [row | {"position": position}])
        return one.id, Kept.ADDED

    def find(self, connection: Connection, about: SubjectClass, ref: str) -> Subject:
        """The subject of a reference.

        Raises:
            NotFound: there is none.
        """
        found = self._by_tag(connection, [self.tag(about, ref)])
        if not found:
            raise NotFound(f"no {about.value} has this reference; see: archiver person list")
        return next(iter(found.values()))

    def has(self, connection: Connection, about: SubjectClass, ref: str) -> bool:
        """Whether there is a subject of this reference."""
        query = select(subjects.c.id).where(subjects.c.tag == self.tag(about, ref))
        return connection.execute(query).first() is not None

    def _by_tag(self, connection: Connection, tags: Sequence[bytes]) -> dict[bytes, Subject]:
        ids: dict[bytes, str] = {}
        for start in range(0, len(tags), _CHUNK):
            query = select(subjects.c.tag, subjects.c.id).where(subjects.c.tag.in_(tags[start : start + _CHUNK]))
            ids.update({bytes(row.tag): row.id for row in connection.execute(query)})
        opened = self.open(connection, list(ids.values()))
        return {tag: opened[subject_id] for tag, subject_id in ids.items()}

    def open(self, connection: Connection, ids: Sequence[str]) -> dict[str, Subject]:
        """These subjects, opened; remembered until they change.

        Raises:
            Corrupt: what is known of one is not what was sealed, or its key is gone.
        """
        found: dict[str, Subject] = {}
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), _CHUNK):
            chosen = subjects.c.id.in_(wanted[start : start + _CHUNK])
            rows = connection.execute(select(subjects).where(chosen)).all()
            missing = [row.id for row in rows if (row.id, row.position) not in self._opened]
            keys = self._store.holder_keys(connection, missing) if missing else {}
            for row in rows:
                if (row.id, row.position) not in self._opened:
                    if row.id not in keys:
                        raise Corrupt("the key of a subject is missing; run: archiver verify", subject=row.id)
                    plain = self._store.vault.unseal(keys[row.id], SealKind.SUBJECT, row.id, row.sealed_subject)
                    self._opened[row.id, row.position] = _decode(row, plain)
                found[row.id] = self._opened[row.id, row.position]
        return {one: found[one] for one in wanted if one in found}

    def list(self, connection: Connection, about: SubjectClass | None = None) -> list[Subject]:
        """All subjects, or those of a class, oldest first."""
        query = select(subjects.c.id).order_by(subjects.c.id)
        if about is not None:
            query = query.where(subjects.c.about == about.value)
        return list(self.open(connection, list(connection.execute(query).scalars())).values())


def check_subject(stated: SubjectFacts) -> SubjectFacts:
    """The same with its texts in order.

    Raises:
        InvalidInput: which of them cannot be one.
    """
    if not _KIND.fullmatch(stated.kind):
        raise InvalidInput("the kind of a person is one word of a-z, 0-9 and _, such as student; at most 32 long")
    if stated.born is not None and stated.born < _EARLIEST_BIRTH:
        raise InvalidInput(f"a day of birth cannot lie before {_EARLIEST_BIRTH}; write it like 2008-04-30")
    return SubjectFacts(
        about=stated.about,
        kind=stated.kind,
        ref=_text(stated.ref, "reference"),
        name=None if stated.name is None else _text(stated.name, "name"),
        born=stated.born,
        custodian_id=stated.custodian_id,
    )


def _text(given: str, what: str) -> str:
    cleaned = " ".join(given.split())
    if not cleaned or len(cleaned) > _LONGEST or not cleaned.isprintable():
        raise InvalidInput(f"a {what} is printable and has 1 to {_LONGEST} characters")
    return cleaned


def _joined(new: SubjectFacts, old: SubjectFacts) -> SubjectFacts:
    """What is known after something was stated; the reference stays as it was first written."""
    return SubjectFacts(
        about=old.about,
        kind=new.kind,
        ref=old.ref,
        name=new.name or old.name,
        born=new.born or old.born,
        custodian_id=new.custodian_id or old.custodian_id,
    )


def _encode(stated: SubjectFacts) -> bytes:
    born = None if stated.born is None else stated.born.isoformat()
    return json.dumps({"ref": stated.ref, "name": stated.name, "born": born}, sort_keys=True).encode()


def _decode(row: Any, plain: bytes) -> Subject:
    try:
        members = json.loads(plain)
        born = members["born"]
        stated = SubjectFacts(
            about=SubjectClass(row.about),
            kind=row.kind,
            ref=members["ref"],
            name=members["name"],
            born=None if born is None else date.fromisoformat(born),
            custodian_id=row.custodian_id,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Corrupt("what is known of a subject cannot be read; run: archiver verify", subject=row.id) from error
    return Subject(id=row.id, stated=stated)
