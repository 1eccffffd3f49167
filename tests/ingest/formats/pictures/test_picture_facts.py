"""What a picture states is listed as it stands; what is observed was tried on pictures with it and without it."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime

from PIL import Image, ImageCms
from reportlab.pdfgen.canvas import Canvas

from ingest.formats.pictures.metadata import LONGEST_VALUE, MOST_PAIRS
from ingest.formats.pictures.opening import open_picture
from tests.ingest.formats.pictures.pictures import (
    chunk,
    directory,
    exif,
    saved,
    scene,
    text_entry,
    with_chunks,
    with_segment,
)

RECEIVED = datetime(2024, 3, 5, 12, 0, tzinfo=UTC)
XMP = b"http://ns.adobe.com/xap/1.0/\0"


def facts(content: bytes):
    return open_picture(content).facts("c1", received_at=RECEIVED)


def software(name: bytes) -> bytes:
    return exif(text_entry(0x0131, name + b"\0", 1, 0), rest=name + b"\0")


def jpeg_with(content: bytes) -> bytes:
    return with_segment(saved(scene(), "JPEG"), 0xE1, b"Exif\0\0" + content)


def with_thumbnail(small: Image.Image) -> bytes:
    picture = saved(small, "JPEG")
    tags = [(0x201, 4, 1, struct.pack("<I", 44)), (0x202, 4, 1, struct.pack("<I", len(picture)))]
    return jpeg_with(exif(following=14, rest=directory(tags) + picture))


def test_exif_is_listed_with_its_place_in_the_world():
    image = scene()
    stated = Image.Exif()
    stated[0x010F] = "Maker"
    stated[0x0110] = "Phone 9"
    stated[0x0132] = "2024:03:01 10:11:12"
    stated.get_ifd(0x8769)[0x9003] = "2024:03:01 10:11:10"
    stated.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0Screenshot"
    stated.get_ifd(0x8825).update({1: "N", 2: (38.0, 53.0, 23.5), 29: "2024:03:01"})
    pairs = dict(facts(saved(image, "JPEG", exif=stated)).metadata)
    assert pairs["EXIF Make"] == "Maker"
    assert pairs["EXIF DateTimeOriginal"] == "2024:03:01 10:11:10"
    assert pairs["EXIF UserComment"] == "Screenshot"
    assert pairs["EXIF GPSLatitude"] == "38 53 23.5"
    assert dict(facts(saved(image, "WEBP", exif=stated)).metadata)["EXIF Model"] == "Phone 9"
    assert dict(facts(saved(image, "AVIF", exif=stated)).metadata)["EXIF Model"] == "Phone 9"
    assert dict(facts(saved(image, "PNG", exif=stated)).metadata)["EXIF Model"] == "Phone 9"


def test_texts_of_a_png_are_listed_whatever_way_they_are_packed():
    png = with_chunks(
        saved(scene(), "PNG", dpi=(300, 300)),
        chunk(b"tEXt", b"Software\0gnome-screenshot"),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"of a screen")),
        chunk(b"iTXt", b"Title\0\1\0de\0Titel\0" + zlib.compress("Grüße".encode())),
        chunk(b"tIME", struct.pack(">HBBBBB", 2024, 3, 1, 10, 11, 12)),
    )
    pairs = dict(facts(png).metadata)
    assert pairs["PNG Software"] == "gnome-screenshot"
    assert pairs["PNG Comment"] == "of a screen"
    assert pairs["PNG Title"] == "Grüße"
    assert pairs["PNG tIME"] == "2024-03-01 10:11:12"
    assert pairs["PNG resolution"] == "300 by 300 dots per inch"


def test_xmp_is_listed_as_attribute_and_as_element():
    packet = b'<rdf:Description xmp:CreatorTool="Tool &amp; Co"><dc:title><rdf:Alt><rdf:li xml:lang="x">A</rdf:li>'
    pairs = dict(facts(with_segment(saved(scene(), "JPEG"), 0xE1, XMP + packet)).metadata)
    assert pairs["XMP xmp:CreatorTool"] == "Tool & Co"
    assert pairs["XMP dc:title"] == "A"


def test_the_information_of_a_pdf_is_listed():
    written = io.BytesIO()
    canvas = Canvas(written)
    canvas.setTitle("Minutes")
    canvas.setCreator("Scan program")
    canvas.drawString(9, 9, "x")
    canvas.save()
    found = facts(written.getvalue())
    assert dict(found.metadata)["PDF Title"] == "Minutes"
    assert found.pages == 1


def test_a_colour_profile_is_named():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for form in ("PNG", "JPEG", "WEBP"):
        assert "sRGB" in dict(facts(saved(scene(), form, icc_profile=profile)).metadata)["ICC profile"]


def test_metadata_are_bounded_and_the_cut_is_said():
    many = with_chunks(saved(scene(), "PNG"), *[chunk(b"tEXt", b"name%d\0x" % one) for one in range(1_000)])
    assert len(facts(many).metadata) <= MOST_PAIRS
    long = with_chunks(saved(scene(), "PNG"), chunk(b"tEXt", b"name\0" + b"x" * 100_000))
    assert len(dict(facts(long).metadata)["PNG name"]) == LONGEST_VALUE + 1


def test_no_picture_is_called_an_original():
    found = facts(jpeg_with(software(b"Phone 9 camera")))
    assert "original" not in " ".join([*found.observations, *(name for name, _ in found.metadata)]).casefold()
    assert found.observations == ()


def test_the_tables_of_a_jpeg_are_told():
    assert dict(facts(saved(scene(), "JPEG", quality=83)).metadata)["JPEG quantisation tables"] == (
        "those of T.81 Annex K at quality 83"
    )
    own = saved(scene(), "JPEG", qtables=[[9] * 64, [11] * 64])
    assert dict(facts(own).metadata)["JPEG quantisation tables"] == "their own"


def test_a_program_that_edits_pictures_is_observed():
    (seen,) = facts(jpeg_with(software(b"Adobe Photoshop 25.0"))).observations
    assert seen == "its metadata name a program that edits pictures (EXIF Software: Adobe Photoshop 25.0)"
    assert facts(jpeg_with(software(b"17.4.1"))).observations == ()
    assert facts(with_chunks(saved(scene(), "PNG"), chunk(b"tEXt", b"Title\0about Photoshop"))).observations == ()


def test_a_picture_that_says_a_program_made_it_is_observed():
    packet = (
        b'<r Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia">'
    )
    (seen,) = facts(with_segment(saved(scene(), "JPEG"), 0xE1, XMP + packet)).observations
    assert seen.startswith("its metadata state that it was made by a program")
    captured = packet.replace(b"trainedAlgorithmicMedia", b"digitalCapture")
    assert facts(with_segment(saved(scene(), "JPEG"), 0xE1, XMP + captured)).observations == ()


def test_a_time_after_receipt_is_observed_and_a_zone_is_granted():
    def png(stated: bytes) -> tuple[str, ...]:
        return facts(with_chunks(saved(scene(), "PNG"), chunk(b"tEXt", b"DateTimeOriginal\0" + stated))).observations

    (seen,) = png(b"2024:03:07 10:00:00")
    assert seen == "its metadata state a time after it was received (PNG DateTimeOriginal: 2024:03:07 10:00:00)"
    assert png(b"2024:03:05 10:00:00") == ()
    assert png(b"2024:03:06 01:00:00") == ()  # where it is fourteen hours later than in Greenwich
    assert png(b"2024-03-06T01:00:00+14:00") == ()
    assert len(png(b"2024-03-05T14:00:00Z")) == 1
    assert png(b"2024:99:99 10:00:00") == ()


def test_a_small_picture_in_the_metadata_that_looks_unlike_is_observed():
    (seen,) = facts(with_thumbnail(scene().transpose(Image.Transpose.ROTATE_180).resize((60, 40)))).observations
    assert seen.startswith("the small picture in its metadata looks unlike it")
    assert facts(with_thumbnail(scene().resize((60, 40)))).observations == ()
    barred = Image.new("RGB", (60, 60))
    barred.paste(scene().resize((60, 40)), (0, 10))
    assert facts(with_thumbnail(barred)).observations == ()


def test_bytes_after_the_end_are_observed():
    png = saved(scene(), "PNG")
    assert facts(png + b"x" * 1_234).observations == ("1,234 bytes stand after the end of the picture",)
    assert facts(png).observations == ()
