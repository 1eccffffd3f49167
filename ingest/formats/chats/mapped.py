"""Tables of messages that no reader knows, read by a description of their columns (`mapping`): CSV or JSON.

Rule kept: only what the description names is read, all else stays in the row's bytes and is listed. Where the
description does not fit the file, it is said which of its keys does not and what the file has no column of; a time
that is not written as described leaves its message undated, and these are counted.
"""

from __future__ import annotations

import fnmatch
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.csv_columns import Columns
from ingest.formats.chats.csv_rows import rows
from ingest.formats.chats.file_by_file import base_name, one_by_one
from ingest.formats.chats.html_tree import parse
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.mapped_values import Around, as_text, is_around, values
from ingest.formats.chats.mapping import MappingError, read_mapping
from ingest.formats.chats.media_kinds import media_type_of
from ingest.formats.chats.model import ChatMessage, Media, Said, Stated, Thread
from ingest.formats.chats.moments import from_micros, from_millis, from_seconds, iso
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.formats.chats.csv_rows import Row
    from ingest.formats.chats.mapping import Mapping
    from ingest.formats.chats.model import Export

_READER: Final = "mapping 1"
_NUMBERED: Final = re.compile(r"#([1-9]\d{0,3})")
_DIVIDERS: Final = re.compile(r"[\n;|]")
_LONGEST_TIME: Final = 100
_EARLIEST: Final = 1990
_LATEST: Final = 2100
_MOST_THREADS: Final = 100_000
_MOST_UNMAPPED: Final = 50
_NO: Final = frozenset({"", "0", "no", "false", "none", "null", "n"})
_LOST: Final = "an entry of this file is no object, or cannot be read, and was not taken"
_LOST_ROW: Final = "a row of this file could not be read"
_DAMAGED: Final = "rows of this file are damaged, and were taken as they stand: {}"
_UNDATED: Final = "messages whose time is not as time.format of the mapping says, and which are undated: {}"
_NOTHING: Final = "nothing in this file is where the mapping says that messages are"
_NO_FILE: Final = "the mapping's files are not in the export: no name in it is of the pattern"
Values = dict[str, list[str]]


def load() -> None:
    """What is imported on first use, for a process that is to be confined."""
    datetime.strptime("2024-01-05", "%Y-%m-%d")  # noqa: DTZ007 - only to import what it needs


def mapped(content: bytes) -> Mapped:
    """The reader that a description makes.

    Raises:
        ContainerBroken: the description is wrong.
    """
    try:
        return Mapped(read_mapping(content))
    except MappingError as error:
        raise ContainerBroken(f"the mapping that was given with it is wrong: {error}") from None


class Mapped:
    """See `model.ExportFormat`."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self.READER = f"{_READER} {mapping.digest[:12]}"
        self._wanted = tuple(re.compile(fnmatch.translate(one), re.IGNORECASE) for one in mapping.files)
        self._moment = _moments(mapping)

    def recognise(self, _export: Export) -> bool:
        """Always: somebody said so."""
        return True

    def aside(self, _name: str) -> str | None:
        """Nothing is set aside."""
        return None

    def read(self, export: Export) -> Iterator[Said | Stated | Remark]:
        """All messages; see `model.ExportFormat`."""
        names = list(export.names)
        if len(names) != 1:
            names = [one for one in names if any(wanted.match(base_name(one)) for wanted in self._wanted)]
        if not names:
            yield Remark(text=_NO_FILE, lost=None)
        one_file = self._read_table if self._mapping.format == "csv" else self._read_document
        yield from one_by_one((name, one_file(export, name, _Threads(self._mapping, name, export))) for name in names)

    def _read_table(self, export: Export, name: str, threads: _Threads) -> Iterator[Said | Stated | Remark]:
        mapping = self._mapping
        columns: Columns | None = None if mapping.header else Columns(())
        known: frozenset[str] = frozenset()
        places = {} if columns is None else _places(threads.asked, columns)
        count = damaged = 0
        broken: ContainerBroken | MemberBroken | None = None
        try:
            for row in rows(export.open(name), delimiter=mapping.delimiter, encoding=mapping.encoding):
                if row.number <= mapping.skip_rows:
                    continue
                if columns is None:
                    columns = Columns(row.cells)
                    _refuse_missing(threads.asked, columns)
                    places = _places(threads.asked, columns)
                    known = frozenset(columns.name_at(one) for several in places.values() for one in several)
                    continue
                count += 1
                if not row.cells:
                    yield Remark(text=row.problem or _LOST_ROW, path=name, lost=1)
                    continue
                damaged += row.problem is not None
                cells, width = row.cells, len(row.cells)
                found = {
                    thing: [cell for one in several if one < width and (cell := cells[one])]
                    for thing, several in places.items()
                }
                rest = columns.rest(row, known) if mapping.header else _unnamed(row, places)
                yield threads.said(found, row.raw, rest, self._moment)
        except (ContainerBroken, MemberBroken) as problem:
            broken = problem
        yield Stated(what="messages", count=count, path=name)
        yield from threads.remarks(damaged)
        if broken is not None:
            raise broken

    def _read_document(self, export: Export, name: str, threads: _Threads) -> Iterator[Said | Stated | Remark]:
        path = self._mapping.messages
        around = Around(path)
        known = frozenset(one.partition(".")[0] for asked in threads.asked.values() for one in asked)
        known |= frozenset(one for asked in threads.asked.values() for one in asked)
        count = 0
        broken: ContainerBroken | MemberBroken | None = None
        try:
            for piece in walk(export.open(name), (path,)):
                if len(piece.path) != len(path) or not _is_at(piece.path, path):
                    around.take(piece)
                    continue
                count += 1
                message = piece.value
                if piece.problem or not isinstance(message, dict):
                    yield Remark(text=piece.problem or _LOST, path=name, lost=1)
                    continue
                found = {
                    thing: [
                        text
                        for one in asked
                        for value in (around.values(one, piece.path) if is_around(one) else values(message, one))
                        if (text := as_text(value))
                    ]
                    for thing, asked in threads.asked.items()
                }
                rest = tuple(sorted(str(one)[:100] for one in message.keys() - known if message[one])[:_MOST_UNMAPPED])
                yield threads.said(found, piece.raw, rest, self._moment)
        except (ContainerBroken, MemberBroken) as problem:
            broken = problem
        yield Stated(what="messages", count=count, path=name)
        if not count:
            yield Remark(text=_NOTHING, path=name, lost=None)
        yield from threads.remarks(0)
        if broken is not None:
            raise broken


class _Threads:
    """The conversations of one file, and what was odd about their messages."""

    def __init__(self, mapping: Mapping, path: str, export: Export) -> None:
        self.asked: dict[str, tuple[str, ...]] = {**mapping.columns, "time": mapping.time.columns}
        self._mapping = mapping
        self._path = path
        self._threads: dict[str, Thread] = {}
        self._undated = 0
        self._export = export
        self._by_name: dict[str, str] = {}
        if "attachments" in self.asked:
            for name in export.names:
                self._by_name.setdefault(base_name(name), name)

    def said(
        self,
        found: Values,
        raw: bytes,
        rest: tuple[str, ...],
        moment: Callable[[str], datetime | None],
    ) -> Said:
        """A message, from what it has of each thing."""
        time = " ".join(found["time"])
        at = moment(time.strip())
        self._undated += at is None and bool(time.strip())
        has_hour = self._mapping.time.has_hour
        sender = " ".join(found.get("sender", ())).strip() or None
        text = "\n".join(found["text"])
        owner = self._mapping.owner
        system = _is_yes(found.get("system"))
        message = ChatMessage(
            at=at if has_hour else None,
            day="" if has_hour or at is None else at.date().isoformat(),
            sender=sender,
            text=_without_markup(text) if self._mapping.html else text,
            raw=raw,
            id=" ".join(found.get("id", ())) or None,
            side="center" if system else None if not owner or not sender else "right" if sender == owner else "left",
            attachments=tuple(self._media(found.get("attachments", []))),
            reply_to=" ".join(found.get("reply_to", ())) or None,
            deleted=_is_yes(found.get("deleted")),
            system=system,
            unmapped=rest,
        )
        return Said(thread=self._thread(found, sender), message=message)

    def remarks(self, damaged: int) -> Iterator[Remark]:
        """What was odd, once for the whole file."""
        for text, number in ((_DAMAGED, damaged), (_UNDATED, self._undated)):
            if number:
                yield Remark(text=text.format(f"{number:,}"), path=self._path)

    def _thread(self, found: Values, sender: str | None) -> Thread:
        key = " ".join(found.get("conversation", ())).strip() or self._path
        known = self._threads.get(key)
        if known is None:
            title = " ".join(found.get("title", ())).strip()
            known = Thread(
                platform=self._mapping.platform,
                key=key,
                title=title or (key if "conversation" in self.asked else base_name(self._path)) or None,
                participants=tuple(dict.fromkeys(one for one in (sender, *found.get("to", ())) if one)),
                owner=self._mapping.owner,
                path=self._path,
                media_type="text/csv" if self._mapping.format == "csv" else "application/json",
            )
            if len(self._threads) < _MOST_THREADS:
                self._threads[key] = known
        return known

    def _media(self, told: list[str]) -> Iterator[Media]:
        """Files by their whole name in the export, else by the last part of it."""
        for cell in told:
            whole = self._entry(cell.strip())
            for one in [cell] if whole else _DIVIDERS.split(cell)[:1_000]:
                name = one.strip()
                if name:
                    yield Media(name=base_name(name) or name, media_type=media_type_of(name), entry=self._entry(name))

    def _entry(self, name: str) -> str | None:
        return name if self._export.has(name) else self._by_name.get(base_name(name))


def _places(asked: dict[str, tuple[str, ...]], columns: Columns) -> dict[str, tuple[int, ...]]:
    """Where each thing stands: columns by their place (``#1``) or by name."""
    return {thing: tuple(_place(one, columns) for one in names) for thing, names in asked.items()}


def _place(name: str, columns: Columns) -> int:
    numbered = _NUMBERED.fullmatch(name)
    if numbered is not None:
        return int(numbered[1]) - 1
    found = columns.place(name.strip().lower())
    assert found is not None  # the first row was looked at
    return found


def _refuse_missing(asked: dict[str, tuple[str, ...]], columns: Columns) -> None:
    """Of the first row: every column that the description names must be there."""
    for thing, names in asked.items():
        for one in names:
            if not _NUMBERED.fullmatch(one) and columns.place(one.strip().lower()) is None:
                key = "time.column" if thing == "time" else f"columns.{thing}"
                raise ContainerBroken(f"its first row has no column {one!r}, which {key} of the mapping names")


def _unnamed(row: Row, places: dict[str, tuple[int, ...]]) -> tuple[str, ...]:
    asked = {one for several in places.values() for one in several}
    rest = (f"#{place + 1}" for place, cell in enumerate(row.cells) if cell and place not in asked)
    return tuple(sorted(rest)[:_MOST_UNMAPPED])


def _is_at(path: tuple[str | int, ...], wanted: tuple[str, ...]) -> bool:
    return all(one in ("*", step) for one, step in zip(wanted, path, strict=True))


def _is_yes(told: list[str] | None) -> bool:
    return bool(told) and any(one.strip().lower() not in _NO for one in told or ())


def _without_markup(text: str) -> str:
    if "<" not in text and "&" not in text:
        return text
    try:
        return parse(text).text()
    except MemberBroken:
        return text


def _moments(mapping: Mapping) -> Callable[[str], datetime | None]:
    """How a time is read; one without a zone has the description's, if it has any."""
    form, zone = mapping.time.format, mapping.time.zone
    numbers = {"seconds": from_seconds, "milliseconds": from_millis, "microseconds": from_micros}
    if form in numbers:
        return numbers[form]

    def read(text: str) -> datetime | None:
        if form == "iso":
            at = iso(text)
        elif len(text) > _LONGEST_TIME:
            return None
        else:
            try:
                at = datetime.strptime(text, form)  # noqa: DTZ007 - one without a zone stays so, or is given the mapping's
            except (ValueError, OverflowError):
                return None
        if at is None or not _EARLIEST <= at.year < _LATEST:
            return None
        return _aware(at, zone) if at.tzinfo is None and zone is not None else at

    return read


def _aware(at: datetime, zone: Any) -> datetime | None:
    try:
        return at.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return None
