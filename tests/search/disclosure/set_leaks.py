"""Files of a set through which something leaks that was left out of one of its records, one way each; harmless ones.

In the set, names and numbers are left out of `rec_1`; nothing is left out of `rec_2`, and another name of `rec_3`.
"""

from __future__ import annotations

import base64
import email.message
import functools
import io
import json
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from PIL import Image

from search.disclosure.production_gate import SetGate
from search.disclosure.production_gate_set import Accepted
from search.disclosure.production_gate_types import GivenFile, GivenKind, PageOwner
from search.disclosure.redaction_pages import BurntRegion
from search.disclosure.release_types import Leaves, ReleasedDocument
from tests.search.disclosure.redaction_leaks import PNG_BOX, clean_png, source_png

if TYPE_CHECKING:
    from collections.abc import Iterator

    from search.disclosure.production_gate_set import SoughtSet

NAME = "Penelope Quill"
OTHER = "Quentin Marshbank"
ACCEPTED = "Northfield School"
TAKEN = (
    NAME,
    "(503) 555-0123",
    "219-09-9998",
    "4111 1111 1111 1111",
    "p.quill@mail.example",
    "Bo Li",
    "Tuesday at noon the board will vote on the dismissal",
    ACCEPTED,
    "Ann",
    "two",
)
RAW = NAME.encode()


def document(record: str, *taken: str) -> ReleasedDocument:
    about: dict[str, Any] = {"component": None, "title": "", "leaves": Leaves.WHOLE, "pages": b"", "page_count": 1}
    return ReleasedDocument(record_id=record, text="", taken=taken, **about)


@functools.cache
def the_set() -> SoughtSet:
    """What is sought: the strings of two records, of which one may stand in a third."""
    place = ("".join(ACCEPTED.casefold().split()), "rec_2", "text")
    gate = SetGate(Accepted(name_of=lambda letters: letters, places=frozenset({place})))
    gate.take("rec_1", [document("rec_1", *TAKEN)], roster=("Bo Li",))
    gate.take("rec_2", [document("rec_2")])
    gate.take("rec_3", [document("rec_3", OTHER)])
    return gate.sought()


def given(
    content: str | bytes, record: str | None = "rec_1", name: str = "text/A-1.txt", kind: str = "text", **more: Any
) -> GivenFile:
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return GivenFile(name=name, kind=GivenKind(kind), content=raw, record_id=record, **more)


def _shifted(first: int) -> str:
    """The name in letters of another place of Unicode that fold to the same (UAX #15)."""
    return "".join(chr(first + ord(one) - ord("a")) if one != " " else one for one in NAME.lower())


_FORMS: dict[str, str | bytes] = {
    "spaces that do not break": NAME.replace(" ", "\u00a0"),
    "tabs": "\t".join(NAME),
    "over quoted lines": NAME.replace(" ", "\n> > "),
    "over a page": NAME.replace(" ", "\f"),
    "hyphen at the end of a line": NAME.replace("lope", "-\nlope"),
    "joined by underscores": NAME.replace(" ", "_"),
    "joined by a dot": NAME.replace(" ", "."),
    "no space": NAME.replace(" ", ""),
    "joiners": "\u200d".join(NAME),
    "non-joiners": "\u200c".join(NAME),
    "marks of order": "\u202e" + NAME + "\u202c",
    "byte order marks": "\ufeff".join(NAME),
    "variation selectors": "\ufe0f".join(NAME),
    "tag characters": "\U000e0041".join(NAME),
    "mathematical bold": _shifted(0x1D41A),
    "mathematical script": _shifted(0x1D4EA),
    "circled letters": _shifted(0x24D0),
    "parenthesised letters": _shifted(0x249C),
    "monospace letters": _shifted(0x1D68A),
    "Cyrillic look-alikes": NAME.replace("e", "\u0435").replace("o", "\u043e"),
    "Greek look-alikes": NAME.replace("o", "\u03bf").replace("P", "\u03a1"),
    "combining marks": "\u0301".join(NAME),
    "composed accents": NAME.replace("i", "\u00ef").replace("u", "\u00fc"),
    "mixed case": NAME.swapcase(),
    "in brackets": f"[{NAME[:4]}]{NAME[4:]}",
    "with asterisks": "*".join(NAME),
    "reversed by word": NAME[::-1].upper(),
    "base64 over lines": base64.encodebytes(b"x" * 70 + RAW).decode(),
    "base64 without padding": base64.b64encode(RAW).decode().rstrip("="),
    "base64 of UTF-16": base64.b64encode(NAME.encode("utf-16-le")).decode(),
    "base64 in a word": "abcdefg/" + base64.b64encode(RAW).decode(),
    "base64 of lower case": base64.b64encode(RAW.lower()).decode(),
    "hexadecimal of UTF-16": NAME.encode("utf-16-be").hex(),
    "hexadecimal over lines": RAW.hex("\n"),
    "escapes of JSON": json.dumps("\u00e9" + NAME).replace("P", "\\u0050"),
    "escapes in braces": "".join(f"\\u{{{ord(one):04x}}}" for one in NAME),
    "hexadecimal escapes": "".join(f"\\x{one:02x}" for one in RAW),
    "UTF-16 without a mark": NAME.encode("utf-16-le"),
    "UTF-16 at an odd place": b"x" + NAME.encode("utf-16-be"),
    "UTF-8 in Latin-1": f"{NAME} \u00e9".encode("latin-1"),
    "control characters between": "\x01".join(NAME),
    "zero bytes between": b"\x00".join(bytes([one]) for one in RAW),
    "soft lines of mail": NAME.replace("lope", "=\r\nlope"),
    "a vCard": f"BEGIN:VCARD\nN:Quill;Penelope\nFN:{NAME}",
    "telephone without marks": "5035550123",
    "telephone with 001": "0015035550123",
    "telephone in words": "tel:+1-503-555-0123;ext=1",
    "social security number bare": "219099998",
    "social security number in dots": "219.09.9998",
    "social security number spaced": "2 1 9 0 9 9 9 9 8",
    "card number bare": "4111111111111111",
    "card number in fours": "4111-1111-1111-1111",
    "e-mail address": "mailto:P.Quill@Mail.Example",
    "short name of the list": "Was Bo Li there?",
    "short name turned": "Li, Bo",
    "short name in capitals": "BO LI",
    "part of a passage": "I hear the board will vote on the dismissal soon",
    "passage without its end": "on Tuesday at noon the board will vote",
}


def leaking_texts() -> Iterator[tuple[str, GivenFile]]:
    """Its own text."""
    for name, content in _FORMS.items():
        yield f"text: {name}", given(content if isinstance(content, bytes) else f"x {content} y")


_ROWS: dict[str, str] = {
    "DAT subject": "\u00feA-1\u00fe\u0014\u00feAbout Penelope Quill\u00fe",
    "DAT over new lines": "\u00feA-1\u00fe\u0014\u00fePenelope\u00aeQuill\u00fe",
    "DAT native link": "\u00feA-1\u00fe\u0014\u00fenatives\\penelope_quill.docx\u00fe",
    "DAT short name": "\u00feA-1\u00fe\u0014\u00feBo Li\u00fe",
    "DAT number": "\u00feA-1\u00fe\u0014\u00fe219-09-9998\u00fe",
    "DAT two fields": "\u00fePenelope\u00fe\u0014\u00feQuill\u00fe",
    "OPT path": "A-1,VOL1,images/Penelope-Quill/A-1.pdf,Y,,,1",
    "CSV cell": 'A-1,"Penelope Quill",2026-03-02',
    "CSV two cells": "A-1,Penelope,Quill",
    "CSV inert formula": 'A-1,\'="Penelope"&" Quill"',
    "CSV turned name": 'A-1,"Li, Bo"',
    "XML attribute": '<Tag TagName="#From" TagValue="Penelope Quill &lt;p.quill@mail.example&gt;"/>',
    "XML character references": "<Value>&#80;enelope&#x20;Quill</Value>",
    "XML comment": "<!-- Penelope Quill -->",
    "XML data section": "<![CDATA[Penelope Quill]]>",
    "XML telephone": '<Tag TagValue="503.555.0123"/>',
    "JSON line": '{"from": "Penelope\\u0020Quill"}',
}


def leaking_rows() -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Rows, each of a record."""
    for name, row in _ROWS.items():
        yield f"row: {name}", (row, "rec_1")
    yield "row: of another record", (_ROWS["DAT subject"], "rec_2")
    yield "row: of nobody", (_ROWS["DAT subject"], None)


def leaking_files() -> Iterator[tuple[str, GivenFile]]:
    """Files about the whole set, of other records, names of files, natives, and files made for other programs."""
    for name in ("letter.txt", "README.txt", "manifest.json", "exemption-log.csv", "exemption-log.json", "numbers.csv"):
        yield f"whole set: {name}", given(f'{{"a": "x", "note": "about {NAME}"}}', None, name)
    yield "whole set: a piece of a passage", given("the board will vote on the dismissal", None, "letter.txt")
    yield "whole set: what is accepted elsewhere", given(ACCEPTED, None, "letter.txt")
    for name in ("plain", "telephone without marks", "social security number in dots", "short name turned"):
        content = f"x {_FORMS.get(name, NAME)!s} y"
        yield f"another record: {name}", given(content, "rec_2", "text/A-2.txt")
        yield f"another redacted record: {name}", given(content, "rec_3", "text/A-3.txt")
    yield "accepted in one record and standing in another", given(ACCEPTED, "rec_3", "text/A-3.txt")
    yield "accepted elsewhere and standing in its own", given(ACCEPTED, "rec_1")
    yield "what another record leaves out", given(OTHER.upper(), "rec_1")
    for name in (f"text/{NAME}.txt", "text/quill-penelope-quill.txt", "text/BO LI/1.txt", "5035550123/a.txt"):
        yield f"name: {name}", given("Lunch.", "rec_1", name)
    yield "name: in base64", given("Lunch.", "rec_1", base64.urlsafe_b64encode(RAW).decode())
    yield "name: of another record", given("Lunch.", "rec_2", f"natives/{NAME}.docx", "native")
    yield from _natives()
    yield from _messages()
    yield from _pictures()


def _natives() -> Iterator[tuple[str, GivenFile]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:  # stored, as some writers do
        made.writestr("word/document.xml", f"<w:t>{NAME[:8]}</w:t><w:t> {NAME[9:]}</w:t>")
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", f"<w:t>{NAME}</w:t>")
    mail = email.message.EmailMessage()
    mail["Subject"] = f"About {NAME} \u00e9"
    mail.set_content("Lunch")
    natives: dict[str, tuple[bytes, str]] = {
        "docx stored": (packed.getvalue(), ""),
        "docx by its examined text": (zipped.getvalue(), f"Dear {NAME},"),
        "doc in UTF-16": (b"\xd0\xcf\x11\xe0" + bytes(64) + NAME.encode("utf-16-le") + bytes(64), ""),
        "csv": (f"name,day\n{NAME},2".encode(), ""),
        "rtf escapes": (b"{\\rtf1 " + b"".join(b"\\'%02x" % one for one in RAW) + b"}", NAME),
        "mail with an encoded subject": (mail.as_bytes(), f"About {NAME}"),
        "mail in base64": (b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(b"Dear " + RAW), ""),
        "calendar folded": (b"SUMMARY:Meeting with Penel\r\n ope Quill", ""),
        "picture with a comment": (source_png() + b"tEXtComment\x00" + RAW, ""),
        "pdf string": (b"%PDF-1.4\n1 0 obj (" + RAW + b") endobj", ""),
        "number in a table": (b"a;b\n219-09-9998;x", ""),
    }
    for name, (content, text) in natives.items():
        yield f"native: {name}", given(content, "rec_2", "natives/A-2.bin", "native", text=text)


def _messages() -> Iterator[tuple[str, GivenFile]]:
    def packed(entry: str, content: bytes, comment: bytes = b"", extra: bytes = b"") -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            info = zipfile.ZipInfo(entry)
            info.comment, info.extra = comment, extra
            made.writestr(info, content, zipfile.ZIP_DEFLATED)
        return out.getvalue()

    def mailed(attached: bytes, subject: str = "A conversation", name: str = "rsmf.zip", text: str = "see") -> bytes:
        mail = email.message.EmailMessage()
        mail["Subject"], mail["X-RSMF-Version"] = subject, "2.0.0"
        mail.set_content(text)
        mail.add_attachment(attached, maintype="application", subtype="zip", filename=name)
        return mail.as_bytes()

    clean = packed("rsmf_manifest.json", b"{}")
    said = json.dumps({"events": [{"body": f"Hello {NAME}"}]}).encode()
    forms = {
        "body of a message": mailed(packed("rsmf_manifest.json", said)),
        "escaped in its manifest": mailed(packed("rsmf_manifest.json", b'{"display": "Penelope\\u00a0Quill"}')),
        "file inside": packed("rsmf_manifest.json", said),
        "name of a file inside": mailed(packed(f"{NAME}.jpg", b"x")),
        "comment of a file inside": packed("a.txt", b"x", comment=RAW),
        "extra field of a file inside": packed("a.txt", b"x", extra=struct.pack("<HH", 0x9999, len(RAW)) + RAW),
        "subject": mailed(clean, subject=f"Chat with {NAME}"),
        "subject with other letters": mailed(clean, subject=f"Chat with {NAME} \u00e9\u00e9"),
        "name of the attachment": mailed(clean, name=f"{NAME}.zip"),
        "text beside it": mailed(clean, text=f"a chat of {NAME}"),
        "text with other letters": mailed(clean, text=f"a chat of {NAME} \u00e9" * 3),
        "cut": packed("a", said)[:-30],
        "broken file inside": mailed(packed("a", said)[:-20]),
    }
    for name, content in forms.items():
        yield f"messages: {name}", given(content, "rec_1", "conversations/A-1.rsmf", "messages")


def _pictures() -> Iterator[tuple[str, GivenFile]]:
    def chunk(kind: bytes, content: bytes) -> bytes:
        whole, end = clean_png()[:-12], clean_png()[-12:]
        sum_ = struct.pack(">I", zlib.crc32(kind + content))
        return whole + struct.pack(">I", len(content)) + kind + content + sum_ + end

    def saved(picture: Image.Image, kind: str, **more: Any) -> bytes:
        out = io.BytesIO()
        picture.save(out, kind, **more)
        return out.getvalue()

    plain = Image.open(io.BytesIO(clean_png())).convert("L")
    forms = {
        "international text": chunk(b"iTXt", b"Title\x00\x00\x00\x00\x00" + RAW),
        "palette": chunk(b"PLTE", bytes(6)),
        "transparent colour": chunk(b"tRNS", bytes(2)),
        "private chunk": chunk(b"quIl", RAW),
        "frames": chunk(b"acTL", bytes(8)),
        "interlaced rows": clean_png()[:28] + b"\x01" + clean_png()[29:],
        "JPEG": saved(plain, "JPEG"),
        "JPEG with a comment": saved(plain, "JPEG", comment=RAW),
        "BMP": saved(plain, "BMP"),
        "GIF with a comment": saved(plain, "GIF", comment=RAW),
        "TIFF with a description": saved(plain, "TIFF", description=NAME),
        "WEBP": saved(plain, "WEBP"),
        "16 bits": saved(plain.convert("I;16"), "PNG"),
        "archive behind it": clean_png() + b"PK\x03\x04" + RAW,
        "original": source_png(),
    }
    burnt = (BurntRegion(page=1, burn=PNG_BOX),)
    for name, content in forms.items():
        yield f"picture: {name}", given(content, "rec_1", "images/A-1.png", "picture", burnt=burnt)


def harmless_files() -> Iterator[tuple[str, GivenFile]]:
    """Files of the same shapes from which nothing can be had that was left out."""
    words = {
        "short words by region only": "Two of them met Ann at two.",
        "a word that holds a short name": "The police of Bolivia; a bolide; Bob Oliver.",
        "another telephone number": "+1 503 555 0199",
        "another social security number": "219-09-9989",
        "a time and an order number": "at 21:09, order 9998-219-09",
        "half of a name": "Penelope and Mrs Quillan",
        "words of the passage in another order": "the dismissal: a vote at noon by the board, on Tuesday",
        "base64 of other words": base64.b64encode(b"Penelope and others met").decode(),
        "hexadecimal": "deadbeef" * 12,
        "digests": "sha256:" + "0123456789abcdef" * 4,
        "percent": "100%25 of 5% %41%42",
        "another script": "Встреча в понедельник в школе",
        "Han": "山田さんは学校に行きました",
        "escapes": "C:\\users\\new\\u0041 \\101",
        "references": "Fish &amp; chips &lt;b&gt; &#65;",
        "tags": "<p>Penelope</p><p>Dear Quilt</p>",
        "a long number": "4111 1111 1111 1112",
        "an address of mail": "quill@mail.example",
        "marks": "[\u2588\u2588\u2588 b6] met [\u2588\u2588\u2588 b6]",
        "nothing": "",
    }
    for name, content in words.items():
        yield f"text: {name}", given(content)
        yield f"whole set: {name}", given(content, None, "letter.txt")
    yield "accepted in this record", given(f"We met at {ACCEPTED.upper()}.", "rec_2", "text/A-2.txt")
    yield "a piece of a passage in another record", given("the board will vote on the dismissal", "rec_2")
    for name in ("plain", "latin-1", "utf-16"):
        content = "The office met somebody \u00e9".encode("utf-8" if name == "plain" else name)
        yield f"native: {name}", given(content, "rec_2", "natives/A-2.docx", "native", text="The office")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("rsmf_manifest.json", '{"events": []}')
    yield "messages: a file inside", given(packed.getvalue(), "rec_1", "A-1.rsmf", "messages")
    mail = email.message.EmailMessage()
    mail["Subject"] = "Chat with somebody \u00e9"
    mail.add_attachment(packed.getvalue(), maintype="application", subtype="zip", filename="rsmf.zip")
    yield "messages: a mail", given(mail.as_bytes(), "rec_1", "A-1.rsmf", "messages")
    burnt = (BurntRegion(page=1, burn=PNG_BOX),)
    yield "picture", given(clean_png(), "rec_1", "images/A-1.png", "picture", burnt=burnt)


def harmless_rows() -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Rows of the same shapes."""
    yield "row: DAT", ("\u00feA-1\u00fe\u0014\u00feAbout [\u2588\u2588\u2588 b6]\u00fe", "rec_1")
    yield "row: OPT", ("A-1,VOL1,documents/A-1.pdf,Y,,,1", "rec_1")
    yield "row: CSV", ('A-1,"Pen, ink and quills",2026-03-02', "rec_1")
    yield "row: XML", ('<Tag TagName="#From" TagValue="Ann"/>', "rec_1")
    yield "row: accepted", (f'A-2,"{ACCEPTED}"', "rec_2")
    yield "row: of nobody", ("BEGDOC,ENDDOC", None)


def owners() -> tuple[PageOwner, ...]:
    return tuple(PageOwner(first=at, last=at, record_id=f"rec_{at}") for at in (1, 2))
