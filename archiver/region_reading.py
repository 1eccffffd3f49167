"""Redacted regions of pictures read by the engines that read pictures in this archive, before anything is given.

Rules:

- The engines are the confined ones of `archiver.reading_turns`; what they are given are pixels that are about to leave.
- Whether regions are read, and whether it is a reason to refuse where they were not, says one setting. Where no child
  can be started, nothing is read and the gate says so.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from archiver.reading_turns import pictures_child
from archiver.settings_sections import RegionReading
from ingest.confinement import SandboxUnavailable
from ingest.picture_codec import Part, Place, answered_of, reading_request
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from archiver.wiring import Installation
    from ingest.picture_rounds import Reader
    from search.disclosure.production_gate_regions import RegionReader

_TOGETHER: Final = 32
_SECONDS: Final = 20.0
_PNG: Final = "image/png"
_FAILED: Final = "The regions of a picture could not be read by the engines of this archive. Try again."


class EngineRegions:
    """Reads small pictures with a confined child; a `search.disclosure.production_gate_regions.RegionReader`."""

    def __init__(self, child: Reader, *, now: datetime) -> None:
        self._child = child
        self._now = now

    def reads(self, pictures: Sequence[bytes]) -> tuple[str, ...]:
        """What each of these pictures says, in any of the engines' readings.

        Raises:
            InvalidInput: the engines did not answer for one of them.
        """
        texts: list[str] = []
        for start in range(0, len(pictures), _TOGETHER):
            some = pictures[start : start + _TOGETHER]
            parts = [
                Part(id=f"region {number}", number=number, media_type=_PNG, content=one)
                for number, one in enumerate(some, start=1)
            ]
            texts += self._read(parts)
        return tuple(texts)

    def _read(self, parts: Sequence[Part]) -> list[str]:
        said: dict[str, list[str]] = {one.id: [] for one in parts}
        met: set[str] = set()
        place: Place | None = Place()
        while place is not None:
            request = reading_request(parts, place, seconds=_SECONDS, pages=1, received_at=self._now)
            answer = self._child.read(request)
            try:
                answered = answered_of(answer if isinstance(answer, bytes) else b"", parts)
            except ValueError:
                raise InvalidInput(_FAILED) from None
            for page in answered.read.pages:
                met.add(page.component)
                for line in page.lines:
                    said[page.component] += [line.text, *([line.other[1]] if line.other else [])]
            following = answered.next_place
            if following is not None and following.part <= place.part:
                following = Place(part=place.part + 1) if place.part + 1 < len(parts) else None
            place = following
        if len(met) != len(parts):
            raise InvalidInput(_FAILED)
        return ["\n".join(lines) for lines in said.values()]


def expects_engine(installation: Installation) -> bool:
    """Whether regions that no engine has read are a reason to refuse a production."""
    wanted = installation.settings.disclosure.read_regions
    return wanted is RegionReading.ALWAYS or (
        wanted is RegionReading.EXPECTED and installation.settings.pictures.enabled
    )


@contextmanager
def region_reader(installation: Installation) -> Iterator[RegionReader | None]:
    """What reads regions, None where none is to be read, or no engine can be started; its child ends with it."""
    if not expects_engine(installation):
        yield None
        return
    child = pictures_child(installation)
    try:
        try:
            child.warm_up()
        except SandboxUnavailable:
            yield None
            return
        yield EngineRegions(child, now=installation.archive.store.clock())
    finally:
        child.close()
