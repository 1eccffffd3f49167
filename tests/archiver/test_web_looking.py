"""Pictures on the page: pixels encoded anew, for whoever may see the record; the file itself never comes inline."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from archiver import showing
from archiver.access import Role, operator
from archiver.showing import ShownPictures
from ingest.formats.pictures.samples import SAMPLES
from ingest.formats.pictures.shown import MOST_PIXELS
from storage.errors import Conflict, NotFound
from storage.records import Component, ComponentRole, Description, RecordKind
from storage.transcription import Box, Page, TextLine
from tests.archiver.web_site import OTHER, OWN, Site, add_record, running_site
from tests.storage.transcribing import FULL, add_version

SECRET = b"a name in the metadata"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def png(width: int = 60, height: int = 40) -> bytes:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (200, 0, 0)
    about = PngInfo()
    about.add_text("Author", SECRET.decode())
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG", pnginfo=about)
    return written.getvalue()


def add_shown(site: Site, content: bytes, media_type: str = "image/png", *, owner: str = OWN) -> tuple[str, str]:
    """A record with a picture; its id and that of the picture."""
    picture = Component(
        id=f"cmp_{hashlib.sha256(content + owner.encode()).hexdigest()[:12]}",
        role=ComponentRole.ATTACHMENT,
        media_type=media_type,
        name=None,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        pictured=True,
    )
    said = Description(kind=RecordKind.SCREENSHOT, components=(picture,))
    return add_record(site.installation, site.custodians[owner], said, payload=content).record, picture.id


def address(record: str, component: str, page: int = 1) -> str:
    return f"/records/{record}/pictures/{component}?page={page}"


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.REVIEWER])
def test_whoever_may_see_the_record_gets_pixels_and_none_of_the_file(site, role):
    content = png()
    assert SECRET in content
    answer = site.get(address(*add_shown(site, content)), role)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; sandbox")
    assert answer.headers["cache-control"] == "no-store"
    assert SECRET not in answer.content
    seen = Image.open(io.BytesIO(answer.content))
    assert (seen.format, seen.size, seen.getexif(), "comment" in seen.info) == ("JPEG", (60, 40), {}, False)
    red, black = seen.getpixel((10, 20)), seen.getpixel((50, 20))
    assert red[0] > 180
    assert max(black) < 20


def test_a_look_is_an_event_that_names_record_and_picture(site):
    record, component = add_shown(site, png(61))
    site.get(address(record, component), Role.REVIEWER)
    archive = site.installation.archive
    with archive.store.read() as connection:
        events = archive.ledger.events_about(connection, [component])
    assert [(one.event.kind.value, one.event.subjects) for one in events][-1] == ("record.viewed", (record, component))


def test_somebody_elses_picture_is_not_there_for_an_employee(site):
    record, component = add_shown(site, png(62), owner=OTHER)
    assert site.get(address(record, component), Role.EMPLOYEE).status_code == 404
    assert site.get(address(record, component), Role.AUDITOR).status_code == 403
    assert site.get(address(record, component), None).status_code in (303, 401)


@pytest.mark.parametrize("page", ["0", "-1", "x", "2", "999999"])
def test_a_page_that_is_not_there_is_refused(site, page):
    record, component = add_shown(site, png(63))
    assert site.get(f"/records/{record}/pictures/{component}?page={page}").status_code in (409, 422)


def test_what_is_no_picture_is_not_shown(site):
    record, component = add_shown(site, b"<svg onload=alert(1)>", "image/png")
    answer = site.get(address(record, component))
    assert answer.status_code == 409
    assert "svg" not in answer.text
    made = site.own
    assert site.get(address(made.record, made.component)).status_code == 404


def test_a_page_of_a_pdf_is_drawn_although_it_has_its_text(site):
    record, component = add_shown(site, SAMPLES[0], "application/pdf")
    assert site.get(address(record, component)).headers["content-type"] == "image/jpeg"


def test_a_large_picture_comes_smaller(site):
    record, component = add_shown(site, png(4000, 3000))
    seen = Image.open(io.BytesIO(site.get(address(record, component)).content))
    assert seen.size[0] * seen.size[1] <= MOST_PIXELS
    assert abs(seen.size[0] / seen.size[1] - 4 / 3) < 0.01


def test_the_children_are_ended_when_nobody_looks_and_never_shared_between_custodians(site, monkeypatch):
    did: list[str] = []

    class Planted:
        def __init__(self, **_: object) -> None:
            did.append("start")

        def read(self, _: object) -> bytes:
            did.append("read")
            return b"\xff\xd8\xff"

        def renew(self) -> None:
            did.append("renew")

        def close(self) -> None:
            did.append("close")

    monkeypatch.setattr(showing, "SandboxedReader", Planted)
    shown = ShownPictures(site.installation, idle_seconds=3_600)
    who = operator("test")
    mine, other = add_shown(site, png(64)), add_shown(site, png(64), owner=OTHER)
    for one in (mine, mine, other):
        shown.page(who, *one, 1)
    shown.close()
    assert did == ["start", "read", "read", "renew", "read", "close"]


@pytest.mark.parametrize("said", [b"<html>", b"", "crashed"])
def test_an_answer_that_is_no_picture_goes_nowhere(site, monkeypatch, said):
    class Lying:
        def __init__(self, **_: object) -> None: ...

        def read(self, _: object) -> object:
            return said

        def close(self) -> None: ...

    monkeypatch.setattr(showing, "SandboxedReader", Lying)
    shown = ShownPictures(site.installation)
    with pytest.raises(Conflict, match="not shown"):
        shown.page(operator("test"), *add_shown(site, png(65)), 1)
    with pytest.raises(NotFound):
        shown.page(operator("test"), site.own.record, site.own.component, 1)
    shown.close()


def test_the_page_of_the_transcript_shows_the_pictures_and_marks_on_request(site):
    record, component = add_shown(site, png(66))
    line = TextLine(text="Bus 7 is late", box=Box(left=1, top=2, right=30, bottom=12))
    page = Page(component=component, number=1, width=66, height=40, lines=(line,))
    shown = [replace(one, component=component, page=1) for one in FULL.transcript.messages]
    transcript = replace(FULL.transcript, messages=tuple(shown))
    facts = tuple(replace(one, component=component) for one in FULL.pictures[:1])
    read = replace(FULL, record_id=record, number=1, pages=(page,), pictures=facts, transcript=transcript)
    add_version(site.installation.archive, read)
    plain = site.get(f"/records/{record}/transcript").text
    assert f'<img src="/records/{record}/pictures/{component}?page=1"' in plain
    assert "<rect" not in plain
    marked = site.get(f"/records/{record}/transcript?boxes=yes").text
    assert '<rect class="line" x="1" y="2" width="29" height="10"/>' in marked
    assert ">1</text>" in marked
    assert f'href="#look-{component}-1"' in marked


def test_many_pictures_come_a_page_at_a_time(site):
    record, component = add_shown(site, png(67))
    pages = tuple(Page(component=component, number=number, width=9, height=9) for number in range(1, 46))
    add_version(site.installation.archive, replace(FULL, record_id=record, number=1, pages=pages, transcript=None))
    first = site.get(f"/records/{record}/transcript").text
    assert first.count("<img ") == 20
    last = site.get(f"/records/{record}/transcript?first=41").text
    assert last.count("<img ") == 5
    assert "Pages 41 to 45 of 45" in last
    assert site.get(f"/records/{record}/transcript?first=0").status_code == 422
