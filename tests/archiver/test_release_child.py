"""What the confined child does with bytes of any kind, and that its answers are believed in nothing."""

from __future__ import annotations

import io
import random
import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from PIL import Image

from archiver.release_answers import Closed, Gap, ReadFile, ReadMail, ReadWord, SentPage, SentWord
from archiver.release_child import load
from archiver.release_codec import decode_mail, decode_pages, encode_mail, encode_pages, framed
from archiver.release_requests import FILE, MAIL
from ingest.formats.serialised_message import SerialisedMessage, write
from search.disclosure.redaction import Unit
from storage.errors import InvalidInput
from storage.records import Party
from tests.archiver.release_scene import paper, picture
from tests.every_case import every_case

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = SentPage(
    number=1,
    across=612,
    down=792,
    width=2,
    height=3,
    parts=1,
    pixels=zlib.compress(b"\xff" * 6),
    words=(SentWord(text="word", box=(0, 0, 1, 1)),),
    burnt=(SentWord(text="FERPA", box=(0, 0, 1.5, 2)),),
    taken=("secret",),
    unseen=2,
)
READ = ReadMail(
    text="body",
    original="2",
    bcc="a@x.example",
    files=(
        ReadFile(path="1", text="text", gap=Gap.TEXT),
        ReadFile(path="2", closed=Closed.EMPTY),
        ReadFile(
            path="3", unit=Unit.POINTS, sizes=((1.0, 2.0),), words=(ReadWord(page=1, box=(0, 0, 1, 1), text="w"),)
        ),
    ),
)


@cache
def tasks() -> dict[str, Any]:
    return load()


def read_file(raw: bytes, **options: object) -> ReadFile:
    (found,) = decode_mail(tasks()[FILE](raw, options)).files
    return found


def refusal(raw: bytes, decode: Callable[[bytes], object]) -> str:
    try:
        decode(raw)
    except ValueError as error:
        return str(error)
    return "not as agreed: it was read"


def locked() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="user"))
    return out.getvalue()


def bomb() -> bytes:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + chunk


def moving(frames: int) -> bytes:
    first, *rest = [Image.new("RGB", (40, 30), (at % 2 * 200, 90, 10)) for at in range(frames)]
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=rest)
    return out.getvalue()


@every_case(
    ("made", "reason"),
    [
        (bytes, Closed.EMPTY),
        (locked, Closed.UNREADABLE),
        (bomb, Closed.UNREADABLE),
        (lambda: paper()[:400], Closed.UNREADABLE),
        (lambda: picture()[:900], Closed.UNREADABLE),
        (lambda: b"%PDF-1.7", Closed.UNREADABLE),
        (lambda: bytes(range(256)), Closed.NO_TEXT),
        (lambda: b"\x00" * 5_000, Closed.NO_TEXT),
        (lambda: moving(12), Closed.FRAMES),
    ],
)
def test_what_cannot_be_shown_is_closed(made: Callable[[], bytes], reason: Closed) -> None:
    assert read_file(made()).closed is reason


def test_files_are_shown_by_their_bytes_and_not_by_their_names() -> None:
    assert read_file(b"<p>a &amp; b</p><script>x</script>", media_type="text/html").text == "a & b"
    assert read_file(paper(), media_type="text/plain", name="a.txt").unit is Unit.POINTS
    assert read_file(picture("JPEG"), media_type="text/plain").unit is Unit.PIXELS


def test_an_animation_has_a_page_for_each_picture_that_looks_different() -> None:
    assert read_file(moving(3)).sizes == ((40.0, 30.0),) * 3


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n\r\n", b"Subject: a", bytes(range(256)) * 40, b"From: a\n\n" + b"x" * (2 << 20)]
)
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    assert isinstance(decode_mail(tasks()[MAIL](raw, {})), ReadMail)


def test_a_message_out_of_a_container_is_a_mail_with_its_blind_copies() -> None:
    message = SerialisedMessage(
        container="pst", reader="test/1", plain="The body.", bcc=(Party(name="Bo"), Party(address="cy@x.example"))
    )
    read = decode_mail(tasks()[MAIL](b"".join(write(message)), {}))
    assert (read.text, read.bcc) == ("The body.", "Bo; cy@x.example")


def test_a_text_that_is_too_long_to_be_given_is_refused_and_not_cut() -> None:
    with pytest.raises(InvalidInput):
        tasks()[MAIL](b"From: a\n\n" + b"word " * (2 << 20), {})


def test_answers_come_back_as_they_were() -> None:
    assert decode_mail(encode_mail(READ)) == READ
    assert decode_pages(encode_pages((PAGE, PAGE))) == (PAGE, PAGE)


@pytest.mark.parametrize(
    "pages",
    [
        {"pages": []} | {"more": 1},
        {"pages": [{"number": 1}]},
        {"pages": "none"},
        {"pages": [{"number": -1, "size": [1, 1]}]},
    ],
)
def test_pages_with_other_members_are_refused(pages: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not as agreed"):
        decode_pages(framed(pages))


@pytest.mark.parametrize("pixels", [b"", b"none", zlib.compress(b"\xff" * 7), zlib.compress(b"\xff" * 6) + b"x"])
def test_pixels_are_exactly_those_that_were_announced(pixels: bytes) -> None:
    wrong = SentPage(number=1, across=1, down=1, width=2, height=3, parts=1, pixels=pixels or b"\0")
    with pytest.raises(ValueError, match="pixels"):
        decode_pages(encode_pages((wrong,)))


@pytest.mark.parametrize(
    ("encoded", "decode"), [(encode_mail(READ), decode_mail), (encode_pages((PAGE,)), decode_pages)]
)
def test_changed_answers_are_refused_or_read_but_never_harm(encoded: bytes, decode: Callable[[bytes], object]) -> None:
    chance = random.Random(8)
    for _ in range(400):
        changed = bytearray(encoded)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        kept = chance.choice((len(changed), chance.randrange(len(changed))))
        assert refusal(bytes(changed[:kept]), decode).startswith("not as agreed")
