"""Files that are handed in with a description of their columns: the description is looked at before anything is taken.

Rule kept: what is described is read as described, whatever its first bytes look like; a description that is wrong in
itself stops the command, one that does not fit its file is said by the reader, in the account of the container.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingest.containers import envelope_kind
from ingest.formats.chats.mapping import LARGEST, MappingError, read_mapping
from ingest.formats.container_kinds import ContainerKind
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ingest.channels.files import FoundItem

_ARCHIVES: Final = (ContainerKind.ZIP, ContainerKind.TAR)
_TARS: Final = (".tar.gz", ".tgz")
_PACKED: Final = "a mapping does not reach into a .gz of one file; unpack it first"


def read_mapping_file(path: Path, described: Sequence[Path]) -> str:
    """The description in this file, found right; `described` are the files that it is for.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it cannot be read, is wrong, or a folder is to be described.
    """
    folder = next((one for one in described if one.is_dir()), None)
    if folder is not None:
        raise InvalidInput(
            f"{folder} is a folder; --mapping describes files: name the file, or its zip", path=str(folder)
        )
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise NotFound(f"{path} does not exist; --mapping names a TOML file", path=str(path)) from None
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror or type(error).__name__}", path=str(path)
        ) from error
    try:
        read_mapping(content)
    except MappingError as error:
        raise InvalidInput(f"{path} is wrong: {error}", path=str(path)) from None
    return content.decode("utf-8-sig")


def described_items(found: Iterable[FoundItem]) -> Iterator[FoundItem]:
    """The same files, each to be taken apart as the description says."""
    for one in found:
        if one.problem is not None or one.container in _ARCHIVES:
            yield one
        elif one.container is not ContainerKind.GZIP:
            yield replace(one, kind=envelope_kind(ContainerKind.EXPORT))
        elif one.source.lower().endswith(_TARS):
            yield one
        else:
            yield replace(one, payload=b"", problem=_PACKED)
