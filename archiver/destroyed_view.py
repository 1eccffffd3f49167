"""What is left to see of a record that was destroyed, released or transferred: that it was, and what became of it.

Rule: the same members as of every record, so that a program need not ask first; what is gone is null or empty. It
stays known by which channel, when, for whom and how many bytes came in, as plain columns and ledger leaves say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.container_view import taken_out_of
from archiver.provenance_view import grade_in_words
from archiver.record_view import container_member
from storage.destructions import destruction_of, read_batch
from storage.errors import Conflict
from storage.records import RecordState

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.archive import Archive
    from storage.records import Record


ENDS: Final = {
    RecordState.DESTROYED: "was destroyed",
    RecordState.RELEASED: "was released as not a record, and destroyed",
    RecordState.TRANSFERRED: "was transferred, and is no longer kept here",
}
"""What became of a record that is not active any more."""


def is_destroyed(record: Record) -> Conflict:
    """The refusal to hand out what is not active any more."""
    return Conflict(
        f"record {record.id} {ENDS[record.state]}; what is left is shown by: archiver record show {record.id}",
        record=record.id,
    )


def destroyed_document(archive: Archive, connection: Connection, record: Record) -> dict[str, Any]:
    """The `record show` document of a destroyed record."""
    owners = archive.custodians.open(connection, [record.custodian_id])
    gone = destruction_of(connection, record.id)
    batch = None if gone is None else read_batch(connection, gone.batch_id)
    return {
        "id": record.id,
        "kind": record.kind.value,
        "state": record.state.value,
        "captured": {
            "at": record.captured_at.isoformat(),
            "channel": record.channel.value,
            "submitter": None,
            "recipient": None,
            "source": None,
            "container": container_member(taken_out_of(connection, record.submission_id), None),
            "custodian": owners[record.custodian_id].addresses[0],
            "sha256": None,
            "size": archive.submissions.get(connection, record.submission_id).size,
            "submission": record.submission_id,
            "position": record.position,
            "headers": None,
        },
        "provenance": {
            "grade": record.grade.value,
            "means": grade_in_words(record.grade, record.kind),
            "verified": [
                f"the archive received it at {record.captured_at.isoformat()} over {record.channel.value}",
                f"ledger leaf {record.position} names the sealed record",
                *([] if gone is None else [f"ledger leaf {gone.position} names its destruction"]),
            ],
            "asserted": [],
            "dkim": None,
        },
        "original": {"from": None, "to": [], "cc": [], "date": None, "subject": None, "message_id": None},
        "forward": {"method": None, "by": None, "comment": None},
        "platform": None,
        "conversation": None,
        "messages": [],
        "part_of": None,
        "superseded_by": None,
        "supersedes": [],
        "parts": [],
        "text": "",
        "components": [],
        "notes": [],
        "unsearchable": [],
        "unmapped": [],
        "reading": None,
        "transcription": None,
        "evidence": [],
        "shown_by": [],
        "series": record.series_id,
        "assignments": [],
        "retention": {
            "decision": None,
            "eligible_on": None,
            "latest_on": None,
            "reasons": [f"the record {ENDS[record.state]}"],
        },
        "holds": [],
        "restricted": [],
        "destruction": None
        if gone is None or batch is None
        else {
            "batch": batch.id,
            "position": gone.position,
            "decided_at": batch.decided_at.isoformat(),
            "confirmed_at": None if batch.confirmed_at is None else batch.confirmed_at.isoformat(),
        },
    }


def destroyed_text(document: dict[str, Any]) -> str:
    """The document for people, on a terminal."""
    captured, gone = document["captured"], document["destruction"]
    lines = [
        f"{document['id']}  {document['kind']}  {document['state']}",
        "",
        f"Captured {captured['at']} over {captured['channel']} for {captured['custodian']}, {captured['size']:,} bytes",
        f"Series   {document['series'] or '-'}",
    ]
    if gone is not None:
        confirmed = f"confirmed {gone['confirmed_at']}" if gone["confirmed_at"] else "not confirmed yet"
        leaf = f"ledger leaf {gone['position']}"
        lines.append(f"{document['state'].capitalize()} {gone['decided_at']} with {gone['batch']}, {leaf}; {confirmed}")
    return "\n".join(lines)
