"""Slices without files, which the examiner reads itself.

Rule: such a slice is a reading in the wire format of `storage.description_codec` and the bytes that it is about. The
reader's process could only decode the one, hold the other against its digest, and send the same again: the answer
would be decoded here all the same. So it is decoded here once, with the same distrust, since who wrote it parsed
hostile bytes. Whatever has a file goes to the reader, because files have formats.
"""

from __future__ import annotations

from typing import Final

from ingest.formats.chats.slices import DIGITS, read_slice
from ingest.reading_codec import FailureReason, ReadingAnswer, ReadingFailed, ReadingRequest, Task
from storage.errors import NewerFormat

_NO_FILES: Final = b'{"files":[]}'
_END: Final = _NO_FILES + b"%0*d\n" % (DIGITS, len(_NO_FILES))


def is_bare(request: ReadingRequest) -> bool:
    """Whether this is about a slice whose index names no file."""
    return request.task == Task.SLICE and request.payload.endswith(_END)


def read_bare(request: ReadingRequest) -> ReadingAnswer:
    """What the reader would answer about a slice that `is_bare`; never raises for what it holds."""
    try:
        return read_slice(request.payload, size=int(request.options["size"]))
    except (ValueError, NewerFormat) as error:
        return ReadingFailed(reason=FailureReason.REFUSED, detail=type(error).__name__)
