"""Files that leave as they were handed in: only where nothing was left out, and looked at by a scanner if there is one.

Rules:

- A file leaves as it is only where it was asked for, and where nothing was left out of it nor of what came with it.
- The scanner is the agency's program. It is run for each file, with the file as its last argument; any exit status but
  0 stops the production. It reads the file where it is written, in a folder that is for nobody else.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from archiver.reading import file_name
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.production_package import Package
    from archiver.reading import ComponentSource
    from search.disclosure.release_types import ReleasedDocument
    from storage.records import DescribedRecord

_SECONDS: Final = 300
_LONGEST_SUFFIX: Final = 12


def native_of(
    source: ComponentSource, described: DescribedRecord, one: ReleasedDocument
) -> tuple[str, Iterator[bytes]] | None:
    """The ending and the bytes of a document's own file; None where it may not leave as it is."""
    if not one.may_go_native:
        return None
    components = described.description.components
    chosen = [
        component
        for component in components
        if (component.id == one.component if one.component is not None else component.sha256 == one.native_sha256)
    ]
    if not chosen or chosen[0].sha256 != one.native_sha256:
        return None
    suffix = PurePosixPath(file_name(chosen[0], 1)).suffix
    kept = suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= _LONGEST_SUFFIX
    return (suffix.lower() if kept else ".bin"), source.pieces(described, chosen[0])


def find_scanner(program: str) -> str | None:
    """Where the scanner lies; None where none is named.

    Raises:
        InvalidInput: there is no such program.
    """
    if not program:
        return None
    found = shutil.which(program)
    if found is None:
        raise InvalidInput(f"there is no program {program[:100]!r} to look for viruses; check --scanner")
    return found


def scan(package: Package, program: str | None) -> dict[str, Any] | None:
    """Have the files that leave as they are looked at; what did it, or None where nothing was there to do it.

    Raises:
        Conflict: the scanner found something, or did not come to an end.
    """
    natives = [one for one in package.files if one.kind == "native"]
    if program is None:
        return None
    for one in natives:
        try:
            ended = subprocess.run(  # noqa: S603 - the agency names the program; no shell, no text of a record
                [program, str(package.place / one.name)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
            )
            clean = ended.returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            clean = False
        if not clean:
            raise Conflict(
                f"the scanner did not pass a file of record {one.record_id}; look at it, or produce without --natives",
                record=one.record_id or "",
            )
    return {"program": PurePosixPath(program).name, "files": len(natives)}
