"""Redacted regions are handed to the confined engines in portions, and each answer comes back to its picture."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from archiver import region_reading
from archiver.region_reading import EngineRegions, expects_engine, region_reader
from archiver.settings_sections import RegionReading
from ingest.confinement import SandboxUnavailable
from ingest.picture_codec import Place, answer, asked_of, blank
from ingest.reading_codec import FailureReason, ReadingFailed
from storage.errors import InvalidInput
from storage.transcription import Box, Page, TextLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.reading_codec import ReadingAnswer, ReadingRequest

NOW = datetime(2026, 3, 2, tzinfo=UTC)
BOX = Box(left=0, top=0, right=9, bottom=9)


class Child:
    """Answers that each picture says its own bytes; two pictures a round."""

    def __init__(self, *, silent: Sequence[str] = (), fails: bool = False, missing: bool = False) -> None:
        self.silent, self.fails, self.missing = silent, fails, missing
        self.rounds, self.closed = 0, False

    def warm_up(self) -> None:
        if self.missing:
            raise SandboxUnavailable("no child")

    def close(self) -> None:
        self.closed = True

    def read(self, request: ReadingRequest) -> ReadingAnswer:
        self.rounds += 1
        if self.fails:
            return ReadingFailed(reason=FailureReason.CRASH, detail="")
        asked = asked_of(request.payload, request.options)
        here = asked.parts[asked.place.part : asked.place.part + 2]
        pages = tuple(
            Page(component=one.id, number=1, width=9, height=9, lines=(_line(one.content.decode()),))
            for one in here
            if one.content.decode() not in self.silent
        )
        last = asked.place.part + 2
        following = Place(part=last) if last < len(asked.parts) else None
        return answer(replace(blank(), pages=pages), following)


def _line(text: str) -> TextLine:
    return TextLine(text=text, box=BOX, other=("another", text.upper()))


def test_each_text_comes_back_to_its_picture_whatever_engine_read_it():
    child = Child()
    pictures = [f"picture {number}".encode() for number in range(70)]
    texts = EngineRegions(child, now=NOW).reads(pictures)  # type: ignore[arg-type]
    assert [one.split("\n")[0] for one in texts] == [one.decode() for one in pictures]
    assert texts[7] == "picture 7\nPICTURE 7"
    assert child.rounds == 16 + 16 + 3


@pytest.mark.parametrize("child", [Child(fails=True), Child(silent=("b",))])
def test_a_picture_that_is_not_read_is_no_clean_picture(child: Any):
    with pytest.raises(InvalidInput):
        EngineRegions(child, now=NOW).reads([b"a", b"b"])


def an_archive(reading: RegionReading, *, enabled: bool = True) -> Any:
    settings = SimpleNamespace(
        disclosure=SimpleNamespace(read_regions=reading), pictures=SimpleNamespace(enabled=enabled)
    )
    archive = SimpleNamespace(store=SimpleNamespace(clock=lambda: NOW))
    return SimpleNamespace(settings=settings, archive=archive)


@pytest.mark.parametrize(
    ("reading", "enabled", "expected"),
    [
        (RegionReading.EXPECTED, True, True),
        (RegionReading.EXPECTED, False, False),
        (RegionReading.ALWAYS, False, True),
        (RegionReading.NEVER, True, False),
    ],
)
def test_a_setting_says_whether_regions_are_read(monkeypatch, reading: RegionReading, enabled: bool, expected: bool):  # noqa: FBT001
    child = Child()
    monkeypatch.setattr(region_reading, "pictures_child", lambda _: child)
    installation = an_archive(reading, enabled=enabled)
    assert expects_engine(installation) is expected
    with region_reader(installation) as reader:
        assert (reader is not None) is expected
    assert child.closed is expected


def test_where_no_child_can_be_started_nothing_reads(monkeypatch):
    child = Child(missing=True)
    monkeypatch.setattr(region_reading, "pictures_child", lambda _: child)
    with region_reader(an_archive(RegionReading.ALWAYS)) as reader:
        assert reader is None
    assert child.closed
