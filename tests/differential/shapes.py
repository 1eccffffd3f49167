"""A drawn query as a tree of texts, so that a smaller one can be made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing asked for, as typed: what comes before its words, the words, what comes after; and its construct."""

    construct: str
    words: tuple[str, ...]
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """Several with an operator between each two; a space is one too."""

    operator: str
    parts: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """What is left out, by ``NOT`` or by a hyphen."""

    sign: str
    part: Shape


Shape: TypeAlias = Piece | Joined | Negated


def typed(shape: Shape) -> str:
    """The query as somebody would type it."""
    match shape:
        case Piece():
            return shape.before + " ".join(shape.words) + shape.after
        case Joined():
            return shape.operator.join(_inside(part) for part in shape.parts)
        case Negated():
            return shape.sign + _inside(shape.part)


def _inside(shape: Shape) -> str:
    return f"({typed(shape)})" if isinstance(shape, Joined) else typed(shape)


def constructs(shape: Shape) -> Iterator[str]:
    """Every construct of the language that a query uses."""
    match shape:
        case Piece():
            yield shape.construct
        case Joined():
            yield {" ": "and by a space", " AND ": "AND", " OR ": "OR"}[shape.operator]
            for part in shape.parts:
                if isinstance(part, Joined):
                    yield "parentheses"
                yield from constructs(part)
        case Negated():
            yield "NOT" if shape.sign == "NOT " else "hyphen"
            yield from constructs(shape.part)


def smaller(shape: Shape) -> Iterator[Shape]:
    """Queries that are a little smaller, the smallest first."""
    match shape:
        case Piece() if len(shape.words) > 1:
            for place in range(len(shape.words)):
                fewer = shape.words[:place] + shape.words[place + 1 :]
                yield Piece(shape.construct, fewer, shape.before, shape.after)
        case Joined():
            yield from shape.parts
            for place in range(len(shape.parts)):
                fewer_parts = shape.parts[:place] + shape.parts[place + 1 :]
                if len(fewer_parts) > 1:
                    yield Joined(shape.operator, fewer_parts)
            for place, part in enumerate(shape.parts):
                for less in smaller(part):
                    yield Joined(shape.operator, (*shape.parts[:place], less, *shape.parts[place + 1 :]))
        case Negated():
            yield shape.part
            for less in smaller(shape.part):
                yield Negated(shape.sign, less)
        case _:
            pass


def shrunk(shape: Shape, differs: Callable[[Shape], bool], *, most: int = 500) -> Shape:
    """The smallest query found in so many trials of which `differs` still holds; it holds of `shape`."""
    trials = 0
    found = True
    while found:
        found = False
        for less in smaller(shape):
            trials += 1
            if trials > most:
                return shape
            if differs(less):
                shape, found = less, True
                break
    return shape
