"""The bytes of redactions: what is sealed of them. Pure.

Encoding (version 1): one line of JSON (RFC 8259, RFC 7493: UTF-8, no name twice). A span is an array of two numbers, a
region one of five (page, left, top, right, bottom). Decoding trusts nothing: unknown members, wrong types and counts
beyond the bounds are refused, and so is what the types of `redaction` refuse.
"""

from __future__ import annotations

from typing import Any, Final

from search.disclosure.redaction import (
    LONGEST_LABEL,
    LONGEST_NAME,
    LONGEST_SIDE,
    LONGEST_TEXT,
    LONGEST_WORDS,
    MOST_CODES,
    MOST_REGIONS,
    MOST_SPANS,
    MOST_WORDS,
    Found,
    Part,
    Pattern,
    Place,
    Redaction,
    RedactionState,
    Region,
    Regions,
    Span,
    Unit,
    Words,
)
from storage.errors import InvalidInput, NewerFormat
from storage.strict_json import Members, read_object, refuse, write_object

REDACTION_VERSION: Final = 1
MOST_REDACTIONS: Final = 2_000
_MOST_BRACKETS: Final = 400_000
_SPAN_PARTS: Final = 2
_REGION_PARTS: Final = 5


def encode_redactions(redactions: tuple[Redaction, ...]) -> bytes:
    """One line of JSON without a line feed.

    Raises:
        InvalidInput: there are too many.
    """
    if len(redactions) > MOST_REDACTIONS:
        raise InvalidInput(f"A record has at most {MOST_REDACTIONS:,} redactions. Mark larger parts.")
    return write_object({"version": REDACTION_VERSION, "redactions": [_members(one) for one in redactions]})


def decode_redactions(line: bytes) -> tuple[Redaction, ...]:
    """What `encode_redactions` wrote.

    Raises:
        NewerFormat: a later version wrote it.
        ValueError: it is none; the message names a member and never what it held.
    """
    whole = read_object(line, brackets=_MOST_BRACKETS, unique_names=True)
    version = _number(whole, "version", 1, 1 << 31)
    if version > REDACTION_VERSION:
        raise NewerFormat("A newer version of this program wrote these redactions. Upgrade to read them.")
    _only(whole, {"version", "redactions"})
    rows = _rows(whole, "redactions", MOST_REDACTIONS)
    try:
        return tuple(_redaction(_object(one, "redactions")) for one in rows)
    except InvalidInput:
        refuse("a redaction that is none")


def _members(one: Redaction) -> Members:
    place = {"part": one.place.part, "name": one.place.name, "number": one.place.number, "of": one.place.component}
    where: Members
    if isinstance(one.where, Words):
        where = {"spans": [[span.start, span.end] for span in one.where.spans], "text": one.where.text_digest}
    elif isinstance(one.where, Regions):
        boxes = [[box.page, box.left, box.top, box.right, box.bottom] for box in one.where.regions]
        where = {"regions": boxes, "unit": one.where.unit}
    else:
        where = {"words": list(one.where.words), "kinds": list(one.where.kinds)}
    return {
        "id": one.id,
        "record": one.record_id,
        "place": {name: value for name, value in place.items() if value is not None},
        "where": where,
        "codes": list(one.codes),
        "state": one.state,
        "label": one.label,
        "keep_only": one.keep_only,
    }


def _redaction(members: Members) -> Redaction:
    _only(members, {"id", "record", "place", "where", "codes", "state", "label", "keep_only"})
    keep_only = members.get("keep_only")
    if not isinstance(keep_only, bool):
        refuse("keep_only")
    return Redaction(
        id=_string(members, "id", LONGEST_NAME),
        record_id=_string(members, "record", LONGEST_NAME),
        place=_place(_object(members.get("place"), "place")),
        where=_where(_object(members.get("where"), "where")),
        codes=_strings(members, "codes", MOST_CODES, LONGEST_LABEL),
        state=RedactionState(_one_of(members, "state", RedactionState)),
        label=_string(members, "label", LONGEST_LABEL),
        keep_only=keep_only,
    )


def _place(members: Members) -> Place:
    _only(members, {"part", "name", "number", "of"})
    return Place(
        part=Part(_one_of(members, "part", Part)),
        name=_string(members, "name", LONGEST_NAME) if "name" in members else None,
        number=_number(members, "number", 1, 1 << 31) if "number" in members else None,
        component=_string(members, "of", LONGEST_NAME) if "of" in members else None,
    )


def _where(members: Members) -> Words | Regions | Pattern:
    if "spans" in members:
        _only(members, {"spans", "text"})
        spans = (_numbers(one, _SPAN_PARTS, whole=True) for one in _rows(members, "spans", MOST_SPANS))
        found = tuple(Span(start=int(start), end=int(end)) for start, end in spans)
        return Words(spans=found, text_digest=_string(members, "text", 64))
    if "regions" in members:
        _only(members, {"regions", "unit"})
        boxes = []
        for one in _rows(members, "regions", MOST_REGIONS):
            page, left, top, right, bottom = _numbers(one, _REGION_PARTS, whole=False)
            if page != int(page):
                refuse("regions")
            boxes.append(Region(page=int(page), left=left, top=top, right=right, bottom=bottom))
        return Regions(regions=tuple(boxes), unit=Unit(_one_of(members, "unit", Unit)))
    _only(members, {"words", "kinds"})
    kinds = _strings(members, "kinds", len(Found), LONGEST_NAME)
    if not set(kinds) <= {kind.value for kind in Found}:
        refuse("kinds")
    return Pattern(
        words=_strings(members, "words", MOST_WORDS, LONGEST_WORDS), kinds=tuple(Found(kind) for kind in kinds)
    )


def _only(members: Members, names: set[str]) -> None:
    if not members.keys() <= names:
        refuse("a member that is not known")


def _object(value: Any, name: str) -> Members:
    if type(value) is not dict:
        refuse(name)
    return value


def _rows(members: Members, name: str, most: int) -> list[Any]:
    rows = members.get(name)
    if type(rows) is not list or len(rows) > most:
        refuse(name)
    return rows


def _string(members: Members, name: str, longest: int) -> str:
    value = members.get(name)
    if type(value) is not str or len(value) > longest:
        refuse(name)
    return value


def _strings(members: Members, name: str, most: int, longest: int) -> tuple[str, ...]:
    rows = _rows(members, name, most)
    if not all(type(one) is str and len(one) <= longest for one in rows):
        refuse(name)
    return tuple(rows)


def _number(members: Members, name: str, least: int, most: int) -> int:
    value = members.get(name)
    if type(value) is not int or not least <= value <= most:
        refuse(name)
    return value


def _numbers(row: Any, parts: int, *, whole: bool) -> tuple[float, ...]:
    if type(row) is not list or len(row) != parts:
        refuse("a place")
    most = LONGEST_TEXT if whole else LONGEST_SIDE
    for one in row:
        if type(one) is not int and (whole or type(one) is not float):
            refuse("a place")
        if not 0 <= one <= most:
            refuse("a place")
    return tuple(row)


def _one_of(members: Members, name: str, kinds: Any) -> str:
    value = members.get(name)
    if type(value) is not str or value not in {kind.value for kind in kinds}:
        refuse(name)
    return value
