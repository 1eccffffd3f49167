"""A record's preservation metadata as PREMIS 3.0 XML: its files, what happened to them, and who did it. Pure.

Rule: elements stand in the order of the schema (objects, events, agents); each event is a leaf of the ledger and has
its id, so that it can be proved; event types are those of the PREMIS vocabulary (id.loc.gov/vocabulary/preservation/
eventType). Who looked at the record is not told: that is the archive's custody, not the record's history.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET  # only written here, never read

from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from archiver.record_writing import WrittenFile
    from storage.ledger import LedgerEvent
    from storage.records import DescribedRecord

NAMESPACE = "http://www.loc.gov/premis/v3"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOCAL = "local"
_LEAF = "ledger event"

_TYPES = {
    EventKind.SUBMISSION_DEPOSITED: ("capture", "the bytes were handed in and stored as they came"),
    EventKind.SUBMISSION_DUPLICATE: ("capture", "the same bytes were handed in again"),
    EventKind.SUBMISSION_EXAMINED: ("metadata extraction", "the submission was examined"),
    EventKind.SUBMISSION_REQUEUED: ("appraisal", "the submission was taken out of quarantine, to be examined again"),
    EventKind.SUBMISSION_RELEASED: ("appraisal", "the submission was released from quarantine, as it is"),
    EventKind.RECORD_ARCHIVED: ("ingestion", "the record was read from its submission and archived"),
    EventKind.RECORD_TRANSCRIBED: ("metadata extraction", "what its pictures say was added as a version"),
    EventKind.RECORD_SUPERSEDED: ("appraisal", "the same messages were read at another date, in a record that stands"),
    EventKind.RECORD_ASSIGNED: ("appraisal", "the record was put into a series"),
    EventKind.RECORD_LINKED: ("appraisal", "the record was linked to a person, case or account"),
    EventKind.RECORD_UNLINKED: ("appraisal", "a link of the record was taken back"),
    EventKind.SERIES_ADDED: ("appraisal", "the record was put into a further series"),
    EventKind.SERIES_ENDED: ("appraisal", "the record was taken out of a further series"),
    EventKind.FACT_ADDED: ("appraisal", "an event that its retention depends on was recorded"),
    EventKind.FACT_WITHDRAWN: ("appraisal", "an event that its retention depends on was withdrawn"),
    EventKind.RESTRICTION_SET: ("appraisal", "the record was put into a restricted class"),
    EventKind.RESTRICTION_LIFTED: ("appraisal", "the record was taken out of a restricted class"),
    EventKind.DISPOSITION_KEPT: ("appraisal", "an officer decided to keep the record beyond its period"),
    EventKind.DISPOSITION_REOPENED: ("appraisal", "an officer ended the decision to keep it beyond its period"),
    EventKind.RECORD_EXPORTED: ("exporting", "the record was exported; its bytes were compared with their digests"),
    EventKind.FIXITY_CHECKED: ("fixity check", "every stored byte of the archive was compared with what was written"),
    EventKind.ARCHIVE_RESTORED: ("recovery", "the archive was restored from a backup"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PremisFacts:
    """What a record's history needs beside the record: its events, the last full fixity check, and the program."""

    archive: str
    events: Sequence[LedgerEvent]
    fixity: LedgerEvent | None
    fixity_passed: bool
    product: Mapping[str, str]
    exported_at: datetime


def premis_document(described: DescribedRecord, files: Sequence[WrittenFile], facts: PremisFacts) -> bytes:
    """The document of one record; `files` are its components as exported."""
    ET.register_namespace("premis", NAMESPACE)
    ET.register_namespace("xsi", _XSI)
    root = ET.Element(_name("premis"), {"version": "3.0"})
    record_id = described.record.id
    whole = _object(root, "intellectualEntity", record_id)
    _identifier(whole, "object", "archive", facts.archive)
    types = {one.id: (one.media_type, one.name) for one in described.description.components}
    for file in files:
        _file(root, file, *types[file.component or ""], record_id)
    told = [one for one in facts.events if one.event.kind in _TYPES and one.event.kind is not EventKind.FIXITY_CHECKED]
    for one in told:
        _event(root, one, record_id, None)
    if facts.fixity is not None:
        _event(root, facts.fixity, record_id, "pass" if facts.fixity_passed else "fail")
        told.append(facts.fixity)
    for actor in sorted({one.event.actor for one in told}):
        agent = ET.SubElement(root, _name("agent"))
        _identifier(agent, "agent", _LOCAL, actor)
        _add(agent, "agentName", actor)
        _add(agent, "agentType", "software" if actor.startswith("service:") else "person")
    program = ET.SubElement(root, _name("agent"))
    _identifier(program, "agent", "software", f"{facts.product['name']} {facts.product['version']}")
    _add(program, "agentName", facts.product["name"])
    _add(program, "agentType", "software")
    _add(program, "agentVersion", facts.product["version"])
    _add(program, "agentNote", f"wrote this document on {facts.exported_at.isoformat()}")
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


def _add(parent: Any, tag: str, text: str | None = None) -> Any:
    child = ET.SubElement(parent, _name(tag))
    if text is not None:
        child.text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return child


def _identifier(parent: Any, of: str, kind: str, value: str) -> None:
    identifier = _add(parent, f"{of}Identifier")
    _add(identifier, f"{of}IdentifierType", kind)
    _add(identifier, f"{of}IdentifierValue", value)


def _object(root: Any, category: str, value: str) -> Any:
    found = ET.SubElement(root, _name("object"), {f"{{{_XSI}}}type": f"premis:{category}"})
    _identifier(found, "object", _LOCAL, value)
    return found


def _file(root: Any, file: WrittenFile, media_type: str, original_name: str | None, record_id: str) -> None:
    found = _object(root, "file", file.component or file.name)
    _identifier(found, "object", "path", file.name)
    what = _add(found, "objectCharacteristics")
    _add(what, "compositionLevel", "0")
    fixity = _add(what, "fixity")
    _add(fixity, "messageDigestAlgorithm", "SHA-256")
    _add(fixity, "messageDigest", file.sha256)
    _add(what, "size", str(file.size))
    designation = _add(_add(what, "format"), "formatDesignation")
    _add(designation, "formatName", media_type)
    if original_name:
        _add(found, "originalName", original_name)
    relation = _add(found, "relationship")
    _add(relation, "relationshipType", "structural")
    _add(relation, "relationshipSubType", "is part of")
    _identifier(relation, "relatedObject", _LOCAL, record_id)


def _event(root: Any, one: LedgerEvent, record_id: str, outcome: str | None) -> None:
    kind, detail = _TYPES[one.event.kind]
    found = ET.SubElement(root, _name("event"))
    _identifier(found, "event", _LEAF, one.event.id)
    _add(found, "eventType", kind)
    _add(found, "eventDateTime", one.event.at.isoformat())
    _add(_add(found, "eventDetailInformation"), "eventDetail", f"{detail}; leaf {one.position} of the ledger")
    if outcome is not None:
        _add(_add(found, "eventOutcomeInformation"), "eventOutcome", outcome)
    _identifier(found, "linkingAgent", _LOCAL, one.event.actor)
    _identifier(found, "linkingObject", _LOCAL, record_id)
