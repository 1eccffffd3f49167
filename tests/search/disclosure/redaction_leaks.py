"""Outputs that leak what was left out of them, one way each, and clean outputs of the same shapes."""

from __future__ import annotations

import base64
import functools
import html
import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw
from reportlab.pdfgen import canvas

from search.disclosure.kept_text import as_html, keep_file_name, keep_text, normal_text
from search.disclosure.redaction import Found, Part, Pattern, Place, Redaction, RedactionState, Region, Regions, Unit
from search.disclosure.redaction_gate import LeftOut, Output, OutputKind
from search.disclosure.redaction_pages import BurntRegion, KeptPages, redacted_pdf
from search.disclosure.redaction_pixels import Burn, open_picture, redacted_picture, write_png
from search.disclosure.redaction_secrets import Secrets, secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "Penelope Quill"
PHONE = "(503) 555-0123"
ROSTER = ("Bo Li",)
BODY = f"The office met {SECRET} on Monday.\nHer telephone is {PHONE}; Bo Li was there too.\nLunch was served."
BOX = Region(page=1, left=20, top=60, right=80, bottom=76)
DPI = 100


def final(where: object, part: Part = Part.COMPONENT, **more: object) -> Redaction:
    """A final redaction."""
    place = Place(part=part, component="cmp_1" if part is Part.COMPONENT else None)
    known = {"id": "rdn_1", "record_id": "rec_1", "codes": ("b6",), "state": RedactionState.FINAL, "label": "b6"}
    return Redaction(**(known | {"place": place, "where": where} | more))  # type: ignore[arg-type]


PATTERN = Pattern(words=(SECRET,), kinds=(Found.PHONE, Found.NAME))


def secrets() -> Secrets:
    """What is looked for."""
    return secrets_of((SECRET, PHONE, "Bo Li", "Tuesday at noon the board will vote on the dismissal"), roster=ROSTER)


@functools.cache
def source_pdf() -> bytes:
    """Two small pages with text, the secret on the first."""
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(240, 120), invariant=1)
    page.setTitle("A letter")
    page.setFont("Helvetica", 10)
    page.drawString(20, 90, "The office wrote a letter")
    page.drawString(20, 50, f"to {SECRET} about lunch")
    page.showPage()
    page.drawString(20, 90, "A second page of the letter")
    page.showPage()
    page.save()
    return out.getvalue()


@functools.cache
def clean_pages() -> KeptPages:
    """The same, redacted."""
    redactions = (final(PATTERN), final(Regions(regions=(BOX,), unit=Unit.POINTS)))
    return redacted_pdf(source_pdf(), redactions, dpi=DPI, roster=ROSTER)


@functools.cache
def clean_png() -> bytes:
    """A grey picture with a box burned in."""
    return redacted_picture(source_png(), (PNG_BOX,))


@functools.cache
def source_png() -> bytes:
    """A picture with the secret drawn."""
    picture = Image.new("L", (160, 60), 255)
    ImageDraw.Draw(picture).text((20, 20), SECRET, fill=0)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


PNG_BOX = Burn(left=16, top=16, right=130, bottom=40, label="b6")


def clean_text() -> str:
    """The body with what is to be left out left out."""
    return keep_text(normal_text(BODY), (final(PATTERN, Part.TEXT),), roster=ROSTER).text


def pdf_output(content: bytes, name: str = "PRA-000001.pdf") -> tuple[Output, LeftOut]:
    """A PDF before the gate."""
    left_out = LeftOut(secrets=secrets(), burnt=clean_pages().burnt, dpi=DPI)
    return Output(kind=OutputKind.PDF, name=name, content=content), left_out


def picture_output(content: bytes) -> tuple[Output, LeftOut]:
    """A picture before the gate."""
    left_out = LeftOut(secrets=secrets(), burnt=(BurntRegion(page=1, burn=PNG_BOX),))
    return Output(kind=OutputKind.PICTURE, name="PRA-000002.png", content=content), left_out


def text_output(text: str | bytes, kind: OutputKind = OutputKind.TEXT) -> tuple[Output, LeftOut]:
    """A text before the gate."""
    content = text if isinstance(text, bytes) else text.encode()
    return Output(kind=kind, name="PRA-000003.txt", content=content), LeftOut(secrets=secrets())


def named_output(name: str) -> tuple[Output, LeftOut]:
    """A clean text under a name before the gate."""
    return Output(kind=OutputKind.TEXT, name=name, content=b"Lunch."), LeftOut(secrets=secrets())


def clean_outputs() -> Iterator[tuple[str, tuple[Output, LeftOut]]]:
    """An output of every kind from which nothing can be got back."""
    yield "pdf", pdf_output(clean_pages().content)
    yield "png", picture_output(clean_png())
    yield "text", text_output(clean_text())
    yield "html", text_output(as_html(clean_text(), "PRA-000003"), OutputKind.HTML)
    name = keep_file_name(f"letter to {SECRET}.pdf", (final(PATTERN, Part.FILE_NAME),), roster=ROSTER).text
    yield "name", named_output(name)
    yield "word that holds a short name", text_output("The police of Bolivia came; a bolide fell.")
    for mode in ("P", "LA", "RGBA", "RGB", "1", "CMYK"):
        kept = redacted_picture(_saved(Image.open(io.BytesIO(source_png())).convert(mode)), (PNG_BOX,))
        yield f"picture that was {mode}", picture_output(kept)
    photo = Image.open(io.BytesIO(source_png())).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = SECRET
    out = io.BytesIO()
    photo.save(out, "JPEG", exif=exif)
    yield "picture that was JPEG with Exif", picture_output(redacted_picture(out.getvalue(), (PNG_BOX,)))


def _saved(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "TIFF" if picture.mode == "CMYK" else "PNG")
    return out.getvalue()


def leaking_texts() -> Iterator[tuple[str, tuple[Output, LeftOut]]]:
    """Texts and pages of HTML."""
    spaced, raw = " ".join(SECRET), SECRET.encode()
    forms: dict[str, str | bytes] = {
        "plain": BODY,
        "upper case": SECRET.upper(),
        "spaced": spaced,
        "broken over lines": SECRET.replace(" ", "\n"),
        "hyphens": "-".join(SECRET),
        "zero width": "\u200b".join(SECRET),
        "soft hyphens": "\u00ad".join(SECRET),
        "full width": "".join(chr(ord(one) + 0xFEE0) if one != " " else one for one in SECRET),
        "accents": SECRET.replace("e", "é"),
        "reversed": SECRET[::-1],
        "base64": "data " + base64.b64encode(b"x " + raw + b" y").decode(),
        "base64 url": "data=" + base64.urlsafe_b64encode(raw).decode(),
        "hex": raw.hex(),
        "hex spaced": raw.hex(" "),
        "octal": "".join(f"\\{one:03o}" for one in raw),
        "quoted-printable": "".join(f"={one:02X}" for one in raw),
        "percent": "".join(f"%{one:02x}" for one in raw),
        "unicode escapes": "".join(f"\\u{one:04x}" for one in raw),
        "utf-16": SECRET.encode("utf-16"),
        "utf-16-be": SECRET.encode("utf-16-be"),
        "phone with code": "+1 503 555 0123",
        "phone in dots": "503.555.0123",
        "short name of the roster": "Present were Bo Li, and others.",
        "short name turned": "LI, BO",
        "part of a passage": "that on Tuesday at noon the board will vote on it",
    }
    for name, text in forms.items():
        yield f"text: {name}", text_output(text)
    inside = {
        "comment": f"<!-- {SECRET} -->",
        "attribute": f'<p title="{SECRET}">x</p>',
        "hidden": f'<span style="display:none">{SECRET}</span>',
        "script": f'<script>var a="{SECRET}"</script>',
        "references": "".join(f"&#{ord(one)};" for one in SECRET),
        "hex references": "".join(f"&#x{ord(one):x};" for one in SECRET),
        "tags between letters": "".join(f"<b>{one}</b>" for one in SECRET),
        "data address": f'<img src="data:text/plain;base64,{base64.b64encode(raw).decode()}">',
        "meta": f'<meta name="author" content="{html.escape(SECRET)}">',
        "title": f"<title>{SECRET}</title>",
    }
    for name, text in inside.items():
        yield f"html: {name}", text_output(as_html(clean_text(), "x") + text, OutputKind.HTML)
    for name, text in {
        "plain": f"{SECRET}.pdf",
        "joined": SECRET.lower().replace(" ", "_"),
        "percent": "".join(f"%{one:02X}" for one in raw),
        "reversed": SECRET[::-1],
        "short": "bo-li.txt",
        "phone": "5035550123.vcf",
    }.items():
        yield f"name: {name}", named_output(text)


def leaking_pictures() -> Iterator[tuple[str, tuple[Output, LeftOut]]]:
    """Pictures."""
    pixels = open_picture(clean_png())
    original = open_picture(source_png())
    near = pixels.copy()
    under = original[16:40, 16:130] < 128
    near[16:40, 16:130] = np.where(under, 3, pixels[16:40, 16:130])
    moved = pixels.copy()
    moved[16:40, 16:30] = original[16:40, 16:30]
    hidden = np.dstack([original, original, original, np.where(pixels == original, 255, 0).astype(np.uint8)])
    thumbnail = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = SECRET
    Image.fromarray(pixels).save(thumbnail, "JPEG", exif=exif)
    frames = io.BytesIO()
    Image.fromarray(pixels).save(frames, "PNG", save_all=True, append_images=[Image.fromarray(original)])
    paletted = io.BytesIO()
    Image.fromarray(pixels).convert("P").save(paletted, "PNG")
    end = clean_png()[-12:]
    forms = {
        "not burned": source_png(),
        "nearly black": write_png(near),
        "box too small": write_png(moved),
        "alpha over the original": _rgba(hidden),
        "text chunk": _with_chunk(b"tEXt", b"Comment\x00" + SECRET.encode()),
        "compressed text chunk": _with_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(SECRET.encode())),
        "Exif chunk": _with_chunk(b"eXIf", b"MM\x00*\x00\x00\x00\x08\x00\x00"),
        "profile": _with_chunk(b"iCCP", b"x\x00\x00" + zlib.compress(b"0" * 128)),
        "JPEG with Exif": thumbnail.getvalue(),
        "second frame": frames.getvalue(),
        "palette": paletted.getvalue(),
        "bytes behind": clean_png() + source_png(),
        "rows behind": _more_rows(clean_png()),
        "cut": clean_png()[: -len(end) - 20],
    }
    for name, content in forms.items():
        yield f"picture: {name}", picture_output(content)


def _rgba(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _with_chunk(kind: bytes, content: bytes) -> bytes:
    whole, end = clean_png()[:-12], clean_png()[-12:]
    return (
        whole + struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)) + end
    )


def _more_rows(raw: bytes) -> bytes:
    at = raw.index(b"IDAT")
    (length,) = struct.unpack_from(">I", raw, at - 4)
    rows = zlib.compress(zlib.decompress(raw[at + 4 : at + 4 + length]) + SECRET.encode())
    chunk = struct.pack(">I", len(rows)) + b"IDAT" + rows + struct.pack(">I", zlib.crc32(b"IDAT" + rows))
    return raw[: at - 4] + chunk + raw[-12:]
