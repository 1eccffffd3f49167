"""One small export of every format that there is a reader for, out of what the tests of each are made of."""

from __future__ import annotations

from . import (
    signal_writing,
    test_bluesky,
    test_discord,
    test_discord_package,
    test_googlechat,
    test_groupme,
    test_hangouts,
    test_imessage_db,
    test_imessage_text,
    test_linkedin,
    test_mapping,
    test_mastodon,
    test_reddit,
    test_signal,
    test_signal_jsonl,
    test_signal_text,
    test_skype,
    test_slack,
    test_sms,
    test_snapchat,
    test_teams,
    test_telegram,
    test_telegram_pages,
    test_tiktok,
    test_voice,
    test_x,
    test_youtube,
    viber_writing,
)
from .accounts import dumped
from .meta_exports import BOX, INBOX, POST, POSTS, message, page, thread
from .repositories import repository

Files = dict[str, bytes]
_WHATSAPP = (
    "15/01/24, 18:07 - Messages and calls are end-to-end encrypted.\n15/01/24, 18:08 - Ann: one\ntwo\n"
    "15/01/24, 18:09 - Bob: IMG-1.jpg (file attached)\n16/01/24, 09:00 - Ann: <Media omitted>\n"
)
_LINE = '[LINE] Chat history with A\nSaved on: 2024/02/01 10:00\n\n2024/01/15(Mon)\n10:10\tA\thi\n10:11\tB\t"x\ny"\n'
_META = '<meta charset="UTF-8">'
_YOUTUBE = test_youtube.table(
    test_youtube.NEWER, test_youtube.WORDS, test_youtube.row(test_youtube.NEWER, text='{"text":"hi"}')
)


def _made() -> dict[str, Files]:
    picture = {"type": "image", "url": f"https://i.groupme.com/1.png.{test_groupme.DIGEST}"}
    spoken = test_hangouts.spoken({"type": "TEXT", "text": "hi"})
    stamp = test_imessage_text.STAMP
    element = test_imessage_text.element(test_imessage_text.part("hi"))
    reposted = {"InstantReposts_1.csv": b"Date,Link\n2024-01-01 00:00:00,https://l.example/urn:li:share:2\n"}
    talk = test_x.talk("7-9", test_x.wrote("5", "7", "hi"))
    return {
        "whatsapp": {"_chat.txt": _WHATSAPP.encode(), "IMG-1.jpg": b"jpg"},
        "line_chat": {"[LINE] Chat history with A.txt": _LINE.encode()},
        "signal_text": {
            "Ann/data.json": test_signal_text.data(test_signal_text.line(), test_signal_text.line(body="b"))
        },
        "signal_jsonl": test_signal_jsonl.exported(
            test_signal_jsonl.chat_item(standardMessage={"text": {"body": "hi"}}),
            test_signal_jsonl.chat_item(standardMessage={"text": {"body": "ho"}}, dateSent="1715600000001"),
        ),
        "signal_backup": test_signal.backup(signal_writing.item(signal_writing.words("Hello"))),
        "facebook": {
            INBOX + "a_123456/message_1.json": thread(message("one"), message("two", reactions=[{"actor": "x"}])),
            INBOX + "b_123456/message_1.html": page(BOX.format("Ann", "hi", "Sep 13, 2020, 12:26 PM")),
            POSTS: dumped([POST]),
        },
        "instagram": {
            "your_instagram_activity/messages/inbox/a_1/message_1.json": thread(message("hi"), message("ho")),
        },
        "x": test_x.archive(tweets=[test_x.tweet("1"), test_x.tweet("2")], direct_messages=[talk]),
        "telegram": {
            "result.json": test_telegram.document(
                test_telegram.account(test_telegram.chat(test_telegram.message(), test_telegram.message(id=6)))
            ),
        },
        "telegram pages": {
            "messages.html": test_telegram_pages.page(
                test_telegram_pages.block(1, test_telegram_pages.text("hi")),
                test_telegram_pages.block(2, test_telegram_pages.text("ho")),
            ),
        },
        "imessage_db": test_imessage_db.database({"text": "Hi"}, {"text": "Yo", "is_from_me": 1, "chat": 2}),
        "viber": {"viber.db": viber_writing.desktop(({}, {"Body": "Hi"}), ({"Direction": 1}, {"Body": "Yo"}))},
        "imessage_text": {"Ann.txt": f"{stamp}\nAnn\nHi\n\n{stamp}\nMe\nYo\n\n".encode()},
        "imessage_html": {"Ann.html": f"<html><head>{_META}</head><body>{element}{element}</body></html>".encode()},
        "sms": {"sms.xml": test_sms.backup(test_sms.text("hi"), test_sms.mms(test_sms.part("text/plain", said="ho")))},
        "voice": {
            f"{test_voice.CALLS}Ann - Text - 2023-09-20T00_54_54Z.html": test_voice.talk(
                test_voice.message("+15550001", "Ann", "hi"), test_voice.message("+15550002", "Me", "ho")
            ),
        },
        "googlechat": dict(test_googlechat.export(test_googlechat.message(1), test_googlechat.message(2)).files),
        "hangouts": dict(
            test_hangouts.newer(*(test_hangouts.event(number, chat_message=spoken) for number in (1, 2))).files
        ),
        "youtube": {"Takeout/YouTube/comments/comments.csv": _YOUTUBE},
        "slack": test_slack.workspace(test_slack.message(), test_slack.message("ho", ts="1704448054.000100")),
        "discord": {"a.json": test_discord.document(test_discord.exported(test_discord.said_by()))},
        "discord package": test_discord_package.package(),
        "tiktok": {"user_data.json": dumped(test_tiktok.new())},
        "snapchat": test_snapchat.export({"bo": [test_snapchat.entry(), test_snapchat.entry("teacher", "ho")]}),
        "reddit": {
            "comments.csv": test_reddit.COMMENTS + test_reddit.comment("c1", "p1", "hi"),
            "posts.csv": test_reddit.POSTS,
            "statistics.csv": test_reddit.OWNER,
        },
        "mastodon": test_mastodon.outbox(test_mastodon.create(test_mastodon.note())),
        "bluesky": {"repo.car": repository({"app.bsky.feed.post/3k1": test_bluesky.post()})},
        "groupme": test_groupme.export(test_groupme.message(1, attachments=[picture]), test_groupme.message(2)),
        "linkedin": test_linkedin.messages(test_linkedin.ROW, test_linkedin.ROW) | reposted,
        "skype": {"messages.json": dumped(test_skype.export(test_skype.message(), test_skype.message("<b>ho</b>")))},
        "teams": {"chat.json": dumped([test_teams.message(), test_teams.message(2, replies=[test_teams.message(3)])])},
        "mapped table": {"x.csv": test_mapping.TABLE},
        "mapped document": {"x.json": dumped(test_mapping.ROOMS)},
    }


SAMPLES = _made()
