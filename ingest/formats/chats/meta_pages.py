"""Pages of Meta's exports in HTML: messages, posts and comments, each a box with a heading, a body and a time.

Rule kept: names of classes are made by a machine and change with the years. The box that both known generations share
(``uiBoxWhite``) is used where it is there, otherwise a message is told by its order alone: the smallest element that
ends with a printed time and has something before it. Text comes from the page as it is, in right UTF-8; a time that
cannot be read leaves its message undated. `raw` is the exact source of the box.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.html_tree import Element, elements, parse
from ingest.formats.chats.meta_files import is_elsewhere
from ingest.formats.chats.meta_messages import joined
from ingest.formats.chats.model import Media, Reacted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.formats.chats.meta_files import MediaFinder
    from ingest.formats.chats.meta_times import PrintedTimes

_BOX: Final = "uiBoxWhite"
_HEADINGS: Final = frozenset({"_a6-h", "_2lek"})
_BODIES: Final = frozenset({"_a6-p", "_2let"})
_TIMES: Final = frozenset({"_a6-o", "_2lem"})
_TIME_MARK: Final = re.compile(r'class="[^"<>]{0,60}(?:_a6-o|_2lem)["\s]')
_SOURCES: Final = {"img": "src", "video": "src", "audio": "src", "source": "src", "a": "href"}
_NO_WORD: Final = re.compile(r"[^\w]*", re.UNICODE)
_IN_BRACKETS: Final = re.compile(r"\(([^()]{6,80})\)$")
_LIST: Final = re.compile(r"^[^:\uff1a\d]{3,40}[:\uff1a] ?(.+)$")
_LAST_OF_LIST: Final = re.compile(r" (?:and|und|et|y|e|og|och|en|i|\u0438|\u0456|ja|ve|și|és) ")
_BEGINNING: Final = 1 << 17
_LOOKED_AT: Final = 64  # nodes before a time that may belong to it; boxes that show who takes part


@dataclass(slots=True)
class Box:
    """What a page says in one box; `printed` is its time as printed, `at` that time where it can be read.

    `rows` are labels and values of a box that is a table, which has no heading; its text is the first value.
    """

    heading: str | None
    text: str
    at: datetime | None
    raw: bytes = field(repr=False)
    printed: str = ""
    media: tuple[Media, ...] = ()
    reactions: tuple[Reacted, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


def boxes(page: str, times: PrintedTimes, finder: MediaFinder) -> Iterator[Box]:
    """The boxes of a page in its order; those without a time, which describe the thread, are left out.

    Raises:
        MemberBroken: it has more elements than can be read.
    """
    for element in _elements(page, times):
        inside = list(element.walk())[1:]
        time = _last(inside, _TIMES) or _timed(element, times)
        if time is not None:
            yield _box(element, inside, time, page, times, finder)
        elif (table := _table(element, page, times, finder)) is not None:
            yield table


def printed_times(page: str) -> int:
    """How many boxes there are by the marks of their times, counted in the text apart from any parsing."""
    return sum(1 for _ in _TIME_MARK.finditer(page)) if _BOX in page else 0


def title_of(page: str) -> str | None:
    """The title of a page."""
    found = next(elements(page[: 1 << 16], lambda tag, _: tag == "title"), None)
    return (storable(found.text()).strip() or None) if found is not None else None


def participants_of(page: str, times: PrintedTimes) -> tuple[str, ...]:
    """The names behind "Participants:", in whatever language, above the first message; in the order of the page.

    "Agenda: a, b" in a first message and "Group invite link: off" look the same, but nobody of that name is a sender.
    """
    above, senders = _in_boxes(page, times) if _BOX in page else _above_the_first_time(page, times)
    for place, line in enumerate(above):
        match = _LIST.match(storable(line).strip())
        names = _names(match[1]) if match is not None else ()
        if not senders.isdisjoint(names) or not set(names).isdisjoint(above[place + 1 :]):
            return names
    return ()


def _in_boxes(page: str, times: PrintedTimes) -> tuple[list[str], set[str]]:
    """The lines of the boxes above the first message, and who sent the first messages."""
    above: list[str] = []
    senders: set[str] = set()
    for element in islice(_elements(page, times), _LOOKED_AT):
        inside = list(element.walk())[1:]
        if (_last(inside, _TIMES) or _timed(element, times)) is not None:
            heading = _first(inside, _HEADINGS)
            senders.add(storable(heading.text()).strip() if heading is not None else "")
        elif not senders:
            above += element.text().split("\n")
    return above, senders


def _above_the_first_time(page: str, times: PrintedTimes) -> tuple[list[str], set[str]]:
    found: list[str] = []
    for line in parse(page[:_BEGINNING]).text().split("\n"):
        if times.read(line) is not None:
            break
        found.append(line)
    return found, set()


def _names(text: str) -> tuple[str, ...]:
    *first, last = text.split(", ")
    cut = _LAST_OF_LIST.search(last)
    if cut is not None:
        first, last = [*first, last[: cut.start()]], last[cut.end() :]
    return tuple(dict.fromkeys(name.strip() for name in (*first, last) if name.strip()))


def _elements(page: str, times: PrintedTimes) -> Iterator[Element]:
    if _BOX in page:
        return elements(page, lambda tag, attributes: tag == "div" and _BOX in attributes.get("class", ""))
    return _by_order(parse(page), times)


def _by_order(tree: Element, times: PrintedTimes) -> Iterator[Element]:
    """The smallest elements that end with a time and have something before it."""
    holders = {id(child): (element, at) for element in tree.walk() for at, child in enumerate(element.children)}
    given: set[int] = set()
    for element in tree.walk():
        if element.elements() or times.read("".join(map(str, element.children))) is None:
            continue
        holder, at = holders.get(id(element), (tree, 0))
        while holder is not tree and not _any_says(holder.children[max(0, at - _LOOKED_AT) : at]):
            holder, at = holders[id(holder)]
        behind = holder.children[at + 1 : at + 1 + _LOOKED_AT]
        if holder is not tree and id(holder) not in given and not _any_says(behind):
            given.add(id(holder))
            yield holder


def _any_says(nodes: list[Element | str]) -> bool:
    return any(_says(node) for node in nodes)


def _says(node: Element | str) -> bool:
    if isinstance(node, str):
        return not node.isspace()
    return any(isinstance(child, str) and not child.isspace() for one in node.walk() for child in one.children)


def _last(inside: list[Element], classes: frozenset[str]) -> Element | None:
    return _first(inside[::-1], classes)


def _first(inside: list[Element], classes: frozenset[str]) -> Element | None:
    for one in inside:
        if one.attributes and not classes.isdisjoint(one.classes):
            return one
    return None


def _timed(element: Element, times: PrintedTimes) -> Element | None:
    """The last child that says something, where it is a time."""
    child = next((one for one in reversed(element.elements()) if _says(one)), None)
    return child if child is not None and times.read(child.text()) is not None else None


def _box(
    element: Element, inside: list[Element], time: Element, page: str, times: PrintedTimes, finder: MediaFinder
) -> Box:
    printed = time.text()
    heading, body = _first(inside, _HEADINGS), _first(inside, _BODIES)
    if heading is None:
        first = next((one for one in element.elements() if one is not time and _says(one)), None)
        heading = None if first is body else first
    reactions = tuple(_reactions(inside, times))
    media = tuple(_media(inside, finder))
    heading_text = heading.text() if heading is not None else ""
    for one in (heading, time):
        if one is not None:
            one.children.clear()  # what is left of the box is its body
    body = body or element
    links = (one.attributes.get("href", "") for one in body.find_all("a"))
    text = joined([body.text(), *(link for link in links if link.startswith(("http://", "https://")))])
    return Box(
        heading=storable(heading_text).strip() or None,
        text=storable(text),
        at=times.read(printed),
        raw=page[element.start : element.end].encode("utf-8", "surrogateescape"),
        printed=printed,
        media=media,
        reactions=reactions,
    )


def _table(element: Element, page: str, times: PrintedTimes, finder: MediaFinder) -> Box | None:
    """A box whose time is a row of a table."""
    rows: list[tuple[str, str]] = []
    printed: str | None = None
    for row in element.find_all("tr"):
        label, _, value = storable(row.text()).partition("\n")
        if times.read(value) is not None:
            printed = value
        elif value:
            rows.append((label.strip(), value.strip()))
    if printed is None:
        return None
    raw = page[element.start : element.end].encode("utf-8", "surrogateescape")
    return Box(
        heading=None,
        text=rows[0][1] if rows else "",
        at=times.read(printed),
        raw=raw,
        printed=printed,
        media=tuple(_media(list(element.walk()), finder)),
        rows=tuple(rows),
    )


def _reactions(inside: list[Element], times: PrintedTimes) -> Iterator[Reacted]:
    """The reactions below a message, a list of signs and names; they are taken out of the body."""
    for listed in inside:
        if listed.tag != "ul":
            continue
        found = [_reaction(storable(one.text(spaced=False)), times) for one in listed.elements()]
        if found and None not in found:
            listed.children.clear()
            yield from (one for one in found if one is not None)


def _reaction(text: str, times: PrintedTimes) -> Reacted | None:
    sign = _NO_WORD.match(text)
    if sign is None or not sign[0].strip():
        return None
    name, at = text[sign.end() :].strip(), None
    printed = _IN_BRACKETS.search(name)
    if printed is not None and (at := times.read(printed[1])) is not None:
        name = name[: printed.start()].strip()
    return Reacted(emoji=sign[0].strip(), by=name or None, at=at)


def _media(inside: list[Element], finder: MediaFinder) -> Iterator[Media]:
    given: set[str] = set()
    for one in inside:
        uri = one.attributes.get(_SOURCES.get(one.tag, ""), "")
        if not uri or uri in given or is_elsewhere(uri):
            continue
        given.add(uri)
        found = finder.media(uri)
        if found is not None and (one.tag != "a" or found.present or found.media_type is not None):
            yield found
