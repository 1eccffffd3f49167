"""HTML of an export as a tree, with the place of every element in the source.

Rule kept: bounded and total on hostile markup, linear in its length, and nothing is run, fetched or followed. The tree
is that of the HTML standard without its repairs of misplaced tables and formatting: an end tag closes the nearest open
element of its name, ends that may be omitted (``p``, ``li``, ``td``, ...) are supplied, and what is not closed ends
with what holds it. Python's html.parser is not used: releases before 2025 need quadratic time for unfinished comments
and tags, and it does not say where an element ends.

An export of any length is read with `elements`, which gives one message's element after the other and keeps none;
`parse` keeps the whole tree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.formats.chats.html_tokens import tokens
from ingest.formats.container import MemberBroken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.formats.chats.html_tokens import Tag

MAX_DEPTH = 256
"""Elements that are nested deeper become empty, and what they hold goes to the element at this depth."""
MAX_ELEMENTS = 400_000
"""About 300 MB of tree."""

_VOID_ELEMENTS = "area base br col embed hr img input link meta param source track wbr"
_VOID = frozenset(_VOID_ELEMENTS.split())
_HIDDEN = frozenset({"script", "style", "title", "template", "head"})
_BLOCK_ELEMENTS = """
    address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol p pre section summary table tbody td tfoot th thead
    tr ul
"""
_BLOCK = frozenset(_BLOCK_ELEMENTS.split())
_ENDS_PARAGRAPH = _BLOCK - frozenset({"html", "body", "tbody", "thead", "tfoot", "tr", "td", "th"})
# which open elements the opening of another one ends, and what stops the search for them
_IMPLIED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol", "menu"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "option": (frozenset({"option"}), frozenset({"select"})),
    "td": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "th": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    "tbody": (frozenset({"tbody", "thead", "tfoot"}), frozenset({"table"})),
    "tfoot": (frozenset({"tbody", "thead", "tfoot"}), frozenset({"table"})),
}
_PARAGRAPH = (frozenset({"p"}), frozenset({"button", "td", "th", "table", "caption", "object", "template"}))
_SPACED = frozenset({"pre", "textarea"})
_SPACE = re.compile(r"[ \t\r\n\f]+")


@dataclass(slots=True)
class Element:
    """An element: children are elements and texts, in order; its source is ``text[start:end]``, tags included.

    An attribute that is given twice has its first value, as in the standard. Names are lower case.
    """

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)
    start: int = 0
    end: int = 0

    @property
    def classes(self) -> list[str]:
        """The words of its class attribute."""
        return self.attributes.get("class", "").split()

    def elements(self) -> list[Element]:
        """Its children without the texts."""
        return [child for child in self.children if isinstance(child, Element)]

    def walk(self) -> Iterator[Element]:
        """All elements below it in the order of the source, itself first."""
        stack: list[Element] = [self]
        while stack:
            element = stack.pop()
            yield element
            for child in reversed(element.children):
                if isinstance(child, Element):
                    stack.append(child)  # noqa: PERF401 - a generator costs twice the time here

    def find_all(self, tag: str | None = None, cls: str | None = None) -> Iterator[Element]:
        """The elements below it, not itself, with this tag and with this word among their classes."""
        for element in self.walk():
            if element is not self and (tag is None or element.tag == tag) and (cls is None or cls in element.classes):
                yield element

    def find(self, tag: str | None = None, cls: str | None = None) -> Element | None:
        """The first of `find_all`."""
        return next(self.find_all(tag, cls), None)

    def text(self, *, spaced: bool = False) -> str:
        """What a person would read: blocks and ``<br>`` begin lines, runs of spaces are one, ends are stripped.

        Args:
            spaced: spaces and line feeds are kept as they stand, as a style of ``white-space: pre-wrap`` shows them.
        """
        pieces: list[str] = []
        stack: list[Element | str | None] = [self]
        kept = 1 if spaced else 0
        while stack:
            node = stack.pop()
            if node is None:
                kept -= 1
            elif isinstance(node, str):
                _add(pieces, node, kept=kept > 0)
            elif node is _BREAK:
                _break(pieces)
            elif node.tag == "br":
                pieces.append("\n")
            elif node.tag not in _HIDDEN or node is self:
                if node.tag in _BLOCK:
                    _break(pieces)
                    stack.append(_BREAK)
                if node.tag in _SPACED:
                    kept += 1
                    stack.append(None)
                stack.extend(reversed(node.children))
        return "".join(pieces).strip(" \t\r\n\f")


_BREAK = Element("")


def _break(pieces: list[str]) -> None:
    """Begin a line, unless one has just begun."""
    if pieces and not pieces[-1].endswith("\n"):
        pieces.append("\n")


def _add(pieces: list[str], text: str, *, kept: bool) -> None:
    if not kept:
        text = _SPACE.sub(" ", text)
        if text.startswith(" ") and (not pieces or pieces[-1].endswith((" ", "\n"))):
            text = text[1:]
    if text:
        pieces.append(text)


def parse(text: str, limit: int = MAX_ELEMENTS) -> Element:
    """The whole document, as an element without a name that holds its top elements.

    Raises:
        MemberBroken: it has more than `limit` elements.
    """
    root = Element("", {}, [], 0, len(text))
    for _ in _Builder(root, None, limit).run(text):
        pass  # nothing is given: everything is in the root
    return root


def elements(text: str, wanted: Callable[[str, dict[str, str]], bool], limit: int = MAX_ELEMENTS) -> Iterator[Element]:
    """The outermost elements that are `wanted` by tag and attributes, each whole, in order; the rest is not kept.

    Raises:
        MemberBroken: one of them holds more than `limit` elements.
    """
    return _Builder(None, wanted, limit).run(text)


class _Builder:
    """The open elements while tags come in; closed ones that are asked for are given."""

    def __init__(self, root: Element | None, wanted: Callable[[str, dict[str, str]], bool] | None, limit: int) -> None:
        self._root = root
        self._wanted = wanted
        self._limit = limit
        self._stack: list[Element] = []
        self._opened: dict[str, int] = {}
        self._sunk: dict[str, int] = {}  # open elements that are too deep for the stack
        self._floor = -1 if root is None else 0  # where in the stack the element that is kept lies, -1 for none
        self._count = 0

    def run(self, text: str) -> Iterator[Element]:
        for token in tokens(text):
            if isinstance(token, str):
                if self._floor >= 0:
                    self._holder().children.append(token)
            elif token.closing:
                kept = self._place_of(token.name)
                if kept < len(self._stack):
                    yield from self._close(kept, token.start, token.end)
            else:
                kept = self._implied(token.name)
                if kept < len(self._stack):
                    yield from self._close(kept, token.start, token.start)
                yield from self._open(token)
        yield from self._close(0, len(text), len(text))

    def _holder(self) -> Element:
        holder = self._stack[-1] if self._stack else self._root
        assert holder is not None
        return holder

    def _open(self, tag: Tag) -> Iterator[Element]:
        element = Element(tag.name, tag.attributes, [], tag.start, tag.end)
        pushed = tag.name not in _VOID and len(self._stack) < MAX_DEPTH
        if self._floor >= 0:
            self._count += 1
            if self._count > self._limit:
                raise MemberBroken("its markup has more elements than can be read")
            self._holder().children.append(element)
        elif self._wanted is not None and self._wanted(tag.name, tag.attributes):
            if not pushed:
                yield element
            else:
                self._floor, self._count = len(self._stack), 0
        if pushed:
            self._stack.append(element)
            self._opened[tag.name] = self._opened.get(tag.name, 0) + 1
        elif tag.name not in _VOID:
            self._sunk[tag.name] = self._sunk.get(tag.name, 0) + 1

    def _close(self, kept: int, start: int, end: int) -> Iterator[Element]:
        """End all open elements above the first `kept`; the lowest of them by the tag from `start` to `end`."""
        while len(self._stack) > kept:
            element = self._stack.pop()
            self._opened[element.tag] -= 1
            element.end = end if len(self._stack) == kept else start
            if self._root is None and self._floor == len(self._stack):
                self._floor = -1
                yield element

    def _place_of(self, name: str) -> int:
        """Where in the stack the element lies that an end tag of this name closes; its length where none."""
        if self._sunk.get(name):
            self._sunk[name] -= 1
        elif self._opened.get(name):
            if self._stack[-1].tag == name:
                return len(self._stack) - 1
            return next(place for place in range(len(self._stack) - 1, -1, -1) if self._stack[place].tag == name)
        return len(self._stack)

    def _implied(self, name: str) -> int:
        """How much of the stack stays open when an element of this name is opened."""
        if self._opened.get("p") and name in _ENDS_PARAGRAPH:
            ended, stops = _PARAGRAPH
        elif name in _IMPLIED:
            ended, stops = _IMPLIED[name]
        else:
            return len(self._stack)
        for place in range(len(self._stack) - 1, -1, -1):  # bounded by MAX_DEPTH
            if self._stack[place].tag in ended:
                return place
            if self._stack[place].tag in stops:
                break
        return len(self._stack)
