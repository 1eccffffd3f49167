"""Text of a query → query tree: a precedence parser with a stack of its own, no recursion, linear time.

Grammar, loosest first::

    query   = and { OR and }
    and     = not { [AND] not }
    not     = { NOT | - } scoped
    scoped  = { field: | exact: } ( word | phrase | [range] | "(" query ")" )

A field before a parenthesis holds for all words inside that have none of their own. Every refusal is an
`InvalidInput` with the place (characters from 0) in its field ``position``, and never repeats the query.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from search.analysis import as_mark, words
from search.queries import (
    ATTACHMENT,
    Between,
    Clock,
    Fact,
    Field,
    Is,
    Query,
    Words,
    conjunction,
    disjunction,
    negation,
)
from search.query_dates import end_of, read_days, start_of
from search.query_tokens import DATE_FIELDS, EXACT, FACT_FIELDS, Sign, Token, read_tokens
from storage.errors import InvalidInput
from storage.records import Channel, RecordKind

if TYPE_CHECKING:
    from datetime import date, tzinfo

MOST_WORDS: Final = 1_000
LONGEST_PHRASE: Final = 200
MOST_PREFIX_COST: Final = 60
_ONE_LETTER_COST = 10  # a prefix of one letter reads a good part of all words; a longer one reads few
_CLOCKS: Final = {"sent": Clock.SENT, "captured": Clock.CAPTURED}
_VALUES: Final = {
    "kind": tuple(kind.value for kind in RecordKind),
    "channel": tuple(channel.value for channel in Channel),
    "has": (ATTACHMENT,),
}


@dataclass(frozen=True, slots=True)
class _Scope:
    """The field and exactness that hold for what follows."""

    field: str = ""
    exact: bool = False


@dataclass(slots=True)
class _Frame:
    """One open parenthesis, or the whole query. `waiting` is an operator or field without its right side yet."""

    opened_at: int
    scope: _Scope
    alternatives: list[list[Query]] = field(default_factory=lambda: [[]])
    negated: bool = False
    waiting: Token | None = None
    next_scope: _Scope | None = None

    def take(self, part: Query) -> None:
        self.alternatives[-1].append(negation(part) if self.negated else part)
        self.negated, self.waiting, self.next_scope = False, None, None

    def scope_here(self) -> _Scope:
        return self.next_scope if self.next_scope is not None else self.scope


class _Parser:
    def __init__(self, today: date, zone: tzinfo) -> None:
        self._today = today
        self._zone = zone
        self._words = 0
        self._prefix_cost = 0
        self._frames = [_Frame(0, _Scope())]

    def parse(self, text: str) -> Query:
        for token in read_tokens(text):
            match token.sign:
                case Sign.OPEN:
                    self._frames.append(_Frame(token.position, self._frames[-1].scope_here()))
                case Sign.CLOSE:
                    self._close(token)
                case Sign.WORD | Sign.PHRASE | Sign.RANGE:
                    top = self._frames[-1]
                    top.take(self._leaf(token, top.scope_here()))
                case _:
                    _operate(self._frames[-1], token)
        if len(self._frames) > 1:
            opened_at = self._frames[-1].opened_at
            raise InvalidInput("a parenthesis is opened here and never closed; add )", position=opened_at)
        return _finish(self._frames[0], len(text))

    def _close(self, token: Token) -> None:
        if len(self._frames) == 1:
            raise InvalidInput("a parenthesis is closed here that was never opened", position=token.position)
        closed = self._frames.pop()
        self._frames[-1].take(_finish(closed, token.position))

    def _leaf(self, token: Token, scope: _Scope) -> Query:
        if scope.field in DATE_FIELDS:
            return self._moments(token, scope.field)
        if scope.field in FACT_FIELDS:
            return _fact(token, Fact(scope.field))
        folded = tuple(words(token.text))
        if not folded:
            raise InvalidInput("there is no word here to search for", position=token.position)
        if len(folded) > LONGEST_PHRASE:
            raise InvalidInput(f"a phrase may have {LONGEST_PHRASE} words; search for a part", position=token.position)
        self._words += len(folded)
        if self._words > MOST_WORDS:
            raise InvalidInput(f"a search may have {MOST_WORDS} words; split it into several", position=token.position)
        where = Field(scope.field or Field.ANY)
        mark = as_mark(token.text) if token.sign is Sign.WORD and where is Field.ANY else None
        if mark is not None:
            return Words(Field.MARK, (mark,))
        prefix = token.sign is Sign.WORD and token.text.endswith("*")
        if prefix:
            self._prefix_cost += _ONE_LETTER_COST if len(folded[-1]) == 1 else 1
            if self._prefix_cost > MOST_PREFIX_COST:
                raise InvalidInput(
                    "the search has too many prefixes; use longer or fewer ones", position=token.position
                )
        return Words(where, folded, exact=scope.exact, prefix=prefix)

    def _moments(self, token: Token, name: str) -> Query:
        days = read_days(token.text, self._today, token.position)
        start = None if days.first is None else start_of(days.first, self._zone)
        end = None if days.last is None else end_of(days.last, self._zone)
        if name == "before":
            if days.first is None:
                raise InvalidInput("before: needs a date to be before", position=token.position)
            return Between(Clock.HAPPENED, None, start)
        if name == "after":
            if days.last is None:
                raise InvalidInput("after: needs a date to be after", position=token.position)
            return Between(Clock.HAPPENED, end, None)
        return Between(_CLOCKS.get(name, Clock.HAPPENED), start, end)


def _operate(frame: _Frame, token: Token) -> None:
    """Note an operator or a field, whose right side comes next."""
    match token.sign:
        case Sign.AND | Sign.OR:
            _expect_left_side(frame, token)
            if token.sign is Sign.OR:
                frame.alternatives.append([])
        case Sign.NOT:
            frame.negated = not frame.negated
        case _:
            here = frame.scope_here()
            frame.next_scope = replace(here, exact=True) if token.text == EXACT else replace(here, field=token.text)
    frame.waiting = token


def _expect_left_side(frame: _Frame, token: Token) -> None:
    if frame.waiting is not None or not frame.alternatives[-1]:
        raise InvalidInput(
            f"{token.text} needs something to search for before it; to search for the word, write it in quotes",
            position=token.position,
        )


def _finish(frame: _Frame, position: int) -> Query:
    if frame.waiting is not None:
        name = frame.waiting.text + (":" if frame.waiting.sign is Sign.FIELD else "")
        raise InvalidInput(f"{name} needs something to search for after it", position=frame.waiting.position)
    if not frame.alternatives[-1]:
        raise InvalidInput("there is nothing to search for here", position=min(frame.opened_at, position))
    return disjunction(conjunction(parts) for parts in frame.alternatives)


def _fact(token: Token, fact: Fact) -> Query:
    value = token.text.strip()
    if fact is not Fact.ID:
        value = value.lower()
    known = _VALUES.get(fact.value)
    if known is not None and value not in known:
        raise InvalidInput(f"{fact.value}: takes one of {', '.join(known)}", position=token.position)
    if not value:
        raise InvalidInput(f"{fact.value}: needs a value", position=token.position)
    return Is(fact, value)


def parse_query(text: str, *, today: date, zone: tzinfo) -> Query:
    """The tree of a query.

    Args:
        text: as typed.
        today: the day that ``today`` and ``last month`` are told from, in `zone`.
        zone: the archive's zone, in which days begin and end.

    Raises:
        InvalidInput: it cannot be understood; ``fields["position"]`` says where.
    """
    return _Parser(today, zone).parse(text)
