"""Reading TOML tables strictly: every key is asked for, none is left over, every refusal names its place.

Rule: what is not understood is refused with one sentence that names file, line where known, and series. Sizes are
bounded before anything is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from retention.calendars import MonthDay
from retention.facts import NAME
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum
    from typing import TypeVar

    from retention.source_lines import Block

    Choice = TypeVar("Choice", bound=StrEnum)

MAX_TEXT = 8_000
MAX_LIST = 10_000
MAX_VALUE = 320
_MONTH_DAY_LENGTH = len("06-30")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a schedule file something stands; `line` counts from 1, `keys` are the lines of the table's keys."""

    file: str
    line: int | None = None
    series: str | None = None
    keys: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def at(self, block: Block) -> Place:
        """The same place at a table of the file, where its line is known."""
        return replace(self, line=self.line if block.line is None else block.line, keys=block.keys)

    def of_key(self, key: str) -> Place:
        """The line of one key of the table at hand, where it is known."""
        return replace(self, line=self.keys.get(key, self.line), keys={})

    def refusal(self, why: str) -> InvalidInput:
        """The error that says no here, with file, line and series as fields."""
        words = self.file
        fields: dict[str, str | int] = {"file": self.file}
        if self.line is not None:
            words += f", line {self.line}"
            fields["line"] = self.line
        if self.series is not None:
            words += f", series {self.series}"
            fields["series"] = self.series
        return InvalidInput(f"{words}: {why}", **fields)


@dataclass(slots=True)
class Table:
    """A TOML table that is read key by key; `done` refuses what nobody asked for."""

    members: dict[str, Any]
    place: Place
    name: str = "the file"
    asked: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, value: Any, place: Place, name: str) -> Table:
        """A table, or a refusal."""
        if not isinstance(value, dict):
            raise place.refusal(f"{name} must be a table")
        return cls(value, place, name)

    def done(self) -> None:
        """Refuse keys that nobody asked for: a misspelt key would otherwise change a rule silently."""
        left = sorted(set(self.members) - self.asked)
        if left:
            here = self.place.of_key(left[0])
            raise here.refusal(f"{self.name} has no {left[0][:40]!r}; known are {', '.join(sorted(self.asked))}")

    def has(self, key: str) -> bool:
        """Whether the key is there; asking does not read it."""
        return key in self.members

    def raw(self, key: str) -> Any:
        """The value as it is, or None."""
        self.asked.add(key)
        return self.members.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A text of at most `MAX_TEXT` characters; required if there is no default."""
        value = self.raw(key)
        if value is None:
            if default is None:
                raise self.place.of_key(key).refusal(f"{self.name} needs {key}")
            return default
        if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT or not value.isprintable():
            raise self.place.of_key(key).refusal(
                f"{key} of {self.name} must be a printable text of 1 to {MAX_TEXT} characters on one line"
            )
        return value

    def word(self, key: str, default: str | None = None) -> str:
        """A name made of a-z, 0-9 and _."""
        value = self.text(key, default)
        if not NAME.fullmatch(value):
            raise self.place.of_key(key).refusal(
                f"{key} of {self.name} must be a word of a-z, 0-9 and _, at most 64 long"
            )
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.raw(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.place.of_key(key).refusal(f"{key} of {self.name} must be true or false")
        return value

    def number(self, key: str, default: int | None, *, low: int, high: int) -> int | None:
        """A whole number within bounds."""
        value = self.raw(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.place.of_key(key).refusal(f"{key} of {self.name} must be a whole number from {low} to {high}")
        return value

    def day(self, key: str) -> date | None:
        """A date, or None."""
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError as error:
                raise self.place.of_key(key).refusal(
                    f"{key} of {self.name} must be a date such as 2024-06-30"
                ) from error
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.place.of_key(key).refusal(f"{key} of {self.name} must be a date such as 2024-06-30")
        return value

    def month_day(self, key: str) -> MonthDay | None:
        """A day of every year such as 06-30, or None."""
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, str) and len(value) == _MONTH_DAY_LENGTH and value[2] == "-":
            month, day = value[:2], value[3:]
            if month.isascii() and month.isdecimal() and day.isascii() and day.isdecimal():
                try:
                    return MonthDay(month=int(month), day=int(day))
                except ValueError:
                    pass
        raise self.place.of_key(key).refusal(f"{key} of {self.name} must be a day of the year such as 06-30")

    def choice(self, key: str, kinds: type[Choice], default: Choice | None = None) -> Choice:
        """One of a fixed set of words; required if there is no default."""
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str):
            for kind in kinds:
                if kind.value == value:
                    return kind
        known = ", ".join(kind.value for kind in kinds)
        if value is None:
            raise self.place.refusal(f"{self.name} needs {key!r}, one of {known}")
        raise self.place.of_key(key).refusal(f"{key} of {self.name} must be one of {known}")

    def words(self, key: str) -> tuple[str, ...]:
        """A list of names, or one name; empty if absent."""
        value = self.raw(key)
        if value is None:
            return ()
        entries = [value] if isinstance(value, str) else value
        if not isinstance(entries, list) or not entries or len(entries) > MAX_LIST:
            raise self.place.of_key(key).refusal(f"{key} of {self.name} must be a word or a list of words")
        for entry in entries:
            if not isinstance(entry, str) or not NAME.fullmatch(entry):
                raise self.place.of_key(key).refusal(
                    f"{key} of {self.name} must hold words of a-z, 0-9 and _, at most 64 long"
                )
        return tuple(entries)

    def texts(self, key: str, limit: int) -> tuple[str, ...]:
        """A list of texts as people write addresses and names, or one; empty if absent."""
        value = self.raw(key)
        if value is None:
            return ()
        entries = [value] if isinstance(value, str) else value
        if not isinstance(entries, list) or not entries or len(entries) > limit:
            raise self.place.of_key(key).refusal(f"{key} of {self.name} must be a text or a list of at most {limit}")
        for entry in entries:
            if not isinstance(entry, str) or not 0 < len(entry.strip()) <= MAX_VALUE or not entry.isprintable():
                raise self.place.of_key(key).refusal(
                    f"{key} of {self.name} must hold printable texts of 1 to {MAX_VALUE} characters"
                )
        return tuple(dict.fromkeys(entry.strip() for entry in entries))

    def tables(self, key: str, limit: int = MAX_LIST) -> list[Any]:
        """A list of tables, each still to be read; empty if absent."""
        value = self.raw(key)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > limit:
            raise self.place.of_key(key).refusal(f"{key} of {self.name} must be a list of at most {limit} tables")
        return value

    def nested(self, key: str, name: str, value: Any = None) -> Table:
        """The table under a key (or `value`, if it was read already), refusals naming the line of the key."""
        return Table.of(self.raw(key) if value is None else value, self.place.of_key(key), name)

    def within(self, series: str) -> Table:
        """The same table, its refusals naming a series."""
        return Table(self.members, replace(self.place, series=series), f"series {series}", self.asked)
