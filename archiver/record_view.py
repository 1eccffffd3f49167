"""A record as people and programs see it: the `record show` document of the command contract, and as text.

Rule: what we measured and what somebody says stand apart; what the source does not say is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.conversation_view import conversation_document, conversation_lines, message_document
from archiver.evidence_view import evidence_lines
from archiver.provenance_view import asserted_beside, provenance_members, verified_by_checks
from archiver.transcription_view import (
    Readings,
    asserted_of,
    transcribed_message,
    transcription_document,
    transcription_lines,
)
from ingest.formats.serialised_message import MEDIA_TYPE as SERIALISED
from storage.records import ComponentRole, ForwardMethod, RecordKind
from storage.transcribed import transcribed

if TYPE_CHECKING:
    from archiver.container_view import Membership
    from retention.evaluation import Decision
    from storage.records import DescribedRecord, Description, ForwardedMessage, Letterhead, Party
    from storage.submissions import SealedEnvelope
    from storage.transcription import Transcription

_NO_READINGS = Readings()


def party(one: Party | None) -> dict[str, str | None] | None:
    """A sender or recipient."""
    return None if one is None else {"name": one.name, "address": one.address}


def letterhead(head: Letterhead) -> dict[str, Any]:
    """The headers of a message."""
    return {
        "from": party(head.sender),
        "to": [party(one) for one in head.to],
        "cc": [party(one) for one in head.cc],
        "date": head.date,
        "subject": head.subject,
        "message_id": head.message_id,
    }


def _link(one: ForwardedMessage) -> dict[str, Any]:
    return {"method": one.method.value, **letterhead(one.letterhead), "comment": one.comment}


def _verified(described: DescribedRecord, envelope: SealedEnvelope) -> list[str]:
    record = described.record
    written = any(
        one.role is ComponentRole.ORIGINAL and one.media_type == SERIALISED for one in described.description.components
    )
    got = "wrote these bytes from what a container says of the message, taken" if written else "received these bytes"
    facts = [
        f"the archive {got} at {record.captured_at.isoformat()} over {record.channel.value}",
        f"their SHA-256 is {envelope.sha256}",
        f"ledger leaf {record.position} names the sealed record",
    ]
    facts += [f"{name}: {value}" for name, value in envelope.envelope.transport if name == "peer"]
    return [*facts, *verified_by_checks(described.description), *described.description.verified]


def _asserted(description: Description, read: Transcription | None) -> list[str]:
    said = ["sender, recipients, date and subject are what the message itself says"]
    if description.kind is RecordKind.SCREENSHOT and read is None:
        return ["a picture shows what somebody's screen showed, and can be made to show anything"]
    if read is not None and description.kind in (RecordKind.SCREENSHOT, RecordKind.DOCUMENT):
        return [*asserted_of(read), *asserted_beside(description), *description.asserted]
    if description.conversation is not None:
        held = "capture" if description.kind is RecordKind.PAGE else "export"
        said = [f"senders, times and texts are what the {held} says, as {description.reader} reads it"]
    if description.forward.method is ForwardMethod.INLINE:
        said = ["sender, recipients, date and subject of the original are what the forwarded text says"]
    return [*said, *asserted_beside(description), *description.asserted]


def record_document(
    described: DescribedRecord,
    envelope: SealedEnvelope,
    *,
    size: int,
    decision: Decision | None,
    holds: tuple[str, ...] = (),
    membership: Membership | None = None,
    readings: Readings = _NO_READINGS,
    boxes: bool = False,
) -> dict[str, Any]:
    """The document of `record show --json`; also `metadata.json` of an export.

    `membership` says which container the submission was taken out of, None for one that was handed in by itself.
    `readings` are those of its pictures, `boxes` whether each line read is shown with its place.
    """
    record, read = described.record, readings.newest
    description = transcribed(described.description, read)
    state = "held" if holds and record.state.value == "active" else record.state.value
    conversation = description.conversation
    zone = None if conversation is None else conversation.zone
    messages = [message_document(one, zone) for one in description.messages]
    if read is not None and read.transcript is not None and messages and not described.description.messages:
        messages = [transcribed_message(one) for one in read.transcript.messages]
    return {
        "id": record.id,
        "kind": record.kind.value,
        "state": state,
        "captured": {
            "at": record.captured_at.isoformat(),
            "channel": record.channel.value,
            "submitter": envelope.envelope.submitter,
            "recipient": envelope.envelope.recipient,
            "source": envelope.envelope.source,
            "container": container_member(membership, envelope.envelope.source),
            "custodian": described.custodian.addresses[0],
            "sha256": envelope.sha256,
            "size": size,
            "submission": record.submission_id,
            "position": record.position,
            "headers": None if description.carrier is None else letterhead(description.carrier),
        },
        "provenance": {
            **provenance_members(description, record.grade),
            "verified": _verified(described, envelope),
            "asserted": _asserted(description, read),
        },
        "original": letterhead(description.original),
        "forward": {
            "method": description.forward.method.value,
            "by": description.forward.by,
            "comment": description.forward.comment,
            "chain": [_link(one) for one in description.chain],
        },
        "platform": description.platform,
        "conversation": conversation_document(conversation),
        "messages": messages,
        "part_of": None,
        "parts": [],
        "superseded_by": None,
        "supersedes": [],
        "text": description.text,
        "components": [
            {
                "id": one.id,
                "role": one.role.value,
                "media_type": one.media_type,
                "name": one.name,
                "size": one.size,
                "sha256": one.sha256,
                "pictured": one.pictured,
            }
            for one in description.components
        ],
        "notes": list(description.notes),
        "unsearchable": list(description.unsearchable),
        "unmapped": list(description.unmapped),
        "reading": None if readings.state is None else readings.state.value,
        "transcription": transcription_document(readings, boxes=boxes),
        "evidence": [],
        "shown_by": [],
        "series": record.series_id,
        "assignments": [],
        "retention": retention_document(decision),
        "holds": list(holds),
        "destruction": None,
    }


def container_member(membership: Membership | None, place: str | None) -> dict[str, Any] | None:
    """The container that something was taken out of, and its place in there: by number, and by name where known."""
    if membership is None:
        return None
    return {
        "id": membership.container,
        "number": membership.number,
        "place": place,
        "destroyed": membership.destroyed,
    }


def retention_document(decision: Decision | None) -> dict[str, Any]:
    """The retention part of the document."""
    if decision is None:
        reasons = ["no schedule is loaded, so nothing is due; load one with: archiver schedule load FILE"]
        return {"decision": "unscheduled", "eligible_on": None, "latest_on": None, "reasons": reasons}
    return {
        "decision": decision.decision.value,
        "eligible_on": None if decision.eligible_on is None else decision.eligible_on.isoformat(),
        "latest_on": None if decision.latest_on is None else decision.latest_on.isoformat(),
        "reasons": list(decision.reasons),
    }


def name_of(one: dict[str, str | None] | None) -> str:
    """A sender or recipient as one line; a dash where nothing is said."""
    if one is None:
        return "-"
    if one["name"] and one["address"]:
        return f"{one['name']} <{one['address']}>"
    return one["name"] or one["address"] or "-"


def as_text(document: dict[str, Any]) -> str:
    """The document for people, on a terminal."""
    captured, original, forward = document["captured"], document["original"], document["forward"]
    lines = [
        f"{document['id']}  {document['kind']}  {document['state']}  grade {document['provenance']['grade']}",
        "",
        *([] if document["conversation"] else _addressed(original)),
    ]
    lines += [f"Date:     {original['date'] or '-'}", f"Subject:  {original['subject'] or '-'}"]
    if forward["method"] != "none":
        lines.append(f"Forwarded {forward['method']} by {forward['by'] or '-'}")
        if forward["comment"]:
            lines.append(f"Comment:  {forward['comment']}")
        for one in forward["chain"][1:]:
            lines.append(
                f"Inside:   {one['method']}, {name_of(one['from'])}, {one['date'] or '-'}, {one['subject'] or '-'}"
            )
    said = conversation_lines(document)
    if document["kind"] == RecordKind.PAGE.value or not said:
        said += ["", document["text"].rstrip() or "(no text)"]
    lines += [*said, ""]
    for one in document["components"]:
        written = one["role"] == ComponentRole.ORIGINAL.value and one["media_type"] == SERIALISED
        role = "serialised" if written else one["role"]
        lines.append(f"{role:<11}{one['name'] or '-'}  {one['media_type']}  {one['size']:,} bytes")
    lines += [f"note: {one}" for one in document["notes"]]
    lines += [f"not searchable: {one}" for one in document["unsearchable"]]
    lines += transcription_lines(document)
    lines += evidence_lines(document)
    if document["unmapped"]:
        lines.append(f"in the source only: {', '.join(document['unmapped'])}")
    provenance = document["provenance"]
    lines += ["", f"Grade {provenance['grade']}: {provenance['means']} (DKIM: {provenance['dkim']})"]
    lines += [f"         {one}" for one in provenance["explanation"]]
    for one in provenance["checks"]:
        why = f", {one['reason']}" if one["reason"] else ""
        lines.append(f"         {one['method']} of the {one['of']}: {one['result']}{why}")
    lines += [
        "",
        f"Captured {captured['at']} over {captured['channel']} for {captured['custodian']}",
        *_taken_out_of(captured["container"]),
        f"SHA-256  {captured['sha256']}",
        f"Series   {document['series'] or '-'}: {document['retention']['decision']}",
        *(f"         {one}" for one in document["retention"]["reasons"]),
        *(
            f"         {one['series'] or '-'} {one['change']} by {one['by']} ({one['how']}): {one['why'] or '-'}"
            for one in document["assignments"]
        ),
        *(f"Held by  {one}" for one in document["holds"]),
    ]
    return "\n".join(lines)


def _addressed(original: dict[str, Any]) -> list[str]:
    lines = [
        f"From:     {name_of(original['from'])}",
        f"To:       {', '.join(name_of(one) for one in original['to']) or '-'}",
    ]
    if original["cc"]:
        lines.append(f"Cc:       {', '.join(name_of(one) for one in original['cc'])}")
    return lines


def _taken_out_of(container: dict[str, Any] | None) -> list[str]:
    if container is None:
        return []
    gone = " (destroyed)" if container["destroyed"] else ""
    return [f"Out of   container {container['id']}{gone}, member {container['number']:,}: {container['place'] or '-'}"]
