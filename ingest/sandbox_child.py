"""The reader's own process: import everything, give everything up, then answer readings until the pipe ends.

Started by exec with an empty environment, in the root directory, with two pipes and the null device as its
only descriptors. No path of an archive is ever known here. Whatever may be imported or opened later must be
imported or opened before confinement, so all text codecs and every reader module come first.

A reader module has `load() -> dict[str, Task]`: imports its readers, may try them on samples of its own so
that nothing is left to be loaded lazily, and returns its tasks by name. What stands behind a colon in the module's
name is handed to `load` as it is. A task takes the payload and the options, and returns a `Description` or bytes;
what it raises becomes a refusal by the exception's name.
"""

from __future__ import annotations

import encodings
import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import sys
from typing import TYPE_CHECKING, Any, Final

from ingest.confinement import confine
from ingest.reading_codec import PREFIX, FrameKind, frame_parts, ready_parts, refusal_parts
from storage import description_codec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from storage.records import Description

    Task = Callable[[bytes, Mapping[str, Any]], Description | bytes]

_READ_AHEAD: Final = 1 << 18
_COLLECTED_AFTER: Final = 20_000
_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # for libraries that start some at once
_LATE_IMPORTS: Final = ("_strptime", "bz2", "html.entities", "lzma", "quopri", "stringprep", "unicodedata", "zlib")


def main(reader_module: str, memory: str, cpu_seconds: str, threads: str = "") -> None:
    """Serve readings on descriptors 0 and 1 until the first one ends; never returns.

    `memory` is a number of bytes, `cpu_seconds` for the whole life of the process, `threads` not empty where it may
    have some; all as words of a command line.
    """
    # the terminal's Ctrl-C is for the parent, which drains
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()  # the interpreter put its locale there
    os.environ.update(_ONE_THREAD)
    requests, answers = private_pipes()
    gc.disable()  # until all is loaded, which stays
    import_codecs()
    name, _, about = reader_module.partition(":")
    module = importlib.import_module(name)
    tasks = module.load(about) if about else module.load()
    os.environ.clear()  # what libraries were told, and what they noted there, is known to them by now
    sys.path.clear()  # an import that is late now fails at once instead of asking the kernel for each folder
    sys.path_importer_cache.clear()
    gc.collect()
    gc.freeze()  # what is loaded stays: the collector need not look at it again and again
    gc.enable()
    gc.set_threshold(_COLLECTED_AFTER)  # a mail makes some thousand objects, and next to none in a circle
    send(answers, ready_parts(confine(memory=int(memory), cpu_seconds=int(cpu_seconds), threads=bool(threads))))
    with io.FileIO(requests) as pipe:
        stream = io.BufferedReader(pipe, _READ_AHEAD)
        while prefix := stream.read(PREFIX.size):
            _, head, body, token = PREFIX.unpack(prefix)
            send(answers, _answer(tasks, json.loads(stream.read(head)), stream.read(body), token))
        os._exit(0)


def _answer(tasks: Mapping[str, Task], head: Mapping[str, Any], payload: bytes, token: int) -> tuple[bytes, bytes]:
    # The parent keeps the time. This is for the case that it is gone: an orphan in an endless loop ends itself.
    signal.alarm(head["seconds"])
    try:
        reading = tasks[head["task"]](payload, head["options"])
        if isinstance(reading, bytes):
            return frame_parts(FrameKind.CONTENT, {}, reading, token)
        return frame_parts(FrameKind.DESCRIPTION, {}, description_codec.encode(reading), token)
    except Exception as error:  # noqa: BLE001 - whatever hostile input raises in a parser is an answer about that input
        return refusal_parts(error, token)
    finally:
        signal.alarm(0)


def send(descriptor: int, parts: tuple[bytes, bytes]) -> None:
    """Write a frame, however the pipe takes it."""
    written = os.writev(descriptor, parts)
    for part in parts:
        rest = memoryview(part)[written:]
        written = max(0, written - len(part))
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def private_pipes() -> tuple[int, int]:
    """The two pipes under numbers of their own."""
    # What a library prints must not become a frame: the well-known numbers then belong to the null device.
    requests, answers = os.dup(0), os.dup(1)
    os.dup2(2, 0)
    os.dup2(2, 1)
    return requests, answers


def import_codecs() -> None:
    """Import all text codecs and what the standard library imports late."""
    for module in pkgutil.iter_modules(encodings.__path__):
        try:
            importlib.import_module(f"encodings.{module.name}")
        except ImportError:
            continue  # the codecs of other systems (mbcs, oem)
    for name in _LATE_IMPORTS:
        importlib.import_module(name)
