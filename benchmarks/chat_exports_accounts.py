"""Generated exports that are archives with JSON in many files; in those of X it is wrapped into a script."""

from __future__ import annotations

import csv
import io
from html import escape
from typing import TYPE_CHECKING, Any, Final

from benchmarks.chat_exports import OWNER, Layout, Plan, Spoken, write_zip
from benchmarks.chat_exports_json import HANDLE, dumped, key_of, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LINKEDIN: Final = (
    "CONVERSATION ID",
    "CONVERSATION TITLE",
    "FROM",
    "SENDER PROFILE URL",
    "TO",
    "RECIPIENT PROFILE URLS",
    "DATE",
    "SUBJECT",
    "CONTENT",
    "FOLDER",
    "ATTACHMENTS",
    "IS MESSAGE DRAFT",
)


def _slack(plan: Plan, target: Path) -> None:
    def files() -> Iterator[tuple[str, str]]:
        names = [OWNER, *map(plan.partner, range(plan.conversations))]
        users = [
            {"id": f"U{number}", "name": name.lower().replace(" ", "."), "profile": {"real_name": name}}
            for number, name in enumerate(names, start=1)
        ]
        yield "users.json", dumped(users)
        channels = [
            {"id": f"C{number}", "name": f"channel-{number}", "members": ["U1", f"U{number + 2}"]}
            for number in range(plan.conversations)
        ]
        yield "channels.json", dumped(channels)
        for conversation in range(plan.conversations):
            days: dict[str, list[dict[str, Any]]] = {}
            for one in plan.talk(conversation):
                stamp = f"{one.millis // 1_000}.{one.place % 1_000_000:06}"
                message = {"type": "message", "user": f"U{number_of(one)}", "ts": stamp, "text": one.text}
                days.setdefault(f"{one.at:%Y-%m-%d}", []).append(message)
            for day, messages in days.items():
                yield f"channel-{conversation}/{day}.json", dumped(messages, indent=4)

    write_zip(target, files())


def _discord_package(plan: Plan, target: Path) -> None:
    def files() -> Iterator[tuple[str, str]]:
        channels = [10**17 + number for number in range(plan.conversations)]
        titles = {str(key): f"Direct Message with {plan.partner(number)}" for number, key in enumerate(channels)}
        yield "package/Messages/index.json", dumped(titles)
        yield "package/Account/user.json", dumped({"id": "1", "username": HANDLE, "relationships": []})
        for conversation, key in enumerate(channels):
            folder = f"package/Messages/c{key}"
            yield f"{folder}/channel.json", dumped({"id": str(key), "type": "DM", "recipients": ["1", "2"]})
            messages = [
                {
                    "ID": int(key_of(one)),
                    "Timestamp": f"{one.at:%Y-%m-%d %H:%M:%S}",
                    "Contents": one.text,
                    "Attachments": "",
                }
                for one in plan.talk(conversation)
            ]
            yield f"{folder}/messages.json", dumped(messages)

    write_zip(target, files())


def _sentence(one: Spoken) -> str:
    at = one.at
    return f"{at:%A, %B} {at.day}, {at.year} at {at.hour % 12 or 12}:{at:%M:%S %p} UTC"


def _google_chat(plan: Plan, target: Path) -> None:
    def files() -> Iterator[tuple[str, str]]:
        for conversation in range(plan.conversations):
            people = {
                name: {"name": name, "email": f"{name.replace(' ', '.').lower()}@mail.example", "user_type": "Human"}
                for name in (OWNER, plan.partner(conversation))
            }
            folder = f"Takeout/Google Chat/Groups/DM k{conversation}AAAAE"
            yield f"{folder}/group_info.json", dumped({"members": list(people.values())})
            messages = [
                {
                    "creator": people[one.sender],
                    "created_date": _sentence(one),
                    "text": one.text,
                    "topic_id": f"t{one.place}",
                    "message_id": f"k{conversation}AAAAE/t{one.place}/t{one.place}",
                }
                for one in plan.talk(conversation)
            ]
            yield f"{folder}/messages.json", dumped({"messages": messages}, indent=2)

    write_zip(target, files())


def _groupme(plan: Plan, target: Path) -> None:
    def files() -> Iterator[tuple[str, str]]:
        for conversation in range(plan.conversations):
            key = str(10**7 + conversation)
            members = [{"user_id": "1", "nickname": OWNER}]
            about = {"id": key, "name": plan.partner(conversation), "members": members}
            yield f"{key}/conversation.json", dumped(about)
            messages = [
                {
                    "attachments": [],
                    "created_at": one.millis // 1_000,
                    "favorited_by": [],
                    "group_id": key,
                    "id": key_of(one),
                    "name": one.sender,
                    "sender_id": str(number_of(one)),
                    "sender_type": "user",
                    "system": False,
                    "text": one.text,
                    "user_id": str(number_of(one)),
                }
                for one in plan.talk(conversation)
            ]
            yield f"{key}/message.json", dumped(messages[::-1])

    write_zip(target, files())


def _snapchat(plan: Plan, target: Path) -> None:
    chats = {
        plan.partner(conversation).replace(" ", "_"): [
            {
                "From": one.sender.replace(" ", "_"),
                "Media Type": "TEXT",
                "Created": f"{one.at:%Y-%m-%d %H:%M:%S} UTC",
                "Content": one.text,
                "Conversation Title": None,
                "IsSender": one.sender == OWNER,
                "Created(microseconds)": one.millis,
                "IsSaved": True,
                "Media IDs": "",
            }
            for one in plan.talk(conversation)
        ]
        for conversation in range(plan.conversations)
    }
    write_zip(target, [("json/chat_history.json", dumped(chats, indent=1))])


def _x(plan: Plan, target: Path) -> None:
    conversations = []
    for conversation in range(plan.conversations):
        messages = [
            {
                "messageCreate": {
                    "recipientId": str(3 - min(number_of(one), 2)),
                    "reactions": [],
                    "urls": [],
                    "text": one.text,
                    "mediaUrls": [],
                    "senderId": str(number_of(one)),
                    "id": key_of(one),
                    "createdAt": f"{one.at:%Y-%m-%dT%H:%M:%S}.000Z",
                }
            }
            for one in plan.talk(conversation)
        ]
        named = {"conversationId": f"1-{2 + conversation}", "messages": messages[::-1]}
        conversations.append({"dmConversation": named})
    account = [{"account": {"username": HANDLE, "accountId": "1", "accountDisplayName": OWNER}}]
    script = dumped(conversations, indent=2)
    write_zip(
        target,
        [
            ("data/account.js", f"window.YTD.account.part0 = {dumped(account, indent=2)}"),
            ("data/direct-messages.js", f"window.YTD.direct_messages.part0 = {script}"),
        ],
    )


def _mastodon(plan: Plan, target: Path) -> None:
    actor = f"https://social.example/users/{HANDLE}"
    everybody = ["https://www.w3.org/ns/activitystreams#Public"]
    activities = []
    for one in plan.all_talk():
        at, key = f"{one.at:%Y-%m-%dT%H:%M:%S}Z", f"{actor}/statuses/{key_of(one)}"
        note = {
            "id": key,
            "type": "Note",
            "published": at,
            "url": f"https://social.example/@{HANDLE}/{key_of(one)}",
            "attributedTo": actor,
            "to": everybody,
            "cc": [f"{actor}/followers"],
            "content": f"<p>{escape(one.text).replace(chr(10), '<br>')}</p>",
            "attachment": [],
            "tag": [],
        }
        activity = {"id": f"{key}/activity", "type": "Create", "actor": actor, "published": at, "to": everybody}
        activities.append({**activity, "object": note})
    context = "https://www.w3.org/ns/activitystreams"
    outbox = {
        "@context": context,
        "id": "outbox.json",
        "type": "OrderedCollection",
        "totalItems": len(activities),
        "orderedItems": activities,
    }
    person = {"@context": context, "id": actor, "type": "Person", "preferredUsername": HANDLE, "name": OWNER}
    write_zip(target, [("actor.json", dumped(person)), ("outbox.json", dumped(outbox))])


def _skype(plan: Plan, target: Path) -> None:
    me = f"8:live:{HANDLE}"
    conversations = []
    for conversation in range(plan.conversations):
        partner = f"8:live:p{conversation}"
        messages = [
            {
                "id": str(one.millis),
                "displayName": None if one.sender == OWNER else one.sender,
                "originalarrivaltime": f"{one.at:%Y-%m-%dT%H:%M:%S}.000Z",
                "messagetype": "RichText",
                "version": one.millis,
                "content": escape(one.text, quote=False),
                "conversationid": partner,
                "from": me if one.sender == OWNER else partner,
                "properties": None,
                "amsreferences": None,
            }
            for one in plan.talk(conversation)
        ]
        talk = {"id": partner, "displayName": plan.partner(conversation), "version": 1, "properties": {}}
        conversations.append(talk | {"threadProperties": None, "MessageList": messages[::-1]})
    document = {"userId": me, "exportDate": "2024-01-02T03:04", "conversations": conversations}
    write_zip(target, [("messages.json", dumped(document))])


def _linkedin(plan: Plan, target: Path) -> None:
    """All messages in one table, the newest first."""
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    table.writerow(_LINKEDIN)
    profile = "https://www.linkedin.com/in/{}"
    for one in reversed(list(plan.all_talk())):
        partner = plan.partner(one.conversation)
        mine, other = (OWNER, profile.format(HANDLE)), (partner, profile.format(f"p{one.conversation}"))
        sender, receiver = (mine, other) if one.sender == OWNER else (other, mine)
        at = f"{one.at:%Y-%m-%d %H:%M:%S} UTC"
        table.writerow((f"2-{one.conversation:08}", "", *sender, *receiver, at, "", one.text, "INBOX", "", "No"))
    write_zip(target, [("messages.csv", rows.getvalue())])


LAYOUTS: Final = (
    Layout(name="Skype", reader="skype", file="skype.zip", write=_skype, is_goal=True),
    Layout(name="LinkedIn, messages", reader="linkedin", file="linkedin.zip", write=_linkedin),
    Layout(name="Slack", reader="slack", file="workspace.zip", write=_slack, is_goal=True),
    Layout(name="Discord, data package", reader="discord", file="package.zip", write=_discord_package, is_goal=True),
    Layout(name="Google Chat", reader="googlechat", file="takeout.zip", write=_google_chat, is_goal=True),
    Layout(name="GroupMe", reader="groupme", file="groupme.zip", write=_groupme, is_goal=True),
    Layout(name="Snapchat", reader="snapchat", file="mydata.zip", write=_snapchat, is_goal=True),
    Layout(name="X, direct messages", reader="x", file="twitter.zip", write=_x, is_goal=True),
    Layout(name="Mastodon, each message a post", reader="mastodon", file="archive.zip", write=_mastodon),
)
