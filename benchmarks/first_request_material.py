"""Mails, files and a conversation of a made school district, for a request that has every kind of part in it.

Rule: everybody and everything in it is made up, and the same numbers make the same bytes. What a mail has to hide is
told beside it (`Secret`), so that a check need not ask the product what it took out.
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from pathlib import Path

SEED: Final = 20_260_914
BEGAN: Final = datetime(2026, 3, 2, 15, tzinfo=UTC)
MARK: Final = (214, 20, 160)  # the colour of what is to be covered in pictures; nothing else in a package has it
PICTURE_BOX: Final = (40, 100, 360, 140)  # left, top, right, bottom in pixels
STAFF: Final = ("Harriet Lindqvist", "Tobias Okafor", "Marguerite Delacroix", "Anselm Vandermeer", "Priya Raghunathan")
STUDENTS: Final = ("Wilhelmina Stroud", "Caspian Thorne", "Ottoline Babbage", "Leocadia Fenwick", "Zebulon Hartwell")
TOPICS: Final = ("lights of the stadium", "seats of the stadium", "gates of the stadium", "roof of the stadium hall")
_ALONE: Final = 4
FILES: Final = ("letter", "table", "page", "picture")  # what a mail may carry, in turn
_PLAIN: Final = (
    "The offer of the second firm is lower than that of the first one.",
    "Please bring the plan to the meeting on Thursday.",
    "The board wants to know by when the work can be done.",
    "I have put the new drawing into the shared folder.",
    "Nobody has answered the letter of the inspector yet.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What has to go from a mail: its kind, the words, and in which file they stand (empty: the text)."""

    kind: str
    words: str
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeMail:
    """A mail and what it hides."""

    message_id: str
    raw: bytes
    secrets: tuple[Secret, ...] = ()


@dataclass(slots=True)
class _Draft:
    message: EmailMessage
    lines: list[str]
    secrets: list[Secret] = field(default_factory=list)


def make_mails(count: int, custodian: str, *, told: int | None = None) -> list[MadeMail]:
    """So many mails in threads of up to five; only the first `told` ones have files, or anything to hide."""
    chance = random.Random(SEED)  # noqa: S311 - the same mails in every run
    made: list[MadeMail] = []
    thread: list[str] = []
    topic = ""
    for number in range(count):
        if not thread or len(thread) > chance.randrange(5):
            topic = f"{chance.choice(TOPICS)}, matter {number}"
            thread = []
        draft = _mail(number, topic, thread, custodian, chance)
        hides = told is None or number < told
        if hides and number % 2:
            _private(draft, number, chance)
        if hides and number % 25 == 6:
            _subject(draft, number)
        if hides and number % 8 == 0:
            _file(draft, FILES[number // 8 % len(FILES)], number, chance)
        made.append(_ended(draft))
        thread.append(made[-1].message_id)
    return made


def _mail(number: int, topic: str, thread: list[str], custodian: str, chance: random.Random) -> _Draft:
    message = EmailMessage()
    name = chance.choice(STAFF)
    message["From"] = f"Jane Doe <{custodian}>" if number % 3 else f"{name} <{address_of(name)}>"
    message["To"] = f"Pat Roe <pat.roe@other.example>, Jane Doe <{custodian}>"
    message["Subject"] = f"{'Re: ' if thread else ''}{topic}"
    message["Date"] = format_datetime(BEGAN + timedelta(minutes=37 * number))
    message["Message-ID"] = f"<matter-{number}@district.example>"
    if thread:
        message["In-Reply-To"] = thread[-1]
        message["References"] = " ".join(thread)
    said = chance.sample(_PLAIN, 2) if number % 10 != _ALONE else [line_of_one_person(number)]
    return _Draft(message, [f"About the {topic}.", "", *said, f"This is note {number}."])


def line_of_one_person(number: int) -> str:
    """What the fifth mail of each ten says instead of what others say, too: it can be left out of that mail alone."""
    return f"The guard of gate {number} asks for a day off."


def _private(draft: _Draft, number: int, chance: random.Random) -> None:
    student = chance.choice(STUDENTS)
    phone = f"217-555-{1000 + number:04d}"
    ssn = f"{300 + number % 400:03d}-{10 + number % 80:02d}-{2000 + number:04d}"
    draft.lines += ["", f"{student} was there. Her mother can be reached at {phone}.", f"SSN {ssn} is on the form."]
    draft.secrets += [Secret(kind="name", words=student), Secret(kind="phone", words=phone)]
    draft.secrets.append(Secret(kind="ssn", words=ssn))


def _subject(draft: _Draft, number: int) -> None:
    words = f"file {70_000 + 131 * number}"
    subject = draft.message["Subject"]
    del draft.message["Subject"]
    draft.message["Subject"] = f"{subject} ({words})"
    draft.secrets.append(Secret(kind="header", words=words))


def _file(draft: _Draft, kind: str, number: int, chance: random.Random) -> None:
    plate = f"KX{number:05d}{chance.choice('QWZ')}{chance.randrange(100, 999)}"
    message, content = draft.message, "\n".join(draft.lines) + "\n"
    message.set_content(content)
    if kind == "letter":
        text = f"To whom it may concern.\nThe car of the guard has the plate {plate}.\nKind regards.\n"
        message.add_attachment(text.encode(), maintype="text", subtype="plain", filename=f"letter-{plate}.txt")
        draft.secrets.append(Secret(kind="file name", words=plate, file="name"))
    elif kind == "table":
        table = io.StringIO()
        csv.writer(table).writerows([["seat", "holder"], ["1", f"badge {plate}"], ["2", "nobody"]])
        message.add_attachment(table.getvalue().encode(), maintype="text", subtype="csv", filename="seats.csv")
    elif kind == "page":
        message.add_attachment(_page(plate, number), maintype="application", subtype="pdf", filename="plan.pdf")
    else:
        message.add_attachment(_picture(number), maintype="image", subtype="png", filename="gate.png")
    draft.secrets.append(Secret(kind=kind, words="" if kind == "picture" else plate, file=kind))


def _page(plate: str, number: int) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), invariant=1)
    canvas.setFont("Helvetica", 12)
    canvas.drawString(72, 760, f"Plan of gate {number}")
    canvas.drawString(72, 740, f"Opened with {plate} only")
    canvas.drawString(72, 720, "The gate is closed at night.")
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _picture(number: int) -> bytes:
    image = Image.new("RGB", (480, 320), (235, 238, 240))
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(22)
    pen.text((40, 40), f"Gate {number}, seen from the road", (20, 20, 20), font=font)
    pen.rectangle(PICTURE_BOX, fill=MARK)
    pen.text((50, 106), f"code {number * 7919 % 100_000:05d}", (255, 255, 255), font=font)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _ended(draft: _Draft) -> MadeMail:
    if not draft.message.is_multipart():
        draft.message.set_content("\n".join(draft.lines) + "\n")
    for number, part in enumerate(draft.message.walk()):
        if part.get_boundary() is None and part.is_multipart():
            part.set_boundary(f"part-{number}-of-{draft.message['Message-ID'].strip('<>')}")
    return MadeMail(
        message_id=str(draft.message["Message-ID"]), raw=draft.message.as_bytes(), secrets=tuple(draft.secrets)
    )


def address_of(name: str) -> str:
    """The address of somebody of the staff."""
    return f"{name.casefold().replace(' ', '.')}@district.example"


def make_chat(days: int = 4, messages: int = 6) -> tuple[str, str, tuple[str, ...]]:
    """A text export of WhatsApp: its name, its text, and a secret that one message of each day has."""
    chance = random.Random(SEED + 1)  # noqa: S311 - the same talk in every run
    lines, secrets = [], []
    for day in range(days):
        secret = f"locker {4100 + 37 * day} code {chance.randrange(100_000, 999_999)}"
        secrets.append(secret)
        for number in range(messages):
            moment = BEGAN + timedelta(days=day, minutes=11 * number)
            who = STAFF[(day + number) % 2]
            said = f"the {secret} is for you" if number == 2 else f"{chance.choice(_PLAIN)} (stadium, {day}-{number})"
            lines.append(f"[{moment:%d.%m.%y, %H:%M:%S}] {who}: {said}")
    return f"WhatsApp Chat - {STAFF[1]}.txt", "\n".join(lines) + "\n", tuple(secrets)


def make_roster() -> str:
    """The table that `archiver request roster load` takes."""
    rows = [f"{name},student" for name in STUDENTS] + [f"{name},staff" for name in STAFF]
    return "\n".join(["name,role", *rows]) + "\n"


def write_material(place: Path, mails: list[MadeMail]) -> Path:
    """Mails and chat as files in a new folder; what `archiver ingest` is told to take."""
    place.mkdir(parents=True)
    for number, one in enumerate(mails):
        (place / f"{number:04d}.eml").write_bytes(one.raw)
    name, text, _ = make_chat()
    (place / name).write_text(text, "utf-8")
    return place
