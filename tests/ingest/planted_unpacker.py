"""Children that turned hostile: each begins as it should, and then does to its parent what no child may do."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.confinement import confine
from ingest.reading_codec import frame_parts, ready_parts
from ingest.sandbox_child import private_pipes, send
from ingest.unpacking_codec import PIECE_BYTES, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.strict_json import Members

MEMBER = {"path": "", "name": "x", "kind": "document", "problem": None, "remark": None, "whole": True, "aside": False}
HOARD: list[bytes] = []


def main(kind: str, memory: str, cpu_seconds: str, _seconds: str, _zone: str) -> None:
    """`kind` is a kind of container, which stands for a plan; the container's name may stand for another."""
    requests, answers = private_pipes()
    confinement = confine(memory=int(memory), cpu_seconds=int(cpu_seconds))
    send(answers, ready_parts(confinement))
    asked = os.read(requests, 1 << 16)
    plan = next((one for name, one in NAMED.items() if name.encode() in asked), PLANS[kind])

    def tell(word: Word | str, head: Members | None = None, body: bytes = b"") -> None:
        send(answers, frame_parts(word, head or {}, body))  # type: ignore[arg-type]

    tell(Word.BEGUN, {"reader": "planted", "after": 0})
    tell(Word.MEMBER, MEMBER, b"good")
    plan(tell)
    os._exit(0)


def crash(_tell: Callable) -> None:
    os.abort()


def hang(_tell: Callable) -> None:
    time.sleep(60)


def hoard(_tell: Callable) -> None:
    while True:
        HOARD.append(bytearray(os.urandom(1 << 20)) * 8)


def go_over_it_again(tell: Callable) -> None:
    while True:
        tell(Word.ASK, {"offset": 0, "length": 4})


def flood(tell: Callable) -> None:
    while True:
        tell(Word.MEMBER, MEMBER, bytes(PIECE_BYTES))


def open_a_file(tell: Callable) -> None:
    tell(Word.MEMBER, MEMBER, Path("/etc/passwd").read_bytes())


def ask_for_nothing(tell: Callable) -> None:
    while True:
        tell(Word.ASK, {"offset": 0, "length": 0})


def remark_for_ever(tell: Callable) -> None:
    while True:
        tell(Word.REMARK, {"text": "x", "path": "", "lost": 0})


def hide_a_loss_behind_remarks(tell: Callable) -> None:
    for _ in range(20):
        tell(Word.REMARK, {"text": "x", "path": "", "lost": 0})
    tell(Word.REMARK, {"text": "a folder is gone", "path": "", "lost": 5})
    tell(Word.DECLARED, {"count": None})
    tell(Word.DONE)


def give_nothing_for_ever(tell: Callable) -> None:
    tell(Word.MEMBER, {**MEMBER, "whole": False})
    while True:
        tell(Word.PIECE)


NAMED = {
    "ask-for-nothing": ask_for_nothing,
    "remark-for-ever": remark_for_ever,
    "hide-a-loss": hide_a_loss_behind_remarks,
    "give-nothing": give_nothing_for_ever,
}
PLANS = {
    "mbox": crash,
    "zip": hang,
    "tar": hoard,
    "gzip": go_over_it_again,
    "pst": flood,
    "olm": open_a_file,
}
