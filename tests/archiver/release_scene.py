"""An archive with one record of each kind that is given: mails, a forward, a conversation, a picture, a PDF, a text."""

from __future__ import annotations

import io
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw
from reportlab.pdfgen import canvas
from sqlalchemy import select

from search.disclosure.kept_text import text_digest
from search.disclosure.redaction import Pattern, Place, Redaction, RedactionState, Regions, Span, Words
from storage.records import Conversation, Description, RecordKind
from storage.tables import records
from tests.archiver.commands import CUSTODIAN, Office, a_mail
from tests.archiver.search_work_scene import opened
from tests.archiver.web_site import add_record

if TYPE_CHECKING:
    from pathlib import Path

    from archiver.wiring import Installation
    from storage.records import DescribedRecord

SECRET = "Jane Secret"
CHAT = "3/21/26, 9:41 AM - Ann: Hello\n3/21/26, 9:42 AM - Bo: Ask Jane Secret\n"


PAGE = Description(
    kind=RecordKind.PAGE,
    conversation=Conversation(
        title=None, participants=(), day="", zone="America/Los_Angeles", url="https://agency.example/news"
    ),
    text="News\n\nThe walrus is well.",
)


def picture(kind: str = "PNG", **options: object) -> bytes:
    image = Image.new("RGB", (600, 300), "white")
    ImageDraw.Draw(image).text((30, 40), SECRET, fill="black", font_size=40)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def paper() -> bytes:
    out = io.BytesIO()
    drawn = canvas.Canvas(out, pagesize=(612, 792), invariant=1)
    drawn.drawString(72, 700, f"The student {SECRET} was absent.")
    drawn.showPage()
    drawn.drawString(72, 700, "A second page")
    drawn.setFillGray(1)
    drawn.drawString(72, 600, "hiddenword")
    drawn.showPage()
    drawn.save()
    return out.getvalue()


def _letter(subject: str, text: str, *, sender: str = "Jane Doe <jane.doe@mail.example>") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "Pat Roe <pat.roe@other.example>, bo@x.example", subject
    made["Date"], made["Message-ID"] = "Mon, 2 Mar 2026 10:00:00 -0800", f"<{subject.casefold()}@mail.example>"
    made.set_content(text)
    return made


def _with_files() -> EmailMessage:
    mail = _letter("Files", f"The student {SECRET} was absent.\nשלום and 😀\n")
    mail["Bcc"], mail["Reply-To"] = "Hidden <hidden@x.example>", "answers@x.example"
    mail.add_attachment(paper(), maintype="application", subtype="pdf", filename=f"{SECRET}.pdf")
    mail.add_attachment(picture(), maintype="image", subtype="png", filename="shot.png")
    mail.add_attachment(f"name,grade\n{SECRET},A\n", subtype="csv", filename="grades.csv")
    for name, content in (
        ("nothing.bin", b""),
        ("noise.bin", bytes(range(256))),
        ("broken.pdf", b"%PDF-1.4 broken"),
        ("broken.png", picture()[:500]),
    ):
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail


def _forwarded() -> EmailMessage:
    inner = _letter("Original", "The original body.", sender="Ann <ann@x.example>")
    inner.add_attachment("a,b\n", subtype="csv", filename="inner.csv")
    outer = _letter("Fwd: Original", "see below")
    outer.add_attachment(inner)
    return outer


@dataclass(frozen=True, kw_only=True)
class Given:
    """The archive, opened, and its records by name."""

    installation: Installation
    records: dict[str, DescribedRecord]


def fill(office: Office, place: Path) -> Given:
    """Archive everything; the archive is left open."""
    box = place / "box"
    box.mkdir()
    for name, content in (
        ("files.eml", _with_files().as_bytes()),
        ("forward.eml", _forwarded().as_bytes()),
        ("plain.eml", a_mail("Walrus", f"A walrus came by for {SECRET}.")),
        ("chat.txt", CHAT.encode()),
        ("paper.pdf", paper()),
        ("note.txt", f"A note about {SECRET}.".encode()),
        ("pages.tiff", picture("TIFF", save_all=True, append_images=[Image.new("RGB", (50, 60), "red")])),
    ):
        (box / name).write_bytes(content)
    settings = office.folder / "archiver.toml"
    said = settings.read_text("utf-8")
    section = said.index("[pictures]")  # OCR takes its time to start, and is tested elsewhere
    settings.write_text(said[:section] + said[section:].replace("# enabled = true", "enabled = false", 1), "utf-8")
    told = office.run("ingest", str(box), "--custodian", "jane@agency.example")
    assert told.status == 0, told.err
    shots = [place / "set-1.png", place / "set-2.jpg"]
    shots[0].write_bytes(picture())
    shots[1].write_bytes(picture("JPEG"))
    told = office.run("ingest", "--together", *map(str, shots), "--custodian", "jane@agency.example")
    assert told.status == 0, told.err
    installation = opened(office)
    with installation.archive.store.read() as connection:
        custodian = installation.archive.custodians.find(connection, CUSTODIAN)
    assert custodian is not None
    add_record(installation, custodian, PAGE)
    with installation.archive.store.read() as connection:
        ids = list(connection.scalars(select(records.c.id)))
        found = installation.archive.catalogue.describe(connection, ids)
    return Given(installation=installation, records={_name(one): one for one in found})


def _name(one: DescribedRecord) -> str:
    description = one.description
    if description.conversation is not None:
        return "page" if description.kind is RecordKind.PAGE else "chat"
    if description.carrier is not None:
        return (description.original.subject or "").casefold()
    return (description.components[0].name or "").rpartition("/")[2].partition(".")[0]


def final(
    described: DescribedRecord,
    place: Place,
    where: Words | Regions | Pattern,
    *,
    code: str = "7(1)(b)",
    label: str = "FERPA",
    keep_only: bool = False,
    state: RedactionState = RedactionState.FINAL,
) -> Redaction:
    """A redaction of a record."""
    return Redaction(
        id="red_1",
        record_id=described.record.id,
        place=place,
        where=where,
        codes=(code,),
        state=state,
        label=label,
        keep_only=keep_only,
    )


def words(text: str, wanted: str = SECRET) -> Words:
    """The first place of some words in a text."""
    at = text.index(wanted)
    return Words(spans=(Span(start=at, end=at + len(wanted)),), text_digest=text_digest(text))
