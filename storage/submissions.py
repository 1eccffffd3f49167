"""Submissions: prepared outside the write lock, added in one transaction, opened again byte for byte.

Rule: what was handed in is sealed as it came, under a key of its own; the row, the key, the digest by which
the same bytes are known again, and the ledger leaf commit together.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from storage.blobs import BlobStore, SealedObject, StoredObject
from storage.contents import Measured, SubmissionContent
from storage.errors import NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.many_rows import ManyRows
from storage.records import Channel, Envelope, Outcome, Submission
from storage.sealing import SealKind
from storage.tables import awaiting_examination, objects, submission_digests, submissions
from storage.transaction import PreparedEvent, Transaction, prepare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from storage.transaction import Store
    from storage.vault import HolderKey, WrappedKey

Tag = bytes

_ADDED = ManyRows(insert(submissions), *submissions.c.keys())
_DIGESTS = ManyRows(insert(submission_digests), *submission_digests.c.keys())
_OBJECTS = ManyRows(insert(objects), *objects.c.keys())
_AWAITING = ManyRows(insert(awaiting_examination), *awaiting_examination.c.keys())
_CONCLUDED = ManyRows(
    update(submissions)
    .where(submissions.c.id == bindparam("one"))
    .values(custodian_id=bindparam("whose"), outcome=bindparam("to"), reason=bindparam("why")),
    *("whose", "to", "why", "one"),
)
_DONE = ManyRows(delete(awaiting_examination).where(awaiting_examination.c.submission_id == bindparam("one")), "one")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEnvelope:
    """What is sealed beside a submission: its envelope, the account, the kind that was named, the bytes' SHA-256."""

    envelope: Envelope
    account: str
    kind: str | None
    sha256: str

    def encode(self) -> bytes:
        """As JSON."""
        members = {
            "submitter": self.envelope.submitter,
            "recipient": self.envelope.recipient,
            "source": self.envelope.source,
            "transport": self.envelope.transport,
            "account": self.account,
            "kind": self.kind,
            "sha256": self.sha256,
        }
        return json.dumps(members, ensure_ascii=True).encode()

    @classmethod
    def decode(cls, plain: bytes) -> SealedEnvelope:
        """Read `encode()` again."""
        members: dict[str, Any] = json.loads(plain)
        transport = tuple((str(name), str(value)) for name, value in members["transport"])
        envelope = Envelope(
            submitter=members["submitter"],
            recipient=members["recipient"],
            source=members["source"],
            transport=transport,
        )
        return cls(envelope=envelope, account=members["account"], kind=members["kind"], sha256=members["sha256"])


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSubmission:
    """A submission sealed and ready to be added; of it only a `StoredObject` is durable already."""

    submission: Submission
    sha256: str
    tag: Tag
    sealed: SealedObject | StoredObject
    sealed_envelope: bytes
    key: WrappedKey
    event: PreparedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The outcome of one submission's examination, and whose it turned out to be."""

    submission_id: str
    outcome: Outcome
    reason: str | None
    custodian_id: str | None


class Submissions:
    """The submissions of one archive."""

    def __init__(self, store: Store, blobs: BlobStore) -> None:
        self._store = store
        self._blobs = blobs

    def tag(self, custodian_id: str | None, channel: Channel, account: str, sha256: bytes) -> Tag:
        """The keyed digest that identifies a submission: custodian, channel, account and bytes."""
        message = "\x00".join(("submission", custodian_id or "", channel.value, account)).encode() + b"\x00" + sha256
        return hmac.digest(self._store.keyring.digest_key, message, hashlib.sha256)

    def prepare(
        self,
        *,
        channel: Channel,
        account: str,
        custodian_id: str | None,
        envelope: Envelope,
        kind: str | None,
        payload: bytes | Iterable[bytes | memoryview],
        epoch: int,
        received_at: datetime,
        actor: str,
    ) -> PreparedSubmission:
        """Seal the bytes and everything that will be written about them.

        Bytes are sealed in memory, and nothing is durable yet. What comes in pieces goes to the store as it comes,
        and its object is durable when this returns; what the pieces raise passes through, and nothing is kept.

        Raises:
            StorageFull, TemporarilyUnavailable: an object in pieces cannot be written.
        """
        vault = self._store.vault
        submission_id = new_id(Prefix.SUBMISSION)
        key = vault.fresh(submission_id)
        sealed: SealedObject | StoredObject
        if isinstance(payload, bytes):
            size, digest = len(payload), hashlib.sha256(payload)
            sealed = SealedObject.of(vault.seal(key, SealKind.SUBMISSION, submission_id, payload))
        else:
            measured = Measured(payload)
            sealed = self._blobs.write_pieces(vault.seal_pieces(key, SealKind.SUBMISSION, submission_id, measured))
            size, digest = measured.size, measured.digest
        about = SealedEnvelope(envelope=envelope, account=account, kind=kind, sha256=digest.hexdigest())
        facts = {
            "sha256": about.sha256,
            "size": size,
            "channel": channel.value,
            "received_at": received_at.isoformat(),
        }
        return PreparedSubmission(
            submission=Submission(
                id=submission_id,
                channel=channel,
                custodian_id=custodian_id,
                received_at=received_at,
                size=size,
                position=-1,
            ),
            sha256=about.sha256,
            tag=self.tag(custodian_id, channel, account, digest.digest()),
            sealed=sealed,
            sealed_envelope=vault.seal(key, SealKind.ENVELOPE, submission_id, about.encode()),
            key=vault.wrap(key, epoch),
            event=prepare(
                vault,
                epoch,
                EventKind.SUBMISSION_DEPOSITED,
                received_at,
                actor,
                (submission_id,),
                facts,
                (sealed.blob_id,),
            ),
        )

    def known(self, connection: Connection, tags: Sequence[Tag]) -> dict[Tag, Submission]:
        """Those of the tags that are deposited already, with the submission that they name."""
        found: dict[Tag, Submission] = {}
        joined = submissions.join(submission_digests, submission_digests.c.submission_id == submissions.c.id)
        for start in range(0, len(tags), 500):
            chosen = submission_digests.c.tag.in_(tags[start : start + 500])
            query = select(submissions, submission_digests.c.tag).select_from(joined).where(chosen)
            for row in connection.execute(query):
                found[bytes(row.tag)] = _submission(row)
        return found

    def add(self, transaction: Transaction, prepared: Sequence[PreparedSubmission]) -> list[Submission]:
        """Write the rows, keys and leaves of prepared submissions whose objects are durable; in order."""
        added: list[Submission] = []
        for one in prepared:
            position = transaction.append_prepared(one.event)
            transaction.keep_key(one.key)
            added.append(replace(one.submission, position=position))
        connection = transaction.connection
        _ADDED.execute(connection, [_row_of(one, ready) for one, ready in zip(added, prepared, strict=True)])
        _DIGESTS.execute(connection, [(one.tag, one.submission.id) for one in prepared])
        _OBJECTS.execute(connection, [_object_row(one) for one in prepared])
        _AWAITING.execute(connection, [(one.id, one.position) for one in added])
        return added

    def awaiting(self, connection: Connection, *, limit: int) -> list[str]:
        """Ids of submissions that wait for examination, oldest first."""
        query = select(awaiting_examination.c.submission_id).order_by(awaiting_examination.c.position).limit(limit)
        return list(connection.execute(query).scalars())

    def waiting_until(self, connection: Connection, position: int) -> int:
        """How many submissions at places up to `position` still wait for examination."""
        query = select(func.count()).select_from(awaiting_examination)
        counted: int = connection.execute(query.where(awaiting_examination.c.position <= position)).scalar_one()
        return counted

    def get(self, connection: Connection, submission_id: str) -> Submission:
        """One submission.

        Raises:
            NotFound: there is none with this id.
        """
        row = connection.execute(select(submissions).where(submissions.c.id == submission_id)).first()
        if row is None:
            raise NotFound(f"there is no submission {submission_id}", submission=submission_id)
        return _submission(row)

    def get_many(self, connection: Connection, ids: Sequence[str]) -> list[tuple[Submission, str]]:
        """These submissions with the ids of their objects, oldest first; unknown ones are absent."""
        found: list[tuple[Submission, str]] = []
        for start in range(0, len(ids), 500):
            query = select(submissions).where(submissions.c.id.in_(ids[start : start + 500]))
            found += [(_submission(row), row.blob_id) for row in connection.execute(query)]
        return sorted(found, key=lambda one: one[0].position)

    def envelopes(
        self, connection: Connection, ids: Sequence[str], keys: Mapping[str, HolderKey] | None = None
    ) -> dict[str, SealedEnvelope]:
        """The envelopes of these submissions, opened; a destroyed one is absent. `keys` are theirs, if at hand."""
        if keys is None:
            keys = self._store.holder_keys(connection, ids)
        found: dict[str, SealedEnvelope] = {}
        for start in range(0, len(ids), 500):
            query = select(submissions.c.id, submissions.c.sealed_envelope)
            for row in connection.execute(query.where(submissions.c.id.in_(ids[start : start + 500]))):
                if row.id in keys:
                    plain = self._store.vault.unseal(keys[row.id], SealKind.ENVELOPE, row.id, row.sealed_envelope)
                    found[row.id] = SealedEnvelope.decode(plain)
        return found

    def locate(self, connection: Connection, submission_id: str) -> SubmissionContent:
        """The bytes as handed in, to be read when the connection is closed.

        Raises:
            NotFound: no such submission, or it is destroyed.
        """
        query = select(submissions.c.blob_id, submissions.c.size).where(submissions.c.id == submission_id)
        row = connection.execute(query).first()
        key = self._store.holder_keys(connection, [submission_id]).get(submission_id)
        if row is None or key is None:
            raise NotFound(f"there is no submission {submission_id} that could be read", submission=submission_id)
        return self.content_of(key, row.blob_id, row.size)

    def content_of(self, key: HolderKey, blob_id: str, size: int) -> SubmissionContent:
        """The same with the key, the object's name and the plain size at hand."""
        return SubmissionContent(vault=self._store.vault, blobs=self._blobs, key=key, blob_id=blob_id, size=size)

    def content(self, connection: Connection, submission_id: str) -> bytes:
        """The bytes as handed in, whole and authenticated; for what is known to be small.

        Raises:
            NotFound: no such submission, or it is destroyed.
            Corrupt: the stored bytes are not what was sealed.
        """
        return self.locate(connection, submission_id).read()

    def requeue(self, transaction: Transaction, submission_id: str) -> None:
        """Let a submission be examined once more, at its old place in the queue."""
        connection = transaction.connection
        position = self.get(connection, submission_id).position
        mine = submissions.c.id == submission_id
        connection.execute(update(submissions).where(mine).values(outcome=None, reason=None))
        waiting = [{"submission_id": submission_id, "position": position}]
        connection.execute(insert(awaiting_examination), waiting)

    def conclude(self, transaction: Transaction, concluded: Sequence[Conclusion]) -> None:
        """Write what examination made of submissions, and take them off the queue."""
        rows = [(each.custodian_id, each.outcome.value, each.reason, each.submission_id) for each in concluded]
        _CONCLUDED.execute(transaction.connection, rows)
        _DONE.execute(transaction.connection, [(each.submission_id,) for each in concluded])


def _row_of(one: Submission, ready: PreparedSubmission) -> tuple[Any, ...]:
    """The row of a submission without an outcome, in the order of the columns of `submissions`."""
    return (
        one.id,
        one.channel.value,
        one.custodian_id,
        one.received_at,
        one.size,
        ready.sealed.blob_id,
        one.position,
        None,
        None,
        ready.sealed_envelope,
    )


def _object_row(one: PreparedSubmission) -> tuple[Any, ...]:
    """The row of a submission's object, in the order of the columns of `objects`."""
    holder, kind = one.submission.id, SealKind.SUBMISSION.value
    return one.sealed.blob_id, holder, holder, kind, one.sealed.size, one.submission.size


def _submission(row: Any) -> Submission:
    return Submission(
        id=row.id,
        channel=Channel(row.channel),
        custodian_id=row.custodian_id,
        received_at=row.received_at,
        size=row.size,
        position=row.position,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        reason=row.reason,
    )
