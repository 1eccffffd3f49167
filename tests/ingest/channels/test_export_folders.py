"""A folder that is an unpacked export is handed in as one; any other folder stays a folder of files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.channels.export_folders import LAYOUTS, layout_of
from ingest.channels.files import find_items
from ingest.channels.folder_packing import PackedFolder
from ingest.formats.container_kinds import ContainerKind
from tests.every_case import every_case

SAID = b'[{"sender_name": "Ada", "participants": [], "x": 1}]'
JSON = b'{"messages": []}'
THREAD = "messages/inbox/ada_1"
SCRIPT = b"window.YTD.tweets.part0 = [ ]"
CHAT = b"05/01/2024, 18:07 - Ada: hello\n"
VOICE = b'<html><div class="hChatLog hfeed">'
CHANNEL = b'[{"ID": 12345678901234567, "Timestamp": "2024-01-05 18:07:33", "Contents": "x"}]'
TELEGRAM = b'{"name": "Ada", "type": "personal_chat", "id": 1, "messages": []}'
MAIL = b"From: ada@district.example\r\nSubject: Bus\r\n\r\ntext\r\n"

EXPORTS = {
    "whatsapp of an iphone": ("whatsapp", {"_chat.txt": b"[05/01/2024, 18:07:33] Ada: hello\n", "1-PHOTO.jpg": b"x"}),
    "whatsapp of android": ("whatsapp", {"Chat mit Ada.txt": CHAT, "IMG-20240105-WA0001.jpg": b"x"}),
    "facebook": ("meta", {"your_activity_across_facebook/messages/inbox/a_1/message_1.json": SAID}),
    "facebook of 2022": ("meta", {"your_facebook_activity/posts/your_posts_1.json": SAID}),
    "facebook of 2020": ("meta", {f"{THREAD}/message_1.json": SAID, "ads/ads.json": b"{}"}),
    "facebook in html": ("meta", {f"{THREAD}/message_1.html": b'<html><div class="_a6-g">'}),
    "instagram": ("meta", {"your_instagram_activity/media/posts_1.json": SAID, "ads.json": b"{}"}),
    "one thread of messenger": ("meta", {"message_1.json": SAID, "photos/1.jpg": b"x"}),
    "messenger end to end": ("meta", {"Ada_1.json": b'{"threadName": "Ada"}', "media/1.jpg": b"x"}),
    "x": ("x", {"data/tweets.js": SCRIPT, "data/manifest.js": b"window.__THAR_CONFIG = {}", "Your archive.html": b"x"}),
    "x without its page": ("x", {"tweets.js": SCRIPT, "tweets_media/1-a.jpg": b"x"}),
    "telegram": ("telegram", {"result.json": TELEGRAM, "photos/1.jpg": b"x"}),
    "telegram in html": ("telegram", {"messages.html": b'<div class="pull_right date details">', "css/style.css": b""}),
    "signal": ("signal", {"main.jsonl": b'{"version": "1"}\n', "metadata.json": b"{}"}),
    "signal by another program": (
        "signal",
        {"Ada/chat.md": b"[2024-01-05, 18:07] Ada: x\n", "Ada/data.json": b"{}", "Bea/chat.md": b"[2024-01-05] Bea: x"},
    ),
    "messages of a mac": ("imessage", {"chat.db": b"SQLite format 3\x00" + bytes(84), "chat.db-wal": b"x"}),
    "messages exported": ("imessage", {"Ada.txt": b"May 17, 2022  5:29:42 PM\nAda\nx\n", "attachments/1.jpg": b"x"}),
    "takeout": ("google", {"Takeout/Google Chat/Groups/DM 1/messages.json": JSON, "Takeout/Mail/all.mbox": b"x"}),
    "takeout itself": ("google", {"Voice/Calls/Ada - Text - 2020-02-03T17_37_45Z.html": VOICE}),
    "calls of google voice": ("google", {"Ada - Text - 2020-02-03T17_37_45Z.html": VOICE}),
    "slack": ("slack", {"channels.json": b"[]", "users.json": b"[]", "general/2024-01-05.json": b"[]"}),
    "discord": ("discord", {"Messages/index.json": b"{}", "Messages/c1/channel.json": b"{}"}),
    "discord in german": ("discord", {"Nachrichten/c1/messages.json": CHANNEL, "Account/user.json": b"{}"}),
    "snapchat": ("snapchat", {"json/chat_history.json": b"{}", "chat_media/1.jpg": b"x"}),
    "reddit": ("reddit", {"comments.csv": b"id,permalink,date\n", "posts.csv": b"id,permalink\n", "ip.csv": b"x"}),
    "linkedin": ("linkedin", {"messages.csv": b"CONVERSATION ID,FROM\n", "Connections.csv": b"x"}),
    "mastodon": ("mastodon", {"outbox.json": JSON, "actor.json": JSON}),
    "bluesky": ("bluesky", {"app.bsky.feed.post/3k.json": JSON}),
    "groupme": ("groupme", {"1/message.json": JSON, "1/conversation.json": b"{}", "gallery/1.jpg": b"x"}),
}
NO_EXPORTS = {
    "notes": {"notes.txt": b"The board met.\n", "a.md": b"# Plan\n"},
    "a website": {"index.html": b"<html><p>x", "data/app.js": b"window.x = 1", "css/style.css": b""},
    "results of a program": {"result.json": b'{"ok": true}', "files/1.txt": b"x"},
    "a program": {"src/main.py": b"import os\n", "package.json": b"{}", "data/a.js": b"export const a = 1\n"},
    "mails": {"inbox/a/message_1.eml": MAIL, "1.eml": MAIL},
    "a chat alone": {"chat/deep/er/_chat.txt": CHAT},
    "a folder of somebody's chat among many": {
        "Ada/chat.md": b"[2024-01-05, 18:07] Ada: x\n",
        "Ada/data.json": b"{}",
        **{f"{name}/a.txt": b"x" for name in ("plans", "taxes", "trips")},
    },
    "a text called as a chat is": {"_chat.txt": b"About chats\n"},
    "pictures": {"IMG-20240105-WA0001.jpg": b"x", "list.txt": b"one\ntwo\n"},
}


def folder_of(path, files):
    for name, content in files.items():
        place = path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return path


@pytest.mark.parametrize("name", EXPORTS)
def test_an_unpacked_export_is_one_container_with_all_its_files(tmp_path, name):
    platform, files = EXPORTS[name]
    folder = folder_of(tmp_path / "handed in", files)
    assert layout_of(folder).platform == platform
    (item,) = find_items([folder])
    assert isinstance(item.payload, PackedFolder)
    assert (item.source, item.container) == ("handed in", ContainerKind.ZIP)
    inside = {os.fsdecode(one.name).removeprefix("handed in/") for one in item.payload.files}
    assert inside == set(files)
    count = "1 file" if len(files) == 1 else f"{len(files)} files"
    assert item.remark == f"packed by the archive from a folder of {count}; the SHA-256 of each is in the zip"


def test_every_platform_of_the_table_is_tried_here():
    assert {platform for platform, _ in EXPORTS.values()} >= {one.platform for one in LAYOUTS} - {"tiktok", "skype"}


@pytest.mark.parametrize("name", NO_EXPORTS)
def test_another_folder_stays_a_folder_of_files(tmp_path, name):
    folder = folder_of(tmp_path / "in", NO_EXPORTS[name])
    assert layout_of(folder) is None
    assert layout_of(tmp_path / "gone") is None


def test_an_export_one_folder_below_is_found_beside_other_files(tmp_path):
    _, slack = EXPORTS["slack"]
    _, whatsapp = EXPORTS["whatsapp of an iphone"]
    folder_of(tmp_path / "in", {"a.txt": b"text", **{f"slack/{name}": content for name, content in slack.items()}})
    folder_of(tmp_path / "in" / "WhatsApp Chat - Ada", whatsapp)
    items = list(find_items([tmp_path / "in"]))
    assert [(one.source, one.container) for one in items] == [
        ("in/WhatsApp Chat - Ada", ContainerKind.ZIP),
        ("in/a.txt", None),
        ("in/slack", ContainerKind.ZIP),
    ]


def test_a_folder_in_which_exports_of_several_platforms_were_gathered_is_none_itself(tmp_path):
    _, signal = EXPORTS["signal by another program"]
    _, slack = EXPORTS["slack"]
    folder_of(tmp_path / "in", signal)
    folder_of(tmp_path / "in" / "our slack", slack)
    assert layout_of(tmp_path / "in") is None
    assert [one.source for one in find_items([tmp_path / "in"])] == ["in/Ada", "in/Bea/chat.md", "in/our slack"]


def test_the_folder_of_one_conversation_keeps_its_name_which_tells_the_conversation(tmp_path):
    folder = folder_of(tmp_path / "Ada", {"chat.md": b"[2024-01-05, 18:07] Ada: x\n", "data.json": b"{}"})
    (item,) = find_items([folder])
    assert [one.name for one in item.payload.files] == [b"Ada/chat.md", b"Ada/data.json"]


def test_whoever_says_that_a_folder_is_an_export_is_believed(tmp_path):
    folder = folder_of(tmp_path / "in", {"a.json": b"{}", "deep/b.txt": b"x"})
    (item,) = find_items([folder], "export")
    assert item.container is ContainerKind.ZIP
    assert [one.name for one in item.payload.files] == [b"a.json", b"deep/b.txt"]


@pytest.mark.parametrize("kind", ["file", "eml", "mbox"])
def test_another_kind_that_was_chosen_takes_the_files_one_by_one(tmp_path, kind):
    folder = folder_of(tmp_path / "in", EXPORTS["slack"][1])
    assert len(list(find_items([folder], kind))) == len(EXPORTS["slack"][1])


def test_what_cannot_be_packed_is_an_item_with_a_reason(tmp_path):
    folder = folder_of(tmp_path / "in", EXPORTS["slack"][1])
    (folder / "general" / "link.json").symlink_to(folder / "users.json")
    (folder / "archive").mkdir()
    items = list(find_items([folder], without=folder / "archive"))
    assert [(one.source, one.problem) for one in items] == [
        ("in/archive", "it is the archive itself"),
        ("in/general/link.json", "it is no regular file"),
        ("in", None),
    ]


def test_an_export_that_is_too_large_is_said_and_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr("ingest.channels.files.LARGEST_FILE", 5)
    (item,) = find_items([folder_of(tmp_path / "in", EXPORTS["slack"][1])])
    assert item.problem == "it has 6 bytes, more than 5"


def test_looking_never_follows_links_nor_waits_for_pipes(tmp_path):
    outside = folder_of(tmp_path / "outside", EXPORTS["slack"][1])
    (tmp_path / "in").mkdir()
    for name in ("channels.json", "users.json"):
        (tmp_path / "in" / name).symlink_to(outside / name)
    (tmp_path / "in" / "your_facebook_activity").symlink_to(outside)
    os.mkfifo(tmp_path / "in" / "_chat.txt")
    assert layout_of(tmp_path / "in") is None


UNPACKED = {
    "discord-package/spec-derived/2020_csv": "discord",
    "discord-package/spec-derived/2024_json": "discord",
    "facebook-messenger/wesm__msgvault/e2ee_simple": "meta",
    "facebook-messenger/wesm__msgvault/html_simple": "meta",
    "facebook-messenger/wesm__msgvault/json_multifile": "meta",
    "facebook-messenger/wesm__msgvault/json_simple": "meta",
    "facebook-messenger/wesm__msgvault/json_with_media": "meta",
    "facebook-posts/spec-derived": "meta",
    "google-chat/spec-derived": "google",
    "google-hangouts/spec-derived": "google",
    "google-voice/wesm__msgvault": "google",
    "google-voice/wjcarpenter__gvoice-sms-takeout-xml": "google",
    "groupme/spec-derived": "groupme",
    "imessage-db/evantahler__macos-ts": "imessage",
    "instagram/spec-derived": "meta",
    "instagram/spec-derived-html/current": "meta",
    "instagram/spec-derived-html/legacy": "meta",
    "linkedin/spec-derived": "linkedin",
    "mastodon-archive/spec-derived": "mastodon",
    "reddit/spec-derived": "reddit",
    "signal-jsonl/spec-derived": "signal",
    "signal-md/spec-derived": "signal",
    "snapchat/spec-derived/messages": "snapchat",
    "snapchat/spec-derived-old": "snapchat",
    "telegram-html/GeiserX-style_inline/multi": "telegram",
    "telegram/frozenspider__chat-history-manager/telegram_2020-01": "telegram",
    "twitter-archive/larsbrinkhoff__twitter-data__pseudonymised": "x",
}


@pytest.mark.shared
@every_case("name", UNPACKED)
def test_an_unpacked_export_of_others_is_known(shared_dir, name):
    folder = shared_dir / "fixtures" / name
    if not folder.is_dir():
        pytest.skip("it is not among the fixtures")
    found = layout_of(folder)
    assert found is not None
    assert found.platform == UNPACKED[name]


@pytest.mark.shared
def test_no_folder_of_mails_is_an_export(shared_dir):
    folders = [
        Path(here) for group in (shared_dir / "fixtures").glob("email-*") for here, _, _ in os.walk(group)
    ]  # walked as a person would hand them in, level by level
    assert [one.name for one in folders if layout_of(one) is not None] == []


def test_a_folder_that_one_stands_in_goes_by_its_own_name(tmp_path, monkeypatch):
    monkeypatch.chdir(folder_of(tmp_path / "our slack", EXPORTS["slack"][1]))
    (item,) = find_items([Path()])
    assert item.source == "our slack"
