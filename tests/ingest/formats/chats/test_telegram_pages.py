"""Telegram Desktop's pages: who wrote what, where blocks are joined, passed on, or notices."""

from __future__ import annotations

import json
import random
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats.chats import telegram
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Media, Reacted, Said, Stated
from tests.ingest.formats.chats.reading import held, messages, read, stated

if TYPE_CHECKING:
    from pathlib import Path

START = """<!DOCTYPE html><html><head><meta charset="utf-8"/><title>Exported Data</title></head>
 <body onload="CheckLocation();"><div class="page_wrap"><div class="page_header"><div class="content">
 <div class="text bold">
%s
 </div></div></div><div class="page_body chat_page"><div class="history">"""
END = "</div></div></div></body></html>"
WHEN = "05.01.2024 18:07:33 UTC+01:00"


def block(number: int, inner: str, *, name: str | None = "Ann Lee", when: str = WHEN) -> str:
    joined = "" if name is not None else " joined"
    named = "" if name is None else f'<div class="from_name">\n{name} \n</div>'
    return (
        f'<div class="message default clearfix{joined}" id="message{number}"><div class="pull_left userpic_wrap">'
        '<div class="userpic userpic1"><div class="initials">\nA\n</div></div></div><div class="body">'
        f'<div class="pull_right date details" title="{when}">\n18:07\n</div>{named}{inner}</div></div>'
    )


def div(cls: str, inner: str = "", tag: str = "div", more: str = "") -> str:
    return f'<{tag} class="{cls}"{more}>\n{inner}\n</{tag}>'


def text(said: str) -> str:
    return div("text", said)


def media(cls: str, *said: str, tag: str = "div", more: str = "") -> str:
    """A card: its title, description and status, as far as they are given."""
    shown = [div(label, one) for label, one in zip(("title bold", "status details", "description"), said, strict=False)]
    card = div(f"media clearfix pull_left {cls}", div("fill pull_left") + div("body", "".join(shown)), tag, more)
    return div("media_wrap clearfix", card)


def page(*blocks: str, title: str = "Team") -> bytes:
    return (START % title + "".join(blocks) + END).encode()


def of(*blocks: str, **files: bytes) -> list[Any]:
    return messages(telegram, held({"messages.html": page(*blocks), **files}))


def test_a_title_of_time_with_an_offset_is_an_instant_and_one_without_is_local() -> None:
    whens = (WHEN, "05.01.2024 18:07:33", "05.01.2024 18:07:33 UTC-05:30", "00.01.2024 18:07:33", "")
    found = of(*[block(number, text("x"), when=when) for number, when in enumerate(whens)])
    assert [one.at and one.at.isoformat() for one in found] == [
        "2024-01-05T18:07:33+01:00",
        "2024-01-05T18:07:33",
        "2024-01-05T18:07:33-05:30",
        None,
        None,
    ]


def test_a_joined_block_has_the_sender_of_the_block_before_over_pages_too() -> None:
    files = {f"C/messages{number}.html": page(block(20 + number, text("x"), name=None)) for number in (2, 10)}
    export = held(
        {"C/messages10.html": files["C/messages10.html"], **files, "C/messages.html": page(block(1, text("x")))}
    )
    found = messages(telegram, export)
    assert [(one.id, one.sender) for one in found] == [("1", "Ann Lee"), ("22", "Ann Lee"), ("30", "Ann Lee")]


def test_the_name_inside_a_passed_on_block_is_not_the_sender() -> None:
    date = div("date details", "1.1.", "span", ' title="x"')
    passed = '<div class="forwarded body">' + div("from_name", "News " + date)
    (found,) = of(block(1, passed + text("old words") + "</div>"))
    assert (found.sender, found.forwarded_from, found.text) == ("Ann Lee", "News", "old words")
    assert found.unmapped == ("forwarded.date",)


def test_notices_have_a_text_and_no_sender_and_days_are_no_messages() -> None:
    day = '<div class="message service" id="message-1"><div class="body details">\n5 January 2024\n</div></div>'
    inner = div("body details", 'Ann pinned <a href="#go_to_message4">this message</a>')
    notice = f'<div class="message service" id="message9">{inner}</div>'
    said, counts, _ = read(telegram, held({"messages.html": page(day, notice, block(10, text("x")))}))
    first = said[0].message
    assert (first.text, first.system, first.sender, first.at, first.side) == (
        "Ann pinned this message",
        True,
        None,
        None,
        "center",
    )
    assert (len(said), stated(counts, "messages")) == (2, 2)


def test_texts_keep_their_lines_and_show_characters_for_escapes() -> None:
    (found,) = of(block(1, text('Salve &amp; benvenuti<br>seconda <a href="https://x.y">riga</a>')))
    assert found.text == "Salve & benvenuti\nseconda riga"


def test_replies_say_what_is_answered_also_on_another_page() -> None:
    link = '<div class="reply_to details">In reply to <a href="%s#go_to_message7">this message</a></div>'
    found = of(
        block(1, link % ""),
        block(2, link % "messages3.html"),
        block(3, '<div class="reply_to details">In reply to a message in another chat</div>'),
    )
    assert [one.reply_to for one in found] == ["7", "7", None]
    assert found[2].unmapped == ("reply_to",)


def test_files_are_found_from_the_page_in_whatever_folder_it_lies() -> None:
    href = ' href="../../chats/chat_1/photos/a%20b.jpg"'
    photo = div("media_wrap", div("photo_wrap clearfix", '<img class="photo" src="t_thumb.jpg"/>', "a", href))
    export = held({"D/chats/chat_1/messages.html": page(block(1, photo)), "D/chats/chat_1/photos/a b.jpg": b"j"})
    (found,) = messages(telegram, export)
    assert found.attachments == (Media(name="a b.jpg", entry="D/chats/chat_1/photos/a b.jpg"),)


def test_a_file_that_was_not_exported_is_named_and_missing() -> None:
    missing = media("media_file", "Plan.pdf", "1 KB", "Not included, change data exporting settings to download.")
    (found,) = of(block(1, missing + text("see")))
    assert (found.attachments, found.text) == ((Media(name="Plan.pdf"),), "see")
    assert found.unmapped == ("media.description", "media.status")


def test_places_polls_and_calls_are_said() -> None:
    maps = ' href="https://maps.google.com/?q=1"'
    place = media("media_location", "Location", "1.5, 2", tag="a", more=maps)
    votes = div("details", "3 votes", "span")
    poll = div("media_wrap", div("media_poll", div("question bold", "When?") + div("answer", f"- Mon {votes}")))
    call = media("media_call success", "Bo", "Outgoing (5 seconds)")
    found = of(block(1, place), block(2, poll), block(3, call))
    assert [one.text for one in found] == ["Location\n1.5, 2", "When?\n- Mon", "Bo\nOutgoing (5 seconds)"]
    assert [one.system for one in found] == [False, False, True]
    assert not any(one.attachments for one in found)


def test_reactions_are_read_from_their_spans() -> None:
    who = div("userpics", div("userpic", div("initials", "B", more=' title="Bo, 05.01.2024"')), "span")
    first = div("reaction", div("emoji", "👍", "span") + who, "span")
    second = div("reaction", div("emoji", "🎉", "span") + div("count", "2", "span"), "span")
    spans = div("reactions", first + second, "span")
    (found,) = of(block(1, text("x") + spans))
    assert found.reactions == (Reacted(emoji="👍", by="Bo, 05.01.2024"), Reacted(emoji="🎉"), Reacted(emoji="🎉"))


def test_the_source_of_a_block_is_kept_to_the_byte() -> None:
    own = block(1, text("caf\u00e9 &amp; x"))
    content = page(own).replace(b"caf", b"\xff\xfecaf")
    (found,) = messages(telegram, held({"messages.html": content}))
    assert found.raw == own.encode().replace(b"caf", b"\xff\xfecaf")
    assert found.text.endswith("caf\u00e9 & x")
    assert found.text.encode()


def test_two_chats_of_one_title_stay_apart_and_pages_of_a_chat_together() -> None:
    export = held({
        "chats/chat_1/messages.html": page(block(1, text("a"))),
        "chats/chat_1/messages2.html": page(block(2, text("b")), title=""),
        "chats/chat_2/messages.html": page(block(1, text("c"))),
        "export_results.html": (START % "Exported Data" + END).replace("history", "sections").encode(),
    })  # fmt: skip
    said, counts, _ = read(telegram, export)
    assert [one.thread.key for one in said] == ["name:Team", "name:Team", "name:Team#2"]
    assert stated(counts, "conversations") == 2
    assert telegram.aside("export_results.html") == "it holds no messages or posts"


def test_pages_of_others_are_not_recognised() -> None:
    for content in (
        b"<html><div class='message'>x</div></html>",
        b"",
        b'<div class="page_wrap"><div class="page_header">',
    ):
        assert not telegram.recognise(held({"messages.html": content}))


def test_pages_cut_or_shuffled_anywhere_end_in_messages_that_are_counted() -> None:
    content = page(
        *[block(number, text("<b>x</b>") + '<div class="media_wrap"><a href="y">z</a></div>') for number in range(6)]
    )
    chance = random.Random(7)
    for _ in range(300):
        cut = bytearray(content[: chance.randrange(400, len(content))])
        for _ in range(chance.randrange(6)):
            cut[chance.randrange(300, len(cut))] = chance.choice(b'<>/"= \xff\x00')
        export = HeldFiles(files={"messages.html": bytes(cut)})
        found = list(telegram.read(export)) if telegram.recognise(export) else []
        assert all(one.message.text.encode() for one in found if isinstance(one, Said) and one.message.text)
        assert not found or any(isinstance(one, Stated) and one.what == "messages" for one in found)


@pytest.mark.shared
def test_pages_of_public_tests_give_their_stated_facts(shared_dir: Path) -> None:
    folder = next((shared_dir / "fixtures" / "telegram-html").iterdir())
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        place, expected = folder / case["file"], case["expected"]
        export = HeldFiles.of_folder(place.parent) if "dir" in expected else held({place.name: place.read_bytes()})
        said = read(telegram, export)[0]
        found = [one.message for one in said]
        if "chat" in expected:
            assert {one.thread.title for one in said} == {expected["chat"]}
        if "froms" in expected:
            assert [one.sender for one in found] == expected["froms"]
        if "texts" in expected:
            assert [one.text for one in found] == expected["texts"]
        chosen = expected.get("messages", ())
        assert not chosen or len(chosen) <= len(found)
        for one, told in zip(found, chosen, strict=False):
            _compare(one, told)


def _compare(one: Any, told: dict[str, Any]) -> None:
    facts = {"id": one.id and int(one.id), "from": one.sender, "reply_to": one.reply_to and int(one.reply_to)}
    facts |= {"text": one.text, "forwarded_from": one.forwarded_from}
    assert {label: facts[label] for label in told.keys() & facts.keys()} == {
        label: told[label] for label in told.keys() & facts.keys()
    }
    assert told.get("text_contains", "") in one.text
    moment = told.get("ts") or (told["local"] + told["offset"] if "local" in told else None)
    assert moment is None or one.at == datetime.fromisoformat(moment)
    for label in told.keys() & {"photo", "file", "sticker"}:
        assert [file.name for file in one.attachments] == [told[label].rpartition("/")[2]]
