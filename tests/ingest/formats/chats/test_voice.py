"""Google Voice as Google Takeout exports it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from ingest.formats.chats import voice
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Media, Said, Stated
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from pathlib import Path

CALLS = "Takeout/Voice/Calls/"
STYLE = "<style>" + ".message {\n  max-width: 640px;\n}\n" * 40 + "</style>"


def cite(number: str, name: str | None) -> str:
    tag = '<abbr class="fn" title="">Me</abbr>' if name == "Me" else f'<span class="fn">{name or ""}</span>'
    return f'<cite class="sender vcard"><a class="tel" href="tel:{number}">{tag}</a></cite>'


def message(
    number: str, name: str | None, text: str, *, files: str = "", at: str = "2023-09-19T17:54:54.915-07:00"
) -> str:
    return (
        f'<div class="message"><abbr class="dt" title="{at}">Sep 19, 2023, 5:54:54&#8239;PM\nPacific Time</abbr>:\n'
        f"{cite(number, name)}:\n<q>{text}</q>\n{files}</div> "
    )


def talk(*messages: str, title: str = "", participants: str = "", deleted: str = "False") -> bytes:
    listed = f'<div class="participants">Group conversation with:\n{participants}</div>' if participants else ""
    return (
        '<?xml version="1.0" ?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html><head>'
        f'\n<title>{title}</title>\n{STYLE}</head>\n<body><div class="hChatLog hfeed">{listed}\n{"".join(messages)}'
        '</div>\n\n<div class="tags">Labels:\n<a rel="tag" href="http://www.google.com/voice#sms">Text</a></div>\n'
        f'<div class="deletedStatusContainer">User Deleted:\n{deleted}</div></body></html>\n'
    ).encode()


def call(kind: str, words: str, number: str, name: str, *, more: str = "", duration: str = "(00:05:08)") -> bytes:
    return (
        f"<html><head><title>{words}\n{name}</title>{STYLE}</head><body>"
        '<div class="haudio"><span class="album">Call Log\n</span>\n'
        f'<span class="fn">{words}\n{name}</span>\n<div class="contributor vcard">{words}\n'
        f'<a class="tel" href="tel:{number}"><span class="fn">{name}</span></a></div>\n'
        f'<abbr class="published" title="2020-02-03T14:05:20.000-06:00">Feb 3, 2020</abbr>\n{more}<br />\n'
        f'<abbr class="duration" title="PT5M8S">{duration}</abbr>\n<div class="tags">Labels:\n'
        f'<a rel="tag" href="http://www.google.com/voice#{kind}">X</a>, '
        '<a rel="tag" href="http://www.google.com/voice#inbox">Inbox</a></div></div></body></html>'
    ).encode()


def held(**pages: bytes) -> HeldFiles:
    return HeldFiles(files={CALLS + name: content for name, content in pages.items()}, name="takeout.zip")


def said(export: HeldFiles) -> list[Said]:
    return [one for one in voice.read(export) if isinstance(one, Said)]


def test_texts_with_one_number_are_one_conversation() -> None:
    export = held(
        **{
            "Kim Roe - Text - 2023-09-20T00_54_54Z.html": talk(
                message("+12025550186", "Kim Roe", "it&#39;s <br>me  &amp; you<br>"),
                message("+15755550166", "Me", "ok"),
            ),
            "Kim Roe - Text - 2023-09-21T00_54_54Z.html": talk(message("+12025550186", "Kim R.", "again")),
        }
    )
    assert voice.recognise(export)
    first, second, third = said(export)
    assert first.thread is second.thread is third.thread
    assert first.thread.key == "+12025550186"
    assert first.thread.participants == ("Kim Roe <+12025550186>", "Me <+15755550166>")
    assert first.thread.owner == "Me <+15755550166>"
    assert first.message.text == "it's \nme  & you"
    assert [one.message.side for one in (first, second)] == ["left", "right"]
    assert second.message.sender == "Me <+15755550166>"
    assert third.message.sender == "Kim R. <+12025550186>"
    assert first.message.at == datetime.fromisoformat("2023-09-20T00:54:54.915+00:00")


def test_raw_is_the_source_of_the_message() -> None:
    page = talk(message("+12025550186", "Søren", "süß \U0001f600"))
    (one,) = said(held(**{"X - Text - 2023-09-20T00_54_54Z.html": page}))
    assert one.message.raw in page
    assert one.message.raw.startswith(b'<div class="message">')
    assert one.message.raw.endswith(b"</div>")


def test_a_group_is_known_by_its_numbers() -> None:
    cites = ", ".join((cite("+12025550172", "Clara"), cite("+12025550001", None)))
    page = talk(message("+12025550172", "Clara", "x"), title="Group Conversation", participants=cites)
    (one,) = said(held(**{"Group Conversation - 2020-02-05T17_16_14Z.html": page}))
    assert one.thread.key == "+12025550001,+12025550172"
    assert one.thread.participants == ("Clara <+12025550172>", "+12025550001", "Me")
    assert one.thread.title == "Clara, +12025550001"


def test_a_conversation_of_own_words_alone_is_with_whom_the_title_names() -> None:
    mine = talk(message("+15755550166", "Me", "a"), title="Me to\nKim - the - Roe")
    alone = held(**{"Kim - the - Roe - Text - 2023-09-20T00_54_54Z.html": mine})
    (one,) = said(alone)
    assert one.thread.key == "name:Kim - the - Roe"
    assert one.thread.participants == ("Kim - the - Roe", "Me <+15755550166>")
    theirs = talk(message("+12025550186", "Kim - the - Roe", "b"))
    both = held(
        **{
            "Kim - the - Roe - Text - 2023-09-20T00_54_54Z.html": mine,
            "Kim - the - Roe - Text - 2023-09-21T00_54_54Z.html": theirs,
        }
    )
    first, second = said(both)
    assert first.thread is second.thread
    assert first.thread.key == "+12025550186"


def test_a_number_in_the_name_of_the_file_serves_where_the_title_names_nobody() -> None:
    mine = talk(message("+15755550166", "Me", "a"), title="Me to\n")
    (one,) = said(held(**{"+12025550186 - Text - 2023-09-20T00_54_54Z.html": mine}))
    assert one.thread.key == "+12025550186"


def test_files_are_found_without_their_endings_and_placeholders_are_no_text() -> None:
    stem = "Kim's - Text - 2023-09-20T00_54_54Z"
    files = f'<div><img src="{stem}-1-1" alt="Image MMS Attachment" /></div>'
    card = f'<div><a class="vcard" href="{stem}-2-1">Contact card attachment</a></div>'
    page = talk(
        message("+12025550186", "Kim's", "MMS Sent", files=files),
        message("+12025550186", "Kim's", "look", files=card),
        message("+12025550186", "Kim's", "MMS Sent"),
    )
    fit = stem.replace("'", "_")
    export = held(**{f"{stem}.html": page, f"{fit}-1-1.jpg": b"jpg"})
    one, two, three = said(export)
    assert one.message.text == ""
    assert one.message.attachments == (Media(name=f"{fit}-1-1.jpg", entry=f"{CALLS}{fit}-1-1.jpg"),)
    assert two.message.attachments == (Media(name=f"{stem}-2-1"),)
    assert three.message.text == "MMS Sent"
    assert Stated(what="media", count=2, path=f"{CALLS}{stem}.html") in list(voice.read(export))


@pytest.mark.parametrize(
    ("kind", "sender", "system"),
    [
        ("placed", "Me", True),
        ("received", "Kim <+12025550186>", True),
        ("missed", "Kim <+12025550186>", True),
        ("recorded", "Kim <+12025550186>", True),
        ("voicemail", "Kim <+12025550186>", False),
    ],
)
def test_calls_are_told_by_their_tags_in_every_language(kind: str, sender: str, *, system: bool) -> None:
    page = call(kind, "Anruf mit", "+12025550186", "Kim")
    (one,) = said(held(**{"Kim - 2020-02-03T20_05_20Z.html": page}))
    assert one.message.sender == sender
    assert one.message.system is system
    assert one.message.text == "Anruf mit Kim (00:05:08)"
    assert one.message.at == datetime.fromisoformat("2020-02-03T20:05:20+00:00")
    assert one.thread.key == "+12025550186"


def test_a_transcript_is_read_once_and_its_recording_is_attached() -> None:
    word = '<span class="word high">Hi,\n<span class="start-time">0.0</span><span class="confidence">0.8</span></span>'
    name = "Kim - Voicemail - 2020-02-03T20_05_20Z"
    more = (
        f'Transcript:\n<span class="description"><span class="full-text">Hi, it&#39;s me.</span>\n{word}</span><br />'
        f'<audio controls="controls" src="{name}.mp3"><a rel="enclosure" href="{name}.mp3">Audio</a></audio>'
    )
    page = call("voicemail", "Voicemail from", "+12025550186", "Kim", more=more)
    (one,) = said(held(**{f"{name}.html": page, f"{name}.mp3": b"mp3"}))
    assert one.message.text == "Hi, it's me."
    assert one.message.attachments == (Media(name=f"{name}.mp3", entry=f"{CALLS}{name}.mp3"),)
    assert one.message.unmapped == ("duration", "transcript.words")


def test_a_call_without_number_or_name_is_a_call_all_the_same() -> None:
    (one,) = said(held(**{" - Placed - 2013-07-29T20_56_11Z.html": call("placed", "Placed call to", "", "")}))
    assert one.message.text == "Placed call to (00:05:08)"
    assert one.thread.participants == ("Me",)


def test_what_the_user_deleted_is_said() -> None:
    page = talk(message("+12025550186", "Kim", "x"), deleted="True")
    (one,) = said(held(**{"Kim - Text - 2023-09-20T00_54_54Z.html": page}))
    assert one.message.unmapped == ("userDeleted",)


def test_a_page_under_another_name_is_recognised_and_other_pages_are_not() -> None:
    page = talk(message("+12025550186", "Kim", "x"))
    assert voice.recognise(HeldFiles(files={"page.htm": page}))
    for other in (b"<html><body><div class='message'>x</div></body></html>", b"", b'{"hChatLog": 1}'):
        assert not voice.recognise(HeldFiles(files={"Takeout/Voice/Bills.html": other, "y": b""}))
    assert voice.aside("Takeout/Voice/Phones.vcf")
    assert voice.aside("Takeout/Voice/Calls/x.jpg") is None


def test_hostile_pages_end_in_messages_or_remarks() -> None:
    name = CALLS + "Kim - Text - 2023-09-20T00_54_54Z.html"
    cut = talk(message("+1", "Kim", "a"), message("+1", "Kim", "<script>alert(1)</script>b"))[:-260]
    for page in (cut, b'<div class="hChatLog"><div class="message">', b'<div class="hChatLog">' + b"<div>" * 50_000):
        export = HeldFiles(files={name: page})
        found = list(voice.read(export))
        stated = next(one for one in found if isinstance(one, Stated))
        lost = sum(one.lost or 0 for one in found if isinstance(one, Remark))
        assert stated.count == lost + sum(isinstance(one, Said) for one in found)


def _facts(folder: Path, case: dict[str, object]) -> list[Said]:
    name = str(case["file"])
    export = HeldFiles(files={name: (folder / name).read_bytes()})
    assert voice.recognise(export)
    return said(export)


def test_the_shared_exports_give_their_stated_facts(shared_dir: Path) -> None:
    folder = shared_dir / "fixtures/google-voice/wesm__msgvault"
    cases = [one for one in json.loads((folder / "expected.json").read_text())["cases"] if "file" in one]
    for case in cases:
        found = _facts(folder, case)
        assert len(found) == case.get("n_messages", 1)
        everybody = " ".join(found[0].thread.participants)
        assert all(number in everybody for number in case.get("group_participants", ()))
        for one, told in zip(found, case.get("messages", ()), strict=False):
            assert told.get("phone", told["name"]) in (one.message.sender or "")
            assert told["name"] in (one.message.sender or "")
            assert (one.message.side == "right") is told["me"]
            assert told.get("text", one.message.text) == one.message.text
            assert told.get("text_contains", "") in one.message.text
            if "ts" in told:
                assert one.message.at == datetime.fromisoformat(told["ts"])
        if "attachments" in case:
            assert found[0].message.attachments[0].name == case["attachments"][0]["href"]
        if "call" in case:
            assert found[0].message.system
            assert case["call"].capitalize() in found[0].message.text
            assert case["phone"] in everybody
            if "ts" in case:
                assert found[0].message.at == datetime.fromisoformat(case["ts"])


def test_the_shared_pretty_printed_exports_give_their_stated_facts(shared_dir: Path) -> None:
    folder = shared_dir / "fixtures/google-voice/wjcarpenter__gvoice-sms-takeout-xml"
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        found = _facts(folder, case)
        assert len(found) == case["n_messages"]
        for one, (number, name, at, text) in zip(found, case.get("messages", ()), strict=False):
            assert one.message.sender == f"{name} <{number}>"
            assert one.message.at == datetime.fromisoformat(at)
            assert one.message.text == text
        everybody = " ".join(found[0].thread.participants)
        assert all(number in everybody for number in case.get("participants", ()))
        if "attachment_of_message_2" in case:
            assert found[1].message.attachments[0].name == case["attachment_of_message_2"]
