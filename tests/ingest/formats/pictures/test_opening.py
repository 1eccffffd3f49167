"""Pixels are given as a person sees them, in bounds, from every format; pages of a PDF as text where they have some."""

from __future__ import annotations

import io
import math
import random
import statistics

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.looks import distance, perceptual_hash
from ingest.formats.pictures.opening import open_picture
from ingest.formats.pictures.samples import SAMPLES
from ingest.formats.pictures.survey import survey
from tests.every_case import every_case
from tests.ingest.formats.pictures.pictures import (
    animation,
    chunk,
    orientation,
    saved,
    scene,
    with_chunks,
    with_segment,
)

TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""By orientation, what a camera did to the upright picture when it stored it."""


def pages(content: bytes, limits: PictureLimits | None = None):
    return list(open_picture(content, None, limits).pages())


def only(content: bytes, limits: PictureLimits | None = None) -> np.ndarray:
    (page,) = pages(content, limits)
    assert page.problem is None
    assert page.pixels is not None
    assert page.pixels.dtype == np.uint8
    assert page.pixels.shape == (page.height, page.width, 3)
    return page.pixels


@every_case("number", TURNS)
def test_the_orientation_is_applied_once_in_every_format(number):
    upright = np.asarray(scene())
    stored = scene() if TURNS[number] is None else scene().transpose(TURNS[number])
    assert (only(with_chunks(saved(stored, "PNG"), chunk(b"eXIf", orientation(number)))) == upright).all()
    tiff = saved(stored, "TIFF", tiffinfo={274: number})
    assert (only(tiff) == upright).all()
    for form in ("JPEG", "WEBP", "AVIF"):
        found = only(saved(stored, form, exif=b"Exif\0\0" + orientation(number), quality=95)).astype(int)
        assert found.shape == upright.shape, form
        assert np.abs(found - upright).mean() < 4, form


def test_transparent_pixels_lie_over_white():
    image = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 20, 20))
    for content in (saved(image, "PNG"), saved(image, "WEBP", lossless=True), saved(image.convert("LA"), "PNG")):
        found = only(content)
        assert found[10, 5].tolist() == [0, 0, 0]
        assert found[10, 35].tolist() == [255, 255, 255]
    half = only(saved(Image.new("RGBA", (9, 9), (0, 0, 0, 128)), "PNG"))
    assert 125 <= half[4, 4, 0] <= 129


def test_a_palette_with_a_transparent_colour_is_read():
    image = scene().quantize(8)
    found = only(saved(image, "GIF", transparency=image.getpixel((5, 5))))
    assert found[5, 5].tolist() == [255, 255, 255]


def test_other_depths_and_colours_become_eight_bits_of_rgb():
    ramp = np.linspace(0, 65_535, 200).astype(np.uint16)[None, :].repeat(10, 0)
    found = only(saved(Image.fromarray(ramp), "PNG"))
    assert found[5, 0, 0] == 0
    assert found[5, 100, 0] == ramp[5, 100] >> 8
    assert found[5, 199, 0] == 255
    floats = only(saved(Image.fromarray(np.linspace(-1, 3, 200, dtype=np.float32)[None, :].repeat(9, 0)), "TIFF"))
    assert (floats[4, 0, 0], floats[4, 199, 0]) == (0, 255)
    cmyk = only(saved(Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "JPEG", quality=95))
    assert cmyk[10, 10, 0] > 240
    assert cmyk[10, 10, 1] < 20
    assert only(saved(scene().convert("1"), "PNG")).max() == 255


def test_a_heic_is_decoded():
    found = only(SAMPLES[-1])
    assert found.shape == (16, 16, 3)
    red, green, blue = found[5, 5].tolist()
    assert red > 150 > max(green, blue)


def test_frames_that_look_like_the_one_before_are_left_out():
    first, second = scene(), scene().transpose(Image.Transpose.ROTATE_180)
    speck = scene()
    speck.putpixel((60, 70), (0, 0, 0))
    for form in ("GIF", "PNG", "WEBP"):
        found = pages(animation(form, [first, speck, second, second, first]))
        assert [page.problem for page in found] == [None] * 3, form
        assert found[0].number == 1, form


def test_each_page_of_a_tiff_is_a_page_even_where_it_looks_the_same():
    content = animation("TIFF", [scene(), scene(), scene(50, 90)])
    assert [(page.number, page.width, page.height) for page in pages(content)] == [
        (1, 120, 80),
        (2, 120, 80),
        (3, 50, 90),
    ]
    assert [page.number for page in open_picture(content).pages(3)] == [3]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_a_large_picture_is_made_smaller_and_that_is_said(form):
    limits = PictureLimits(given_pixels=40_000)
    picture = open_picture(saved(scene(600, 400), form), None, limits)
    (page,) = picture.pages()
    assert page.pixels is not None
    assert page.width * page.height <= 40_000
    assert picture.notes == [f"page 1 is read at 1/{page.reduced} of its size"]
    facts = picture.facts("c")
    assert (facts.width, facts.height) == (600, 400)


def test_more_pixels_than_are_allowed_are_refused_before_decoding():
    limits = PictureLimits(page_pixels=10_000, given_pixels=10_000)
    for form in ("PNG", "WEBP", "GIF", "TIFF", "AVIF", "BMP"):
        with pytest.raises(PictureRefused, match="600 by 400 pixels are more than"):
            open_picture(saved(scene(600, 400), form), None, limits)


def test_the_header_tells_the_size_of_every_format():
    for form in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF", "BMP"):
        found = survey(saved(scene(), form))
        assert found is not None, form
        assert (found.width, found.height, found.frames) == (120, 80, 1), form


def test_headers_of_noise_are_total():
    seed = random.SystemRandom().randrange(1 << 30)
    print(f"seed {seed}")  # noqa: T201 - shown where the test fails
    noise = random.Random(seed)
    whole = [saved(scene(), form) for form in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF", "BMP")] + [SAMPLES[-1]]
    for content in whole:
        for _ in range(60):
            spoilt = bytearray(content)
            for _ in range(noise.randrange(1, 12)):
                spoilt[noise.randrange(12, min(len(spoilt), 600))] = noise.randrange(256)
            survey(bytes(spoilt))


def test_a_picture_looks_alike_whatever_its_size_and_compression():
    look = perceptual_hash(only(saved(scene(900, 600), "PNG")))
    assert len(look) == 16
    for other in (
        saved(scene(900, 600).resize((450, 300)), "PNG"),
        saved(scene(900, 600), "JPEG", quality=30),
        saved(scene(900, 600).resize((700, 467)), "WEBP", quality=40),
    ):
        assert distance(look, perceptual_hash(only(other))) <= 8
    turned = perceptual_hash(only(saved(scene(900, 600).transpose(Image.Transpose.ROTATE_180), "PNG")))
    assert distance(look, turned) >= 20


def test_the_look_is_the_one_that_is_described():
    pixels = np.asarray(scene(64, 96)).astype(float)
    luma = (299 * pixels[:, :, 0] + 587 * pixels[:, :, 1] + 114 * pixels[:, :, 2]) / 1000
    field = [
        [luma[3 * row : 3 * row + 3, 2 * column : 2 * column + 2].mean() for column in range(32)] for row in range(32)
    ]
    wave = [[math.cos(math.pi / 32 * (place + 0.5) * one) for place in range(32)] for one in range(8)]
    lowest = [
        sum(wave[down][row] * wave[across][column] * field[row][column] for row in range(32) for column in range(32))
        for down in range(8)
        for across in range(8)
    ]
    bits = "".join("1" if one > statistics.median(lowest) else "0" for one in lowest)
    assert perceptual_hash(np.asarray(scene(64, 96))) == f"{int(bits, 2):016x}"


def test_a_page_with_text_is_given_as_lines_with_their_places():
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(360, 720))
    canvas.setFont("Helvetica", 20)
    canvas.drawString(72, 648, "Route seven leaves")
    canvas.drawString(72, 72, "from the north gate")
    canvas.showPage()
    canvas.save()
    (page,) = pages(written.getvalue())
    assert page.pixels is None
    assert (page.width, page.height) == (1000, 2000)
    assert [line.text for line in page.text_lines] == ["Route seven leaves", "from the north gate"]
    first, second = page.text_lines
    assert abs(first.box.left - 200) < 8
    assert 140 < first.box.top < 200 <= first.box.bottom < 215
    assert second.box.top > 1_750
    assert [word.text for word in first.words] == ["Route", "seven", "leaves"]
    assert first.words[0].box.right < first.words[1].box.left


def test_places_follow_the_rotation_of_a_page():
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(360, 720))
    canvas.drawString(72, 648, "turned")
    canvas.showPage()
    canvas.save()
    (page,) = pages(written.getvalue().replace(b"/Rotate 0", b"/Rotate 90"))
    assert (page.width, page.height) == (2000, 1000)
    (line,) = page.text_lines
    assert line.box.left > 1_700
    assert line.box.bottom < 400


def test_a_scanned_page_is_drawn_even_where_a_stamp_is_over_it():
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(360, 720))
    canvas.drawImage(ImageReader(scene(300, 600)), 0, 0, 360, 720)
    canvas.drawString(10, 10, "DISTRICT 000123")
    canvas.showPage()
    canvas.rect(100, 100, 50, 50, fill=1)
    canvas.showPage()
    canvas.save()
    stamped, drawn = pages(written.getvalue())
    for page in (stamped, drawn):
        assert page.pixels is not None
        assert page.pixels.shape == (2000, 1000, 3)
        assert not page.text_lines
    red, green, blue = stamped.pixels[100, 100].tolist()
    assert red > 150 > max(green, blue)


def test_what_is_cut_off_is_a_page_with_a_reason():
    (page,) = pages(saved(scene(), "JPEG")[:-400])
    assert page.pixels is None
    assert page.problem == "the picture is damaged or cut off"


def test_no_error_repeats_what_stands_in_the_file():
    canary = b"canary-of-the-test"
    spoilt = with_segment(saved(scene(), "JPEG"), 0xFE, canary)[:-300]
    picture = open_picture(spoilt)
    assert canary.decode() not in repr([(page.problem, picture.notes) for page in picture.pages()])
