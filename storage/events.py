"""Ledger events as values: what is a leaf, how it is encoded, and what stands only in its payload.

A leaf is never erased, so it holds ids, times and digests only. Query texts, reasons, names, addresses and
file names go into the payload, which is sealed under a key of its own and can be destroyed. The leaf binds
its payload by SHA-256 over a random salt and the payload's bytes; the salt is kept with the payload.

Leaf encoding (version 1, frozen): UTF-8 JSON with sorted keys and no spaces.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from storage.errors import NewerLeaf

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAF_VERSION = 1
LARGEST_LEAF = 0xFFFF  # what the length before an entry of a tile can say (C2SP tlog-tiles)
# made once: `json.dumps` makes an encoder for every call that has an option, and every record has two such texts
_to_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
SALT_BYTES = 16


class EventKind(StrEnum):
    """What may happen to an archive, a submission or a record."""

    ARCHIVE_CREATED = "archive.created"
    CUSTODIAN_ADDED = "custodian.added"
    CUSTODIAN_CHANGED = "custodian.changed"
    USER_ADDED = "user.added"
    USER_TOKEN_RENEWED = "user.token_renewed"
    USER_CLOSED = "user.closed"
    SUBMISSION_DEPOSITED = "submission.deposited"
    SUBMISSION_DUPLICATE = "submission.duplicate"
    SUBMISSION_EXAMINED = "submission.examined"
    RECORD_ARCHIVED = "record.archived"
    RECORD_VIEWED = "record.viewed"
    RECORD_EXPORTED = "record.exported"
    RECORD_ASSIGNED = "record.assigned"
    RECORD_TRANSCRIBED = "record.transcribed"
    RECORD_SUPERSEDED = "record.superseded"
    SEARCH_MADE = "search.made"
    INDEX_REBUILT = "index.rebuilt"
    INDEX_RECONCILED = "index.reconciled"
    SCHEDULE_LOADED = "schedule.loaded"
    RETENTION_EVALUATED = "retention.evaluated"
    FIXITY_CHECKED = "fixity.checked"
    SIGNED_IN = "user.signed_in"
    SERVICE_STARTED = "service.started"
    SERVICE_STOPPED = "service.stopped"
    KEY_SLOT_ADDED = "key.slot_added"
    KEY_SLOT_REMOVED = "key.slot_removed"
    EPOCH_OPENED = "epoch.opened"
    EPOCH_RETIRED = "epoch.retired"
    CHECKPOINT_ANCHORED = "checkpoint.anchored"
    LETTER_SENT = "letter.sent"
    RECOVERY_MADE = "recovery.made"
    DESTRUCTION_DECIDED = "destruction.decided"
    RECORD_DESTROYED = "record.destroyed"
    DESTRUCTION_CONFIRMED = "destruction.confirmed"
    RELEASE_DECIDED = "release.decided"
    TRANSFER_DECIDED = "transfer.decided"
    BACKUP_MADE = "backup.made"
    BACKUP_DRILLED = "backup.drilled"
    ARCHIVE_RESTORED = "archive.restored"
    LOSS_ACCEPTED = "archive.loss_accepted"
    ARCHIVE_UPGRADED = "archive.upgraded"
    CONTAINER_OPENED = "container.opened"
    CONTAINER_UNPACKED = "container.unpacked"
    CONTAINER_CLOSED = "container.closed"
    CONTAINER_VIEWED = "container.viewed"
    CONTAINER_DESTROYED = "container.destroyed"
    SUBMISSION_DESTROYED = "submission.destroyed"
    PARTICIPANTS_VIEWED = "participants.viewed"
    PARTICIPANT_LINKED = "participant.linked"
    PARTICIPANT_UNLINKED = "participant.unlinked"
    MAILBOX_DECLARED = "mailbox.declared"
    SUBMISSION_VIEWED = "submission.viewed"
    SUBMISSION_REQUEUED = "submission.requeued"
    SUBMISSION_RELEASED = "submission.released"
    SUBMISSION_REJECTED = "submission.rejected"
    ANSWERS_SWITCHED = "answers.switched"
    NOTICE_QUEUED = "notice.queued"
    DRAFT_ADDED = "draft.added"
    DRAFT_CONFIRMED = "draft.confirmed"
    DRAFT_DISCARDED = "draft.discarded"
    DRAFT_EXPIRED = "draft.expired"
    HOLD_PLACED = "hold.placed"
    HOLD_JUDGED = "hold.judged"
    HOLD_DECIDED = "hold.decided"
    HOLD_RENEWED = "hold.renewed"
    HOLD_RELEASED = "hold.released"
    HOLDS_VIEWED = "holds.viewed"
    SUBJECT_ADDED = "subject.added"
    SUBJECT_CHANGED = "subject.changed"
    SUBJECTS_VIEWED = "subjects.viewed"
    RECORD_LINKED = "record.linked"
    RECORD_UNLINKED = "record.unlinked"
    SERIES_ADDED = "record.series_added"
    SERIES_ENDED = "record.series_ended"
    FACT_ADDED = "fact.added"
    FACT_WITHDRAWN = "fact.withdrawn"
    CLOCK_FROZEN = "clock.frozen"
    CLOCK_ACCEPTED = "clock.accepted"
    DISPOSITION_PROPOSED = "disposition.proposed"
    DISPOSITION_STEP_DONE = "disposition.step_done"
    DISPOSITION_DROPPED = "disposition.dropped"
    DISPOSITION_APPROVED = "disposition.approved"
    DISPOSITION_WITHDRAWN = "disposition.withdrawn"
    DISPOSITION_BEGUN = "disposition.begun"
    DISPOSITION_PACKAGED = "disposition.packaged"
    DISPOSITION_ANSWERED = "disposition.answered"
    DISPOSITION_KEPT = "disposition.kept"
    DISPOSITION_REOPENED = "disposition.reopened"
    DISPOSITION_EXECUTED = "disposition.executed"
    DISPOSITION_CERTIFIED = "disposition.certified"
    DISPOSITIONS_VIEWED = "dispositions.viewed"
    NONRECORD_ASKED = "nonrecord.asked"
    NONRECORD_AGREED = "nonrecord.agreed"
    NONRECORD_REFUSED = "nonrecord.refused"
    NONRECORD_WITHDRAWN = "nonrecord.withdrawn"
    NONRECORD_CERTIFIED = "nonrecord.certified"
    NONRECORDS_VIEWED = "nonrecords.viewed"
    SEARCH_SAVED = "search.saved"
    SEARCH_CHANGED = "search.changed"
    SEARCH_REMOVED = "search.removed"
    SEARCH_FROZEN = "search.frozen"
    SEARCH_EXPORTED = "search.exported"
    HITS_REPORTED = "search.reported"
    SEARCHES_VIEWED = "searches.viewed"
    ALERT_ADDED = "alert.added"
    ALERT_CHANGED = "alert.changed"
    ALERT_REMOVED = "alert.removed"
    ALERT_FOUND = "alert.found"
    ALERT_TOLD = "alert.told"
    RESTRICTION_SET = "restriction.set"
    RESTRICTION_LIFTED = "restriction.lifted"
    GRANT_GIVEN = "grant.given"
    GRANT_TAKEN = "grant.taken"
    REQUEST_OPENED = "request.opened"
    REQUEST_NOTED = "request.noted"
    REQUEST_ASSIGNED = "request.assigned"
    REQUEST_TASK_ADDED = "request.task_added"
    REQUEST_TASK_DONE = "request.task_done"
    REQUEST_CLOSED = "request.closed"
    REQUEST_REOPENED = "request.reopened"
    STUDENT_LINKED = "student.linked"
    STUDENT_UNLINKED = "student.unlinked"
    STUDENT_GROUND_SET = "student.ground_set"
    STUDENT_DISCLOSED = "student.disclosed"
    STUDENT_REQUESTED = "student.requested"
    STUDENTS_VIEWED = "students.viewed"
    CUSTODIAN_ASKED = "custodian.asked"
    CUSTODIAN_REMINDED = "custodian.reminded"
    CUSTODIAN_DECLARED = "custodian.declared"
    DECLARATION_ACCEPTED = "custodian.accepted"
    REVIEW_ADDED = "review.added"
    REVIEW_DECIDED = "review.decided"
    REVIEW_CONFIRMED = "review.confirmed"
    REVIEW_BATCHED = "review.batched"
    REVIEW_UNDONE = "review.undone"
    REVIEW_TAGGED = "review.tagged"
    EXEMPTION_ADDED = "exemption.added"
    EXEMPTION_CHANGED = "exemption.changed"
    EXEMPTION_RETIRED = "exemption.retired"
    REDACTION_MARKED = "redaction.marked"
    REDACTION_CHANGED = "redaction.changed"
    REDACTION_SETTLED = "redaction.settled"
    REDACTION_REMOVED = "redaction.removed"
    REDACTION_UNDONE = "redaction.undone"
    OCCURRENCE_ACCEPTED = "occurrence.accepted"
    OCCURRENCE_WITHDRAWN = "occurrence.withdrawn"
    ROSTER_LOADED = "roster.loaded"
    ROSTER_VIEWED = "roster.viewed"
    REQUEST_PRODUCED = "request.produced"
    RECORDS_PRODUCED = "request.records_produced"
    PRODUCTION_WRITTEN = "request.production_written"
    REQUEST_CLAWED_BACK = "request.clawed_back"
    REQUESTS_VIEWED = "requests.viewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One leaf of the ledger.

    `subjects` are the ids that it is about; `blobs` the SHA-256 (hex) of sealed bytes that it brought in;
    `facts` that of the plain columns that never change; `digest` binds the payload, if there is one.
    """

    id: str
    kind: EventKind
    actor: str
    at: datetime
    subjects: tuple[str, ...] = ()
    blobs: tuple[str, ...] = ()
    facts: str | None = None
    digest: str | None = None

    def __post_init__(self) -> None:
        """Refuse a naive time: a leaf is never rewritten."""
        if self.at.tzinfo is None:
            raise ValueError("an event's time must be aware")

    def encode(self) -> bytes:
        """The leaf's bytes, as hashed into the tree (RFC 9162 §2.1.1 adds the 0x00 prefix).

        Raises:
            ValueError: it names so much that no entry of a tile could hold it.
        """
        members: dict[str, object] = {
            "v": LEAF_VERSION,
            "id": self.id,
            "kind": self.kind.value,
            "actor": self.actor,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "subjects": list(self.subjects),
        }
        if self.blobs:
            members["blobs"] = list(self.blobs)
        if self.facts is not None:
            members["facts"] = self.facts
        if self.digest is not None:
            members["digest"] = self.digest
        leaf = _to_json(members).encode()
        if len(leaf) > LARGEST_LEAF:
            raise ValueError("a leaf has at most 65,535 bytes; name what is many in the payload")
        return leaf

    @classmethod
    def decode(cls, leaf: bytes) -> Event:
        """Read a leaf again.

        Raises:
            ValueError: these bytes are not a leaf of this version.
            NewerLeaf: a `ValueError` that names a version beyond ours.
        """
        try:
            members = json.loads(leaf)
            version = members["v"]
            refuse_newer_leaf(members)
            if version != LEAF_VERSION:
                msg = f"leaf version {version} is not known"
                raise ValueError(msg)
            return cls(
                id=members["id"],
                kind=EventKind(members["kind"]),
                actor=members["actor"],
                at=datetime.fromisoformat(members["at"]),
                subjects=tuple(members["subjects"]),
                blobs=tuple(members.get("blobs", ())),
                facts=members.get("facts"),
                digest=members.get("digest"),
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            msg = "not a ledger leaf"
            raise ValueError(msg) from error


def refuse_newer_leaf(members: Mapping[str, Any]) -> None:
    """Refuse the members of a leaf that a newer version of this program wrote.

    Raises:
        NewerLeaf: it names a version beyond ours.
    """
    version = members.get("v")
    if type(version) is int and version > LEAF_VERSION:
        raise NewerLeaf(
            f"a ledger leaf has version {version} and this program knows {LEAF_VERSION}; use the newer program"
        )


def payload_digest(salt: bytes, payload: bytes) -> str:
    """The digest by which a leaf binds its payload: SHA-256 over salt, then payload, in hexadecimal."""
    return hashlib.sha256(salt + payload).hexdigest()


def digest_of_facts(facts: Mapping[str, str | None]) -> str:
    """The digest by which a leaf binds captured facts: SHA-256 over their JSON, names sorted, without blanks."""
    return hashlib.sha256(_to_json(facts).encode()).hexdigest()
