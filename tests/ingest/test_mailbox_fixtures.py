"""Mailbox readers against the cases kept beside the project, where they are present."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ingest.formats import olm, pst
from ingest.formats.container import Declared, Member
from ingest.formats.email_message import read_email
from ingest.formats.mbox import split_mbox
from ingest.formats.serialised_reading import extract_serialised, read_serialised
from storage.records import ForwardMethod, RecordKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.records import Description

pytestmark = pytest.mark.shared
ASPOSE = "aspose-email__Aspose.Email-for-Java"


def _group(shared_dir: Path, name: str) -> Path:
    folder = shared_dir / "fixtures" / name
    if not folder.is_dir():
        pytest.skip(f"0 cases: {name} is absent")
    return folder


def _read(file: Path, members: Callable) -> tuple[list[Member], Declared, list[tuple[Member, bytes]]]:
    with file.open("rb") as source:
        taken: list[tuple[Member, bytes]] = []
        declared = None
        for found in members(source, file.name):
            if isinstance(found, Member):
                taken.append((found, b"".join(found.pieces)))
            elif isinstance(found, Declared):
                declared = found
    assert declared is not None
    return [member for member, _ in taken], declared, taken


def _described(taken: list[tuple[Member, bytes]]) -> list[Description]:
    return [read_serialised(raw) for member, raw in taken if member.kind == "serialised-email"]


def test_mailboxes_of_another_library_are_cut_at_its_own_offsets(shared_dir: Path):
    folder = _group(shared_dir, "email-mime/jstedfast__MimeKit")
    expected = json.loads((folder / "expected.json").read_text())
    for name, count in expected["mbox_messages"].items():
        with (folder / name).open("rb") as source:
            found = list(split_mbox(source))
        assert len(found) == count, name
        offsets = folder / name.replace(".mbox.txt", ".unix-offsets.json")
        if offsets.is_file():
            stated = json.loads(offsets.read_text())
            assert [one.offset for one in found] == [one["mboxMarkerOffset"] for one in stated], name
            ends = [one["endOffset"] - one["beginOffset"] for one in stated]
            # the empty line before a separator is counted to the message there and to the separator here, or not
            assert all(abs(len(one.raw) - size) <= 1 for one, size in zip(found, ends, strict=True)), name


def test_the_same_mailboxes_with_other_line_ends_are_cut_at_the_offsets_stated_for_those(shared_dir: Path):
    folder = _group(shared_dir, "email-mime/jstedfast__MimeKit") / "mbox"
    for name in ("content-length", "issue1189"):
        content = (folder / f"{name}.mbox.txt").read_bytes().replace(b"\n", b"\r\n")
        stated = json.loads((folder / f"{name}.dos-offsets.json").read_text())
        found = list(split_mbox(io.BytesIO(content)))
        assert [one.offset for one in found] == [one["mboxMarkerOffset"] for one in stated], name


def test_the_messages_of_those_mailboxes_are_read_as_their_summaries_say(shared_dir: Path):
    folder = _group(shared_dir, "email-mime/jstedfast__MimeKit")
    summaries = json.loads((folder / "expected.json").read_text())["mbox_summaries"]
    right = stated = 0
    for name, messages in summaries.items():
        with (folder / name).open("rb") as source:
            found = [read_email(one.raw) for one in split_mbox(source)]
        for read, summary in zip(found, messages, strict=True):
            if "subject" in summary and "=?" not in summary["subject"]:
                stated += 1
                right += (read.carrier.subject or "") == " ".join(summary["subject"].split())
    print(f"{right} of {stated} subjects")  # noqa: T201 - the figure is the point of the run
    assert stated > 20
    assert right == stated


def test_five_mailing_list_messages_are_cut_as_another_library_does(shared_dir: Path):
    folder = _group(shared_dir, "email-mime/apache__james-mime4j") / "mbox/src/test/resources/test-1"
    with (folder / "mbox.rlug").open("rb") as source:
        found = [one.raw for one in split_mbox(source)]
    # there the empty line before the next separator belongs to the message
    assert [raw + b"\n" for raw in found] == [(folder / f"mbox.rlug-{number}").read_bytes() for number in range(5)]


def test_a_thunderbird_mailbox_of_one_message_is_one(shared_dir: Path):
    file = _group(shared_dir, f"email-mbox/{ASPOSE}") / "Thunderbird/ExampleMbox.mbox"
    with file.open("rb") as source:
        assert [one.problem for one in split_mbox(source)] == [None]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        (f"email-pst/{ASPOSE}/outlook/PersonalStorage.pst", 6),
        (f"email-pst/{ASPOSE}/outlook/SampleContacts.pst", 6),
        (f"email-pst/{ASPOSE}/outlook/passwordprotectedPST.pst", 18),
        (f"email-pst/{ASPOSE}/outlook/sample.pst", 1),
        (f"email-pst/{ASPOSE}/outlook/MergeWith/1.pst", 0),
        (f"email-pst/{ASPOSE}/outlook/MergeWith/2.pst", 0),
        ("email-pst/wesm__msgvault/32-bit.pst", 1),
    ],
)
def test_an_outlook_data_file_gives_all_that_its_folders_declare(shared_dir: Path, name: str, count: int):
    file = shared_dir / "fixtures" / name
    if not file.is_file():
        pytest.skip(f"0 cases: {name} is absent")
    members, declared, _ = _read(file, pst.members)
    assert [member.problem for member in members] == [None] * count
    assert declared.count == count
    by_folder = Counter(member.path for member in members)
    assert {one.path: one.count for one in declared.folders} == dict(by_folder)


def test_attachments_of_an_outlook_data_file_are_given_by_their_digests(shared_dir: Path):
    file = _group(shared_dir, f"email-pst/{ASPOSE}") / "outlook/passwordprotectedPST.pst"
    _, _, taken = _read(file, pst.members)
    count = 0
    for _, raw in taken:
        for component in read_serialised(raw).components:
            content = extract_serialised(raw, component.path)
            assert (len(content), hashlib.sha256(content).hexdigest()) == (component.size, component.sha256)
            count += 1
    assert count == 17


def test_messages_attached_in_an_outlook_data_file_are_read_though_libpff_does_not_open_them(shared_dir: Path):
    file = _group(shared_dir, f"email-pst/{ASPOSE}") / "outlook/passwordprotectedPST.pst"
    _, _, taken = _read(file, pst.members)
    found = [one for one in _described(taken) if one.carrier.subject == "Message with Attachments"]
    assert [one.forward.method for one in found] == [ForwardMethod.ATTACHED]
    assert found[0].original.subject == "creating an outlook message file"
    assert [one.address for one in found[0].original.to] == ["to@domain.com"]
    (unread,) = found[0].unsearchable
    assert unread.startswith("attachment 1: the text of a document of Word 6 to 2003")


def test_a_report_that_encloses_the_message_it_is_about_forwards_nothing(shared_dir: Path):
    file = _group(shared_dir, f"email-pst/{ASPOSE}") / "outlook/passwordprotectedPST.pst"
    reports = [
        one
        for one in _described(_read(file, pst.members)[2])
        if (one.carrier.subject or "").startswith(("Undeliverable", "Delivered"))
    ]
    assert [one.forward.method for one in reports] == [ForwardMethod.NONE] * 6
    assert all(one.original == one.carrier for one in reports)


def test_an_ansi_outlook_data_file_keeps_dates_and_recipients(shared_dir: Path):
    _, _, taken = _read(_group(shared_dir, "email-pst/wesm__msgvault") / "32-bit.pst", pst.members)
    read = _described(taken)[0]
    assert read.kind is RecordKind.DOCUMENT  # an appointment in one's own calendar
    assert read.original.subject == "Updated: Olympus training for new hires"
    assert read.original.date == "2004-08-17T14:00:46+00:00"


def test_an_outlook_for_mac_archive_gives_all_of_its_files(shared_dir: Path):
    file = _group(shared_dir, f"email-olm/{ASPOSE}") / "outlook/SampleOLM.olm"
    members, declared, taken = _read(file, olm.members)
    assert Counter(member.kind for member in members) == {"serialised-email": 22, "document": 4}
    assert declared.count == len(members)
    assert [member.problem for member in members] == [None] * 26
    described = _described(taken)
    assert sum(len(one.components) for one in described) == 38
    assert sum(one.forward.method is ForwardMethod.ATTACHED for one in described) >= 5


def test_times_of_an_outlook_for_mac_archive_are_those_of_the_messages_attached_in_it(shared_dir: Path):
    file = _group(shared_dir, f"email-olm/{ASPOSE}") / "outlook/SampleOLM.olm"
    described = _described(_read(file, olm.members)[2])
    alone = {one.original.subject: one.sent_at for one in described if one.forward.method is ForwardMethod.NONE}
    attached = {one.original.subject: one.sent_at for one in described if one.forward.method is ForwardMethod.ATTACHED}
    same = {subject for subject in attached if subject in alone}
    assert same == {"message 1"}
    assert alone["message 1"] == attached["message 1"]
