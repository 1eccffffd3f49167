"""Text of a presentation (ECMA-376 part 1, 19): slides in their order, notes of the speaker, comments.

Rule kept: a slide that is not shown (19.3.1.38) is read like any other, and its number is said. Of the slides'
patterns only what is no placeholder is read: a placeholder's text there is an instruction of the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.office.gathered import said_by
from ingest.formats.office.word import read_story
from ingest.formats.office.xml_events import END, START

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.formats.office.gathered import Gathered
    from ingest.formats.office.package import Package
    from ingest.formats.office.xml_events import Event

MOST_SLIDES: Final = 10_000
_NOT: Final = frozenset({"0", "false", "off"})
_COMMENTS: Final = frozenset({"p:cm", "pc:cm", "pc:reply"})
_SHAPES: Final = frozenset({"p:sp", "p:pic", "p:graphicFrame", "p:cxnSp"})
_MOST_NAMED: Final = 20
_MOST_AUTHORS: Final = 10_000


def read_presentation(package: Package, main: str, out: Gathered) -> None:
    """Read the presentation whose main part is `main`.

    Raises:
        Spent: the record has no allowance left.
    """
    relations = package.relations(main)
    order = [
        relations[attributes["r:id"]][1]
        for kind, name, attributes in package.events(main)
        if kind == START and name == "p:sldId" and attributes.get("r:id") in relations
    ]
    slides = list(dict.fromkeys(order))
    stray = [name for name in package.of_type("presentationml.slide+xml") if name not in set(slides)]
    if stray:
        out.note(f"{len(stray)} slides are in no place of the presentation; they are read behind the others")
    if len(slides) + len(stray) > MOST_SLIDES:
        out.miss(f"slides beyond the first {MOST_SLIDES:,}")
    authors = _authors(package)
    hidden: list[int] = []
    for number, slide in enumerate((*slides, *stray)[:MOST_SLIDES], start=1):
        out.line()
        out.add(f"Slide {number}\n")
        if not _read_slide(package, slide, number, authors, out):
            hidden.append(number)
    if hidden:
        numbers = ", ".join(map(str, hidden[:_MOST_NAMED])) + (" and others" if len(hidden) > _MOST_NAMED else "")
        out.note(f"slides that are not shown, read too: {numbers}")
    for name in package.of_type("presentationml.slidelayout+xml", "presentationml.slidemaster+xml"):
        read_story(_without_placeholders(package.events(name)), out)
        out.line()


def _read_slide(package: Package, slide: str, number: int, authors: dict[str, str], out: Gathered) -> bool:
    """Read a slide and what hangs on it; whether it is shown."""
    root: list[str] = []
    read_story(_noting_hidden(package.events(slide), root), out)
    for kind, target in package.relations(slide).values():
        if kind == "notesSlide":
            out.line()
            out.add(f"Notes of slide {number}:\n")
            read_story(package.events(target), out)
        elif kind == "comments":
            _read_comments(package.events(target), authors, out)
    out.line()
    return not root


def _noting_hidden(found: Iterable[Event], said: list[str]) -> Iterator[Event]:
    for event in found:
        kind, name, attributes = event
        if name == "p:sld" and kind == START and attributes.get("show") in _NOT:
            said.append("hidden")
        yield event


def _read_comments(found: Iterable[Event], authors: dict[str, str], out: Gathered) -> None:
    in_text = False
    for kind, name, attributes in found:
        if name in _COMMENTS and kind == START:
            by = authors.get(attributes.get("authorId", ""))
            out.line()
            out.add(f"Comment{said_by(by, attributes.get('dt') or attributes.get('created'))}: ")
        elif name in ("p:text", "a:t") and kind in (START, END):
            in_text = kind == START
        elif in_text:
            out.add(name)
    out.line()


def _authors(package: Package) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in package.of_type("commentauthors+xml", "powerpoint.authors+xml"):
        for kind, _, attributes in package.events(part):
            if kind == START and "id" in attributes and "name" in attributes and len(found) < _MOST_AUTHORS:
                found[attributes["id"]] = attributes["name"][:200]
    return found


def _without_placeholders(found: Iterable[Event]) -> Iterator[Event]:
    """The same without the shapes (19.3.1.43) that are placeholders (19.3.1.36)."""
    is_placeholder = False
    for event in found:
        kind, name, _ = event
        if name == "p:ph":
            is_placeholder = True
        elif name in _SHAPES and kind == END:
            is_placeholder = False
        if not is_placeholder:
            yield event
