"""The pictures inside a document that is a package of parts: which there are, in the order of their names.

Rule kept: a picture of pixels waits to be read as an attached one does; drawings of lines (EMF, WMF, SVG) have none and
are counted. ECMA-376 keeps pictures in folders ``media`` with a declared media type, OpenDocument in ``Pictures`` (1.3
part 2, 2.2.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from storage.transcription import NOT_READ_YET

if TYPE_CHECKING:
    from ingest.formats.office.gathered import Gathered
    from ingest.formats.office.package import Package

_LINES: Final = frozenset({"emf", "wmf", "emz", "wmz", "svg", "svgz", "svm", "pct", "pict"})


def picture_parts(package: Package) -> tuple[str, ...]:
    """The names of the parts that are pictures of pixels by their place and their ending."""
    return tuple(name for name in package.names if _is_picture(package, name) and not _is_drawing(name))


def count_pictures(package: Package, out: Gathered) -> None:
    """Say how many pictures wait to be read, and how many drawings are not."""
    drawings = sum(_is_picture(package, name) and _is_drawing(name) for name in package.names)
    if drawings:
        out.miss("1 drawing of lines in it" if drawings == 1 else f"{drawings} drawings of lines in it")
    count = len(picture_parts(package))
    if count:
        counted = "1 picture in it" if count == 1 else f"{count} pictures in it"
        out.waiting = f"{counted}: {NOT_READ_YET}"


def _is_picture(package: Package, name: str) -> bool:
    folders = name.split("/")[:-1]
    return "pictures" in folders or ("media" in folders and package.type_of(name).startswith("image/"))


def _is_drawing(name: str) -> bool:
    return name.rpartition(".")[2] in _LINES
