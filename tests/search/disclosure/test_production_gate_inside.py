"""The gate opens what was made for other programs within bounds; what is broken is refused by one error."""

from __future__ import annotations

import email.message
import io
import json
import random
import struct
import zipfile

import pytest

from search.disclosure.production_gate_inside import files_inside
from storage.errors import InvalidInput

SAID = json.dumps({"events": [{"body": "Hello there. " * 40}]})


def packed(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        opened.writestr("rsmf_manifest.json", SAID)
        opened.writestr("größe.txt", "second")
        opened.comment = b"a comment"
    return made.getvalue()


def mailed(content: bytes) -> bytes:
    mail = email.message.EmailMessage()
    mail["Subject"] = "A conversation (of two (people))"
    mail["From"] = '"Ada, the First" <ada@example.org>'
    mail["Date"] = "Fri, 06 Mar 2026 10:00:00 -0600"
    mail.set_content("see the file, größe")
    mail.add_attachment(content, maintype="application", subtype="zip", filename="rsmf größe.zip")
    return mail.as_bytes()


def is_told_or_refused(content: bytes) -> bool:
    """Whether bytes are read whole; False where they are refused as they should be."""
    try:
        list(files_inside(content))
    except InvalidInput:
        return False
    return True


def flipped(chance: random.Random, content: bytes) -> bytes:
    broken = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        broken[chance.randrange(len(broken))] = chance.choice((0, 0x7F, 0xFF, chance.randrange(256)))
    return bytes(broken)


@pytest.mark.parametrize(
    "made", [packed(), packed(zipfile.ZIP_STORED), mailed(packed())], ids=["deflated", "as is", "mail"]
)
def test_bytes_that_were_changed_or_cut_are_read_or_refused_and_raise_nothing_else(made: bytes):
    chance = random.Random(2026)
    cases = [flipped(chance, made) for _ in range(150)] + [made[: chance.randrange(len(made))] for _ in range(50)]
    answers = [is_told_or_refused(one) for one in cases]
    assert not all(answers)
    assert is_told_or_refused(made)


HEADS = (
    b"Content-Type: multipart/mixed; boundary*0*=''; boundary*x\n\n",
    b"Subject: " + b"(" * 2_000 + b"\nFrom: " + b"(" * 2_000 + b"\n\n",
    b"Date: Fri, 99 Mar 99999999999999999999 10:00:00 +999999\n\n",
    b"From: @ <>,;:[ (\nTo: \"\nContent-Disposition: attachment; filename*=a'b\n\n",
    b"Content-Transfer-Encoding: ;\nMIME-Version: 1.\nContent-Type: ;\n\n",
    b'Message-ID: <\nReferences: <[>\nContent-Type: text/plain; charset*0*="\xff"\n\n',
)


@pytest.mark.parametrize("head", HEADS)
def test_headers_that_break_the_parser_of_values_are_read_or_refused(head: bytes):
    is_told_or_refused(head + mailed(packed()))  # nothing else is raised


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_of_packing_are_never_undone(method: int):
    with pytest.raises(InvalidInput, match="packed in a way"):
        list(files_inside(packed(method)))


def central(content: bytes, offset: int, value: bytes) -> bytes:
    """The same with a field of the first entry's row of the directory (APPNOTE 4.3.12) written over."""
    at = content.index(b"PK\x01\x02") + offset
    return content[:at] + value + content[at + len(value) :]


@pytest.mark.parametrize("flag", [0x1, 0x20, 0x40, 0x2000])
def test_encrypted_entries_are_refused(flag: int):
    with pytest.raises(InvalidInput, match="packed in a way"):
        list(files_inside(central(packed(), 8, struct.pack("<H", flag))))


def test_an_entry_that_ends_early_is_refused():
    """Its sizes say more than there is: the reader of entries meets the end of the file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("a", b"x" * 100)
    lying = central(central(made.getvalue(), 20, struct.pack("<I", 100_000)), 24, struct.pack("<I", 100_000))
    with pytest.raises(InvalidInput):
        list(files_inside(lying))


def test_an_offset_beyond_what_a_file_can_have_is_refused():
    whole = packed()
    at = whole.index(b"PK\x01\x02")
    length = struct.unpack("<H", whole[at + 28 : at + 30])[0]
    zip64 = struct.pack("<HHQ", 1, 8, (1 << 64) - 1)  # the offset alone, as APPNOTE 4.5.3 orders its members
    row = bytearray(whole[at : at + 46 + length])
    row[30:32], row[42:46] = struct.pack("<H", len(zip64)), b"\xff" * 4
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(row) + len(zip64), at, 0)
    with pytest.raises(InvalidInput):
        list(files_inside(whole[:at] + bytes(row) + zip64 + end))
