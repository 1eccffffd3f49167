"""The XML files of an Outlook for Mac archive as small trees, read by expat.

Rule kept: what expat must not meet is kept from it (`ingest.formats.expat_feeding`); depth, elements and characters are
bounded while they come. Names lose their prefix, since older archives write them in a namespace and newer ones do not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.expat_feeding import Feeder, XmlRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_DEPTH: Final = 30
MAX_ELEMENTS: Final = 200_000
MAX_CHARACTERS: Final = 64 << 20


@dataclass(slots=True, kw_only=True)
class Element:
    """One element: its attributes, the text directly inside it, and the elements in it."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    inside: list[Element] = field(default_factory=list)

    def first(self, name: str) -> Element | None:
        """The first element of that name directly inside."""
        return next((one for one in self.inside if one.name == name), None)

    def text_of(self, name: str) -> str | None:
        """The text of the first element of that name, None where there is none or it is empty."""
        found = self.first(name)
        return found.text if found is not None and found.text else None

    def as_json(self) -> dict[str, Any]:
        """The element as a JSON object; its depth is bounded, so this may recurse."""
        members: dict[str, Any] = {"name": self.name}
        attributes = {name: value for name, value in self.attributes.items() if name != "space"}
        if attributes:
            members["attributes"] = attributes
        if self.text:
            members["text"] = self.text
        if self.inside:
            members["inside"] = [one.as_json() for one in self.inside]
        return members


class _Builder:
    """Builds the elements of one file, within the limits."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[tuple[Element, list[str]]] = []
        self._elements = 0
        self._characters = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._characters += sum(map(len, attributes.values()))
        if len(self._open) >= MAX_DEPTH or self._elements > MAX_ELEMENTS or self._characters > MAX_CHARACTERS:
            raise XmlRefused("its XML is too deep or too large")
        element = Element(
            name=name.rpartition(":")[2], attributes={key.rpartition(":")[2]: one for key, one in attributes.items()}
        )
        if self._open:
            self._open[-1][0].inside.append(element)
        elif self.root is None:
            self.root = element
        self._open.append((element, []))

    def text(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            raise XmlRefused("its XML is too deep or too large")
        if self._open:
            self._open[-1][1].append(text)

    def end(self, _name: str) -> None:
        element, pieces = self._open.pop()
        element.text = "".join(pieces)
        if element.inside and not element.text.strip():
            element.text = ""


def read_xml(pieces: Iterable[bytes]) -> Element:
    """The root of a file given in pieces.

    Raises:
        XmlRefused: it is not well-formed, or breaks a limit.
    """
    builder = _Builder()
    feeder = Feeder()
    feeder.on(start=builder.start, end=builder.end, text=builder.text)
    for piece in pieces:
        feeder.feed(piece)
    feeder.finish()
    if builder.root is None:
        raise XmlRefused("its XML is empty")
    return builder.root


def named(element: Element, name: str) -> Iterator[Element]:
    """The elements of that name directly inside."""
    return (one for one in element.inside if one.name == name)
