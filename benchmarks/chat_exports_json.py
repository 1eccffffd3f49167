"""Generated exports that are JSON, most of them one document, and what all of JSON share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from benchmarks.chat_exports import OWNER, Layout, Plan, Spoken, write_zip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HANDLE: Final = "jane.doe"


def dumped(value: Any, *, indent: int | None = None) -> str:
    """JSON with its letters as they are."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def number_of(one: Spoken) -> int:
    """Who sent it, as a number: 1 is the owner."""
    return 1 if one.sender == OWNER else 2 + one.conversation


def key_of(one: Spoken) -> str:
    """An identity among all messages."""
    return str(10**17 + one.conversation * 10**7 + one.place)


def _telegram(plan: Plan, target: Path) -> None:
    chats = [
        {
            "name": plan.partner(conversation),
            "type": "personal_chat",
            "id": 2 + conversation,
            "messages": [
                {
                    "id": one.place + 1,
                    "type": "message",
                    "date": f"{one.at:%Y-%m-%dT%H:%M:%S}",
                    "date_unixtime": str(one.millis // 1_000),
                    "from": one.sender,
                    "from_id": f"user{number_of(one)}",
                    "text": one.text,
                    "text_entities": [{"type": "plain", "text": one.text}],
                }
                for one in plan.talk(conversation)
            ],
        }
        for conversation in range(plan.conversations)
    ]
    person = {"user_id": 1, "first_name": "Jane", "last_name": "Doe"}
    document = {"about": "All of it.", "personal_information": person, "chats": {"about": "Chats.", "list": chats}}
    target.write_text(dumped(document, indent=1), "utf-8")


def _spelled(text: str) -> str:
    """As Meta spells it: UTF-8 that was taken for Latin-1."""
    return text.encode().decode("latin-1")


def _meta_threads(plan: Plan, folder: str) -> Iterator[tuple[str, str]]:
    """Threads in pages of ten thousand, the newest first."""
    for conversation in range(plan.conversations):
        partner = plan.partner(conversation)
        name = f"{partner.replace(' ', '').lower()}_{10**9 + conversation}"
        spoken = list(plan.talk(conversation))[::-1]
        for page, first in enumerate(range(0, len(spoken), 10_000), start=1):
            messages = [
                {
                    "sender_name": one.sender,
                    "timestamp_ms": one.millis,
                    "content": _spelled(one.text),
                    "is_geoblocked_for_viewer": False,
                }
                for one in spoken[first : first + 10_000]
            ]
            thread = {
                "participants": [{"name": partner}, {"name": OWNER}],
                "messages": messages,
                "title": partner,
                "is_still_participant": True,
                "thread_path": f"inbox/{name}",
            }
            yield f"{folder}/messages/inbox/{name}/message_{page}.json", json.dumps(thread, indent=1)


def _facebook(plan: Plan, target: Path) -> None:
    write_zip(target, _meta_threads(plan, "your_activity_across_facebook"))


def _instagram(plan: Plan, target: Path) -> None:
    write_zip(target, _meta_threads(plan, "your_instagram_activity"))


def _discord_exporter(plan: Plan, target: Path) -> None:
    messages = [
        {
            "id": key_of(one),
            "type": "Default",
            "timestamp": one.at.isoformat(),
            "timestampEdited": None,
            "isPinned": False,
            "content": one.text,
            "author": {"id": str(number_of(one)), "name": one.sender, "nickname": one.sender, "isBot": False},
            "attachments": [],
            "embeds": [],
            "reactions": [],
            "mentions": [],
        }
        for one in plan.all_talk()
    ]
    document = {
        "guild": {"id": "0", "name": "Direct Messages"},
        "channel": {"id": str(10**17), "type": "DirectTextChat", "name": plan.partner(0), "topic": None},
        "dateRange": {"after": None, "before": None},
        "messages": messages,
        "messageCount": len(messages),
    }
    target.write_text(dumped(document, indent=2), "utf-8")


def _hangouts(plan: Plan, target: Path) -> None:
    conversations = []
    for conversation in range(plan.conversations):
        key = {"id": f"Ugx{conversation}"}
        people = [
            {"id": {"gaia_id": str(number), "chat_id": str(number)}, "fallback_name": name}
            for number, name in ((1, OWNER), (2 + conversation, plan.partner(conversation)))
        ]
        events = [
            {
                "conversation_id": key,
                "sender_id": {"gaia_id": str(number_of(one)), "chat_id": str(number_of(one))},
                "timestamp": str(one.millis * 1_000),
                "chat_message": {"message_content": {"segment": [{"type": "TEXT", "text": one.text}]}},
                "event_id": key_of(one),
                "event_type": "REGULAR_CHAT_MESSAGE",
            }
            for one in plan.talk(conversation)
        ]
        about = {"id": key, "type": "STICKY_ONE_TO_ONE", "participant_data": people}
        conversations.append({"conversation": {"conversation_id": key, "conversation": about}, "events": events})
    target.write_text(dumped({"conversations": conversations}, indent=1), "utf-8")


def _tiktok(plan: Plan, target: Path) -> None:
    history = {
        f"Chat History with {plan.partner(conversation).replace(' ', '_')}:": [
            {"Date": f"{one.at:%Y-%m-%d %H:%M:%S}", "From": one.sender.replace(" ", "_"), "Content": one.text}
            for one in plan.talk(conversation)
        ]
        for conversation in range(plan.conversations)
    }
    profile = {"Profile Info": {"ProfileMap": {"userName": OWNER.replace(" ", "_")}}}
    document = {"Profile": profile, "Direct Message": {"Direct Messages": {"ChatHistory": history}}}
    target.write_text(dumped(document, indent=1), "utf-8")


def _signal(plan: Plan, target: Path) -> None:
    frames: list[dict[str, Any]] = [
        {"version": "1", "backupTimeMs": "1715636551000", "currentAppVersion": "App", "firstAppVersion": "App"},
        {"account": {"givenName": "Jane", "familyName": "Doe"}},
        {"recipient": {"id": "1", "self": {}}},
    ]
    for conversation in range(plan.conversations):
        names = plan.partner(conversation).split(" ", 1)
        contact = {
            "e164": str(15_550_000_000 + conversation),
            "profileGivenName": names[0],
            "profileFamilyName": names[1],
        }
        frames.append({"recipient": {"id": str(2 + conversation), "contact": contact}})
        frames.append({"chat": {"id": str(2 + conversation), "recipientId": str(2 + conversation)}})
    for one in plan.all_talk():
        item = {
            "chatId": str(2 + one.conversation),
            "authorId": str(number_of(one)),
            "dateSent": str(one.millis),
            "outgoing" if one.sender == OWNER else "incoming": {},
            "standardMessage": {"text": {"body": one.text}},
        }
        frames.append({"chatItem": item})
    target.write_text("".join(f"{dumped(one)}\n" for one in frames), "utf-8")


LAYOUTS: Final = (
    Layout(name="Telegram, JSON", reader="telegram", file="result.json", write=_telegram, is_goal=True),
    Layout(name="Messenger, JSON", reader="facebook", file="facebook.zip", write=_facebook, is_goal=True),
    Layout(name="Instagram, JSON", reader="instagram", file="instagram.zip", write=_instagram, is_goal=True),
    Layout(name="Signal, JSON lines", reader="signal_jsonl", file="main.jsonl", write=_signal, is_goal=True),
    Layout(
        name="Discord, exporter's JSON",
        reader="discord",
        file="channel.json",
        write=_discord_exporter,
        one_chat=True,
        is_goal=True,
    ),
    Layout(name="Hangouts", reader="hangouts", file="Hangouts.json", write=_hangouts, is_goal=True),
    Layout(name="TikTok", reader="tiktok", file="user_data_tiktok.json", write=_tiktok, is_goal=True),
)
