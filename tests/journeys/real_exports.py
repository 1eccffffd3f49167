"""Exports beside the project, one of each format, with what was read of them by eye in their sources.

Times are instants in UTC, or as they are printed where the export states no offset.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NOTES = ("ORIGIN.json", "expected.json", "target.json", "headers_2026.json")
"""What is about the exports and no part of them."""


@dataclass(frozen=True, kw_only=True)
class RealExport:
    """One export; `path` below the fixtures, a file or a folder.

    `said` is sender, time and text of one of its messages, `word` a word of it. `findings` is how many differences
    its account must name, of an export that lacks files which it says it has. One whose messages have no bytes of
    their own is `serialised`.
    """

    name: str
    path: str
    platform: str
    messages: int
    word: str
    said: tuple[str | None, str, str]
    findings: int = 0
    serialised: bool = False


REAL = (
    RealExport(
        name="bluesky", path="activitypub-bluesky/snarfed__granary/comment_inreplyto_id.bsky.json",
        platform="bluesky", messages=1, word="foo bar baz",
        said=("did:plc:asdf", "2012-12-05T00:58:26+00:00", "foo bar baz"),
    ),
    RealExport(
        name="discord", path="discord-chat-exporter/mlomb__chat-analytics/GC_3A_5M.json",
        platform="discord", messages=6, word="nickname",
        said=("theplant", "2023-01-17T19:33:19.087000+00:00", "Should honor nickname over name"),
    ),
    RealExport(
        name="discord-package", path="discord-package/spec-derived/2024_json",
        platform="discord", messages=3, word='"my only"',
        said=(None, "2021-10-13T15:35:46+00:00", "my only 10/10 ❤️"),
    ),
    RealExport(
        name="messenger", path="facebook-messenger/wesm__msgvault/json_with_media",
        platform="messenger", messages=1, word='"here\'s a photo"',
        said=("Bob Mediafile", "2020-09-13T12:26:40+00:00", "Here's a photo"),
    ),
    RealExport(
        name="facebook", path="facebook-posts/spec-derived",
        platform="facebook", messages=6, word="Glædelig",
        said=("Ana Owner", "2009-05-21T10:27:04+00:00", "Glædelig søndag ☀️"),
    ),
    RealExport(
        name="google-chat", path="google-chat/spec-derived",
        platform="googlechat", messages=3, word="shoe",
        said=("John Smith <john.smith@example.com>", "2016-11-03T11:59:50+00:00", "We should shoe shop this weekend"),
    ),
    RealExport(
        name="groupme", path="groupme/spec-derived",
        platform="groupme", messages=2, word='"Bo to the group"',
        said=("GroupMe", "2023-11-14T22:13:20+00:00", "Ana added Bo to the group."),
    ),
    RealExport(
        name="hangouts", path="google-hangouts/spec-derived/Takeout",
        platform="hangouts", messages=3, word="bye",
        said=("Other Person <222>", "2014-05-13T16:53:21.234567+00:00", "see https://example.org\nbye"),
    ),
    RealExport(
        name="imessage-db", path="imessage-db/evantahler__macos-ts/chat.db",
        platform="imessage", messages=15, word="lunch",
        said=("+15551234567", "2025-06-08T10:00:00+00:00", "Hey, how are you?"), serialised=True,
    ),
    RealExport(
        name="imessage-html",
        path="imessage-text/ReagentX__imessage-exporter/cases/can_format_html_from_me_normal.html",
        platform="imessage", messages=1, word='"Hello world"',
        said=("Me", "2022-05-17T17:29:42", "Hello world"),
    ),
    RealExport(
        name="imessage-text", path="imessage-text/ReagentX__imessage-exporter/composed/Sample Contact.txt",
        platform="imessage", messages=6, word="SharePlay",
        said=("Sample Contact", "2022-05-17T17:29:42", "Hello world"),
    ),
    RealExport(
        name="instagram", path="instagram/spec-derived",
        platform="instagram", messages=7, word='"Déjà vu"',
        said=("Zoë Friend", "2025-02-20T23:24:09.028000+00:00", "Déjà vu 😀 “ok”"),
    ),
    RealExport(
        name="line", path="line-chat/spec-derived/en_mobile.txt",
        platform="line", messages=4, word='"works tomorrow"',
        said=("Alex Rivera", "2026-09-25T21:05:00", "How about two?\nI'll send the slides the day before."),
    ),
    RealExport(
        name="linkedin", path="linkedin/spec-derived",
        platform="linkedin", messages=3, word='"Great to connect"',
        said=("Guy Example", "2026-08-01T02:00:00+00:00", "Great to connect, Ana\nsecond line"),
    ),
    RealExport(
        name="mastodon", path="mastodon-archive/spec-derived",
        platform="mastodon", messages=7, word='"First public post"',
        said=("@archivist@social.example", "2022-11-08T03:07:14+00:00", "First public post."),
    ),
    RealExport(
        name="reddit", path="reddit/spec-derived",
        platform="reddit", messages=4, word="tomato",
        said=("example_user", "2024-01-01T00:00:00+00:00", "Water deeply\nand mulch well"),
    ),
    RealExport(
        name="signal-backup",
        path="signal-backup-v2/signalapp__Signal-Message-Backup-Tests/"
        "chat_item_standard_message_formatted_text_00.binproto",
        platform="signal", messages=2, word="0123456789",
        said=("Alice Smith", "2025-10-24T12:35:09.668000+00:00", "0123456789"), serialised=True,
    ),
    RealExport(
        name="signal-jsonl", path="signal-jsonl/spec-derived",
        platform="signal", messages=3, word="hello",
        said=("Alice Smith", "2024-05-13T11:33:20+00:00", "hello @￼"),
    ),
    RealExport(
        name="signal-md", path="signal-md/spec-derived",
        platform="signal", messages=6, word='"with a colon"',
        said=("Me", "2024-06-01T14:00:41", "second line: with a colon"),
    ),
    RealExport(
        name="skype", path="skype-teams/spec-derived/messages.json",
        platform="skype", messages=3, word='"my answer"',
        said=("8:live:.cid.owner", "2025-03-01T20:34:52.072000+00:00", "see https://example.org/?a=1&b=2 :) bold"),
    ),
    RealExport(
        name="slack", path="slack-export/hfaran__slack-export-viewer/testarchive.zip",
        platform="slack", messages=158, word='"has joined the channel"',
        said=("Hamza Faran", "2016-01-15T05:55:18.000002+00:00", "@Hamza Faran has joined the channel"),
    ),
    RealExport(
        name="sms", path="sms-backup-restore/wjcarpenter__gvoice-sms-takeout-xml/sms-20231009.xml",
        platform="sms", messages=3, word='"I thought so"',
        said=("Susie Glow <+18885554321>", "2023-10-09T22:06:19.789000+00:00", "That's about right."),
    ),
    RealExport(
        name="snapchat", path="snapchat/spec-derived/messages",
        platform="snapchat", messages=4, word='"was he good"',
        said=("friend_username", "2024-04-20T01:29:22.686000+00:00", "was he good?"),
    ),
    RealExport(
        name="telegram", path="telegram/frozenspider__chat-history-manager/telegram_2020-01",
        platform="telegram", messages=50, word='"null-names contact"',
        said=("32507588", "2017-06-23T20:11:00", "Message from null-names contact"),
    ),
    RealExport(
        name="telegram-html", path="telegram-html/GeiserX-style_inline/multi",
        platform="telegram", messages=2, word='"in file 1"',
        said=("Alice", "2024-01-15T10:00:00", "Message in file 1"),
    ),
    RealExport(
        name="tiktok", path="tiktok/spec-derived/user_data_tiktok.json",
        platform="tiktok", messages=4, word="nice",
        said=("owner", "2024-02-11T09:00:00+00:00", "nice 😀"),
    ),
    RealExport(
        name="voice", path="google-voice/wesm__msgvault",
        platform="voice", messages=7, word='"getting in 815ish"',
        said=("Karl Example <+12025550186>", "2020-02-03T11:37:45.632000-06:00",
              "Clara says you're coming in tonight? Awesome."),
    ),
    RealExport(
        name="whatsapp", path="whatsapp/mlomb__chat-analytics/4A_11M.zip",
        platform="whatsapp", messages=14, word='"shooting stars"',
        said=("Alice", "2020-12-09T23:55:00", "shooting stars"),
    ),
    RealExport(
        name="x", path="twitter-archive/larsbrinkhoff__twitter-data__pseudonymised",
        platform="x", messages=144, word="Ufcefi",
        said=("4745663051882759755", "2022-05-24T18:57:56.663000+00:00", "Ufcefi!"), findings=3,
    ),
)  # fmt: skip


def content_of(folder: Path) -> bytes:
    """All bytes of the files in a folder and of those in its zips, a mark between them."""
    return b"\0\0".join(part for one in sorted(folder.rglob("*")) if one.is_file() for part in _parts(one.read_bytes()))


def _parts(content: bytes) -> list[bytes]:
    if not content.startswith(b"PK\x03\x04"):
        return [content]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(one) for one in archive.infolist()]


def pieces_of(original: bytes, source: bytes) -> int | None:
    """Of how few runs of bytes out of the source, one behind the other, this is put together; None where it is not."""
    count = 0
    while original:
        short, long = 0, len(original)
        while short < long:  # whatever begins a run that is in the source is in it as well
            middle = (short + long + 1) // 2
            short, long = (middle, long) if original[:middle] in source else (short, middle - 1)
        if not short:
            return None
        original = original[short:]
        count += 1
    return count


def exported(folder: Path) -> dict[str, tuple[dict[str, Any], bytes]]:
    """What `record export` wrote of many records: the metadata of each and its original's bytes, by its id."""
    found = {}
    for one in folder.iterdir():
        if one.is_dir():
            (original,) = one.glob("001-original*")
            found[one.name] = (json.loads((one / "metadata.json").read_text("utf-8")), original.read_bytes())
    return found
