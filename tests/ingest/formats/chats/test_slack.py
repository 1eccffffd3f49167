"""Slack's export of a workspace: names for ids, threads, files, edits and deletions."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats.chats import slack
from ingest.formats.chats.model import Media, Reacted, Version
from tests.every_case import every_case
from tests.ingest.formats.chats.reading import document, gone_wrong, held, messages, read, stated

if TYPE_CHECKING:
    from pathlib import Path

USERS = [
    {"id": "U1", "name": "ann", "real_name": "Ann Lee", "profile": {"display_name": "annie"}},
    {"id": "U2", "name": "bo", "deleted": True, "profile": {"real_name": "Bo Ruiz"}},
    {"id": "U3", "name": "bo2", "real_name": "Bo Ruiz"},
    {"id": "U4", "name": "handle"},
]
CHANNELS = [{"id": "C1", "name": "general", "members": ["U1", "U2"], "topic": {"value": ""}}]


def message(text: str = "hello", **named: Any) -> dict[str, Any]:
    return {"user": "U1", "type": "message", "ts": "1704448053.000123", "text": text, **named}


def workspace(*found: Any, root: str = "", **files: bytes) -> dict[str, bytes]:
    return {
        f"{root}users.json": document(USERS),
        f"{root}channels.json": document(CHANNELS),
        f"{root}general/2024-01-05.json": document(list(found)),
        **files,
    }


def of(*found: dict[str, Any], **files: bytes) -> list[Any]:
    return messages(slack, held(workspace(*found, **files)))


def test_ts_is_identity_and_time_and_the_real_name_is_the_sender() -> None:
    said, counts, remarks = read(slack, held(workspace(message(), root="Export 2024/")))
    (only,) = said
    assert (only.thread.key, only.thread.title, only.thread.path) == ("C1", "general", "Export 2024/general/")
    assert only.thread.participants == ("Ann Lee", "Bo Ruiz (bo)")
    assert (only.message.sender, only.message.id) == ("Ann Lee", "1704448053.000123")
    assert only.message.at == datetime(2024, 1, 5, 9, 47, 33, 123, tzinfo=UTC)
    assert (stated(counts, "messages"), stated(counts, "conversations"), remarks) == (1, 1, [])


def test_members_of_one_name_are_told_apart_and_unknown_ids_stay() -> None:
    found = of(*[message(user=number) for number in ("U2", "U3", "U4", "U9")])
    assert [one.sender for one in found] == ["Bo Ruiz (bo)", "Bo Ruiz (bo2)", "handle", "U9"]


def test_a_member_whose_address_is_told_has_it_as_a_sender_and_not_in_texts() -> None:
    users = [{"id": "U1", "real_name": "Ann Lee", "profile": {"email": "ann@example.org"}}, {"id": "U2", "name": "bo"}]
    (found,) = of(message("<@U1>"), **{"users.json": document(users)})
    assert (found.sender, found.text) == ("Ann Lee <ann@example.org>", "@Ann Lee")


def test_a_guest_is_called_as_his_message_shows_him() -> None:
    (found,) = of(message(user="U9", user_profile={"real_name": "Guest One", "name": "g"}))
    assert found.sender == "Guest One"


@every_case(
    ("raw", "shown"),
    [
        ("hi <@U1> &amp; <@U9|gone>", "hi @Ann Lee & @gone"),
        ("<@U9>", "@U9"),
        ("in <#C1> or <#C7|other> or <#C8>", "in #general or #other or #C8"),
        ("<!here> <!channel|channel> <!subteam^S1|@team> <!subteam^S2>", "@here channel @team @subteam"),
        ("<!date^1392734382^Posted {date}|Posted 2014-02-18>", "Posted 2014-02-18"),
        ("see <https://a.b/c?x=1&amp;y=2>", "see https://a.b/c?x=1&y=2"),
        ("see <https://a.b/c|the plan>", "see the plan (https://a.b/c)"),
        ("<http://a.b|a.b> <mailto:x@y.z|x@y.z>", "a.b x@y.z"),
        ("1 &lt; 2 &amp;lt; 3 <unclosed", "1 < 2 &lt; 3 <unclosed"),
        ("*bold* _x_ `<@U1>`", "*bold* _x_ `@Ann Lee`"),
    ],
)
def test_text_is_shown_as_people_read_it(raw: str, shown: str) -> None:
    (found,) = of(message(raw))
    assert found.text == shown
    assert json.loads(found.raw)["text"] == raw


def test_a_reply_names_the_root_of_its_thread() -> None:
    root, reply = of(
        message(thread_ts="1704448053.000123", reply_count=1),
        message(ts="1704448060.000100", thread_ts="1704448053.000123", subtype="thread_broadcast"),
    )
    assert (root.reply_to, reply.reply_to, reply.system) == (None, "1704448053.000123", False)
    assert root.unmapped == ("reply_count",)


def test_edits_have_their_moment_and_a_log_of_edits_its_versions() -> None:
    was = message("old <@U1>", ts="1704448053.000123")
    first, second, third = of(
        message(edited={"user": "U1", "ts": "1704448099.000000"}),
        {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "ts": "1704448100.000001",
            "message": message("new"),
            "original": was,
        },
        {
            "type": "message",
            "subtype": "message_deleted",
            "ts": "1704448101.000001",
            "deleted_ts": was["ts"],
            "previous_message": was,
        },
    )
    assert (first.edited, first.edited_at) == (True, datetime.fromtimestamp(1704448099, UTC))
    assert (second.text, second.sender, second.edits) == (
        "new",
        "Ann Lee",
        (Version(text="old @Ann Lee", at=first.at),),
    )
    assert second.edited_at == datetime.fromtimestamp(1704448100.000001, UTC)
    assert (third.deleted, third.text, third.at) == (True, "old @Ann Lee", first.at)
    assert len({first.id, second.id, third.id}) == 3


def test_what_is_left_of_a_deleted_root_of_a_thread() -> None:
    (found,) = of(message("This message was deleted.", user="USLACKBOT", subtype="tombstone", hidden=True))
    assert (found.deleted, found.system, found.sender) == (True, True, None)


def test_files_are_found_where_tools_put_them_and_missing_elsewhere() -> None:
    files = [
        {"id": "F1", "name": "a.pdf", "title": "Plan", "mimetype": "application/pdf", "url_private": "https://s?t=x"},
        {"id": "F2", "name": "b.png", "mimetype": "image/png"},
        {"id": "F3", "mode": "tombstone"},
    ]
    held_files = {"general/attachments/F1-a.pdf": b"%", "__uploads/F2/b.png": b"p"}
    (found,) = of(message(files=files), **held_files)
    assert found.attachments == (
        Media(name="a.pdf", media_type="application/pdf", entry="general/attachments/F1-a.pdf"),
        Media(name="b.png", media_type="image/png", entry="__uploads/F2/b.png"),
        Media(name=None),
    )
    assert found.unmapped == ("files.mode", "files.url_private")


def test_reactions_say_who_and_count_those_who_are_not_listed() -> None:
    (found,) = of(message(reactions=[{"name": "wave", "users": ["U1", "U9"], "count": 3}]))
    assert found.reactions == (
        Reacted(emoji=":wave:", by="Ann Lee"),
        Reacted(emoji=":wave:", by="U9"),
        Reacted(emoji=":wave:"),
    )


def test_an_app_has_the_name_that_it_took_and_its_cards_speak() -> None:
    card = {
        "fallback": "f",
        "pretext": "1 commit by <@U1>",
        "text": "fix",
        "fields": [{"title": "Branch", "value": "main"}],
    }
    app = {"user": None, "text": ""}
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "Hi <@U1>"}}
    first, second, third = of(
        message(**app, subtype="bot_message", username="CI", bot_id="B1", attachments=[card]),
        message(**app, bot_id="B2", blocks=[section]),
        message("look", attachments=[{"from_url": "https://a.b", "title": "A page", "text": "preview"}]),
    )
    assert (first.sender, first.text) == ("CI", "1 commit by @Ann Lee\nfix\nBranch\nmain")
    assert (second.sender, second.text) == ("B2", "Hi @Ann Lee")
    assert (third.text, third.unmapped) == ("look", ("attachments",))


def test_notices_of_the_platform_are_marked() -> None:
    found = of(
        *[message(subtype=kind) for kind in ("channel_join", "group_topic", "bot_add", "me_message", "file_share")]
    )
    assert [one.system for one in found] == [True, True, True, False, False]


def test_direct_messages_are_called_after_those_who_take_part() -> None:
    files = workspace(
        message(),
        **{
            "dms.json": document([{"id": "D1", "members": ["U1", "U4"]}]),
            "mpims.json": document([{"id": "G1", "name": "mpdm-ann--bo--handle-1", "members": ["U1", "U2", "U4"]}]),
            "groups.json": document([{"id": "G2", "name": "secret", "members": ["U1"]}]),
            "D1/2024-01-05.json": document([message()]),
            "mpdm-ann--bo--handle-1/2024-01-05.json": document([message()]),
            "G2/2024-01-05.json": document([message()]),
            "renamed/2024-01-05.json": document([message()]),
        },
    )
    said, _, _ = read(slack, held(files))
    assert {(one.thread.key, one.thread.title) for one in said} == {
        ("C1", "general"), ("D1", "Ann Lee, handle"), ("G1", "Ann Lee, Bo Ruiz (bo), handle"), ("G2", "secret"),
        ("name:renamed", "renamed"),
    }  # fmt: skip


def test_days_of_a_channel_follow_each_other_and_share_a_thread() -> None:
    files = workspace(message("b"), **{"general/2024-01-04.json": document([message("a")])})
    said, _, _ = read(slack, held(files))
    assert [one.message.text for one in said] == ["a", "b"]
    assert said[0].thread is said[1].thread


def test_a_day_alone_is_known() -> None:
    (found,) = messages(slack, held({"2024-01-05.json": document([message("<@U1>")])}))
    assert (found.sender, found.text) == ("U1", "@U1")


def test_a_damaged_day_takes_nothing_from_the_others_and_damaged_names_stay_ids() -> None:
    files = workspace(message(), **{"general/2024-01-06.json": document([message(), message()])[:-30]})
    files["users.json"] = b'[{"id": "U1", "real'
    said, counts, remarks = read(slack, held(files))
    assert ([one.message.sender for one in said], stated(counts, "messages")) == (["U1", "U1"], 2)
    assert [(one.path, one.lost) for one in remarks] == [("users.json", 0), ("general/2024-01-06.json", None)]


def test_wrong_kinds_of_values_anywhere_lose_no_message_in_silence() -> None:
    changed = {"subtype": "message_changed", "message": message("new"), "original": message()}
    reactions = [{"name": "x", "users": ["U1"], "count": 1}]
    cards = [{"text": "a", "fields": [{"title": "b"}]}]
    profiles = {"user_profile": {"real_name": "y"}, "bot_profile": {"name": "z"}}
    whole = [
        message(files=[{"id": "F", "name": "a"}], reactions=reactions, edited={"ts": "1"}),
        message(**changed),
        message("", attachments=cards, blocks=[{"text": {"text": "c"}}], thread_ts="1"),
        message(comment={"user": "U1", "comment": "x"}, **profiles),
    ]
    for wrong, users, channels in zip(
        gone_wrong(whole, 1, 400), gone_wrong(USERS, 2, 400), gone_wrong(CHANNELS, 3, 400), strict=True
    ):
        export = held(
            {
                "users.json": document(users),
                "channels.json": document(channels),
                "general/2024-01-05.json": document(wrong),
            }
        )
        if slack.recognise(export):
            said, counts, remarks = read(slack, export)
            assert len(said) + sum(one.lost or 0 for one in remarks) == stated(counts, "messages")
            for one in said:
                assert json.dumps([one.message.text, one.message.sender, one.thread.title], ensure_ascii=False).encode()


def test_documents_of_others_are_not_recognised() -> None:
    assert not slack.recognise(held({"2024-01-05.json": b'[{"type": "message", "date_unixtime": "1"}]'}))
    assert not slack.recognise(held({"users.json": b"[]", "channels.json": b"[]", "src/2024-01-05.json": b'{"ts": 1}'}))
    assert not slack.recognise(held({"general/2024-01-05.json": document([message()]), "readme.md": b""}))
    assert slack.aside("x/users.json")
    assert slack.aside("__uploads/F/x.pdf") is None


@pytest.mark.shared
def test_a_real_workspace_gives_its_counted_messages(shared_dir: Path) -> None:
    folder = shared_dir / "fixtures/slack-export/hfaran__slack-export-viewer"
    expected = json.loads((folder / "expected.json").read_text())
    with zipfile.ZipFile(folder / "testarchive.zip") as archive:
        files = {one.filename: archive.read(one) for one in archive.infolist() if not one.is_dir()}
    said, counts, remarks = read(slack, held(files))
    by_channel: dict[str | None, int] = {}
    by_subtype: dict[str, int] = {}
    for one in said:
        by_channel[one.thread.title] = by_channel.get(one.thread.title, 0) + 1
        subtype = json.loads(one.message.raw).get("subtype", "-")
        by_subtype[subtype] = by_subtype.get(subtype, 0) + 1
    assert by_channel == expected["channels"]
    assert by_subtype == expected["subtypes"]
    assert (stated(counts, "messages"), remarks) == (expected["total"], [])
    assert len(said[0].thread.participants) == expected["n_users"]
    assert all(one.message.sender and one.message.at for one in said)
    assert not any("<@" in one.message.text for one in said)
