"""Exports as a district's employees hand them in, written by us: a few messages each, in the platforms' own layouts."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4
SAID_ON_MONDAY = (
    "3/2/26, 10:05 - Messages and calls are end-to-end encrypted. No one outside of this chat can read them.\n"
    "3/2/26, 10:06 - Jane Doe: The wombat field trip is on Thursday\n"
    "3/2/26, 10:07 - Pat Roe: Who brings the bus?\nI cannot\n"
    "3/2/26, 10:08 - Jane Doe: <Media omitted>\n"
)
ADDED_LATER = "3/2/26, 10:09 - Pat Roe: The narwhal crew brings it\n"
OTHER_CHAT = (
    "[13/03/26, 9:15:00] Sam Poe: Parents ask about the quokka lesson\n"
    "[13/03/26, 9:16:10] Jane Doe: \u200e<attached: 00000002-PHOTO-2026-03-13-09-16-10.jpg>\n"
)


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def whatsapp_zip() -> bytes:
    """A chat of an iPhone with its picture."""
    files = {"_chat.txt": OTHER_CHAT.encode(), "00000002-PHOTO-2026-03-13-09-16-10.jpg": PICTURE}
    return zipped(files)


def telegram_json() -> bytes:
    """One chat of Telegram Desktop."""

    def said(number: int, unixtime: int, text: Any) -> dict[str, Any]:
        stated = {"date": "2026-03-03T08:00:00", "date_unixtime": str(unixtime)}
        return {"id": number, "type": "message", **stated, "from": "Jane Doe", "from_id": "user1", "text": text}

    told = ["see ", {"type": "link", "text": "https://a.example"}, " for capybaras"]
    messages = [said(1, 1772553600, told), said(2, 1772553660, "It is final")]
    return as_json({"name": "Pat Roe", "type": "personal_chat", "id": 77, "messages": messages})


def messenger_zip() -> bytes:
    """A thread as Facebook writes it, newest first, its UTF-8 as Latin-1."""

    def garbled(text: str) -> str:
        return text.encode().decode("latin-1")

    def said(sender: str, millis: int, text: str) -> dict[str, Any]:
        return {"sender_name": garbled(sender), "timestamp_ms": millis, "content": garbled(text)}

    messages = [said("Zoë Moe", 1772640060000, "Gerne, bis später 😀"), said("Jane Doe", 1772640000000, "An axolotl?")]
    thread = {
        "participants": [{"name": garbled("Zoë Moe")}, {"name": "Jane Doe"}],
        "messages": messages,
        "title": garbled("Zoë Moe"),
        "thread_path": "inbox/zoe_1",
    }
    return zipped(
        {"your_activity_across_facebook/messages/inbox/zoe_1/message_1.json": json.dumps(thread, indent=2).encode()}
    )


def sms_xml() -> bytes:
    """SMS Backup & Restore, with a picture message."""
    picture = base64.b64encode(PICTURE).decode()
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>\n<smses count="2">\n'
        '  <sms protocol="0" address="+15550100" date="1772730000000" type="1" body="Your pangolin permit is ready" '
        'contact_name="Town Hall" />\n'
        '  <mms date="1772730060000" msg_box="2" address="+15550100" contact_name="Town Hall"><parts>'
        '<part seq="0" ct="text/plain" name="null" text="Here it is" />'
        f'<part seq="1" ct="image/jpeg" name="permit.jpg" cl="permit.jpg" data="{picture}" /></parts>'
        '<addrs><addr address="+15550100" type="151" charset="106" /></addrs></mms>\n</smses>\n'
    ).encode()


def slack_zip() -> bytes:
    """A workspace with one channel of one day."""
    people = [{"id": "U1", "name": "jane", "profile": {"real_name": "Jane Doe"}}]
    channels = [{"id": "C1", "name": "general", "members": ["U1"], "created": 1}]
    said = [
        {"type": "message", "user": "U1", "text": "Ask <@U1> about the ocelot &amp; co", "ts": "1772812800.000100"},
        {"type": "message", "user": "U1", "text": "Done", "ts": "1772812860.000200", "thread_ts": "1772812800.000100"},
    ]
    return zipped(
        {
            "channels.json": as_json(channels),
            "users.json": as_json(people),
            "general/2026-03-06.json": as_json(said),
        }
    )


def unknown_json() -> bytes:
    """What may be an export of something that no reader knows."""
    return as_json({"entries": [{"wrote": "somebody", "what": "The aardvark is in"}]})


def mail_with(attached: bytes, name: str, *, sender: str) -> bytes:
    """A mail as WhatsApp's own button makes it: an empty message with the chat attached."""
    packed = base64.encodebytes(attached).decode().replace("\n", "\r\n")
    return (
        f"From: Jane Doe <{sender}>\r\nTo: archive@agency.example\r\nSubject: WhatsApp Chat with Lee Coe\r\n"
        "Date: Tue, 10 Mar 2026 10:00:00 -0700\r\nMessage-ID: <chat@mail.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\r\n'
        f'--b\r\nContent-Type: text/plain; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n{packed}--b--\r\n'
    ).encode()
