"""A file of OpenDocument (1.3 part 2): its parts in order, what it says of itself, what in it is not read.

Rule kept: an encrypted file (part 2, 3.4) is said to be one and nothing of it is guessed. Macros are never run. A flat
file (part 3, 2.1) is the same in one piece of XML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.expat_feeding import XmlRefused
from ingest.formats.office.opendocument import Reading
from ingest.formats.office.pictures import count_pictures
from ingest.formats.office.xml_events import END, START, events

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.formats.office.allowance import Allowance
    from ingest.formats.office.gathered import Gathered
    from ingest.formats.office.package import Package
    from ingest.formats.office.xml_events import Event

MEDIA_TYPE: Final = "application/vnd.oasis.opendocument."
_CONTENT, _STYLES, _META, _MANIFEST = "content.xml", "styles.xml", "meta.xml", "meta-inf/manifest.xml"
_FACTS: Final = {
    "dc:title": "title",
    "dc:subject": "subject",
    "meta:initial-creator": "author",
    "dc:creator": "last saved by",
    "meta:creation-date": "created",
    "dc:date": "last saved",
    "dc:description": "comment",
    "meta:keyword": "keywords",
    "meta:generator": "program",
    "meta:printed-by": "printed by",
    "meta:user-defined": "property",
}
_MOST_OBJECTS: Final = 500
_MOST_PIECES: Final = 1_000
_LONGEST: Final = 2_000
_ENCRYPTED: Final = "encrypted (OpenDocument)"
_MACROS: Final = "it has macros, which were not run and are not read"
_MASTERS: Final = "office:master-styles"


def read_opendocument(package: Package, out: Gathered) -> None:
    """Read a package of OpenDocument.

    Raises:
        Spent: the record has no allowance left.
    """
    if package.has("encrypted-package") or _is_encrypted(package):
        out.miss(_ENCRYPTED)
        return
    if not package.has(_CONTENT):
        out.miss("damaged: it has no content")
    if package.has(_META):
        read_facts(package.events(_META), out)
    _count_others(package, out)
    reading = Reading(out)
    if package.has(_CONTENT):
        reading.read(package.events(_CONTENT))
    if package.has(_STYLES):
        reading.read(_masters(package.events(_STYLES)))
    objects = [name for name in package.names if name.endswith(f"/{_CONTENT}")]
    for name in objects[:_MOST_OBJECTS]:
        reading.read(package.events(name))
    reading.conclude()


def read_flat(content: bytes, allowance: Allowance, out: Gathered) -> None:
    """Read a flat file of OpenDocument.

    Raises:
        Spent: the record has no allowance left.
    """
    for reading in (None, Reading(out)):
        try:
            found = events([content], allowance)
            if reading is None:
                read_facts(found, out)
            else:
                reading.read(found)
                reading.conclude()
        except XmlRefused as error:
            out.miss(str(error))


def read_facts(found: Iterable[Event], out: Gathered) -> None:
    """What the document says of itself (part 3, 4.3)."""
    value: list[str] | None = None
    inside = False
    named = ""
    for kind, name, attributes in found:
        if name == "office:meta":
            inside = kind == START
            if not inside:
                return
        elif kind == START:
            value = [] if inside and name in _FACTS else None
            named = attributes.get("meta:name", "")[:100]
        elif kind == END:
            if value is not None and name in _FACTS:
                out.fact(f"{_FACTS[name]} {named}".strip(), "".join(value))
            value = None
        elif value is not None and len(value) < _MOST_PIECES:
            value.append(name[:_LONGEST])


def _is_encrypted(package: Package) -> bool:
    if not package.has(_MANIFEST):
        return False
    return any(name == "manifest:encryption-data" for _, name, _ in package.events(_MANIFEST))


def _masters(found: Iterable[Event]) -> Iterable[Event]:
    """Headers and footers of pages, and what stands on every slide (part 3, 16.5)."""
    inside = False
    for event in found:
        kind, name, _ = event
        if name == _MASTERS and kind in (START, END):
            inside = kind == START
        elif inside and name not in ("draw:page", "presentation:notes"):
            yield event


def _count_others(package: Package, out: Gathered) -> None:
    count_pictures(package, out)
    embedded = 0
    for name in package.names:
        folder = name.split("/", 1)[0]
        if folder.startswith("object ") and name.count("/") == 0:
            embedded += 1
        elif folder in ("basic", "scripts"):
            out.note(_MACROS)
    if embedded:
        out.miss("1 file embedded in it" if embedded == 1 else f"{embedded} files embedded in it")
