"""Exports of lines that were spoiled by chance or on purpose; the seed is in the test's name."""

from __future__ import annotations

import random
from zoneinfo import ZoneInfo

import pytest

from ingest.formats.chats import line_chat, whatsapp
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Said, Stated
from tests.every_case import every_case

HEAD = "15/01/24, 18:07 - "
CHATS = (
    f"{HEAD}Ann: one\ntwo\n{HEAD}Bob: IMG-20240115-WA0001.jpg (file attached)\nx\n{HEAD}Ann created group “B”\n",
    "\u200e[1/15/24, 6:07:33\u202fPM] A: \u200e<attached: 1.jpg>\r\n[1/15/24, 6:08:33\u202fPM] A: b <edited>\r\n",
    "\u200f١٥\u200f/١\u200f/٢٠٢٤، ٦:٠٧ م - x: y\n",
    '[LINE] Chat history with A\nSaved on: x\n\n2024/1/15\n10:10\tA\t"b\nc"\n9:11\t\tA left\n\n2024/1/16\n9:10\tA\tx\n',
)
SIGNS = ("\n", "\r\n", "\0", "<", ">", "(", ")", ": ", "[", "]", "\t", '"', "\u200e", HEAD, "2024/1/1\n")
PIECES = (*(one.encode() for one in SIGNS), b"\xff", b"\xe2\x80", b"\xf0\x9f")


def spoiled(seed: int) -> bytes:
    chance = random.Random(seed)
    content = bytearray(chance.choice(CHATS).encode())
    for _ in range(chance.randrange(8)):
        place = chance.randrange(len(content) + 1)
        if chance.random() < 0.6:
            content[place:place] = chance.choice(PIECES) * chance.randrange(1, 4)
        else:
            del content[place : place + chance.randrange(1, 12)]
    return bytes(content)


@every_case("seed", range(8))
def test_a_spoiled_export_loses_no_message_and_no_byte_of_one(seed: int) -> None:
    for number in range(150):
        content = spoiled(seed * 1000 + number)
        for reader in (whatsapp, line_chat):
            export = HeldFiles(files={"_chat.txt": content}, zone=ZoneInfo("UTC"))
            found = list(reader.read(export)) if reader.recognise(export) else []
            said = [one for one in found if isinstance(one, Said)]
            assert sum(one.count for one in found if isinstance(one, Stated) and one.what == "messages") == len(said)
            if said:
                assert said[0].thread.joint.join(one.message.raw for one in said) in content
            for one in said:
                words = (one.message.text, one.message.sender or "", one.thread.title or "", *one.thread.participants)
                assert "\0" not in "".join(words).encode().decode()


LONG = {
    "marks": "\u200e" * 300_000,
    "quotes": f"{HEAD}" + '"' * 300_000,
    "colons": f"{HEAD}" + ": " * 150_000,
    "brackets": f"{HEAD}a: " + "<" * 300_000 + ">",
    "digits": "1" * 300_000,
    "blanks": "1/1/24" + " " * 300_000,
    "empty lines": f"{HEAD}a: x" + "\n" * 300_000,
    "senders": "".join(f"{HEAD}n{number}: x\n" for number in range(60_000)),
    "layouts": "".join(f"{HEAD}A: x\n[15/01/24, 18:07:00] A: y\n" for _ in range(20_000)),
}


@pytest.mark.timeout(60)
@every_case("name", LONG)
def test_no_line_takes_time_that_grows_with_its_square(name: str) -> None:
    for reader, before in (
        (whatsapp, f"{HEAD}Ann: hi\n"),
        (line_chat, "[LINE] Chat history with A\n2024/1/1\n10:10\tA\tb\n"),
    ):
        export = HeldFiles(files={"_chat.txt": (before + LONG[name]).encode()}, zone=ZoneInfo("UTC"))
        assert any(isinstance(one, Said) for one in reader.read(export))
