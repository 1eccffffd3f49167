"""Lines of pictures kept in a folder, so that work on transcripts need not wait for engines.

Rule kept: a kept reading belongs to the bytes of its pictures, and says which engines made it; whoever changes an
engine empties the folder. The transcript is never kept: it is made anew, in this process, by the product's own code.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.picture_seen import MEDIA_TYPES, Seen
from ingest.formats.pictures.limits import PictureLimits
from ingest.formats.pictures.opening import open_picture
from ingest.formats.transcripts.transcribe import transcribe
from ingest.picture_codec import blank
from ingest.picture_rounds import Found
from storage.transcription_codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.picture_seen import Seeing
    from benchmarks.screenshots.truth import Truth


class KeptLines:
    """Reads scenes as `sight` does, and keeps what engines read of them in `folder`."""

    def __init__(self, folder: Path, sight: Seeing) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._sight = sight
        self._has_read_all = True

    def see_scene(self, truth: Truth, folder: Path) -> Seen:
        """What was read of a scene; seconds are those of the reading that was kept."""
        files = [folder / page.file for page in truth.pages]
        digest = hashlib.sha256(b"".join(hashlib.sha256(one.read_bytes()).digest() for one in files)).hexdigest()
        kept = self._folder / f"{digest[:32]}.lines"
        if kept.exists():
            self._has_read_all = False
        else:
            self._keep(kept, self._sight.see_scene(truth, folder))
        return _seen(kept, files)

    def most_memory(self) -> int:
        """The highest resident size of the child until now; 0 where it did not read every scene itself."""
        return self._sight.most_memory() if self._has_read_all else 0

    def _keep(self, target: Path, seen: Seen) -> None:
        found = seen.found
        read = replace(blank(found.author), pages=found.pages, unsearchable=found.problems, notes=found.notes)
        target.write_bytes(f"{seen.seconds:.3f}\n".encode() + encode(read))


def _seen(kept: Path, files: Sequence[Path]) -> Seen:
    seconds, _, encoded = kept.read_bytes().partition(b"\n")
    read = decode(encoded)
    numbers = {f"c{number}": number for number in range(1, len(files) + 1)}
    pixels = {
        component: next(iter(open_picture(file.read_bytes(), MEDIA_TYPES[file.suffix], PictureLimits()).pages())).pixels
        for component, file in zip(numbers, files, strict=True)
    }
    transcript = transcribe([(page, pixels[page.component]) for page in read.pages])
    found = Found(
        pages=read.pages,
        pictures=(),
        transcript=transcript,
        author=read.author,
        problems=read.unsearchable,
        notes=read.notes,
    )
    return Seen(found=found, numbers=numbers, seconds=float(seconds))
