"""Frames are cut as agreed, however they arrive; what is not as agreed is refused."""

from __future__ import annotations

import os
import random
import threading

import pytest

from ingest.confinement import Confinement
from ingest.reading_codec import (
    PREFIX,
    FailureReason,
    Frame,
    FrameKind,
    FrameStream,
    ReadingFailed,
    ReadingRequest,
    answer_of,
    confinement_of,
    frame_parts,
    ready_parts,
    refusal_parts,
)
from storage.description_codec import encode
from storage.records import Description, RecordKind

WANTS_DESCRIPTION = ReadingRequest(task="email", payload=b"")
WANTS_CONTENT = ReadingRequest(task="part", payload=b"", wants_content=True)
DESCRIPTION = Description(kind=RecordKind.EMAIL, text="hello")


def frame_of(parts: tuple[bytes, bytes]) -> Frame:
    raw = b"".join(parts)
    kind, head, _, token = PREFIX.unpack_from(raw)
    rest = raw[PREFIX.size :]
    return Frame(kind=kind, head=rest[:head], body=rest[head:], token=token)


def frames_written_in(pieces: list[bytes], *, max_body: int = 1 << 30) -> list[Frame]:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            for piece in pieces:
                view = memoryview(piece)
                while view:
                    view = view[pipe.write(view) :]

    writer = threading.Thread(target=write)
    writer.start()
    found = []
    try:
        stream = FrameStream(reading, max_body=max_body)
        while stream.fill():
            while (frame := stream.next_frame()) is not None:
                found.append(frame)
        assert stream.is_empty
    finally:
        os.close(reading)
        writer.join()
    return found


def test_frames_are_the_same_however_they_are_cut():
    seed = 11
    print("seed", seed)  # noqa: T201 - to draw the same again
    chosen = random.Random(seed)
    bodies = [b"", b"x", bytes(13), chosen.randbytes(70_000), b"", chosen.randbytes(700_000), b"end"]
    raw = b"".join(b"".join(frame_parts(FrameKind.CONTENT, {"n": 1} if body else {}, body)) for body in bodies)
    for longest in (7, 4096, 100_000, len(raw)):
        cuts = sorted(chosen.sample(range(len(raw)), min(400, len(raw) // longest)))
        pieces = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
        assert [frame.body for frame in frames_written_in(pieces)] == bodies


def test_a_frame_longer_than_agreed_is_refused_before_it_is_kept():
    with pytest.raises(ValueError, match="length of a frame"):
        frames_written_in([PREFIX.pack(b"B", 0, 1001, 0)], max_body=1000)


def test_a_head_longer_than_agreed_is_refused():
    with pytest.raises(ValueError, match="length of a frame"):
        frames_written_in([PREFIX.pack(b"N", (1 << 32) - 1, 0, 0)])


def test_a_description_answers_who_asked_for_one():
    frame = frame_of(frame_parts(FrameKind.DESCRIPTION, {}, encode(DESCRIPTION)))
    assert answer_of(frame, WANTS_DESCRIPTION, 0) == DESCRIPTION
    with pytest.raises(ValueError, match="kind of the answer"):
        answer_of(frame, WANTS_CONTENT, 0)


def test_bytes_answer_who_asked_for_them():
    frame = frame_of(frame_parts(FrameKind.CONTENT, {}, b"bytes"))
    assert answer_of(frame, WANTS_CONTENT, 0) == b"bytes"
    with pytest.raises(ValueError, match="kind of the answer"):
        answer_of(frame, WANTS_DESCRIPTION, 0)


@pytest.mark.parametrize("kind", [b"Q", b"C", b"\0", b"\xff", b"d"])
def test_a_frame_of_another_kind_is_no_answer(kind):
    with pytest.raises(ValueError, match="kind of the answer"):
        answer_of(Frame(kind=kind, head=b"", body=encode(DESCRIPTION)), WANTS_DESCRIPTION, 0)


@pytest.mark.parametrize(
    ("error", "reason", "detail"),
    [
        (ValueError("content"), FailureReason.REFUSED, "ValueError"),
        (MemoryError("content"), FailureReason.MEMORY, "MemoryError"),
        (type("Content", (KeyError,), {})(), FailureReason.REFUSED, "KeyError"),
        (type("Content", (Exception,), {})(), FailureReason.REFUSED, "Exception"),
    ],
)
def test_a_refusal_names_the_nearest_known_exception_and_nothing_else(error, reason, detail):
    answer = answer_of(frame_of(refusal_parts(error, 0)), WANTS_DESCRIPTION, 0)
    assert answer == ReadingFailed(reason=reason, detail=detail)


@pytest.mark.parametrize(
    "head",
    [b"", b"{}", b'{"refused":"the budget is short"}', b'{"refused":1}', b'{"refused":"ValueError","why":""}', b"[]"],
)
def test_a_refusal_in_other_words_is_refused(head):
    with pytest.raises(ValueError, match="not as agreed"):
        answer_of(Frame(kind=b"N", head=head, body=b""), WANTS_DESCRIPTION, 0)


def test_a_newer_description_is_no_answer():
    with pytest.raises(ValueError, match="version of the answer"):
        answer_of(Frame(kind=b"D", head=b"", body=b'{"v":2}\n'), WANTS_DESCRIPTION, 0)


def test_what_confines_a_reader_comes_back_equal():
    told = Confinement(
        seccomp=True,
        no_new_privileges=True,
        undumpable=False,
        landlock_abi=7,
        limits=(("RLIMIT_CPU", 10), ("RLIMIT_DATA", 1 << 62)),
        refusals=("landlock: not there",),
    )
    assert confinement_of(frame_of(ready_parts(told))) == told


def test_a_first_frame_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="first frame"):
        confinement_of(Frame(kind=b"D", head=b"{}", body=b""))


def test_an_answer_with_another_requests_token_is_none():
    frame = frame_of(frame_parts(FrameKind.DESCRIPTION, {}, encode(DESCRIPTION), 7))
    assert answer_of(frame, WANTS_DESCRIPTION, 7) == DESCRIPTION
    with pytest.raises(ValueError, match="an answer to another request"):
        answer_of(frame, WANTS_DESCRIPTION, 8)
