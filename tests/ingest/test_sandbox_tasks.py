"""The readers of the house work inside the sandbox, where nothing can be opened or imported any more."""

from __future__ import annotations

import base64
import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.formats.compound_writer import Storage, write_compound_file
from ingest.sandbox import ReadingFailed, SandboxedReader, document_reading, email_reading, part_reading
from storage.records import Description, RecordKind
from tests.ingest import outlook_files as outlook
from tests.ingest.outlook_files import DATA, LONG_NAME, msg, tnef

HEADERS = b"From: Ada <ada@district.example>\r\nTo: bo@district.example\r\nDate: Fri, 1 Mar 2024 14:05:00 -0800\r\n"
LABELS = (
    *("us-ascii", "utf-8", "iso-8859-1", "iso-8859-15", "windows-1252", "koi8-r", "iso-2022-jp", "shift_jis"),
    *("euc-jp", "gb2312", "gb18030", "big5", "euc-kr", "utf-7", "utf-16", "utf-32", "hz", "macintosh", "cp437"),
    *("idna", "punycode", "rot13", "hex", "mbcs", "unknown-8bit", "iso-8859-99", "../../etc/passwd", "x" * 1000),
)


@pytest.fixture(scope="module")
def reader():
    with SandboxedReader() as started:
        yield started


def described(answer: object) -> Description:
    assert isinstance(answer, Description), answer
    return answer


def pdf(text: str) -> bytes:
    written = io.BytesIO()
    canvas = Canvas(written)
    for font in ("Helvetica", "Times-Roman", "Courier-Bold"):
        canvas.setFont(font, 12)
        canvas.drawString(100, 700, f"{text} {font}")
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def mail_with(content: bytes, media_type: str, name: str) -> bytes:
    return (
        HEADERS
        + b"Subject: with\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        + b"--x\r\nContent-Type: text/plain\r\n\r\nbody\r\n"
        + f"--x\r\nContent-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n".encode()
        + f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'.encode()
        + base64.encodebytes(content)
        + b"--x--\r\n"
    )


def test_the_readers_are_confined(reader):
    assert reader.confinement.seccomp


def test_a_mail_is_read(reader):
    reading = described(reader.read(email_reading(HEADERS + b"Subject: =?utf-8?q?B=C3=BCs?=\r\n\r\nroute seven\r\n")))
    assert reading.kind is RecordKind.EMAIL
    assert reading.original.subject == "Büs"
    assert "route seven" in reading.text
    assert reading.sent_at is not None


def test_mail_in_any_charset_is_read(reader):
    mails = [
        HEADERS + f"Subject: s\r\nContent-Type: text/plain; charset={label}\r\n\r\n".encode() + b"abc \xe4\xd0\xb0\r\n"
        for label in LABELS
    ]
    for answer in reader.read_many([email_reading(mail) for mail in mails]):
        assert described(answer).kind is RecordKind.EMAIL


def test_mail_without_a_charset_is_read(reader):
    russian = "Завтра совет школы обсуждает новый маршрут автобуса".encode("koi8-r")
    assert described(reader.read(email_reading(HEADERS + b"\r\n" + russian))).text


def test_html_mail_is_read(reader):
    mail = HEADERS + b"Content-Type: text/html\r\n\r\n<p>route <b>seven</b></p><table><tr><td>cell</td></tr></table>"
    text = described(reader.read(email_reading(mail))).text
    assert "route seven" in text
    assert "cell" in text
    assert "<" not in text


def test_the_text_of_a_pdf_is_read(reader):
    text = described(reader.read(email_reading(mail_with(pdf("route seven"), "application/pdf", "a.pdf")))).text
    assert "route seven Helvetica" in text
    assert "route seven Courier-Bold" in text


def test_as_many_pages_of_a_pdf_are_read_as_the_reader_was_started_with():
    with SandboxedReader(reader_module="ingest.sandbox_tasks:2", keeps_spare=False) as started:
        content = pdf("route seven")
        by_itself = described(started.read(document_reading(content)))
        attached = described(started.read(email_reading(mail_with(content, "application/pdf", "a.pdf"))))
    assert by_itself.unsearchable == ("the document: 1 PDF pages beyond the first 2",)
    assert attached.unsearchable == ("attachment 1: 1 PDF pages beyond the first 2",)


def test_a_part_comes_back_whole(reader):
    content = pdf("whole")
    mail = mail_with(content, "application/pdf", "a.pdf")
    component = described(reader.read(email_reading(mail))).components[0]
    assert component.size == len(content)
    assert reader.read(part_reading(mail, component.path)) == content


def test_a_part_that_is_not_there_is_a_failure(reader):
    assert isinstance(reader.read(part_reading(HEADERS + b"\r\nx", "9.9.9")), ReadingFailed)


def test_a_text_document_is_read(reader):
    for raw in ("Grüße".encode(), "Grüße".encode("utf-16"), "Grüße".encode("utf-8-sig")):
        assert described(reader.read(document_reading(raw))).text == "Grüße"


def test_a_document_that_is_no_text_is_said_to_be_unsearchable(reader):
    reading = described(reader.read(document_reading(b"\x7fELF\0\0")))
    assert reading.text == ""
    assert reading.unsearchable


def test_a_document_without_bytes_is_read(reader):
    assert described(reader.read(document_reading(b""))).text == ""


@pytest.mark.parametrize("raw", [b"", b"\0" * 1000, b"\xff" * 1000, b"A: " + b"b" * (1 << 20) + b"\r\n\r\nx"])
def test_bad_mail_is_described(reader, raw):
    described(reader.read(email_reading(raw)))


def test_deeply_nested_mail_is_described(reader):
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(10_000))
    described(reader.read(email_reading(HEADERS + nested)))


def test_a_message_of_outlook_handed_in_as_a_file_is_read_as_mail_and_gives_its_parts(reader):
    inner = outlook.mail("Inner", "inner text", attachments=[{LONG_NAME: "plan.txt", DATA: b"the plan"}])
    raw = msg(outlook.mail("Roof", "It leaks.", attachments=[("inner.msg", inner)]))
    reading = described(reader.read(document_reading(raw, "roof.msg")))
    assert (reading.kind, reading.original.subject) == (RecordKind.EMAIL, "Inner")
    assert reader.read(part_reading(raw, "1/1")) == b"the plan"


def test_a_stream_of_outlook_handed_in_as_a_file_is_read_as_mail(reader):
    reading = described(reader.read(document_reading(tnef(outlook.mail("Roof", "It leaks.")), "winmail.dat")))
    assert (reading.kind, reading.original.subject) == (RecordKind.EMAIL, "Roof")


def test_another_compound_file_stays_a_document(reader):
    word = write_compound_file([Storage(streams={"WordDocument": bytes(5000)})])
    reading = described(reader.read(document_reading(word, "a.doc")))
    assert reading.kind is RecordKind.DOCUMENT
    assert reading.unsearchable == (
        "the document: the text of a document of Word 6 to 2003; save it in the form of today and hand that in as well",
    )
