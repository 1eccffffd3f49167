"""Text of a query → query tree: a precedence parser with a stack of its own, no recursion, linear time.

Grammar, loosest first::

    query   = and { OR and }
    and     = not { [AND] not }
    not     = { NOT | - } scoped
    scoped  = { field: | exact: } ( word | phrase | /expression/ | value | [range] | "(" query ")" )

A field before a parenthesis holds for all words inside that have none of their own. Every refusal is an `InvalidInput`
with the place (characters from 0) in its field ``position``, never repeats the query in its sentence, and has the
corrected query in its field ``suggestion`` where that is plain.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from retention.calendars import Calendars
from search.phone_words import phone_key
from search.queries import Between, Clock, Field, Like, Query, Words, conjunction, disjunction, negation
from search.query_dates import end_of, read_days, start_of
from search.query_errors import Misread, with_suggestion
from search.query_facts import read_fact, read_flag
from search.query_periods import Periods
from search.query_sizes import read_size
from search.query_tokens import DATE_FIELDS, EXACT, FACT_FIELDS, HAS, SIZE, Sign, Token, read_tokens
from search.query_words import read_word
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import date, tzinfo

MOST_WORDS: Final = 1_000
MOST_PREFIX_COST: Final = 60
_SHORT_COST = 10  # a prefix of one letter or two reads a good part of all words; a longer one reads few
_SHORT = 2
_LIKE_COST = 3  # a wildcard, changed letters or an expression is compared with every word that there is
_CLOCKS: Final = {"sent": Clock.SENT, "captured": Clock.CAPTURED}
_CALENDARS: Final = Calendars()


@dataclass(frozen=True, slots=True)
class _Scope:
    """The field and exactness that hold for what follows."""

    field: str = ""
    exact: bool = False


@dataclass(slots=True)
class _Frame:
    """One open parenthesis, or the whole query. `waiting` is an operator or field without its right side yet.

    `waits_from` is where what is incomplete begins: ``bus OR NOT`` waits from the ``OR`` on.
    """

    opened_at: int
    scope: _Scope
    alternatives: list[list[Query]] = field(default_factory=lambda: [[]])
    negated: bool = False
    waiting: Token | None = None
    waits_from: int = 0
    next_scope: _Scope | None = None

    def take(self, part: Query) -> None:
        self.alternatives[-1].append(negation(part) if self.negated else part)
        self.negated, self.waiting, self.next_scope = False, None, None

    def scope_here(self) -> _Scope:
        return self.next_scope if self.next_scope is not None else self.scope


class _Parser:
    def __init__(self, periods: Periods, zone: tzinfo) -> None:
        self._periods = periods
        self._zone = zone
        self._words = 0
        self._prefix_cost = 0
        self._frames = [_Frame(0, _Scope())]

    def parse(self, text: str) -> Query:
        """The tree.

        Raises:
            Misread: it cannot be understood.
        """
        position = 0
        try:
            for token in read_tokens(text):
                position = token.position
                self._read(token)
        except Misread:
            raise
        except InvalidInput as error:
            raise Misread(error.message, position) from error
        if len(self._frames) > 1:
            opened_at, missing = self._frames[-1].opened_at, ")" * (len(self._frames) - 1)
            raise Misread(
                "a parenthesis is opened here and never closed; add )", opened_at, (len(text), len(text), missing)
            )
        try:
            return _finish(self._frames[0], len(text))
        except Misread:
            raise
        except InvalidInput as error:
            raise Misread(error.message, 0) from error

    def _read(self, token: Token) -> None:
        match token.sign:
            case Sign.OPEN:
                self._frames.append(_Frame(token.position, self._frames[-1].scope_here()))
            case Sign.CLOSE:
                self._close(token)
            case Sign.WORD | Sign.PHRASE | Sign.EXPRESSION | Sign.RANGE:
                top = self._frames[-1]
                top.take(self._leaf(token, top.scope_here()))
            case _:
                _operate(self._frames[-1], token)

    def _close(self, token: Token) -> None:
        if len(self._frames) == 1:
            instead = (token.position, token.end, "")
            raise Misread("a parenthesis is closed here that was never opened", token.position, instead)
        closed = self._frames.pop()
        self._frames[-1].take(_finish(closed, token.position))

    def _leaf(self, token: Token, scope: _Scope) -> Query:
        name = scope.field
        if (name in FACT_FIELDS or name in (HAS, SIZE) or name in DATE_FIELDS) and (
            token.sign is Sign.EXPRESSION or token.within is not None or token.prefix
        ):
            raise Misread(f"{name}: takes a value as it is, without slashes, ~ or *", token.position)
        if name in DATE_FIELDS:
            self._count(token, 1)
            return self._moments(token, name)
        if name == SIZE:
            self._count(token, 1)
            return read_size(token.text, token.position, token.end)
        if name in FACT_FIELDS:
            self._count(token, 1)
            return read_fact(token, name)
        if name == HAS:
            self._count(token, 1)
            return read_flag(token)
        where = Field(name or Field.ANY)
        leaf = read_word(token, where, exact=scope.exact)
        self._count(token, len(leaf.words) if isinstance(leaf, Words) else 1)
        if isinstance(leaf, Like):
            self._cost(token, _LIKE_COST)
        elif leaf.prefix:
            self._cost(token, _SHORT_COST if len(leaf.words[-1]) <= _SHORT else 1)
        elif leaf.within is None and (number := phone_key(token.text)) is not None:
            # in whatever notation it was typed, and in whatever it is printed
            return disjunction((leaf, Words(where, (number,), exact=True)))
        return leaf

    def _count(self, token: Token, words: int) -> None:
        self._words += words
        if self._words > MOST_WORDS:
            raise Misread(f"a search may have {MOST_WORDS} words; split it into several", token.position)

    def _cost(self, token: Token, cost: int) -> None:
        self._prefix_cost += cost
        if self._prefix_cost > MOST_PREFIX_COST:
            raise Misread(
                "the search has too many prefixes, wildcards or expressions; use longer or fewer ones", token.position
            )

    def _moments(self, token: Token, name: str) -> Query:
        days = read_days(token.text, self._periods, token.position, token.end)
        start = None if days.first is None else start_of(days.first, self._zone)
        end = None if days.last is None else end_of(days.last, self._zone)
        if name == "before":
            if days.first is None:
                raise Misread("before: needs a date to be before", token.position)
            return Between(Clock.HAPPENED, None, start)
        if name == "after":
            if days.last is None:
                raise Misread("after: needs a date to be after", token.position)
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
    if frame.waiting is None:
        frame.waits_from = token.position
    frame.waiting = token


def _expect_left_side(frame: _Frame, token: Token) -> None:
    if frame.waiting is not None or not frame.alternatives[-1]:
        raise Misread(
            f"{token.text} needs something to search for before it; to search for the word, write it in quotes",
            token.position,
            (token.position, token.end, ""),
        )


def _finish(frame: _Frame, position: int) -> Query:
    if frame.waiting is not None:
        name = frame.waiting.text + (":" if frame.waiting.sign is Sign.FIELD else "")
        instead = (frame.waits_from, position, "")
        raise Misread(f"{name} needs something to search for after it", frame.waiting.position, instead)
    if not frame.alternatives[-1]:
        raise Misread("there is nothing to search for here", min(frame.opened_at, position))
    return disjunction(conjunction(parts) for parts in frame.alternatives)


def parse_query(text: str, *, today: date, zone: tzinfo, calendars: Calendars | None = _CALENDARS) -> Query:
    """The tree of a query.

    Args:
        text: as typed.
        today: the day that ``today`` and ``last month`` are told from, in `zone`.
        zone: the archive's zone, in which days begin and end.
        calendars: where school and fiscal years end; None where schedules do not agree.

    Raises:
        InvalidInput: it cannot be understood; ``fields["position"]`` says where, ``fields["suggestion"]`` what may
            have been meant, where that is plain.
    """
    periods = Periods(today, calendars)

    def understood(corrected: str) -> bool:
        try:
            _Parser(periods, zone).parse(corrected)
        except Misread:
            return False
        return True

    try:
        return _Parser(periods, zone).parse(text)
    except Misread as error:
        raise with_suggestion(error, text, understood) from None
