"""What is said in the documents that leave: kept texts of a record's parts, as blocks to be set and as plain text.

Rules kept: every text of a record passes through `Gathered.text`, which carries its redactions out, before anything is
made of it: titles, fields, names of files and the text of load files are all kept text. A redaction that no part asked
for is refused in the end (`Carrying.refuse_what_is_left`), so that none is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from search.disclosure.kept_text import keep_file_name, keep_text
from search.disclosure.page_setting import Block, BlockKind
from search.disclosure.redaction import Part, Place
from storage.errors import Conflict
from storage.records import RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archiver.release_parts import OpenedFile, OpenedRecord
    from search.disclosure.redaction import Redaction

_NO_SUBJECT: Final = "(no subject)"
_KEYS: Final = {Part.COMPONENT: "component", Part.FILE_NAME: "name"}


class Carrying:
    """The redactions of one record while its documents are made.

    Args:
        redactions: all that are in it, final.
        roster: names for patterns that ask for names.
        codes: the order in which grounds are told.
    """

    def __init__(self, redactions: Sequence[Redaction], *, roster: Sequence[str], codes: Sequence[str]) -> None:
        self.roster = tuple(roster)
        self.labels = tuple(dict.fromkeys(one.label for one in redactions if one.label))
        self.is_whole = not redactions
        self._order = {code: at for at, code in enumerate(codes)}
        self._by_place: dict[Place, list[Redaction]] = {}
        for one in redactions:
            self._by_place.setdefault(one.place, []).append(one)
        self._left = set(self._by_place)

    def at(self, place: Place) -> tuple[Redaction, ...]:
        """The redactions of a part, which is thereby carried out."""
        self._left.discard(place)
        return tuple(self._by_place.get(place, ()))

    def ordered(self, codes: Sequence[str]) -> tuple[str, ...]:
        """Grounds, each once, those of the record's decision first."""
        known = dict.fromkeys(codes)
        return tuple(sorted(known, key=lambda one: self._order.get(one, len(self._order))))

    def refuse_what_is_left(self) -> None:
        """Refuse redactions of parts that the record does not have.

        Raises:
            Conflict: there is one.
        """
        if self._left:
            raise Conflict("A redaction is of a part that the record does not have. Remove it, or mark it again.")


@dataclass(slots=True)
class Gathered:
    """What is kept of one document, and what was left out of it."""

    carrying: Carrying
    taken: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)

    def text(self, place: Place, text: str) -> str:
        """What is kept of a part's text.

        Raises:
            Conflict: a redaction is of another version of it.
            InvalidInput: a redaction does not fit it.
        """
        redactions = self.carrying.at(place)
        if redactions:
            found = keep_text(text, redactions, roster=self.carrying.roster)
            self.left_out(found.taken, redactions)
            text = found.text
        self.kept[_key(place)] = text
        return text

    def file_name(self, place: Place, text: str) -> str:
        """What is kept of a file's name, as one that a file may have."""
        redactions = self.carrying.at(place)
        found = keep_file_name(text, redactions, roster=self.carrying.roster)
        if redactions:
            self.left_out(found.taken, redactions)
        self.kept[_key(place)] = found.text
        return found.text

    def left_out(self, taken: Sequence[str], redactions: Sequence[Redaction]) -> None:
        """Strings that were left out by these redactions; those that took nothing have no ground to tell."""
        if taken:
            self.taken += taken
            self.codes += [code for one in redactions for code in one.codes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A document in words: its title, the blocks of its pages, its text and fields as load files carry them."""

    title: str
    blocks: tuple[Block, ...]
    text: str
    fields: dict[str, str]
    messages: dict[int, str] = field(default_factory=dict)


def record_said(opened: OpenedRecord, gathered: Gathered, names: Sequence[str]) -> Said:
    """A mail, a conversation or a page; `names` are the kept names of its attachments."""
    record, description = opened.described.record, opened.described.description
    heads = {name: gathered.text(Place(part=Part.HEADER, name=name), text) for name, text in opened.headers}
    fields = {"kind": record.kind.value, **heads}
    date = next((text for name, text in opened.headers if name == "date"), None)
    is_mail = record.kind is RecordKind.EMAIL
    if heads.get("date") == date and (is_mail or gathered.carrying.is_whole):  # it could tell what was left out
        moment = description.sent_at
        fields["sent"] = moment.isoformat() if moment is not None else description.original.date or ""
    unnamed = ", ".join(one for one in (record.kind.value.capitalize(), heads.get("day", "")) if one)
    title = heads.get("subject" if is_mail else "title") or (_NO_SUBJECT if is_mail else unnamed)
    blocks = [Block(BlockKind.HEADING, title)]
    blocks += [Block(BlockKind.FIELD, text, _called(name)) for name, text in heads.items()]
    blocks += [Block(BlockKind.FIELD, "; ".join(names), "Attached")] if names else []
    texts = []
    if opened.text is not None:
        texts.append(gathered.text(Place(part=Part.TEXT), opened.text))
        blocks.append(Block(BlockKind.TEXT, texts[0]))
    messages = {
        number: gathered.text(Place(part=Part.MESSAGE, number=number), text)
        for number, text in enumerate(opened.messages, start=1)
    }
    blocks += [Block(BlockKind.MESSAGE, text) for text in messages.values()]
    above = "\n".join(f"{_called(name)}: {text}" for name, text in heads.items())
    text = "\n\n".join(one for one in (above, *texts, *messages.values()) if one.strip())
    return Said(title=title, blocks=tuple(blocks), text=text, fields=fields, messages=messages)


def file_said(one: OpenedFile, gathered: Gathered, number: str) -> Said:
    """A file; of one that has pages no more than its name, of one that cannot be shown a sheet that says so."""
    component, read = one.component, one.read
    name = gathered.file_name(Place(part=Part.FILE_NAME, component=component.id), one.name) if one.name else ""
    title = name or number.capitalize()
    fields = {"kind": "file", "media_type": component.media_type} | ({"file_name": name} if name else {})
    place = Place(part=Part.COMPONENT, component=component.id)
    if read.unit is not None:
        return Said(title=title, blocks=(), text="", fields=fields)
    if read.text is None:
        gathered.codes += [code for each in gathered.carrying.at(place) for code in each.codes]
        return sheet_said(
            title, f"This file is not shown here: {_reason(one)}.", fields=fields, further=tuple(_about(one))
        )
    text = gathered.text(place, one.text)
    blocks = [Block(BlockKind.HEADING, title), Block(BlockKind.TEXT, text)]
    blocks += [Block(BlockKind.NOTE, f"[{one.read.gap.value.capitalize()}.]")] if one.read.gap.value else []
    return Said(title=title, blocks=tuple(blocks), text=text, fields=fields)


def sheet_said(
    title: str,
    sentence: str,
    *,
    codes: Sequence[str] = (),
    fields: dict[str, str] | None = None,
    further: Sequence[tuple[str, str]] = (),
) -> Said:
    """A sheet that stands for something that is not given: why, and on which grounds."""
    facts = [*further, *((("Ground" if len(codes) == 1 else "Grounds", "; ".join(codes)),) if codes else ())]
    blocks = [Block(BlockKind.HEADING, title), *(Block(BlockKind.FIELD, text, name) for name, text in facts)]
    blocks.append(Block(BlockKind.TEXT, sentence))
    text = "\n".join([*(f"{name}: {value}" for name, value in facts), sentence])
    return Said(title=title, blocks=tuple(blocks), text=text, fields=dict(fields or {}))


def _about(one: OpenedFile) -> Iterator[tuple[str, str]]:
    yield "Type", one.component.media_type
    yield "Size", f"{one.component.size:,} bytes"


def _reason(one: OpenedFile) -> str:
    return one.read.closed.value if one.read.closed is not None else "it cannot be drawn"


def _called(name: str) -> str:
    return "-".join(one.capitalize() for one in name.split("-"))


def _key(place: Place) -> str:
    if place.part is Part.TEXT:
        return "text"
    if place.part is Part.HEADER:
        return f"header:{place.name}"
    return f"message:{place.number}" if place.part is Part.MESSAGE else f"{_KEYS[place.part]}:{place.component}"
