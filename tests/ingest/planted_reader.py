"""A reader module full of parsers that turned hostile: each tries one thing that no reader may do.

What an attempt brings home is returned as the text of a description, so a test that finds text has found a hole.
"""

from __future__ import annotations

import _thread
import ctypes
import io
import mmap
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.description_codec import encode
from storage.records import Description, RecordKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.sandbox_child import Task

ANSWERS = 4  # where a reader's process keeps its end, after the null device took 0 and 1
LIBC = ctypes.CDLL(None, use_errno=True)
HOARD: list[bytes] = []


def described(text: str) -> Description:
    return Description(kind=RecordKind.DOCUMENT, text=text)


def echo(payload: bytes, options: Mapping[str, Any]) -> Description:
    return described(payload.decode())


def mirror(payload: bytes, options: Mapping[str, Any]) -> bytes:
    return payload


def sized(payload: bytes, options: Mapping[str, Any]) -> bytes:
    return bytes(options["size"])


def read_file(payload: bytes, options: Mapping[str, Any]) -> Description:
    with io.FileIO(options["path"]) as file:
        return described(repr(file.read(100)))


def write_file(payload: bytes, options: Mapping[str, Any]) -> Description:
    with io.FileIO(options["path"], "w") as file:
        file.write(b"here")
    return described("written")


def list_folder(payload: bytes, options: Mapping[str, Any]) -> Description:
    return described(repr(list(Path(options["path"]).iterdir())))


def stat_file(payload: bytes, options: Mapping[str, Any]) -> Description:
    return described(repr(Path(options["path"]).stat()))


def unlink_file(payload: bytes, options: Mapping[str, Any]) -> Description:
    Path(options["path"]).unlink()
    return described("unlinked")


def read_memory_of_parent(payload: bytes, options: Mapping[str, Any]) -> Description:
    return read_file(payload, {"path": f"/proc/{os.getppid()}/environ"})


def open_socket(payload: bytes, options: Mapping[str, Any]) -> Description:
    with socket.socket(getattr(socket, options["family"]), socket.SOCK_STREAM) as opened:
        return described(str(opened.fileno()))


def connect(payload: bytes, options: Mapping[str, Any]) -> Description:
    with socket.create_connection(("127.0.0.1", options["port"]), timeout=1):
        return described("connected")


def fork(payload: bytes, options: Mapping[str, Any]) -> Description:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return described("forked")


def start_thread(payload: bytes, options: Mapping[str, Any]) -> Description:
    return described(str(_thread.start_new_thread(time.sleep, (0,))))


def kill_parent(payload: bytes, options: Mapping[str, Any]) -> Description:
    os.kill(os.getppid(), signal.SIGKILL)
    return described("killed")


def raw_call(payload: bytes, options: Mapping[str, Any]) -> Description:
    result = LIBC.syscall(*(ctypes.c_long(int(one)) for one in options["numbers"].split()))
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return described(f"call answered {result}")


def executable_page(payload: bytes, options: Mapping[str, Any]) -> Description:
    with mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC):
        return described("mapped")


def take_memory_at_once(payload: bytes, options: Mapping[str, Any]) -> Description:
    return described(str(len(b"x" * (2 << 30))))


def take_memory_slowly(payload: bytes, options: Mapping[str, Any]) -> Description:
    while True:
        HOARD.append(b"x" * (1 << 20))
        if len(HOARD) >= options["mebibytes"]:
            time.sleep(60)


def hoard(payload: bytes, options: Mapping[str, Any]) -> Description:
    HOARD.append(b"x" * (options["mebibytes"] << 20))
    return described(str(len(HOARD)))


def loop(payload: bytes, options: Mapping[str, Any]) -> Description:
    while True:
        pass


def say(payload: bytes, options: Mapping[str, Any]) -> Description:
    """Put raw bytes where an answer is expected, and end."""
    _answer_pipe(payload)
    time.sleep(60)
    return described("")


def say_and_answer(payload: bytes, options: Mapping[str, Any]) -> Description:
    _answer_pipe(payload)
    return described("after")


def announce_giant(payload: bytes, options: Mapping[str, Any]) -> Description:
    _answer_pipe(b"D" + b"\0\0\0\0" + (1 << 40).to_bytes(8, "big") + bytes(8))
    time.sleep(60)
    return described("")


def close_pipes(payload: bytes, options: Mapping[str, Any]) -> Description:
    os.closerange(0, 16)
    time.sleep(60)
    return described("")


def leave(payload: bytes, options: Mapping[str, Any]) -> Description:
    sys.exit(0)


def leave_at_once(payload: bytes, options: Mapping[str, Any]) -> Description:
    os._exit(0)


def fall(payload: bytes, options: Mapping[str, Any]) -> Description:
    ctypes.string_at(0)
    return described("stood")


def fall_if_second(payload: bytes, options: Mapping[str, Any]) -> Description:
    HOARD.append(b"")
    return fall(payload, options) if len(HOARD) > 1 else described("first")


def environment(payload: bytes, options: Mapping[str, Any]) -> Description:
    return described(repr(sorted(os.environ)))


def descriptors(payload: bytes, options: Mapping[str, Any]) -> Description:
    """Numbers of open descriptors, told by poll(2), since fstat(2) on some C libraries takes a refused call."""
    found = []
    for number in range(1024):
        asked = select.poll()
        asked.register(number, 0)
        if not any(event & select.POLLNVAL for _, event in asked.poll(0)):
            found.append(number)
    return described(repr(found))


def who(payload: bytes, options: Mapping[str, Any]) -> Description:
    return described(str(os.getpid()))


def speak_of_content(payload: bytes, options: Mapping[str, Any]) -> Description:
    raise type("Secret" + payload.decode(), (ValueError,), {})(payload.decode())


def recurse(payload: bytes, options: Mapping[str, Any]) -> Description:
    return recurse(payload, options)


def lone_surrogate(payload: bytes, options: Mapping[str, Any]) -> Description:
    return described("\ud800")


def print_something(payload: bytes, options: Mapping[str, Any]) -> Description:
    os.write(1, b"to whom it may concern")
    return described("printed")


def wrong_kind(payload: bytes, options: Mapping[str, Any]) -> bytes:
    return encode(described("bytes instead"))


def _answer_pipe(raw: bytes) -> None:
    os.write(ANSWERS, raw)


def load() -> dict[str, Task]:
    tasks: tuple[Callable[..., Any], ...] = tuple(
        value for value in globals().values() if callable(value) and getattr(value, "__module__", "") == __name__
    )
    return {task.__name__: task for task in tasks}
