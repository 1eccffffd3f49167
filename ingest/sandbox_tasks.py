"""What a confined reader can do, by name: the only place where the sandbox meets the formats.

Imported in the reader's process only, never in one that knows keys. `load` reads a sample of each format
before confinement, so that whatever a parser loads or builds on first use is there when nothing can be
opened any more.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

# imported for their effect: the formats load them on first use, which would be too late
import charset_normalizer  # noqa: F401 - as above
import inscriptis  # noqa: F401 - as above
import pypdfium2  # noqa: F401 - as above

from ingest.authenticity import weigh
from ingest.authenticity_domains import load_suffixes
from ingest.authenticity_rounds import split_answers, without_values
from ingest.envelopes import Arrival
from ingest.formats.attachment_text import AttachmentText, read_attachment
from ingest.formats.carrier_signs import read_carrier
from ingest.formats.charsets import decode
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.email_message import read_email
from ingest.formats.emlx import read_emlx
from ingest.formats.enclosures import extract_part, is_outlook_file
from ingest.formats.headers import ContentFields
from ingest.formats.html_text import html_to_text
from ingest.formats.journal import unwrap
from ingest.formats.office.allowance import MOST_PAGES, Allowance
from ingest.formats.pdf_text import pdf_to_text
from ingest.formats.pictures.first_look import first_look
from ingest.formats.serialised_reading import extract_serialised, is_serialised, read_serialised
from ingest.reading_codec import Task
from ingest.set_reading import read_set
from ingest.slice_reading import read_whole_slice
from storage.provenance import Authenticity, DnsAnswer, DnsStatus
from storage.records import Description, RecordKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.dns import Question
    from ingest.sandbox_child import Task as Reader

MAX_TEXT_CHARACTERS: Final = 8 << 20
_MOST_REMEMBERED: Final = 1_000  # each with at most 16 KiB (`ingest.dns_asking`)
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")

_SAMPLE_PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
    b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
    b"4 0 obj<</Length 29>>stream\nBT /F 9 Tf (rehearsal) Tj ET\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_SAMPLE_HTML: Final = (
    "<html><body><p>rehearsal &amp; <b>bold</b></p><table><tr><td>cell</td></tr></table></body></html>"
)
_SAMPLE_MAIL: Final = (
    b'From: =?iso-8859-1?Q?J=F6rg?= <a@example.org>\r\nTo: b@example.org, "C" <c@example.org>\r\n'
    b"Date: Fri, 1 Mar 2024 14:05:00 -0800\r\nSubject: =?utf-8?B?cmVoZWFyc2Fs?=\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/html; charset=iso-8859-15\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<p>=A4 5</p>\r\n"
    b"--x\r\nContent-Type: text/plain; name*=utf-8''a%20b.txt\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"cmVoZWFyc2Fs\r\n"
    b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\n"
    b"---------- Forwarded message ---------\r\nFrom: A <a@example.org>\r\nDate: Fri, Mar 1, 2024 at 2:05 PM\r\n"
    b"Subject: x\r\nTo: b@example.org\r\n\r\ntext\r\n--x--\r\n"
)


def load(pages: str = "") -> dict[str, Reader]:
    """The tasks of the house by name, rehearsed; `pages` is how many pages of a PDF are read, empty for the usual."""
    html_to_text(_SAMPLE_HTML)
    pdf_to_text(_SAMPLE_PDF)
    decode("Grüße aus Köln, schöne Straße".encode("cp1252"), guess=True)
    read_email(_SAMPLE_MAIL, component_id=None)
    read_carrier(_SAMPLE_MAIL).encode()
    load_suffixes()
    return tasks(int(pages) if pages else MOST_PAGES)


def tasks(pages: int = MOST_PAGES) -> dict[str, Reader]:
    """The tasks by name, not rehearsed; what they remember is their own. Of a PDF so many pages are read."""
    mails = _Mails(pages)
    return {
        Task.EMAIL: mails.read,
        Task.AUTHENTICITY: mails.weigh_again,
        Task.PART: _part,
        Task.DOCUMENT: partial(_document, pages=pages),
        Task.CARRIER: _carrier,
        Task.SLICE: partial(read_whole_slice, pages=pages),
        Task.SET: partial(read_set, pages=pages),
    }


class _Mails:
    """Reads mails and weighs their origin.

    The DNS answers that came with a mail are remembered, since the next ones mostly need the same: then a mail is
    weighed in its first trip. Whoever asks decides whether an answer still holds (`ingest.authenticity_rounds`).
    """

    def __init__(self, pages: int) -> None:
        self._pages = pages
        self._remembered: dict[Question, DnsAnswer] = {}

    def read(self, payload: bytes, options: Mapping[str, Any]) -> Description:
        """All that a mail says and, with the options of its arrival, the checks of its origin."""
        if options.get("serialised"):
            read = read_serialised(payload, allowance=Allowance(pages=self._pages))
            return replace(read, authenticity=Authenticity())
        saved = read_emlx(payload)
        if saved is not None:
            payload = saved.message
        read = read_email(payload, component_id=None, allowance=Allowance(pages=self._pages))
        if options.get("journal"):
            read = unwrap(payload, read)
        if saved is not None and saved.remark is not None:
            read = replace(read, notes=(*read.notes, saved.remark))
        arrival = Arrival.of_options(options)
        if arrival is None:
            return read
        weighed = weigh(payload, read, arrival, remembered=self._remembered)
        return replace(read, authenticity=without_values(weighed))

    def weigh_again(self, payload: bytes, options: Mapping[str, Any]) -> Description:
        """The checks of a mail once more, now with answers; nothing else is read."""
        answers, read, raw = split_answers(payload, options)
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered |= {(one.name, one.kind): one for one in answers if one.status is not DnsStatus.UNAVAILABLE}
        saved = read_emlx(raw)
        arrival = Arrival.of_options(options)
        if arrival is None:
            return Description(kind=read.kind)
        weighed = weigh(raw if saved is None else saved.message, read, arrival, answers, self._remembered)
        return Description(kind=read.kind, authenticity=without_values(weighed))


def _part(payload: bytes, options: Mapping[str, Any]) -> bytes:
    if is_serialised(payload):
        return extract_serialised(payload, options["path"])
    saved = read_emlx(payload)
    return extract_part(payload if saved is None else saved.message, options["path"])


def _carrier(payload: bytes, _options: Mapping[str, Any]) -> bytes:
    return read_carrier(payload).encode()


def _document(payload: bytes, options: Mapping[str, Any], *, pages: int) -> Description:
    """A file: its text where it is text, HTML, RTF, PDF or of an office; else kept whole, and said to be unsearchable.

    Of a picture no more than the header is looked at (`ingest.formats.pictures.first_look`).
    Only the whole of a compound file tells whether it is a message of Outlook, which is read as the mail that it is.
    """
    found = detect(payload[:HEAD_BYTES])
    if found.kind in (MediaKind.OLE, MediaKind.TNEF) and is_outlook_file(payload):
        allowance = Allowance(pages=pages)
        return replace(read_email(payload, component_id=None, allowance=allowance), authenticity=Authenticity())
    if found.kind is MediaKind.IMAGE:
        return _picture(payload)
    fields = ContentFields(media_type=found.media_type, name=str(options.get("name", "")) or None)
    if b"\0" in payload[:HEAD_BYTES] and payload.startswith(_WIDE_MARKS):
        fields = ContentFields(media_type="text/plain", charset="utf-16")
        read = AttachmentText(text=decode(payload, "utf-16")[:MAX_TEXT_CHARACTERS])
    else:
        read = read_attachment(payload, fields, Allowance(pages=pages))
    return Description(
        kind=RecordKind.DOCUMENT,
        text=read.text,
        asserted=read.asserted,
        notes=read.notes,
        unsearchable=tuple([f"the document: {reason}" for reason in read.reasons]),
    )


def _picture(payload: bytes) -> Description:
    seen = first_look(payload)
    return Description(
        kind=seen.kind,
        notes=() if seen.note is None else (seen.note,),
        unsearchable=() if seen.unread is None else (f"the picture: {seen.unread}",),
    )
