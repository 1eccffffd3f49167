"""The page of a record with pictures: what was read in them, by whom, what stays unread; nothing of it is markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archiver.access import Role
from storage.records import Component, ComponentRole, Description, Message, RecordKind
from storage.transcription import NOT_READ_YET, TextSource, TranscribedMessage, Transcript
from storage.transcriptions import ReadingPriority
from tests.archiver.web_site import OWN, add_record, running_site
from tests.storage.transcribing import FULL, add_version

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def add_picture(site) -> str:
    picture = Component(
        id="cmp_1",
        role=ComponentRole.ATTACHMENT,
        media_type="image/png",
        name=None,
        size=1,
        sha256="0" * 64,
        pictured=True,
    )
    said = Description(
        kind=RecordKind.SCREENSHOT,
        components=(picture,),
        unsearchable=(f"the picture: {NOT_READ_YET}",),
    )
    made = add_record(site.installation, site.custodians[OWN], said)
    archive = site.installation.archive
    with archive.store.write() as transaction:
        archive.transcriptions.queue(transaction, [(made.record, ReadingPriority.HANDED_IN)])
    return made.record


def test_while_its_pictures_wait_the_page_says_so(site):
    record_id = add_picture(site)
    assert "The text of its pictures is being read." in site.get(f"/records/{record_id}").text
    assert "Pictures to be read" in site.get("/").text
    assert "pictures that wait to be read" in site.get("/search?q=anything").text


def test_the_transcript_stands_there_with_who_read_it_and_what_was_inferred(site):
    record_id = add_picture(site)
    add_version(site.installation.archive, replace(FULL, record_id=record_id, number=1))
    page = site.get(f"/records/{record_id}").text
    assert '<span class="time">9:41 AM</span> <bdi class="sender">Ana</bdi>' in page
    assert "inferred: sender, side" in page
    assert '<bdi class="sender">right side</bdi>' in page
    assert "written down by <bdi>Dana</bdi>" in page
    assert "1 place in script Thai not read: no engine has its letters" in page
    assert "Seen: blocks of it are repeated" in page
    assert "is being read" not in page
    document = site.get(f"/api/v1/records/{record_id}").json()
    assert document["reading"] == "read"
    assert document["transcription"]["pages"][0]["lines"][0]["text"] == "Bus 7 is late"


def test_an_employee_sees_what_was_read_in_his_own_pictures(site):
    record_id = add_picture(site)
    add_version(site.installation.archive, replace(FULL, record_id=record_id, number=1))
    page = site.get(f"/records/{record_id}", Role.EMPLOYEE)
    assert page.status_code == 200
    assert "Bus 7 is late" in page.text


def test_nothing_that_was_read_is_markup(site):
    record_id = add_picture(site)
    message = Message(at=None, sender=HOSTILE, text=HOSTILE, side=HOSTILE)
    transcript = Transcript(
        messages=(TranscribedMessage(message=message, time=HOSTILE, inferred=(HOSTILE,)),),
        app=HOSTILE,
        app_reasons=(HOSTILE,),
        title=HOSTILE,
        status_time=HOSTILE,
        notes=(HOSTILE,),
    )
    pictures = tuple(
        replace(one, media_type=HOSTILE, metadata=((HOSTILE, HOSTILE),), observations=(HOSTILE,))
        for one in FULL.pictures
    )
    hostile = replace(
        FULL,
        record_id=record_id,
        number=1,
        source=TextSource.ENGINE,
        author=HOSTILE,
        transcript=transcript,
        pictures=pictures,
        text=HOSTILE,
        unsearchable=(HOSTILE,),
        notes=(HOSTILE,),
    )
    add_version(site.installation.archive, hostile)
    for path in (f"/records/{record_id}", "/search?q=script"):
        assert HOSTILE not in site.get(path).text
