"""The query tree: what can be asked, whoever answers. Pure; `search.naive_matcher` is its plain meaning.

Rules:

- A query is built from `Words`, `Like`, `Is`, `Sized`, `Between`, `Among` and `Not`, `And`, `Or`; use `negation`,
  `conjunction` and `disjunction`, which keep trees flat. A tree is at most `DEEPEST` operators deep, checked when it
  is built, so that walking one by recursion is safe.
- A document matches `Words` if one of its `patterns` stands, as consecutive whole words, in one of the pattern's
  columns. Engines translate patterns; they never read words their own way.
- `Is` of a fact in `CATALOGUED` changes over time and is in no index: `Among` takes its place, with what the catalogue
  says, before an engine is asked (`replace_leaves`).
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
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

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
    ACCOUNT = "account"
    SCHOOL = "school"
    HAS = "has"


class Fact(StrEnum):
    """What a record is, by one value; `CUSTODIAN_ID` is for rights and is not in the query language."""

    KIND = "kind"
    CHANNEL = "channel"
    PLATFORM = "platform"
    ID = "id"
    LANGUAGE = "lang"
    CUSTODIAN_ID = "custodian_id"
    STATE = "is"
    SERIES = "series"
    HOLD = "hold"
    REQUEST = "request"


CATALOGUED: Final = frozenset({Fact.STATE, Fact.SERIES, Fact.HOLD, Fact.REQUEST})
"""Facts that only the catalogue knows."""


class Clock(StrEnum):
    """Which moment of a record: the asserted one, that of capture, or the asserted one where known else capture."""

    HAPPENED = "happened"
    SENT = "sent"
    CAPTURED = "captured"


class Likeness(StrEnum):
    """How a single word may be like what is asked: by `*` and `?`, by so many changed letters, by an expression."""

    GLOB = "glob"
    FUZZY = "fuzzy"
    REGEX = "regex"


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
    Field.ACCOUNT: (Column.ACCOUNT,),
    Field.SCHOOL: (Column.SCHOOL,),
    Field.HAS: (Column.FLAGS,),
}


@dataclass(frozen=True, slots=True)
class Words:
    """One word or several in a row, folded by the analyser; `prefix` lets the last go on, and implies `exact`.

    With `within` they stand in any order, with at most so many other words between the first and the last of them.
    """

    field: Field
    words: tuple[str, ...]
    exact: bool = False
    prefix: bool = False
    within: int | None = None

    def __post_init__(self) -> None:
        """Refuse what would match everything or nothing by accident."""
        if not self.words or not all(self.words):
            raise ValueError("a search for words needs words")


@dataclass(frozen=True, slots=True)
class Like:
    """A whole word of the field, unstemmed, is like `pattern`; what that means is in `search.term_patterns`.

    `distance` is for `FUZZY`: the letters that may be changed, left out, put in or swapped with the next.
    """

    field: Field
    how: Likeness
    pattern: str
    distance: int = 0


@dataclass(frozen=True, slots=True)
class Is:
    """The record is of this kind, channel, platform, language, state, series; has this id; is under this hold.

    `position` is where the value stands in the query, for a refusal by who resolves it; it makes no difference else.
    """

    fact: Fact
    value: str
    position: int | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sized:
    """The original has at least `least` and less than `below` bytes; None is open."""

    least: int | None
    below: int | None


@dataclass(frozen=True, slots=True)
class Among:
    """The record is one of these: what the catalogue said of a fact that changes."""

    record_ids: frozenset[str]


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


Leaf: TypeAlias = Words | Like | Is | Sized | Between | Among
Query: TypeAlias = Leaf | Not | And | Or


def _depth(parts: tuple[Query, ...]) -> int:
    depth = 1 + max((part.depth for part in parts if isinstance(part, Not | And | Or)), default=0)
    if depth > DEEPEST:
        raise InvalidInput(f"AND, OR and NOT are nested more than {DEEPEST} deep; split the search into several")
    return depth


def negation(part: Query) -> Query:
    """The records that `part` does not match."""
    return part.part if isinstance(part, Not) else Not(part)


def conjunction(parts: Iterable[Query]) -> Query:
    """The records that all parts match, each part once; nested conjunctions become one."""
    flat = dict.fromkeys(one for part in parts for one in (part.parts if isinstance(part, And) else (part,)))
    return next(iter(flat)) if len(flat) == 1 else And(tuple(flat))


def disjunction(parts: Iterable[Query]) -> Query:
    """The records that some part matches, each part once; nested disjunctions become one."""
    flat = dict.fromkeys(one for part in parts for one in (part.parts if isinstance(part, Or) else (part,)))
    return next(iter(flat)) if len(flat) == 1 else Or(tuple(flat))


@dataclass(frozen=True, slots=True)
class Pattern:
    """Consecutive words to be found in one of some columns; with `prefix` the last may go on.

    With `within` the words stand in any order, at most so many others between the first and the last.
    """

    columns: tuple[Column, ...]
    line: str
    prefix: bool
    within: int | None = None


def patterns(words: Words) -> tuple[Pattern, ...]:
    """What `words` means in columns: any of these."""
    line = " ".join(words.words)
    found: list[Pattern] = []
    if words.field in _STEMMED:
        stem_columns, exact_columns = _STEMMED[words.field]
        if words.exact or words.prefix:
            found.append(Pattern(exact_columns, line, words.prefix, words.within))
        else:
            found += [Pattern(stem_columns, variant, False, words.within) for variant in stem_variants(words.words)]
    if words.field in _UNSTEMMED:
        found.append(Pattern(_UNSTEMMED[words.field], line, words.prefix, words.within))
    return tuple(found)


def exact_columns(where: Field) -> tuple[Column, ...]:
    """The columns in which unstemmed words of a field stand: where `Like` looks."""
    return (*(_STEMMED[where][1] if where in _STEMMED else ()), *_UNSTEMMED.get(where, ()))


def leaves(query: Query, *, positive: bool = True) -> Iterator[tuple[Words, bool]]:
    """All `Words` of a query, each with whether it asks for the words or for their absence."""
    for leaf, wanted in all_leaves(query, positive=positive):
        if isinstance(leaf, Words):
            yield leaf, wanted


def all_leaves(query: Query, *, positive: bool = True) -> Iterator[tuple[Leaf, bool]]:
    """Everything that a query asks for, each with whether it asks for it or for its absence."""
    if isinstance(query, Not):
        yield from all_leaves(query.part, positive=not positive)
    elif isinstance(query, And | Or):
        for part in query.parts:
            yield from all_leaves(part, positive=positive)
    else:
        yield query, positive


def replace_leaves(query: Query, replacement: Callable[[Leaf], Query]) -> Query:
    """The query with each of its leaves as `replacement` gives it."""
    match query:
        case Not():
            return negation(replace_leaves(query.part, replacement))
        case And():
            return conjunction(replace_leaves(part, replacement) for part in query.parts)
        case Or():
            return disjunction(replace_leaves(part, replacement) for part in query.parts)
        case _:
            return replacement(query)
