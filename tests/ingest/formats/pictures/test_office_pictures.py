"""Pictures inside of office documents are pages of them, each by its own bytes, within bounds."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ingest.formats.attachment_text import read_attachment
from ingest.formats.headers import ContentFields
from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.office_pictures import OfficePictures
from ingest.formats.pictures.opening import open_picture
from ingest.formats.pictures.shown import shown_page
from ingest.sandbox_tasks import tasks
from storage.records import Component, ComponentRole, Description, RecordKind
from storage.transcribed import transcribed
from storage.transcription import NOT_READ_YET
from tests.ingest.formats.office.documents import ODT, docx, opendocument, words, zipped
from tests.storage.transcribing import FULL

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def png(shade: int, size: tuple[int, int] = (40, 30)) -> bytes:
    written = io.BytesIO()
    Image.fromarray(np.full((size[1], size[0], 3), shade, np.uint8)).save(written, "PNG")
    return written.getvalue()


def document(**pictures: bytes) -> bytes:
    return docx(words("see"), {f"word/media/{name.replace('_', '.')}": one for name, one in pictures.items()})


def pages(content: bytes, first: int = 1, limits: PictureLimits | None = None):
    return list(open_picture(content, None, limits).pages(first))


def test_each_picture_is_a_page_in_the_order_of_the_names():
    content = document(**{f"image{number}_png": png(number) for number in (10, 2, 1)})
    found = pages(content)
    assert [(one.number, int(one.pixels[0, 0, 0])) for one in found] == [(1, 1), (2, 2), (3, 10)]
    assert [one.number for one in pages(content, 3)] == [3]


def test_pictures_of_opendocument_are_found():
    (page,) = pages(opendocument(ODT, "<text:p>x</text:p>", more={"Pictures/1.png": png(7)}))
    assert (page.width, page.height) == (40, 30)


def test_what_is_no_picture_is_said_by_its_place_and_harms_no_other():
    content = document(image1_png=b"no picture", image2_png=zipped({"word/media/x.png": png(1)}), image3_png=png(3))
    found = pages(content)
    assert [(one.number, one.pixels is not None) for one in found] == [(1, False), (2, False), (3, True)]
    assert found[0].problem == found[1].problem == "no picture of a kind that is read"


def test_a_picture_that_stands_there_often_is_read_once_and_a_speck_never():
    content = document(image1_png=png(1), image2_png=png(1), image3_png=png(1, (5, 90)), image4_png=png(4))
    assert [one.number for one in pages(content)] == [1, 4]


def test_more_pictures_than_the_limit_are_said_to_be_left():
    content = document(**{f"image{number}_png": png(number) for number in range(1, 6)})
    picture = open_picture(content, None, PictureLimits(pages=3))
    assert isinstance(picture, OfficePictures)
    assert [one.number for one in picture.pages()] == [1, 2, 3]
    assert picture.notes == ["2 pictures beyond the first 3 are not read"]
    facts = picture.facts("cmp_1")
    assert (facts.pages, facts.width, facts.height) == (5, 40, 30)


def test_too_many_pixels_together_end_the_reading():
    content = document(**{f"image{number}_png": png(number) for number in range(1, 6)})
    found = pages(content, 1, PictureLimits(all_pixels=40 * 30 * 2))
    assert [one.problem for one in found] == [None, None, "the pictures before took all pixels"]


@pytest.mark.parametrize("content", [zipped({"a.png": png(1)}), docx(words("none")), b"PK\x03\x04 cut off"])
def test_a_zip_without_pictures_of_a_document_is_refused(content):
    with pytest.raises(PictureRefused):
        pages(content)


def test_one_of_them_can_be_looked_at():
    content = document(image1_png=png(1), image2_png=png(200))
    shown = Image.open(io.BytesIO(shown_page(content, DOCX, 2, pages=10)))
    assert shown.size == (40, 30)
    assert shown.getpixel((5, 5))[0] > 190


def test_the_attachment_waits_to_be_read_and_other_reasons_stay():
    content = docx(words("see"), {"word/media/a.png": png(1), "word/media/b.emf": b"x", "word/embeddings/c.bin": b"x"})
    found = read_attachment(content, ContentFields(media_type=DOCX, name=None))
    assert found.pictured
    assert found.waiting == f"1 picture in it: {NOT_READ_YET}"
    assert found.unread is not None
    assert not found.unread.endswith(NOT_READ_YET)
    read = tasks()["document"](content, {"name": "a.docx"})
    assert isinstance(read, Description)
    assert len([one for one in read.unsearchable if one.endswith(NOT_READ_YET)]) == 1
    after = transcribed(read, FULL).unsearchable
    assert "the document: 1 file embedded in it" in "".join(after)


def test_a_conversation_in_a_picture_does_not_take_the_place_of_the_document():
    whole = Component(id="cmp_1", role=ComponentRole.ORIGINAL, media_type=DOCX, name=None, size=1, sha256="0" * 64)
    said = Description(kind=RecordKind.DOCUMENT, text="the document", components=(whole,))
    shown = transcribed(said, FULL)
    assert (shown.conversation, shown.messages) == (None, ())
    assert shown.text == f"the document\n{FULL.text}"
