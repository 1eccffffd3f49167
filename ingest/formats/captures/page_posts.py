"""Posts and comments on a page, where its markup says that they are: schema.org as JSON-LD or as microdata.

Rule kept: nothing is guessed from classes, places or looks. A message is what is marked as a Comment or a
SocialMediaPosting (or a kind of these that schema.org defines) and has a text; author and date are those marked with
it. JSON-LD: W3C Recommendation JSON-LD 1.1; microdata: HTML standard, section 5. Bounded on hostile markup.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.charsets import storable
from storage.records import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.html_tree import Element

MOST_MESSAGES: Final = 5_000
_TYPES: Final = frozenset(
    {"Comment", "UserComments", "Answer", "SocialMediaPosting", "DiscussionForumPosting", "LiveBlogPosting"}
)
_TEXTS: Final = ("text", "articleBody", "commentText", "reviewBody")
_DATES: Final = ("dateCreated", "datePublished", "commentTime")
_WANTED: Final = frozenset({*_TEXTS, *_DATES, "author", "creator", "name", "url", "identifier"})
_NAMES: Final = frozenset({"author", "creator", "name"})
_MOST_JSON: Final = 4 << 20
_MOST_SCRIPTS: Final = 100
_MOST_NODES: Final = 100_000
_MOST_ITEMS: Final = 20_000
_LONGEST_TEXT: Final = 100_000
_LONGEST_NAME: Final = 500
_MOST_CHARACTERS: Final = 8 << 20
_VALUES: Final = {
    "meta": "content",
    "a": "href",
    "link": "href",
    "area": "href",
    "img": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
}


@dataclass(slots=True)
class _Item:
    """One item of microdata: what it is, the items and texts that it has, and the item around it."""

    types: frozenset[str]
    around: _Item | None
    had: dict[str, list[_Item | str]] = field(default_factory=dict)


def posts_of(document: Element) -> tuple[Message, ...]:
    """The messages that a page marks as such, in the order of its source, each once."""
    found: dict[tuple[str | None, str | None, str], Message] = {}
    for one in (*_of_scripts(document), *_of_items(document)):
        known = found.setdefault((one.sender, one.at, one.text), one)
        if known is one and len(found) >= MOST_MESSAGES:
            break
    return tuple(found.values())


def _of_scripts(document: Element) -> Iterator[Message]:
    scripts = 0
    for script in document.find_all("script"):
        if script.attributes.get("type", "").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        scripts += 1
        content = "".join(one for one in script.children if isinstance(one, str))
        if scripts > _MOST_SCRIPTS or len(content) > _MOST_JSON:
            continue
        try:
            parsed = json.loads(content)
        except (ValueError, RecursionError):
            continue
        yield from _of_json(parsed)


def _of_json(parsed: object) -> Iterator[Message]:
    """Every object of a wanted type, before those that it holds; `around` is the id of the nearest one around it."""
    waiting: list[tuple[object, str | None]] = [(parsed, None)]
    seen = 0
    while waiting and seen < _MOST_NODES:
        node, around = waiting.pop()
        seen += 1
        if isinstance(node, list):
            waiting += [(one, around) for one in reversed(node[:_MOST_NODES])]
        elif isinstance(node, dict):
            if _types(node.get("@type")) & _TYPES:
                name = _first(node, ("@id", "identifier", "url"))
                message = _message(
                    text=_first(node, _TEXTS),
                    sender=_named(node.get("author", node.get("creator"))),
                    at=_first(node, _DATES),
                    name=name,
                    around=around,
                )
                if message is not None:
                    yield message
                    around = message.id
            waiting += [(one, around) for one in reversed(node.values()) if isinstance(one, dict | list)]


def _types(value: object) -> frozenset[str]:
    given = value if isinstance(value, list) else [value]
    return frozenset(
        one.rstrip("/").rpartition("/")[2].removeprefix("schema:") for one in given if isinstance(one, str)
    )


def _first(node: dict[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = node.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return None


def _named(value: object) -> str | None:
    """The name of an author: a text, an object with a name, or the first of several."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = _first(value, ("name", "alternateName", "url", "@id"))
    return value if isinstance(value, str) else None


def _of_items(document: Element) -> Iterator[Message]:
    """Items of microdata of a wanted type, in the order of the source."""
    items: list[_Item] = []
    waiting: list[tuple[Element, _Item | None]] = [(document, None)]
    characters = 0
    while waiting and len(items) < _MOST_ITEMS and characters < _MOST_CHARACTERS:
        element, around = waiting.pop()
        inner = around
        if "itemscope" in element.attributes:
            kinds = element.attributes.get("itemtype", "").split()
            inner = _Item(frozenset(one.rstrip("/").rpartition("/")[2] for one in kinds[:20]), around)
            items.append(inner)
        if around is not None and "itemprop" in element.attributes:
            names = [one for one in element.attributes["itemprop"].split()[:20] if one in _WANTED]
            if names:
                value: _Item | str = inner if inner is not around and inner is not None else _value(element, names)
                characters += len(value) if isinstance(value, str) else 0
                for name in names:
                    around.had.setdefault(name, []).append(value)
        waiting += [(one, inner) for one in reversed(element.elements())]
    names_of: dict[int, str | None] = {}
    for item in items:
        if not item.types & _TYPES:
            continue
        author = _had(item, ("author", "creator"))
        message = _message(
            text=_text_had(item, _TEXTS),
            sender=_text_had(author, ("name", "url")) if isinstance(author, _Item) else author,
            at=_text_had(item, _DATES),
            name=_text_had(item, ("identifier", "url")),
            around=_around(item, names_of),
        )
        if message is not None:
            names_of[id(item)] = message.id
            yield message


def _around(item: _Item, names_of: dict[int, str | None]) -> str | None:
    """The id of the nearest message around an item; nesting is bounded by the tree's depth."""
    outer = item.around
    while outer is not None:
        if id(outer) in names_of:
            return names_of[id(outer)]
        outer = outer.around
    return None


def _value(element: Element, names: list[str]) -> str:
    """The value of a property (HTML standard, 5.2.4); of somebody whose name is a link, the name."""
    attribute = _VALUES.get(element.tag)
    if element.tag == "a" and not _NAMES.isdisjoint(names):
        attribute = None
    if "content" in element.attributes:
        return element.attributes["content"]
    if element.tag == "time" and element.attributes.get("datetime"):
        return element.attributes["datetime"]
    return element.text() if attribute is None else element.attributes.get(attribute, "")


def _had(item: _Item, names: tuple[str, ...]) -> _Item | str | None:
    return next((item.had[name][0] for name in names if name in item.had), None)


def _text_had(item: _Item, names: tuple[str, ...]) -> str | None:
    for name in names:
        for value in item.had.get(name, ()):
            if isinstance(value, str) and value.strip():
                return value
    return None


def _message(
    *, text: str | None, sender: str | None, at: str | None, name: str | None, around: str | None
) -> Message | None:
    if text is None or not text.strip():
        return None
    return Message(
        at=_cut(at),
        sender=_cut(sender),
        text=storable(text.strip()[:_LONGEST_TEXT]),
        id=_cut(name),
        reply_to=around,
    )


def _cut(text: str | None) -> str | None:
    cleaned = None if text is None else storable(text.strip()[:_LONGEST_NAME])
    return cleaned or None
