"""Documents made to break readers: each ends in bounded text and a reason, in the confined reader as well."""

from __future__ import annotations

import random
import struct
import zipfile
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from ingest.formats.attachment_text import read_attachment
from ingest.formats.compound_writer import Storage, write_compound_file
from ingest.formats.headers import ContentFields
from ingest.formats.office.allowance import Allowance
from ingest.formats.office.gathered import MAX_CHARACTERS
from ingest.formats.office.reading import read_office
from ingest.sandbox import SandboxedReader, document_reading, email_reading
from storage.records import Description
from tests.every_case import every_case
from tests.ingest.formats.office.documents import (
    MORE_W,
    ODF,
    ODS,
    ODT,
    P,
    W,
    X,
    docx,
    opendocument,
    package,
    pptx,
    relations,
    slide,
    words,
    xlsx,
    zipped,
)
from tests.ingest.test_sandbox_tasks import mail_with

if TYPE_CHECKING:
    from collections.abc import Callable

ADVICE = "save it in the form of today and hand that in as well"
LAUGHS = "".join(f"<!ENTITY a{n + 1} '" + f"&a{n};" * 10 + "'>" for n in range(9))
TYPED = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a0 "ha">{LAUGHS}]><w:document {W}><w:p>&a9;</w:p></w:document>'
OUTSIDE = f'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:document {W}><w:t>&x;</w:t></w:document>'
ATTRIBUTES = " ".join(f"a{n}='1'" for n in range(1_000))
MAIN = {"word/document.xml": "wordprocessingml.document.main+xml"}


def raw_docx(document: str | bytes) -> bytes:
    return package({"word/document.xml": document}, MAIN)


def lying(content: bytes, size: int) -> bytes:
    """The same with another uncompressed size in the directory, for the last entry."""
    at = content.rfind(b"PK\x01\x02")
    return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]


def encrypted_entries(content: bytes) -> bytes:
    """The same with the flag of encryption at every entry of the directory."""
    changed, at = bytearray(content), content.find(b"PK\x01\x02")
    while at >= 0:
        changed[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def twice() -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr("mimetype", ODT)
        file.writestr("content.xml", f"<a {ODF}><text:p>first</text:p></a>")
        file.writestr("Content.xml", f"<a {ODF}><text:p>second</text:p></a>")
    return written.getvalue()


NESTED = f"<w:document {MORE_W}>" + "<mc:AlternateContent><mc:Choice><w:t>x</w:t></mc:Choice><mc:Fallback>" * 300
CASES: dict[str, Callable[[], bytes]] = {  # made by the worker that needs them: some take a second
    "billion laughs": lambda: raw_docx(TYPED),
    "an outside entity": lambda: raw_docx(OUTSIDE),
    "an undeclared entity": lambda: raw_docx(f"<w:document {W}><w:t>&nope;</w:t></w:document>"),
    "a bomb of blanks": lambda: raw_docx(
        f"<w:document {W}><w:t>".encode() + b" " * 60_000_000 + b"</w:t></w:document>"
    ),
    "a bomb behind the text": lambda: raw_docx(f"<w:document {W}>".encode() + b" " * 220_000_000),
    "a tag without end": lambda: raw_docx(f'<w:document {W} a="'.encode() + b"x" * 20_000_000),
    "a comment without end": lambda: raw_docx(f"<w:document {W}><!-- ".encode() + b"x" * 20_000_000),
    "a million elements": lambda: raw_docx(f"<w:document {W}>" + "<w:p/>" * 1_100_000 + "</w:document>"),
    "a thousand attributes": lambda: raw_docx(f"<w:document {W}><w:p {ATTRIBUTES}/>"),
    "many names": lambda: raw_docx(f"<w:document {W}>" + "".join(f"<n{n}/>" for n in range(50_000)) + "</w:document>"),
    "a thousand levels": lambda: raw_docx(f"<w:document {W}>" + "<w:p>" * 1_000_000),
    "nested tables": lambda: raw_docx(f"<w:document {W}>" + "<w:tbl><w:tr><w:tc>" * 200 + words("x")),
    "nested alternatives": lambda: raw_docx(NESTED),
    "nested changes": lambda: raw_docx(f"<w:document {W}>" + '<w:del w:author="x"><w:t>a</w:t>' * 900),
    "no XML": lambda: raw_docx(b"\xff" * 10_000),
    "empty XML": lambda: raw_docx(b""),
    "XML cut short": lambda: raw_docx(f"<w:document {W}><w:p><w:r><w:t>words that stay"),
    "XML in UTF-16": lambda: raw_docx(f"<w:document {W}>{words('wide')}</w:document>".encode("utf-16")),
    "XML in no encoding": lambda: raw_docx(f'<?xml version="1.0" encoding="nope"?><w:document {W}/>'),
    "XML in UTF-7": lambda: raw_docx(f'<?xml version="1.0" encoding="utf-7"?><w:document {W}/>'),
    "surrogates and NUL": lambda: raw_docx(f"<w:document {W}><w:t>&#xD800;&#0;</w:t></w:document>"),
    "long ids": lambda: raw_docx(f'<w:document {W}><w:footnoteReference w:id="{"9" * 100_000}"/></w:document>'),
    "a lying size": lambda: lying(docx(words("x")), 1 << 31),
    "a size too small": lambda: lying(docx(words("x" * 500)), 3),
    "encrypted entries": lambda: encrypted_entries(docx(words("x"))),
    "a package cut short": lambda: docx(words("x"))[:-40],
    "a package cut in two": lambda: docx(words("x"))[: len(docx("")) // 2],
    "25,000 parts": lambda: zipped({"[Content_Types].xml": "", **{str(number): "" for number in range(25_000)}}),
    "two parts of one name": twice,
    "names that climb": lambda: package(
        {"../../etc/passwd": "x", "/etc/shadow": "x", "word\\document.xml": "<a/>"}, MAIN
    ),
    "types that are none": lambda: zipped({"[Content_Types].xml": "<Types", "word/document.xml": "<a/>"}),
    "types of a bomb": lambda: zipped({"[Content_Types].xml": TYPED}),
    "a main part that is missing": lambda: package({}, MAIN),
    "relations in a circle": lambda: pptx(
        [slide("x")], {"ppt/slides/_rels/slide0.xml.rels": relations(("a", "notesSlide", "slide0.xml"))}
    ),
    "one slide a thousand times": lambda: package(
        {
            "ppt/p.xml": f"<p:presentation {P}>" + '<p:sldId r:id="a"/>' * 5_000 + "</p:presentation>",
            "ppt/_rels/p.xml.rels": relations(("a", "slide", "s.xml")),
            "ppt/s.xml": slide("x" * 10_000),
        },
        {"ppt/p.xml": "presentationml.presentation.main+xml"},
    ),
    "one sheet ten thousand times": lambda: package(
        {
            "xl/w.xml": f"<workbook {X}>" + '<sheet name="A" r:id="a"/>' * 10_000 + "</workbook>",
            "xl/_rels/w.xml.rels": relations(("a", "worksheet", "s.xml")),
            "xl/s.xml": f"<worksheet {X}>" + "<c><v>1</v></c>" * 500 + "</worksheet>",
        },
        {"xl/w.xml": "spreadsheetml.sheet.main+xml"},
    ),
    "a long string in every cell": lambda: xlsx(
        {"A": '<c t="s"><v>0</v></c>' * 50_000},
        more={"xl/s.xml": f"<sst {X}><si><t>{'x' * 5_000_000}</t></si></sst>"},
        kinds=(("st", "sharedStrings", "s.xml"),),
    ),
    "numbers of strings that are none": lambda: xlsx(
        {"A": '<c t="s"><v>-1</v></c><c t="s"><v>9e9</v></c><c t="s"><v>²</v></c>'}
    ),
    "numbers without end": lambda: xlsx({"A": f'<c s="{"9" * 99}"><v>{"9" * 100_000}</v></c>'}),
    "columns without end": lambda: xlsx({"A": f'<cols><col min="1" max="{"9" * 5000}" hidden="1"/></cols>'}),
    "spaces without end": lambda: opendocument(ODT, "<text:p>" + '<text:s text:c="999999999"/>' * 1_000 + "</text:p>"),
    "spaces of no number": lambda: opendocument(
        ODT, f'<text:p><text:s text:c="{"9" * 9999}"/><text:s text:c="²"/></text:p>'
    ),
    "nested comments": lambda: opendocument(
        ODT, "<office:annotation><text:p>x" * 400 + "</text:p></office:annotation>" * 400
    ),
    "ends of changes without starts": lambda: opendocument(ODT, "<text:change-end/>" * 10_000),
    "repeated rows": lambda: opendocument(ODS, '<table:table-row table:number-rows-repeated="1048576"/>' * 1000),
    "a flat file cut short": f"<office:document {ODF}><text:p>".encode,
    "a flat bomb": lambda: f"<office:document {ODF}>".encode() + b"<text:p>" * 100_000,
    "an OpenDocument without content": lambda: zipped({"mimetype": ODT}),
    "a link in place of a mimetype": lambda: zipped(
        {"mimetype": "application/vnd.oasis.opendocument." + "x" * 100_000}
    ),
    "a compound file of nothing": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 10_000,
    "properties that point outside": lambda: write_compound_file(
        [Storage(streams={"WordDocument": b"x", "\x05SummaryInformation": b"\xff" * 300})]
    ),
}


@cache
def case(name: str) -> bytes:
    return CASES[name]()


@pytest.fixture(scope="module")
def reader():
    with SandboxedReader() as started:
        yield started


@every_case("name", CASES)
def test_a_document_made_to_break_readers_is_described(reader, name: str):
    answer = reader.read(document_reading(case(name)))
    assert isinstance(answer, Description), answer
    assert len(answer.text) <= MAX_CHARACTERS
    assert "passwd" not in answer.text
    answer.text.encode()
    assert sum(map(len, (*answer.notes, *answer.unsearchable, *answer.asserted))) < 100_000


@every_case(
    ("name", "reason"),
    [
        ("billion laughs", "a part of it: XML with a document type, which is not read"),
        ("an outside entity", "a part of it: XML with a document type, which is not read"),
        ("a million elements", "the rest of it: it has more elements than are read"),
        ("a bomb behind the text", "the rest of it: more comes out of it than is read"),
        ("a tag without end", "a part of it: a tag that is too long"),
        ("a thousand levels", "a part of it: XML nested deeper than 1,000"),
        ("XML cut short", "a part of it: damaged XML"),
        ("a size too small", "a part of it: more bytes come out of it than it states"),
        ("encrypted entries", "encrypted (zip)"),
        ("a package cut short", "damaged: its directory cannot be read"),
        ("25,000 parts", "its parts beyond the first 20,000"),
        ("a main part that is missing", "a package of parts of a kind that is not read"),
        ("an OpenDocument without content", "damaged: it has no content"),
    ],
)
def test_the_reason_is_said(name: str, reason: str):
    found = read_office(case(name))
    assert found is not None
    assert reason in found.unread


def test_what_came_before_the_damage_is_kept():
    found = read_office(case("XML cut short"))
    assert found is not None
    assert found.text == "words that stay"


def test_the_second_part_of_a_name_is_said():
    found = read_office(case("two parts of one name"))
    assert found is not None
    assert (found.text, found.notes) == ("first", ("two parts of it have the same name; the first is read",))


def test_documents_of_one_record_share_their_allowance():
    allowance = Allowance(elements=60)
    content = docx(words("x") * 10)
    first, second = read_office(content, allowance), read_office(content, allowance)
    assert first is not None
    assert second is not None
    assert first.unread == ()
    assert second.unread == ("the rest of it: it has more elements than are read",)


@every_case("seed", range(30))
def test_a_document_with_changed_bytes_never_raises(seed: int):
    chance = random.Random(seed)
    made = (
        docx(words("x") * 5),
        xlsx({"A": "<c><v>1</v></c>"}),
        pptx([slide("x")]),
        opendocument(ODT, "<text:p>x</text:p>"),
    )
    for content in made:
        changed = bytearray(content)
        for _ in range(chance.randrange(1, 20)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        read_office(bytes(changed[: chance.randrange(1, len(changed) + 1)]))


def test_a_zip_that_is_no_document_is_left_to_others():
    assert read_office(zipped({"a.txt": "words"})) is None
    read = read_attachment(zipped({"a.txt": "words"}), ContentFields(media_type="application/zip", name="a.zip"))
    assert read.unread == "application/zip has no text"


def test_a_document_in_a_mail_is_read_with_its_remarks(reader):
    hidden = docx("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>route seven</w:t></w:r></w:p>")
    answer = reader.read(email_reading(mail_with(hidden, "application/octet-stream", "a.docx")))
    assert isinstance(answer, Description)
    assert "route seven" in answer.text
    assert answer.notes == ("attachment 1: text in it is formatted as hidden; it is read too",)


@pytest.mark.parametrize(
    ("streams", "reason"),
    [
        ({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}, "encrypted (Microsoft Office)"),
        ({"WordDocument": b"\0" * 10 + b"\0\1" + bytes(100)}, "encrypted: a document of Word 6 to 2003"),
        (
            {"Workbook": struct.pack("<HH4sHH2s", 0x809, 4, b"", 0x2F, 2, b"")},
            "encrypted: a workbook of Excel 97 to 2003",
        ),
        (
            {"PowerPoint Document": bytes(100)},
            f"the text of a presentation of PowerPoint 97 to 2003; {ADVICE}",
        ),
    ],
)
def test_documents_of_older_programs_are_told_and_said_to_be_unread(streams: dict[str, bytes], reason: str):
    found = read_office(write_compound_file([Storage(streams=streams)]))
    assert found is not None
    assert found.unread == (reason,)


def test_what_an_old_document_says_of_itself_is_read():
    author = struct.pack("<II", 0x1E, 5) + b"Ada\xe9\0\0\0\0"
    properties = struct.pack("<IIII", 16 + len(author), 1, 4, 16) + author
    summary = struct.pack("<HHI16sI16sI", 0xFFFE, 0, 0, b"", 1, b"", 48) + properties
    streams = {"WordDocument": bytes(100), "\x05SummaryInformation": summary}
    found = read_office(write_compound_file([Storage(streams=streams)]))
    assert found is not None
    assert found.asserted == ("the document says of itself, author: Adaé",)
