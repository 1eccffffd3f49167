"""Outlook for Mac archives: every file of the zip comes out once, whatever its XML says."""

from __future__ import annotations

import io
import random
import zipfile
from xml.sax.saxutils import escape, quoteattr

import pytest

from ingest.formats import olm
from ingest.formats.container import ContainerBroken, Declared, Member, MemberBroken, MemberKind, Remark
from ingest.formats.emlx import CUT_SHORT, read_emlx
from ingest.formats.serialised_reading import extract_serialised, read_serialised
from storage.records import Description, Party
from tests.every_case import every_case

INBOX = "Accounts/a@b.example/com.microsoft.__Messages/Inbox"


def _email(extra: str = "", **fields: str) -> str:
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
    return f"<email>{inside}{extra}</email>"


def _emails(*emails: str, count: int | None = None) -> str:
    stated = len(emails) if count is None else count
    return f'<?xml version="1.0"?><emails elementCount="{stated}">{"".join(emails)}</emails>'


def _address(kind: str, address: str, name: str) -> str:
    attributes = f"OPFContactEmailAddressAddress={quoteattr(address)} OPFContactEmailAddressName={quoteattr(name)}"
    return f"<{kind}><emailAddress {attributes}/></{kind}>"


def _attached(*places: tuple[str, str, str]) -> str:
    listed = "".join(
        f"<messageAttachment OPFAttachmentName={quoteattr(name)} OPFAttachmentContentType={quoteattr(kind)} "
        f"OPFAttachmentURL={quoteattr(place)}/>"
        for name, kind, place in places
    )
    return f"<OPFMessageCopyAttachmentList>{listed}</OPFMessageCopyAttachmentList>"


def _olm(files: dict[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def _read(content: bytes) -> tuple[list[tuple[Member, bytes]], list[Remark], Declared]:
    taken, remarks, declared = [], [], []
    for found in olm.members(io.BytesIO(content), "x.olm"):
        if isinstance(found, Member):
            taken.append((found, b"".join(found.pieces)))
        else:
            (remarks if isinstance(found, Remark) else declared).append(found)
    assert len(declared) == 1
    return taken, remarks, declared[0]


def _first(content: bytes) -> Description:
    return read_serialised(_read(content)[0][0][1])


def test_a_message_is_read_with_its_parties_times_and_attachments():
    place = f"{INBOX}/com.microsoft.__Attachments/x_0000"
    extra = (
        _address("OPFMessageCopyFromAddresses", "ann@d.example", "Ann")
        + _address("OPFMessageCopyToAddresses", "bob@d.example", "'bob@d.example'")
        + _address("OPFMessageCopyCCAddresses", "carl@d.example", "Carl & Co")
        + _attached(("list.txt", "text/plain", place))
    )
    email = _email(
        extra,
        OPFMessageCopySubject="Grüße",
        OPFMessageCopyBody="plain words",
        OPFMessageCopyHTMLBody="<html><p>other words</p></html>",
        OPFMessageCopySentTime="2024-03-04T09:15:00",
        OPFMessageCopyMessageID="1@d.example",
    )
    content = _olm({f"{INBOX}/message_00000.xml": _emails(email), place: b"of names"})
    taken, _, declared = _read(content)
    assert [(one.path, one.name, one.kind) for one, _ in taken] == [(INBOX, "Grüße", MemberKind.SERIALISED_EMAIL)]
    assert declared.count == 1
    read = read_serialised(taken[0][1])
    assert read.original.sender == Party(name="Ann", address="ann@d.example")
    assert read.original.to == (Party(address="bob@d.example"),)
    assert read.original.cc == (Party(name="Carl & Co", address="carl@d.example"),)
    assert read.original.date == "2024-03-04T09:15:00+00:00"
    assert read.original.message_id == "<1@d.example>"
    assert read.text == "plain words\n\nof names"
    assert extract_serialised(taken[0][1], "2") == b"of names"
    assert any("read as UTC" in note for note in read.notes)


def test_markup_given_twice_is_read_as_markup_once():
    markup = "<html><body><p>words</p></body></html>"
    email = _email(OPFMessageCopyBody=markup, OPFMessageCopyHTMLBody=markup)
    assert _first(_olm({f"{INBOX}/message_00000.xml": _emails(email)})).text == "words"
    email = _email(OPFMessageCopyBody=markup)
    assert _first(_olm({f"{INBOX}/message_00000.xml": _emails(email)})).text == "words"


def test_headers_of_the_kept_source_go_before_fields():
    source = "From: Real <real@d.example>\nDate: Mon, 4 Mar 2024 10:00:00 +0100\nSubject: real\n\nits body\n"
    email = _email(
        OPFMessageCopySource=source, OPFMessageCopySubject="shown", OPFMessageCopySentTime="2024-03-04T09:00:01"
    )
    read = _first(_olm({f"{INBOX}/message_00000.xml": _emails(email)}))
    assert (read.original.subject, read.original.date) == ("real", "2024-03-04T10:00:00+01:00")
    assert read.original.sender == Party(name="Real", address="real@d.example")
    assert read.text == "its body"


def test_names_in_a_namespace_are_the_same_names():
    xml = (
        '<o:emails xmlns:o="http://schemas.microsoft.com/outlook/mac/2011" elementCount="1"><o:email>'
        "<o:OPFMessageCopySubject>old</o:OPFMessageCopySubject></o:email></o:emails>"
    )
    assert _first(_olm({f"{INBOX}/message_00000.xml": xml})).original.subject == "old"


def test_everything_else_is_a_document_and_an_attachment_that_nobody_names_is_one_too():
    files = {
        "Categories.xml": b"<categories/>",
        "Local/Address Book/Contacts.xml": b"<contacts/>",
        f"{INBOX}/com.microsoft.__Attachments/lost_0000": b"bytes",
    }
    taken, _, declared = _read(_olm(files))
    assert [(one.name, one.kind, raw) for one, raw in taken] == [
        ("Categories.xml", MemberKind.DOCUMENT, b"<categories/>"),
        ("Contacts.xml", MemberKind.DOCUMENT, b"<contacts/>"),
        ("lost_0000", MemberKind.DOCUMENT, b"bytes"),
    ]
    assert taken[2][0].remark == "an attachment that no message names"
    assert declared.count == 3


def test_attachments_count_as_named_even_where_nobody_takes_the_bytes_of_their_message():
    place = f"{INBOX}/com.microsoft.__Attachments/x_0000"
    content = _olm({f"{INBOX}/message_00000.xml": _emails(_email(_attached(("a", "b/c", place)))), place: b"x"})
    found = [one for one in olm.members(io.BytesIO(content), "") if isinstance(one, Member)]
    assert len(found) == 1


def test_an_attachment_that_is_not_there_is_said():
    email = _email(_attached(("a.txt", "text/plain", "nowhere")))
    read = _first(_olm({f"{INBOX}/message_00000.xml": _emails(email)}))
    assert read.unsearchable == ("attachment 1: its file is not in the archive",)
    assert len(read.components) == 1


def test_what_a_file_declares_is_told_whatever_it_holds():
    _, _, declared = _read(_olm({f"{INBOX}/message_00000.xml": _emails(_email(), count=7)}))
    assert declared.count == 7
    taken, remarks, declared = _read(_olm({f"{INBOX}/message_00000.xml": _emails()}))
    assert (taken, declared.count, len(remarks)) == ([], 0, 1)


@pytest.mark.parametrize(
    "xml",
    [
        "<emails><email>",
        "",
        "no xml",
        (
            '<!DOCTYPE e [<!ENTITY a "b">]><emails><email><OPFMessageCopySubject>&a;</OPFMessageCopySubject></email>'
            "</emails>"
        ),
        '<!DOCTYPE e SYSTEM "file:///etc/passwd"><emails/>',
        "<a>" * 100_000,
        "<emails>" + "<email/>" * 300_000 + "</emails>",
    ],
)
def test_xml_that_is_not_read_is_a_member_with_a_problem(xml: str):
    taken, _, declared = _read(_olm({f"{INBOX}/message_00000.xml": xml, "Categories.xml": b"<c/>"}))
    assert [one.problem is None for one, _ in taken] == [False, True]
    assert declared.count == 2


def test_an_encrypted_or_damaged_file_of_the_archive_is_told():
    content = bytearray(_olm({f"{INBOX}/message_00000.xml": _emails(_email()), "Categories.xml": b"<c/>" * 100}))
    place = content.rindex(b"PK\x01\x02")
    content[place + 8] |= 1  # the flag "encrypted" of the second file in the directory
    found = [one for one in olm.members(io.BytesIO(bytes(content)), "") if isinstance(one, Member)]
    assert found[0].problem is None
    assert "encrypted" in (found[1].problem or "")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 5, b"x" * 1000])
def test_what_is_no_zip_is_refused(content: bytes):
    with pytest.raises(ContainerBroken):
        list(olm.members(io.BytesIO(content), "x.olm"))


@every_case("seed", range(10))
def test_mutated_archives_are_read_or_refused(seed: int):
    chance = random.Random(seed)
    place = f"{INBOX}/com.microsoft.__Attachments/x_0000"
    email = _email(_attached(("a.txt", "text/plain", place)), OPFMessageCopySubject="s", OPFMessageCopyBody="b")
    content = _olm(
        {f"{INBOX}/message_00000.xml": _emails(email, email), place: b"text" * 50, "Categories.xml": b"<c/>"}
    )
    for _ in range(50):
        changed = bytearray(content[: chance.choice([len(content), chance.randrange(len(content))])])
        for _ in range(chance.randint(0, 5) if changed else 0):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            for one in olm.members(io.BytesIO(bytes(changed)), ""):
                if isinstance(one, Member):
                    raw = b"".join(one.pieces)
                    if one.kind is MemberKind.SERIALISED_EMAIL and raw:
                        read_serialised(raw)
        except (ContainerBroken, MemberBroken):
            continue


def test_the_message_of_an_emlx_file_is_given_byte_for_byte():
    message = b"From: a@b.example\nSubject: s\n\nwords\n"
    plist = b'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict/></plist>\n'
    found = read_emlx(b"%-10d\n" % len(message) + message + plist)
    assert found is not None
    assert (found.message, found.remark) == (message, None)


def test_an_emlx_file_cut_short_says_so():
    found = read_emlx(b"500\nFrom: a@b.example\n\nx")
    assert found is not None
    assert (found.message, found.remark) == (b"From: a@b.example\n\nx", CUT_SHORT)


@every_case(
    "raw",
    [
        b"",
        b"12",
        b"12\n",
        b"12\nno field",
        b"x12\nFrom: a",
        b"From: a@b.example\n\n5\nA: b",
        b"7\nFrom: a\nSubject: what the number would hide\n\nx\n",
        b"8\nFrom: a\n<plist/>what the number would hide</plist> and more\n",
        b"8\nFrom: a\n<?xml?><plist></plist>what hides<plist></plist>\n",
    ],
)
def test_what_is_no_emlx_file_is_none(raw: bytes):
    assert read_emlx(raw) is None
