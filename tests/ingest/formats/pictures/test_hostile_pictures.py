"""Pictures made to harm: each ends in pixels within the limits or in a reason, read by the real confined child."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.formats.pictures.limits import PictureLimits
from ingest.formats.pictures.samples import SAMPLES
from ingest.reading_codec import FailureReason, ReadingFailed, ReadingRequest
from ingest.sandbox import Limits, SandboxedReader
from tests.every_case import every_case
from tests.ingest.formats.pictures.hostile import cases
from tests.ingest.formats.pictures.pictures import saved, scene

NAMES = (Path(__file__).parent / "hostile_names.txt").read_text("utf-8").splitlines()
REASONS = {FailureReason.MEMORY, FailureReason.TIME, FailureReason.CRASH}


@pytest.fixture(scope="module")
def hostile() -> dict[str, bytes]:
    """The cases by name; made where they are tried, for each worker of a run asks for the names."""
    return dict(cases())


@pytest.fixture(scope="module")
def reader():
    limits = Limits(memory=900 << 20, seconds=60, threads=True)
    with SandboxedReader(reader_module="tests.ingest.formats.pictures.planted_pictures", limits=limits) as started:
        yield started


def opened(reader: SandboxedReader, content: bytes) -> dict[str, Any] | ReadingFailed:
    answer = reader.read(ReadingRequest(task="open", payload=content, wants_content=True))
    if isinstance(answer, ReadingFailed):
        return answer
    assert isinstance(answer, bytes)
    return json.loads(answer)


def test_there_are_many_of_them_and_each_has_its_name_in_the_list(hostile):
    assert len(hostile) >= 150
    assert list(hostile) == NAMES


@every_case("name", NAMES)
def test_a_hostile_picture_ends_in_an_outcome_with_a_reason(reader, hostile, name: str):
    found = opened(reader, hostile[name])
    if isinstance(found, ReadingFailed):
        assert found.reason in REASONS
        return
    if "refused" in found:
        assert found["refused"]
        return
    limits = PictureLimits()
    assert found["pages"], "neither pixels nor a reason"
    assert len(found["pages"]) <= limits.pages
    for _, width, height, problem, middle, lines in found["pages"]:
        assert problem or middle or lines, "a page without pixels, lines or a reason"
        assert width * height <= limits.given_pixels + width + height


def test_an_ordinary_picture_is_read_beside_them(reader):
    found = opened(reader, saved(scene(), "PNG"))
    assert isinstance(found, dict)
    assert found["pages"] == [[1, 120, 80, None, [20, 60, 200], 0]]


def test_every_format_is_decoded_by_the_confined_child(reader):
    for form in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF", "BMP"):
        found = opened(reader, saved(scene(), form))
        assert isinstance(found, dict), form
        (page,) = found["pages"]
        assert page[:4] == [1, 120, 80, None], form
        red, green, blue = page[4]
        assert blue > 150 > max(red, green), form


def test_a_heic_is_decoded_by_a_child_that_may_start_threads_and_by_no_other(reader):
    found = opened(reader, SAMPLES[-1])
    assert isinstance(found, dict)
    assert found["pages"][0][1:4] == [16, 16, None]
    with SandboxedReader(reader_module="tests.ingest.formats.pictures.planted_pictures") as other:
        found = opened(other, SAMPLES[-1])
    assert isinstance(found, dict)
    assert found["pages"][0][3] == "HEIC is not read by a process that may not start threads"


def test_scripts_and_drawings_are_no_pictures(reader, hostile):
    for name in ("SVG with a script", "SVG with an entity of a file", "EPS with a program", "icon with a PNG"):
        assert opened(reader, hostile[name]) == {"refused": "no picture or PDF of a kind that is read"}


def test_a_polyglot_is_what_its_first_bytes_say(reader, hostile):
    for name in ("PNG and then a zip", "JPEG and then a PDF"):
        found = opened(reader, hostile[name])
        assert isinstance(found, dict)
        assert found["pages"][0][1:3] == [120, 80]


def test_pages_beyond_the_limit_are_said(reader, hostile):
    for name in ("PDF of 10,000 pages", "TIFF with 30,000 pages"):
        found = opened(reader, hostile[name])
        assert isinstance(found, dict)
        assert len(found["pages"]) == 500
        assert any("beyond the first 500" in note for note in found["notes"])


def test_frames_of_an_animation_are_limited_and_that_is_said(reader, hostile):
    for name in ("GIF of 60 frames that differ", "APNG of 60 frames that differ", "AVIF of 60 frames that differ"):
        found = opened(reader, hostile[name])
        assert isinstance(found, dict)
        assert len(found["pages"]) == 10
        assert any("at most 10 are read" in note for note in found["notes"])


def test_a_metadata_bomb_costs_no_pixel(reader, hostile):
    for name in ("PNG with 50 text bombs", "PNG with an XMP bomb", "PNG with a bomb of a colour profile"):
        found = opened(reader, hostile[name])
        assert isinstance(found, dict)
        assert found["pages"][0][3] is None
        assert sum(len(value) for value in found["metadata"].values()) < 10_000
