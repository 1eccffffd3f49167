"""What is marked in the records of a request, for people and programs: parts, marks, and a record as it would leave.

Rules:

- A screen needs no more than the documents here: a part has its name, its text or the sizes of its pages with the words
  on them, and every mark its place in the same measure.
- Who reads the words of a record leaves the event of reading it; a list of marks says where and on which ground only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.redaction_records import RequestRecords
from search.disclosure.marking import part_name
from search.disclosure.redaction import Regions, Words
from search.disclosure.redaction_preview import shown_parts
from search.disclosure.release_types import ClosedPart, PagesPart, TextPart

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.redaction import Redaction, Region, Span
    from search.disclosure.redaction_preview import ShownMark, ShownPart


def show_parts(installation: Installation, who: Principal, name: str, record_id: str) -> dict[str, Any]:
    """The parts of a record that can be marked, with their texts, and their pages with the words on them. An event.

    Raises:
        NotFound: there is no such request or record.
        Conflict: the record was destroyed.
        Denied: this role may not.
    """
    authorize(who, Act.READ_RECORD)
    with RequestRecords(installation, who, name, Act.SEE_REQUESTS) as records:
        opened = records.open(record_id)
        parts = [_part(one) for one in opened.parts.parts]
    return {"request": records.request.number, "record": record_id, "parts": parts}


def show_marked(installation: Installation, who: Principal, name: str, record_id: str) -> dict[str, Any]:
    """A record as it would leave, with its marks, and the words of drafts apart. An event.

    Raises:
        NotFound: there is no such request or record.
        Conflict: the record was destroyed.
        Denied: this role may not.
    """
    authorize(who, Act.READ_RECORD)
    with RequestRecords(installation, who, name, Act.SEE_REQUESTS) as records:
        opened = records.open(record_id)
        stands = records.known([record_id])[record_id]
        shown, nowhere = shown_parts(opened.parts, opened.marks, roster=records.roster.names)
    return {
        "request": records.request.number,
        "record": record_id,
        "decision": None if stands.decision is None else stands.decision.value,
        "parts": [_shown(one) for one in shown],
        "nowhere": [mark_document(one) for one in nowhere],
    }


def list_marks(
    installation: Installation,
    who: Principal,
    name: str,
    record_id: str | None = None,
    *,
    after: str = "",
    limit: int = 100,
) -> dict[str, Any]:
    """The marks of a record; without one, how many drafts and final ones records have, and what is unfinished.

    Raises:
        NotFound: there is no such request or record.
        Denied: this role may not.
    """
    with RequestRecords(installation, who, name, Act.SEE_REQUESTS) as records:
        store, request_id = installation.archive.store, records.request.id
        if record_id is not None:
            records.known([record_id])
        with store.read() as connection:
            if record_id is not None:
                marks = records.redactions.of(connection, request_id, [record_id]).get(record_id, ())
                document: dict[str, Any] = {"record": record_id, "marks": [mark_document(one) for one in marks]}
            else:
                counts = records.redactions.counts(connection, request_id)
                unfinished = records.redactions.unfinished(connection, request_id)
                seen = [one for one in counts if one not in records.hidden and one > after]
                rows = [{"record": one, "drafts": counts[one][0], "final": counts[one][1]} for one in seen[:limit]]
                left = [one for one in unfinished if one.record_id not in records.hidden]
                document = {
                    "records": rows,
                    "next": rows[-1]["record"] if len(seen) > limit else None,
                    "unfinished": [{"record": one.record_id, "why": one.why} for one in left],
                }
        records.note_viewed()
    return {"request": records.request.number, **document}


def list_steps(installation: Installation, who: Principal, name: str) -> list[dict[str, Any]]:
    """Every step of redaction of a request. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    names = {one.actor: one.name for one in installation.users.list()}
    with RequestRecords(installation, who, name, Act.SEE_REQUESTS) as records:
        with installation.archive.store.read() as connection:
            steps = records.redactions.steps(connection, records.request.id)
        records.note_viewed()
    return [{**one, "by": names.get(one["by"], one["by"])} for one in steps]


def mark_document(one: Redaction) -> dict[str, Any]:
    """A mark: its id, part and place, state, grounds and label."""
    document: dict[str, Any] = {
        "id": one.id,
        "part": part_name(one.place),
        "state": one.state.value,
        "exemptions": list(one.codes),
        "label": one.label,
        "keep_only": one.keep_only,
    }
    if isinstance(one.where, Words):
        document["spans"] = [_span(span) for span in one.where.spans]
    elif isinstance(one.where, Regions):
        document |= {"unit": one.where.unit.value, "regions": [region_document(box) for box in one.where.regions]}
    else:
        document |= {"words": list(one.where.words), "kinds": [kind.value for kind in one.where.kinds]}
    return document


def region_document(one: Region) -> dict[str, Any]:
    """A box of a page."""
    return {"page": one.page, "left": one.left, "top": one.top, "right": one.right, "bottom": one.bottom}


def parts_text(document: dict[str, Any]) -> str:
    """The parts of a record for people: each with its name, and its text or what its pages are."""
    lines: list[str] = []
    for one in document["parts"]:
        lines.append(f"== {one['part']}  {one['title']}{_measure(one)}")
        if one["kind"] == "text":
            lines.append(one["text"])
        elif one["kind"] == "pages":
            for page in one["pages"]:
                words = " ".join(each["text"] for each in page["words"])
                lines.append(f"-- page {page['page']}, {page['width']:g} x {page['height']:g} {one['unit']}")
                lines.append(words or "(no words are known of this page)")
        else:
            lines.append(f"(cannot be shown: {one['reason']})")
    return "\n".join(lines)


def marked_text(document: dict[str, Any]) -> str:
    """A record as it would leave, for people: final marks are gone, drafts stand in brackets."""
    lines = [f"{document['record']}  {document['decision'] or 'undecided'}"]
    for one in document["parts"]:
        lines.append(f"== {one['part']}  {one['title']}")
        if one["kind"] == "text":
            lines.append(one["shown"])
        elif one["kind"] == "closed":
            lines.append(f"(cannot be shown: {one['reason']})")
        else:
            lines += [_boxes_line(mark) for mark in one["marks"]] or ["(nothing is marked on its pages)"]
        lines += [f"!! {mark['id']} cannot be carried out: {mark['misfit']}" for mark in one["marks"] if mark["misfit"]]
    lines += [f"!! {mark['id']} is in {mark['part']}, which this record does not have" for mark in document["nowhere"]]
    return "\n".join(lines)


def marks_text(document: dict[str, Any]) -> str:
    """A list of marks, or of marked records, for people."""
    if "marks" in document:
        lines = [mark_line(one) for one in document["marks"]]
        return "\n".join(lines) or "Nothing is marked in this record."
    lines = [f"{one['record']}  {one['drafts']:,} drafts, {one['final']:,} final" for one in document["records"]]
    lines += [f"{one['record']}  {one['why']}" for one in document["unfinished"]]
    return "\n".join(lines) or "Nothing is marked in this request, and nothing waits for it."


def mark_line(one: dict[str, Any]) -> str:
    """A mark as one line."""
    where = ", ".join(f"{start}-{end}" for start, end in one.get("spans", []))
    where = where or ", ".join(map(_box, one.get("regions", []))) or "by pattern"
    grounds = ", ".join(one["exemptions"]) or "no ground"
    keeps = ", all but this" if one["keep_only"] else ""
    return f"{one['id']:<8} {one['state']:<5} {one['part']} {where}{keeps}  ({grounds})  {one['label']}".rstrip()


def _part(one: TextPart | PagesPart | ClosedPart) -> dict[str, Any]:
    named: dict[str, Any] = {"part": part_name(one.place), "title": one.title}
    if isinstance(one, TextPart):
        return {**named, "kind": "text", "length": len(one.text), "text": one.text}
    if isinstance(one, ClosedPart):
        return {**named, "kind": "closed", "media_type": one.media_type, "reason": one.reason}
    words: dict[int, list[dict[str, Any]]] = {}
    for line in one.lines:
        box = {"left": line.left, "top": line.top, "right": line.right, "bottom": line.bottom, "text": line.text}
        words.setdefault(line.page, []).append(box)
    pages = [
        {"page": number, "width": width, "height": height, "words": words.get(number, [])}
        for number, (width, height) in enumerate(one.sizes, start=1)
    ]
    return {**named, "kind": "pages", "media_type": one.media_type, "unit": one.unit.value, "pages": pages}


def _shown(one: ShownPart) -> dict[str, Any]:
    part = _part(one.part)
    marks = [_shown_mark(each) for each in one.marks]
    if one.kept is None:
        return {**part, "marks": marks}
    return {**part, "marks": marks, "kept": one.kept, "shown": one.shown}


def _shown_mark(one: ShownMark) -> dict[str, Any]:
    takes = {"takes": [_span(span) for span in one.spans]} if one.spans else {}
    return {**mark_document(one.redaction), **takes, "misfit": one.misfit or None}


def _span(one: Span) -> list[int]:
    return [one.start, one.end]


def _measure(one: dict[str, Any]) -> str:
    return f"  ({one['length']:,} characters)" if one["kind"] == "text" else ""


def _boxes_line(one: dict[str, Any]) -> str:
    boxes = ", ".join(map(_box, one.get("regions", [])))
    return f"[{one['state']} {one['id']} {one['label']}: {boxes}]"


def _box(one: dict[str, Any]) -> str:
    sides = " ".join(f"{one[side]:g}" for side in ("left", "top", "right", "bottom"))
    return f"page {one['page']} {sides}"
