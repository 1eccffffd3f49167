"""What all packages of ECMA-376 have in common: drawings, charts, properties, links, and parts that are not read.

Rule kept: what is not read is counted and said: pictures, embedded files, sound, macros. A macro is never run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.office.pictures import count_pictures
from ingest.formats.office.word import read_story
from ingest.formats.office.xml_events import END, START

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.formats.office.gathered import Gathered
    from ingest.formats.office.package import Package
    from ingest.formats.office.xml_events import Event

_CHARTS: Final = ("drawingml.chart+xml", "chartex+xml")
_DIAGRAMS: Final = ("drawingml.diagramdata+xml",)
_PROPERTIES: Final = {
    "dc:title": "title",
    "dc:subject": "subject",
    "dc:creator": "author",
    "cp:keywords": "keywords",
    "dc:description": "comment",
    "cp:lastModifiedBy": "last saved by",
    "dcterms:created": "created",
    "dcterms:modified": "last saved",
    "cp:lastPrinted": "last printed",
    "cp:category": "category",
    "cp:contentStatus": "status",
    "ep:Company": "company",
    "ep:Manager": "manager",
    "ep:Application": "program",
    "ep:Template": "template",
}
_MOST_LINKS: Final = 1_000
_LONGEST: Final = 2_000
_MACROS: Final = "it has macros, which were not run and are not read"


def read_charts(package: Package, out: Gathered) -> None:
    """Titles, names of series and of categories of every chart, and the words of every diagram.

    Raises:
        Spent: the record has no allowance left.
    """
    for name in package.of_type(*_CHARTS):
        read_story(_cached_strings(package.events(name)), out)
        out.line()
    for name in package.of_type(*_DIAGRAMS):
        read_story(package.events(name), out)
        out.line()


def read_properties(package: Package, out: Gathered) -> None:
    """What the document says of itself (ECMA-376 part 1, 22.2; part 2, 8).

    Raises:
        Spent: the record has no allowance left.
    """
    for name in package.of_type("core-properties+xml", "extended-properties+xml"):
        value: list[str] | None = None
        for kind, element, _ in package.events(name):
            if kind == START:
                value = [] if element in _PROPERTIES else None
            elif kind == END:
                if value is not None and element in _PROPERTIES:
                    out.fact(_PROPERTIES[element], "".join(value))
                value = None
            elif value is not None and len(value) < _LONGEST:
                value.append(element[:_LONGEST])
    for name in package.of_type("custom-properties+xml"):
        _custom(package.events(name), out)


def read_links(package: Package, out: Gathered) -> None:
    """The addresses that links lead to: they need not be what the text shows.

    Raises:
        Spent: the record has no allowance left.
    """
    known: dict[str, None] = {}
    for name in package.names:
        folder, _, file = name.rpartition("/")
        if not (folder.endswith("_rels") and file.endswith(".rels")):
            continue
        for kind, element, attributes in package.events(name):
            if kind == START and element == "rel:Relationship" and attributes.get("TargetMode") == "External":
                known[attributes.get("Target", "")[:_LONGEST]] = None
            if len(known) >= _MOST_LINKS:
                out.miss(f"addresses of links beyond the first {_MOST_LINKS:,}")
                break
    for target in known:
        out.line()
        out.add(f"Link: {target}\n")


def count_others(package: Package, out: Gathered) -> None:
    """Say how many parts there are whose content is not read."""
    count_pictures(package, out)
    embedded = sounds = 0
    for name in package.names:
        declared, folder = package.type_of(name), name.split("/")
        if "embeddings" in folder:
            embedded += 1
        elif declared.startswith(("audio/", "video/")):
            sounds += 1
        elif file_name(name).startswith(("vbaproject", "vbadata")) or "macrosheet" in declared:
            out.note(_MACROS)
        elif "activex" in folder and name.endswith(".bin"):
            out.note("it has controls, which were not run and are not read")
    for count, one, many in (
        (embedded, "1 file embedded in it", "{} files embedded in it"),
        (sounds, "1 recording in it", "{} recordings in it"),
    ):
        if count:
            out.miss(f"{one if count == 1 else many.format(count)}")


def file_name(name: str) -> str:
    """The last step of a part's name."""
    return name.rpartition("/")[2]


def _custom(found: Iterable[Event], out: Gathered) -> None:
    named = ""
    for kind, element, attributes in found:
        if kind == START and element == "op:property":
            named = attributes.get("name", "")
        elif kind not in (START, END) and named:
            out.fact(f"property {named[:100]}", element)


def _cached_strings(found: Iterator[Event]) -> Iterator[Event]:
    """The same, with the strings that a chart keeps of its cells (part 1, 21.2.2.201) as paragraphs."""
    strings = 0
    for event in found:
        kind, name, attributes = event
        if name == "c:strCache" and kind in (START, END):
            strings += 1 if kind == START else -1
        elif name == "c:v" and strings and kind == START:
            yield kind, "a:t", attributes
        elif name == "c:v" and strings and kind == END:
            yield kind, "a:t", attributes
            yield kind, "a:p", attributes
        else:
            yield event
