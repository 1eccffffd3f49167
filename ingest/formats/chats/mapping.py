"""A description of somebody's table of messages, in TOML: which column is the time, which the sender, which the text.

Rule kept: what the description does not say is not guessed, and what is wrong in it is said with the name of the key,
what is wrong and what would be right. It is written by an administrator, and so trusted in what it asks for, but held
to bounds; the table that it describes is hostile. Format: docs/formats/mapping.md.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

LARGEST: Final = 1 << 16
_FORMATS: Final = ("csv", "json")
_COLUMNS: Final = (
    "sender", "text", "conversation", "title", "id", "to", "attachments", "reply_to", "deleted", "system",
)  # fmt: skip
_TOP: Final = (
    "format", "platform", "files", "owner", "messages", "encoding", "delimiter", "skip_rows", "header", "html",
    "time", "columns",
)  # fmt: skip
_TIME: Final = ("column", "format", "zone")
_WORDS_OF_TIME: Final = ("iso", "seconds", "milliseconds", "microseconds")
_PLATFORM: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_OFFSET: Final = re.compile(r"([+-])(\d{2}):(\d{2})")
_EXAMPLE: Final = datetime(2024, 11, 25, 18, 47, 33, 250_000, tzinfo=UTC)
_LONGEST: Final = 200
_MOST: Final = 20
_MOST_SKIPPED: Final = 10_000


class MappingError(Exception):
    """The description is wrong. Its text says where and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeColumn:
    """Where the time stands and how it is written.

    `format` is one of the words ``iso``, ``seconds``, ``milliseconds``, ``microseconds``, or a format of `strptime`.
    `zone` is that of times without one, None where they stay without. `has_hour` is false where only a day is told.
    """

    columns: tuple[str, ...]
    format: str
    zone: timezone | None
    has_hour: bool = True

    @property
    def is_pattern(self) -> bool:
        """Whether `format` is one of `strptime`."""
        return self.format not in _WORDS_OF_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A description that was read and found right; `digest` tells it from another one.

    `columns` are the columns of each thing that a message has, several of one joined; `messages` the path to the
    messages of a JSON file, ``*`` for any place or name; `files` patterns of file names in an archive.
    """

    digest: str
    format: str
    platform: str
    time: TimeColumn
    columns: dict[str, tuple[str, ...]] = field(repr=False)
    files: tuple[str, ...]
    owner: str | None = None
    messages: tuple[str, ...] = ("*",)
    encoding: str | None = None
    delimiter: str | None = None
    skip_rows: int = 0
    header: bool = True
    html: bool = False


def read_mapping(content: bytes) -> Mapping:
    """The description that these bytes are.

    Raises:
        MappingError: they are none, or a wrong one.
    """
    top = _Table(_parsed(content), "", _TOP)
    form = top.word("format")
    if form not in _FORMATS:
        raise MappingError('format: say format = "csv" or format = "json"')
    for name in ("messages",) if form == "csv" else ("encoding", "delimiter", "skip_rows", "header"):
        if top.has(name):
            raise MappingError(f"{name}: this is not for files of the format {form}; leave it out")
    columns = _Table(top.table("columns"), "columns.", _COLUMNS)
    found = {name: columns.names(name) for name in _COLUMNS if columns.has(name)}
    if "text" not in found:
        raise MappingError('columns.text: name the column of the messages\' texts, such as text = "Body"')
    header = top.flag("header", default=True)
    time = _time(_Table(top.table("time"), "time.", _TIME))
    if not header:
        for one in (*time.columns, *(name for names in found.values() for name in names)):
            _refuse_name(one)
    return Mapping(
        digest=hashlib.sha256(content).hexdigest(),
        format=form,
        platform=_platform(top),
        time=time,
        columns=found,
        files=top.names("files") if top.has("files") else (f"*.{form}",),
        owner=top.text("owner") if top.has("owner") else None,
        messages=_path(top.text("messages")) if top.has("messages") else ("*",),
        encoding=_encoding(top),
        delimiter=_delimiter(top),
        skip_rows=_skipped(top),
        header=header,
        html=top.flag("html", default=False),
    )


def _parsed(content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise MappingError(f"it has {len(content):,} bytes; a description has at most {LARGEST:,}")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise MappingError("it is not in UTF-8, as TOML must be; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"it is no TOML: {error}") from None
    except RecursionError:
        raise MappingError("it is nested too deep") from None


class _Table:
    """A table of the description, whose keys are checked as they are asked for."""

    def __init__(self, values: dict[str, Any], prefix: str, known: tuple[str, ...]) -> None:
        self._values = values
        self._prefix = prefix
        unknown = sorted(values.keys() - set(known))
        if unknown:
            raise MappingError(f"{prefix}{unknown[0]}: there is no such key; there are {', '.join(known)}")

    def has(self, name: str) -> bool:
        return name in self._values

    def table(self, name: str) -> dict[str, Any]:
        value = self._values.get(name)
        if not isinstance(value, dict):
            raise MappingError(f"{name}: there is no section [{name}]; see docs/formats/mapping.md")
        return value

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if not isinstance(value, str) or not value or len(value) > _LONGEST or "\0" in value:
            raise MappingError(f"{self._prefix}{name}: give a text in quotes, of 1 to {_LONGEST} characters")
        return value

    def word(self, name: str) -> str:
        return self.text(name) if self.has(name) else ""

    def names(self, name: str) -> tuple[str, ...]:
        """One text, or a list of some."""
        value = self._values[name]
        if not isinstance(value, list):
            return (self.text(name),)
        if not 0 < len(value) <= _MOST or not all(isinstance(one, str) and 0 < len(one) <= _LONGEST for one in value):
            raise MappingError(f"{self._prefix}{name}: give one text in quotes, or a list of up to {_MOST}")
        return tuple(value)

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise MappingError(f"{self._prefix}{name}: say true or false, without quotes")
        return value

    def number(self, name: str) -> int:
        value = self._values.get(name, 0)
        if type(value) is not int:
            raise MappingError(f"{self._prefix}{name}: give a whole number")
        return value


def _time(table: _Table) -> TimeColumn:
    if not table.has("column"):
        raise MappingError('time.column: name the column of the times, such as column = "Sent"')
    form = table.word("format")
    if not form:
        raise MappingError(f'time.format: say {", ".join(_WORDS_OF_TIME)}, or a pattern such as "%m/%d/%Y %I:%M %p"')
    has_hour = True
    if form not in _WORDS_OF_TIME:
        has_hour = _try_pattern(form)
    return TimeColumn(columns=table.names("column"), format=form, zone=_zone(table), has_hour=has_hour)


def _try_pattern(form: str) -> bool:
    """Whether a pattern tells the hour; one that tells no day is refused."""
    wrong = f'time.format: {form!r} is none of {", ".join(_WORDS_OF_TIME)} and no pattern of a day, such as "%m/%d/%Y"'
    try:
        found = datetime.strptime(_EXAMPLE.strftime(form), form)  # noqa: DTZ007 - only its day and hour are looked at
    except (ValueError, re.error):
        raise MappingError(wrong) from None
    if "%" not in form or found.date() != _EXAMPLE.date():
        raise MappingError(wrong)
    return found.hour == _EXAMPLE.hour


def _zone(table: _Table) -> timezone | None:
    told = table.word("zone")
    if not told:
        return None
    if told.lower() == "utc":
        return UTC
    match = _OFFSET.fullmatch(told)
    offset = timedelta(hours=int(match[2]), minutes=int(match[3])) if match else timedelta(days=1)
    if match is None or offset >= timedelta(days=1):
        raise MappingError('time.zone: say zone = "UTC" or an offset such as zone = "-08:00"; leave it out if unknown')
    return timezone(-offset if match[1] == "-" else offset)


def _platform(top: _Table) -> str:
    found = top.word("platform")
    if not _PLATFORM.fullmatch(found):
        raise MappingError('platform: give the service\'s name in small letters, such as platform = "remind"')
    return found


def _path(text: str) -> tuple[str, ...]:
    steps = tuple(text.split("."))
    if len(steps) > _MOST or "" in steps or steps[-1] != "*":
        raise MappingError(
            'messages: give the path to each message, with * for any place: messages = "data.messages.*"'
        )
    return steps


def _encoding(top: _Table) -> str | None:
    found = top.word("encoding")
    if not found:
        return None
    try:
        "".encode(found)
        b"".decode(found)
    except (LookupError, ValueError, TypeError):
        raise MappingError(
            f"encoding: {found!r} is no encoding; leave it out, or say one such as windows-1252"
        ) from None
    return found


def _delimiter(top: _Table) -> str | None:
    found = top.word("delimiter")
    if found and (len(found) != 1 or found in '"\r\n'):
        raise MappingError('delimiter: give the one character between columns, such as delimiter = ";"')
    return found or None


def _skipped(top: _Table) -> int:
    found = top.number("skip_rows")
    if not 0 <= found <= _MOST_SKIPPED:
        raise MappingError(f"skip_rows: give how many rows come before the table, 0 to {_MOST_SKIPPED:,}")
    return found


def _refuse_name(name: str) -> None:
    if not re.fullmatch(r"#[1-9]\d{0,3}", name):
        raise MappingError(f'{name}: without a header columns are named by their place, such as text = "#3"')
