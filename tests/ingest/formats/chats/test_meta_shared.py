"""Exports of Meta's kept beside the project: counts, senders, times and texts as their facts state them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ingest.formats.chats import facebook, instagram
from ingest.formats.chats.held_files import HeldFiles

from .accounts import Reading, reading

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.shared
OWN = ("expected.json", "ORIGIN.json", "target.json")


def folder(shared_dir: Path, name: str) -> HeldFiles:
    whole = HeldFiles.of_folder(shared_dir / "fixtures" / name)
    return HeldFiles(files={path: content for path, content in whole.files.items() if path not in OWN}, name=name)


def facts(shared_dir: Path, name: str):
    return json.loads((shared_dir / "fixtures" / name / "expected.json").read_text())


def ascending(found: Reading, title: str | None = None):
    said = [one for one in found.said if title is None or one.thread.title == title]
    return [one.message for one in sorted(said, key=lambda one: one.message.at.replace(tzinfo=UTC))]


def test_messenger_exports_have_the_facts_that_their_origin_states(shared_dir):
    name = "facebook-messenger/wesm__msgvault"
    checked = 0
    for case in facts(shared_dir, name)["cases"]:
        root = shared_dir / "fixtures" / name / case.get("root", "")
        path = case.get("thread", "")
        if "root" not in case or not root.is_dir() or not path:
            continue
        export = folder(shared_dir, f"{name}/{case['root']}")
        assert facebook.recognise(export)
        said = [one for one in reading(facebook, export).said if one.thread.path.startswith(path)]
        messages = sorted((one.message for one in said), key=lambda one: one.at.replace(tzinfo=UTC))
        # what was taken back is left out by the origin, and kept and marked here
        kept = [one for one in messages if not one.deleted]
        assert len(kept) == case.get("n_messages", len(kept))
        assert [one.text for one in kept] == case.get("bodies", [one.text for one in kept])
        thread = said[0].thread
        assert len(thread.participants) == case.get("participants", len(thread.participants))
        assert thread.title == case.get("title", thread.title)
        for place, stated in case.get("messages", {}).items():
            one = kept[int(place)]
            assert stated.get("body_contains", "") in one.text
            assert len(one.reactions) == stated.get("n_reactions", len(one.reactions))
            assert stated.get("attachment", "") in "".join(media.name or "" for media in one.attachments)
        for media, stated in zip(kept[0].attachments, case.get("attachments", []), strict=False):
            assert media.present == stated["exists"]
            assert media.media_type == stated.get("mime", media.media_type)
        checked += 1
    assert checked >= 5


def test_messenger_pages_print_times_in_three_layouts(shared_dir):
    found = shared_dir / "fixtures/facebook-messenger/wesm__msgvault/html_timestamps"
    for path in sorted(found.iterdir()):
        export = HeldFiles(files={path.name: path.read_bytes()})
        assert facebook.recognise(export)
        (one,) = reading(facebook, export).messages
        assert (one.sender, one.text, one.at.isoformat()) == ("Test User", "ping", "2019-10-19T14:37:00")


def test_facebook_posts_and_comments_have_their_facts(shared_dir):
    name = "facebook-posts/spec-derived"
    stated = facts(shared_dir, name)
    export = folder(shared_dir, name)
    assert facebook.recognise(export)
    found = reading(facebook, export)
    for kind in ("posts", "comments"):
        said = [one for one in found.said if one.thread.key.startswith(kind[:-1])]
        assert len(said) == len(stated[kind])
        for one, fact in zip(said, stated[kind], strict=True):
            text, url = fact["text"] or "", fact.get("url", "")
            assert one.message.at == datetime.fromtimestamp(fact["ts"], UTC)
            assert one.message.text == "\n".join(part for part in (text, url) if part)
            assert len(one.message.attachments) == fact.get("media", 0)
            assert one.message.sender == "Ana Owner"


def test_an_instagram_export_has_its_facts(shared_dir):
    name = "instagram/spec-derived"
    stated = facts(shared_dir, name)
    export = folder(shared_dir, name)
    assert instagram.recognise(export)
    found = reading(instagram, export)
    messages = ascending(found, "Zoë Friend")
    assert [(one.sender, int(one.at.timestamp() * 1000)) for one in messages] == [
        (sender, at) for sender, at, *_ in stated["dm"]["ascending"]
    ]
    assert messages[0].text.endswith(stated["dm"]["ascending"][0][2].removeprefix("share "))
    assert messages[1].attachments[0].present
    assert messages[2].text == stated["dm"]["ascending"][2][2]
    assert [[one.emoji, one.by] for one in messages[2].reactions] == stated["dm"]["ascending"][2][3]
    posts = [one.message for one in found.said if one.thread.key.startswith("post")]
    assert [(int(one.at.timestamp()), one.text, len(one.attachments)) for one in posts] == [
        (fact["ts"], fact["caption"], fact["n_media"]) for fact in stated["posts"]
    ]
    (comment,) = [one for one in found.said if one.thread.key.startswith("comment")]
    assert (comment.message.text, comment.thread.title) == (stated["comment"]["text"], stated["comment"]["owner"])


def test_a_cut_down_instagram_export_has_its_rows(shared_dir):
    root = shared_dir / "fixtures/instagram/joweich__chat-miner"
    export = HeldFiles(files={"any": (root / "test_export.json").read_bytes()})
    assert instagram.recognise(export)
    rows = [
        (one.at.replace(tzinfo=None).isoformat(), one.sender, one.text) for one in reading(instagram, export).messages
    ]
    expected = json.loads((root / "target.json").read_text())
    assert rows == [(row["timestamp"], row["author"], row["message"]) for row in expected]


def test_instagram_pages_of_both_layouts_have_their_facts(shared_dir):
    name = "instagram/spec-derived-html"
    for case in facts(shared_dir, name)["cases"]:
        export = folder(shared_dir, f"{name}/{case['dir']}")
        assert instagram.recognise(export)
        rows = [
            [one.sender, one.at.isoformat(timespec="minutes"), one.text]
            for one in ascending(reading(instagram, export))
        ]
        assert rows == case["messages"]
