"""What imessage-exporter writes: text files and pages."""

from __future__ import annotations

import json
import random
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ingest.formats.chats import imessage_html, imessage_text
from ingest.formats.chats.model import Media, Reacted, Said, Stated, Version
from ingest.formats.container import ContainerBroken, Remark
from tests.every_case import every_case
from tests.ingest.formats.chats.reading import held, messages, read, stated

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.formats.chats.model import ChatMessage

STAMP = "May 17, 2022  5:29:42 PM"
AT = datetime(2022, 5, 17, 17, 29, 42)  # noqa: DTZ001 - the export states no zone


def text(*blocks: str) -> list[ChatMessage]:
    return messages(imessage_text, held({"Ann.txt": "".join(f"{one}\n\n" for one in blocks).encode()}))


def page(*elements: str, **files: bytes) -> list[ChatMessage]:
    head = '<html>\n<head>\n<meta charset="UTF-8"><style>.message{}</style></head>\n<body>\n'
    content = f"{head}{''.join(elements)}</body></html>".encode()
    return messages(imessage_html, held({"out/Ann.html": content, **files}))


def element(parts: str, sender: str = "Ann", kind: str = "received", stamp: str = STAMP) -> str:
    return (
        f'<div class="message">\n<div class="{kind}">\n<p><span class="timestamp">{stamp}</span>\n'
        f'<span class="sender">{sender}</span></p>\n{parts}</div>\n</div>\n'
    )


def part(words: str) -> str:
    return f'<hr><div class="message_part">\n<span class="bubble">{words}</span>\n</div>\n'


# text


def test_a_message_has_its_local_time_sender_words_and_exact_bytes():
    first, second = text(f"{STAMP} (Read by you after 1 hour, 49 seconds)\nAnn\nHello\n\nworld", f"{STAMP}\nMe\nok")
    assert (first.at, first.sender, first.text, first.side) == (AT, "Ann", "Hello\n\nworld", "left")
    assert first.raw.endswith(b"\nAnn\nHello\n\nworld")
    assert first.unmapped == ("read",)
    assert (second.sender, second.side) == ("Me", "right")


def test_a_chat_is_called_as_its_file():
    found = read(imessage_text, held({"out/Ann.txt": f"{STAMP}\nAnn\nHi\n\n{STAMP}\nMe\nHi\n\n".encode()}))
    thread = found[0][0].thread
    assert (thread.title, thread.participants, thread.owner) == ("Ann", ("Ann", "Me"), "Me")
    assert stated(found[1], "messages") == 2


def test_noon_and_midnight_and_dates_that_are_none():
    blocks = [f"{stamp}\nAnn\nx" for stamp in ("Jan 01, 2022 12:00:00 AM", "Jan 01, 2022 12:00:00 PM")]
    assert [one.at and one.at.hour for one in text(*blocks)] == [0, 12]
    found = text(blocks[0], "Feb 30, 2022 12:00:00 PM\nAnn\nx", "Foo 01, 2022  1:00:00 PM\nAnn\nx")
    assert [one.at for one in found[1:]] == [None, None]


def test_a_date_line_with_words_is_a_notice():
    one = text(f"{STAMP} You renamed the conversation to Lunch")[0]
    assert (one.system, one.text, one.sender, one.side) == (
        True,
        "You renamed the conversation to Lunch",
        None,
        "center",
    )


def test_a_deleted_message_keeps_the_words_that_are_left():
    one = text(f"{STAMP}\nMe\nThis message was deleted from the conversation!\nHello")[0]
    assert (one.deleted, one.text) == (True, "Hello")


def test_an_unsent_message_is_deleted():
    one = text(f"{STAMP}\nMe\nYou unsent this message part 5 seconds after sending!")[0]
    assert (one.deleted, one.text) == (True, "")


def test_tapbacks_are_reactions():
    for title in ("Tapbacks:", "Reactions:"):
        one = text(f"{STAMP}\nMe\nHi\n{title}\nLoved by Ann\n\U0001f98a by Bo Lee\n\nmore")[0]
        assert one.reactions == (Reacted(emoji="Loved", by="Ann"), Reacted(emoji="\U0001f98a", by="Bo Lee"))
        assert one.text == "Hi\nmore"


def test_answers_that_are_shown_below_a_message_are_not_taken_twice():
    answer = f"    {STAMP}\n    Ann\n    Yes"
    first, second = text(
        f"{STAMP}\nMe\nWhen?\n{answer}\n", f"{STAMP}\nAnn\nYes\nThis message responded to an earlier message."
    )
    assert (first.text, first.unmapped) == ("When?", ("replies",))
    assert answer.encode() in first.raw
    assert (second.text, second.unmapped) == ("Yes", ("reply",))


def test_an_edit_whose_distance_is_not_told_is_one_too():
    one = text(f"{STAMP}\nMe\n{STAMP} Frist\nEdited later: First\n")[0]
    assert (one.text, [version.text for version in one.edits]) == ("First", ["Frist"])


def test_every_version_of_an_edited_message_comes_out():
    one = text(f"{STAMP}\nMe\n{STAMP} Frist\nEdited 15 seconds later: Frst\nEdited 5 seconds later: First\n")[0]
    assert one.text == "First"
    assert one.edits == (Version(text="Frist", at=AT), Version(text="Frst"))


def test_files_are_those_of_the_export_or_missing():
    body = "attachments/12/a b.jpg\nlook\n~/Library/Messages/Attachments/ab/x.pdf\nAttachment missing!"
    files = {"o/Ann.txt": f"{STAMP}\nMe\n{body}\n\n".encode(), "o/attachments/12/a b.jpg": b"1"}
    one = messages(imessage_text, held(files))[0]
    assert one.text == "look"
    assert one.attachments == (Media(name="a b.jpg", entry="o/attachments/12/a b.jpg"), Media(name="x.pdf"), Media())


def test_what_another_program_wrote_is_not_claimed():
    for content in (
        b"",
        b"May 17, 2022\nHello\n",
        b"May 17, 2022, 5:29 PM - Ann: Hi\n",
        f"{STAMP}\n".encode(),
        b"\xff",
    ):
        assert not imessage_text.recognise(held({"x.txt": content}))
        assert not imessage_html.recognise(held({"x.html": content}))


def test_line_ends_of_windows_stay_in_the_bytes():
    one = messages(imessage_text, held({"a.txt": f"{STAMP}\r\nAnn\r\na\r\nb\r\n\r\n".encode()}))[0]
    assert (one.sender, one.text) == ("Ann", "a\nb")
    assert one.raw == f"{STAMP}\r\nAnn\r\na\r\nb".encode()


# pages


def test_an_element_is_a_message_with_its_source():
    source = element(part("Hello &lt;b&gt;\n  world"), "Me", "sent iMessage")
    one = page(source)[0]
    assert (one.at, one.sender, one.text, one.side) == (AT, "Me", "Hello <b>\n  world", "right")
    assert one.raw == source.rstrip().encode()


def test_newer_pages_tell_the_identity_of_a_message():
    link = (
        f'<a title="Reveal in Messages app" href="sms://open?message-guid=AB-12">{STAMP}</a> (Read by you after 1 hour)'
    )
    one = page(element(part("Hi"), stamp=link))[0]
    assert (one.id, one.at, one.unmapped) == ("AB-12", AT, ("read",))


def test_notices_deletions_tapbacks_and_effects_of_a_page():
    notice = (
        f'\n<div class ="announcement"><p><span class="timestamp">{STAMP}</span> Ann left the conversation.</p></div>\n'
    )
    deleted = '<span class="deleted">This message was deleted from the conversation!</span></p>\n' + part("Hi")
    tapback = (
        part("Hi") + '<span class="expressive">Sent with Echo</span>\n<div class="tapbacks"><hr><p>Tapbacks:</p>\n'
        '<div class="tapback"><span class="tapback"><b>Loved</b> by Bo</span></div>\n</div>\n'
    )
    first, second, third = page(notice, element(deleted), element(tapback))
    assert (first.system, first.text, first.sender) == (True, "Ann left the conversation.", None)
    assert (second.deleted, second.text) == (True, "Hi")
    assert (third.reactions, third.text, third.unmapped) == ((Reacted(emoji="Loved", by="Bo"),), "Hi", ("effect",))


def test_answers_inside_a_message_are_not_taken_twice():
    inner = f'<div class="replies">\n<div class="reply" id="X">{element(part("Yes"), "Bo")}</div>\n</div>\n'
    found = page(element(part("When?") + inner), element(part("Yes"), "Bo"))
    assert [(one.sender, one.text) for one in found] == [("Ann", "When?"), ("Bo", "Yes")]
    assert b"Yes" in found[0].raw


def test_edits_and_unsent_parts_of_a_page():
    table = (
        '<hr><div class="message_part">\n<div class="edited"><table><tr><td><span class="timestamp"></span></td>'
        '<td>Frist</td></tr><tfoot><tr><td><span class="timestamp">Edited 5 seconds later</span></td>'
        "<td>First</td></tr></tfoot></table></div>\n</div>\n"
    )
    gone = (
        '<span class="unsent"><span class="unsent">Ann unsent this message part 5 seconds after sending!</span></span>'
    )
    first, second = page(element(table), element(gone))
    assert (first.text, first.edits, first.at) == ("First", (Version(text="Frist"),), AT)
    assert (second.deleted, second.text) == (True, "")


def test_files_of_a_page_are_those_of_the_export_or_missing():
    parts = (
        '<hr><div class="message_part">\n<div class="attachment"><img src="attachments/1/a%20b.jpg" loading="lazy">'
        '</div></div>\n<hr><div class="message_part"><div class="attachment"><video controls> '
        '<source src="attachments/1/v.mp4" type="video/mp4"> <source src="attachments/1/v.mp4"> </video></div></div>'
        '<hr><div class="message_part"><span class="attachment_error">Unable to locate attachment: x.pdf</span></div>'
    )
    one = page(element(parts), **{"out/attachments/1/a b.jpg": b"1"})[0]
    assert one.attachments == (
        Media(name="a b.jpg", entry="out/attachments/1/a b.jpg"), Media(name="v.mp4"), Media(name="x.pdf")
    )  # fmt: skip


def test_bytes_that_are_no_text_stay_in_the_source():
    source = element(part("a@b")).encode().replace(b"@", b"\xff")
    one = messages(imessage_html, held({"a.html": source}))[0]
    assert (one.text, one.raw) == ("a\ufffdb", source.rstrip())


@every_case("seed", range(60))
def test_a_spoiled_page_or_text_ends_without_a_traceback(seed: int):
    chance = random.Random(seed)
    sources: list[tuple[Any, bytearray]] = [
        (imessage_html, bytearray((element(part("Hi")) * 5).encode())),
        (
            imessage_text,
            bytearray((f"{STAMP}\nMe\n{STAMP} a\nEdited 5 later: b\nTapbacks:\nLoved by x\n\n" * 5).encode()),
        ),
    ]
    for reader, content in sources:
        for _ in range(20):
            content[chance.randrange(len(content))] = chance.choice(b'<>/"= \n\xff\0a:')
        try:
            for one in reader.read(held({"x": bytes(content)})):
                assert isinstance(one, (Said, Stated, Remark))
        except ContainerBroken:
            pass


def test_the_cases_beside_the_project_say_what_is_told(shared_dir: Path):
    folder = shared_dir / "fixtures/imessage-text/ReagentX__imessage-exporter"
    told = json.loads((folder / "expected.json").read_text())["files"]
    tried = 0
    for name, facts in told.items():
        reader = imessage_text if name.endswith(".txt") else imessage_html
        export = held({name: (folder / name).read_bytes()})
        if facts.get("kind") == "reaction":  # a line of a message, not an export
            assert not reader.recognise(export)
            continue
        found = messages(reader, export)
        tried += 1
        if "messages" in facts:
            assert sum(not one.system for one in found) == facts["messages"]
            assert sum(one.system for one in found) == facts["system"]
            assert {who: sum(one.sender == who for one in found) for who in facts["senders"]} == facts["senders"]
            assert {one.at and one.at.isoformat() for one in found} == {facts["all_dates_local"]}
            continue
        (one,) = found
        assert one.at is not None
        assert (one.at.isoformat(), one.sender) == (facts["date_local"], facts.get("sender")), name
        assert (one.system, one.deleted) == (facts["kind"] == "system", facts.get("deleted", False)), name
        assert one.text == facts.get("text", one.text), name
        assert ("read" in one.unmapped) == facts.get("read", False), name
    assert tried == 20
