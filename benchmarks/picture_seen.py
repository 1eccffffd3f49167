"""Pictures of scenes as the product reads them: its own confined child, its own rounds, nothing beside them."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archiver.reading_turns import pictures_child, rounds_limits
from benchmarks.memory import family
from benchmarks.scratch import make_archive
from ingest.picture_rounds import Rounds
from storage.records import Component, ComponentRole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.screenshots.truth import Truth
    from ingest.picture_rounds import Found, RoundsLimits
    from ingest.sandbox import SandboxedReader

MEDIA_TYPES: Final = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read of the pictures of one scene, in wall-clock seconds; `numbers` are pages by component."""

    found: Found
    numbers: dict[str, int]
    seconds: float

    @property
    def lines(self) -> int:
        """How many lines were read."""
        return sum(len(page.lines) for page in self.found.pages)


class Seeing:
    """The product's reader of pictures, and the most memory that its child had, in bytes."""

    def __init__(self, reader: SandboxedReader, limits: RoundsLimits) -> None:
        self._reader = reader
        self._limits = limits

    def see(self, files: Sequence[Path]) -> Seen:
        """Read files as the pictures of one record, in this order."""
        contents = [one.read_bytes() for one in files]
        began = time.perf_counter()
        rounds = Rounds(self._reader, self._limits, lambda: False, received_at=datetime.now(UTC))
        numbers = {}
        for number, (file, content) in enumerate(zip(files, contents, strict=True), 1):
            component = Component(
                id=f"c{number}",
                role=ComponentRole.ORIGINAL,
                media_type=MEDIA_TYPES[file.suffix],
                name=None,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                pictured=True,
            )
            numbers[component.id] = number
            rounds.add(number, component, content)
        found = rounds.finish()
        return Seen(found=found, numbers=numbers, seconds=time.perf_counter() - began)

    def see_scene(self, truth: Truth, folder: Path) -> Seen:
        """Read the pictures of a scene."""
        return self.see([folder / page.file for page in truth.pages])

    def most_memory(self) -> int:
        """The highest resident size of the child until now."""
        return max((highest_memory(one) for one in family(os.getpid())[1:]), default=0)


@contextmanager
def seeing(folder: Path, settings: str = "") -> Iterator[Seeing]:
    """The reader with the settings of a new archive, which is made in `folder`; `settings` are lines of its TOML."""
    installation = make_archive(folder, settings=settings).open()
    try:
        with pictures_child(installation) as reader:
            yield Seeing(reader, rounds_limits(installation))
    finally:
        installation.close()


def highest_memory(process: int) -> int:
    """The highest resident size of a process until now, in bytes; 0 where it is gone."""
    try:
        for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
