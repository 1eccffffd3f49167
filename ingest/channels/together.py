"""Pictures of one conversation that are handed in together at the command line: one item, in the order given.

Rule: nothing is left out in silence. A file that is no picture, or cannot be read, refuses the whole set, since its
place in the order would be a gap. Of a folder its files are taken in the order of their names.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.captions import caption_pairs
from ingest.channels.file_content import FileContent
from ingest.channels.files import FoundItem, printable_name
from ingest.formats.detect import HEAD_BYTES
from ingest.picture_sets import SET, PictureSet, name_pairs, refuse_no_set, source_of
from ingest.submission import DOCUMENT, STREAMED_FROM
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from storage.transcription import Caption

_CAPTIONED = frozenset({DOCUMENT, SET})
_MOST_LOOKED_AT = 10_000


def find_set(paths: Sequence[Path]) -> FoundItem:
    """The one item that these files are together; a single picture is handed in as it is.

    Raises:
        InvalidInput: one is no picture, cannot be read, or there are too many.
        NotFound: there are none.
    """
    files = [one for path in paths for one in _files_of(path)]
    if not files:
        raise NotFound("there is nothing to take in there")
    names = [printable_name(one.name) for one in files]
    heads: list[tuple[str, bytes]] = []
    contents: list[bytes | FileContent] = []
    for number, one in enumerate(files, start=1):
        try:
            with one.open("rb") as stream:
                status = os.fstat(stream.fileno())
                head = stream.read(HEAD_BYTES)
                rest = stream.read() if status.st_size < STREAMED_FROM else b""
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise InvalidInput(f"file {number} cannot be read: {reason}", number=number) from error
        heads.append((one.name, head))
        contents.append(head + rest if status.st_size < STREAMED_FROM else FileContent.of(one, status))
    refuse_no_set(heads)
    if len(files) == 1:
        return FoundItem(source=names[0], payload=contents[0])
    return FoundItem(
        source=source_of(names),
        payload=PictureSet(pictures=tuple(contents)),
        kind=SET,
        beside=name_pairs(names),
        remark=f"{len(files)} pictures packed by the archive into one set; each keeps its bytes and its SHA-256",
    )


def captioned(found: Iterable[FoundItem], caption: Caption, passed: Callable[[], None]) -> Iterator[FoundItem]:
    """The items, each picture and document with what was said of it; `passed` is called once where one gets none."""
    pairs, is_told = caption_pairs(caption), False
    for one in found:
        if one.kind in _CAPTIONED:
            yield replace(one, beside=(*one.beside, *pairs))
            continue
        if one.problem is None and not is_told:
            is_told = True
            passed()
        yield one


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        with os.scandir(path) as listed:
            names = sorted(one.name for one in listed if one.is_file(follow_symlinks=False))
    except OSError as error:
        raise InvalidInput(f"the folder cannot be read: {error.strerror or type(error).__name__}") from error
    return [path / name for name in names[:_MOST_LOOKED_AT]]
