"""The query tree, and the naive matcher that every engine is tested against. Pure.

Rules:

- A query is built from `Words`, `Is`, `Between` and `Not`, `And`, `Or`; use `negation`, `conjunction` and
  `disjunction`, which keep trees flat. A tree is at most `DEEPEST` operators deep, checked when it is built, so
  that walking one by recursion is safe.
- A document matches `Words` if one of its `patterns` stands, as consecutive whole words, in one of the pattern's
  columns. Engines translate patterns; they never read words their own way.
- ``from``, ``to`` and ``cc`` are those of the original message. Who handed it in or forwarded it is found by
  ``participant``, which is everybody that the record names; ``correspondent`` is everybody but the custodian.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from search.analysis import stem_variants
from search.documents import Column
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from search.documents import IndexDocument

DEEPEST: Final = 48


class Field(StrEnum):
    """Where words are looked for; `ANY` is what a word without a field means."""

    ANY = "any"
    FROM = "from"
    TO = "to"
    CC = "cc"
    PARTICIPANT = "participant"
    CORRESPONDENT = "correspondent"
    CUSTODIAN = "custodian"
    SUBJECT = "subject"
    TEXT = "text"
    FILENAME = "filename"
    HASH = "hash"
    MARK = "mark"


class Fact(StrEnum):
    """What a record is, by one value; `CUSTODIAN_ID` is for rights and is not in the query language."""

    KIND = "kind"
    CHANNEL = "channel"
    PLATFORM = "platform"
    ID = "id"
    LANGUAGE = "lang"
    HAS = "has"
    CUSTODIAN_ID = "custodian_id"


class Clock(StrEnum):
    """Which moment of a record: the asserted one, that of capture, or the asserted one where known else capture."""

    HAPPENED = "happened"
    SENT = "sent"
    CAPTURED = "captured"


ATTACHMENT: Final = "attachment"

_PEOPLE: Final = (Column.SENDER, Column.RECIPIENTS, Column.COPIED, Column.OTHERS)
_STEMMED: Final[dict[Field, tuple[tuple[Column, ...], tuple[Column, ...]]]] = {
    Field.ANY: (
        (Column.SUBJECT_STEM, Column.TEXT_STEM, Column.FILENAME_STEM),
        (Column.SUBJECT_EXACT, Column.TEXT_EXACT, Column.FILENAME_EXACT),
    ),
    Field.SUBJECT: ((Column.SUBJECT_STEM,), (Column.SUBJECT_EXACT,)),
    Field.TEXT: ((Column.TEXT_STEM,), (Column.TEXT_EXACT,)),
    Field.FILENAME: ((Column.FILENAME_STEM,), (Column.FILENAME_EXACT,)),
}
_UNSTEMMED: Final[dict[Field, tuple[Column, ...]]] = {
    Field.ANY: _PEOPLE,
    Field.FROM: (Column.SENDER,),
    Field.TO: (Column.RECIPIENTS,),
    Field.CC: (Column.COPIED,),
    Field.PARTICIPANT: (*_PEOPLE, Column.CUSTODIAN),
    Field.CORRESPONDENT: (Column.CORRESPONDENT,),
    Field.CUSTODIAN: (Column.CUSTODIAN,),
    Field.HASH: (Column.HASHES,),
    Field.MARK: (Column.MARKS,),
}


@dataclass(frozen=True, slots=True)
class Words:
    """One word or several in a row, folded by the analyser; `prefix` lets the last go on, and implies `exact`."""

    field: Field
    words: tuple[str, ...]
    exact: bool = False
    prefix: bool = False

    def __post_init__(self) -> None:
        """Refuse what would match everything or nothing by accident."""
        if not self.words or not all(self.words):
            raise ValueError("a search for words needs words")


@dataclass(frozen=True, slots=True)
class Is:
    """The record is of this kind, channel, platform, language; has this id; has an attachment."""

    fact: Fact
    value: str


@dataclass(frozen=True, slots=True)
class Between:
    """A moment from `start` (included) to `end` (excluded), both aware; None is open."""

    clock: Clock
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Not:
    """Every record that `part` does not match."""

    part: Query
    depth: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Count the depth, and refuse too deep a tree."""
        object.__setattr__(self, "depth", _depth((self.part,)))


@dataclass(frozen=True, slots=True)
class And:
    """Every record that all parts match."""

    parts: tuple[Query, ...]
    depth: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Count the depth, and refuse too deep a tree."""
        object.__setattr__(self, "depth", _depth(self.parts))


@dataclass(frozen=True, slots=True)
class Or:
    """Every record that some part matches."""

    parts: tuple[Query, ...]
    depth: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Count the depth, and refuse too deep a tree."""
        object.__setattr__(self, "depth", _depth(self.parts))


Query: TypeAlias = Words | Is | Between | Not | And | Or


def _depth(parts: tuple[Query, ...]) -> int:
    depth = 1 + max((part.depth for part in parts if isinstance(part, Not | And | Or)), default=0)
    if depth > DEEPEST:
        raise InvalidInput(f"AND, OR and NOT are nested more than {DEEPEST} deep; split the search into several")
    return depth


def negation(part: Query) -> Query:
    """The records that `part` does not match."""
    return part.part if isinstance(part, Not) else Not(part)


def conjunction(parts: Iterable[Query]) -> Query:
    """The records that all parts match; nested conjunctions become one."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def disjunction(parts: Iterable[Query]) -> Query:
    """The records that some part matches; nested disjunctions become one."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


@dataclass(frozen=True, slots=True)
class Pattern:
    """Consecutive words to be found in one of some columns; with `prefix` the last may go on."""

    columns: tuple[Column, ...]
    line: str
    prefix: bool


def patterns(words: Words) -> tuple[Pattern, ...]:
    """What `words` means in columns: any of these."""
    line = " ".join(words.words)
    found: list[Pattern] = []
    if words.field in _STEMMED:
        stem_columns, exact_columns = _STEMMED[words.field]
        if words.exact or words.prefix:
            found.append(Pattern(exact_columns, line, words.prefix))
        else:
            found += [Pattern(stem_columns, variant, False) for variant in stem_variants(words.words)]
    if words.field in _UNSTEMMED:
        found.append(Pattern(_UNSTEMMED[words.field], line, words.prefix))
    return tuple(found)


def leaves(query: Query, *, positive: bool = True) -> Iterator[tuple[Words, bool]]:
    """All `Words` of a query, each with whether it asks for the words or for their absence."""
    if isinstance(query, Words):
        yield query, positive
    elif isinstance(query, Not):
        yield from leaves(query.part, positive=not positive)
    elif isinstance(query, And | Or):
        for part in query.parts:
            yield from leaves(part, positive=positive)


def matches(query: Query, document: IndexDocument) -> bool:
    """Whether a record matches: the plain meaning of a query, without any engine."""
    match query:
        case Words():
            return any(_stands(pattern, document) for pattern in patterns(query))
        case Is():
            return _is(query, document)
        case Between():
            return _between(query, document)
        case Not():
            return not matches(query.part, document)
        case And():
            return all(matches(part, document) for part in query.parts)
        case Or():
            return any(matches(part, document) for part in query.parts)


def _stands(pattern: Pattern, document: IndexDocument) -> bool:
    sought = f" {pattern.line}" if pattern.prefix else f" {pattern.line} "
    return any(sought in f" {document.column(column)} " for column in pattern.columns)


def _is(query: Is, document: IndexDocument) -> bool:
    values: dict[Fact, tuple[str | None, ...]] = {
        Fact.KIND: (document.kind.value,),
        Fact.CHANNEL: (document.channel.value,),
        Fact.PLATFORM: (document.platform,),
        Fact.ID: (document.record_id, document.submission_id),
        Fact.LANGUAGE: (document.language,),
        Fact.HAS: (ATTACHMENT,) if document.has_attachment else (),
        Fact.CUSTODIAN_ID: (document.custodian_id,),
    }
    return query.value in values[query.fact]


def _between(query: Between, document: IndexDocument) -> bool:
    moment = {
        Clock.HAPPENED: document.happened_at,
        Clock.SENT: document.sent_at,
        Clock.CAPTURED: document.captured_at,
    }[query.clock]
    if moment is None:
        return False
    return (query.start is None or query.start <= moment) and (query.end is None or moment < query.end)
