"""Generated exports that are lines, pages or tables."""

from __future__ import annotations

import csv
import io
import json
from html import escape
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import quoteattr

from benchmarks.chat_exports import OWNER, Layout, Plan, Spoken, write_zip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_PAGE: Final = 1_000  # messages, as Telegram Desktop cuts them


def _whatsapp(plan: Plan, target: Path) -> None:
    with target.open("w", encoding="utf-8") as chat:
        for one in plan.all_talk():
            chat.write(f"{one.at:%d/%m/%Y, %H:%M} - {one.sender}: {one.text}\n")


def _line(plan: Plan, target: Path) -> None:
    with target.open("w", encoding="utf-8") as chat:
        chat.write(f"[LINE] Chat history with {plan.partner(0)}\nSaved on: 1/2/2024, 11:00\n")
        day = ""
        for one in plan.all_talk():
            today = f"{one.at:%a}, {one.at.month}/{one.at.day}/{one.at.year}"
            if today != day:
                chat.write(f"\n{today}\n")
                day = today
            text = one.text if "\n" not in one.text else '"' + one.text.replace('"', '""') + '"'
            chat.write(f"{one.at:%H:%M}\t{one.sender}\t{text}\n")


def _signal_text(plan: Plan, target: Path) -> None:
    with target.open("w", encoding="utf-8") as chat:
        for one in plan.all_talk():
            chat.write(f"[{one.at:%Y-%m-%d, %H:%M}] {one.sender}: {one.text}\n")


def _imessage_head(one: Spoken) -> str:
    hour = one.at.hour % 12 or 12
    return f"{one.at:%b %d, %Y} {hour:>2}:{one.at:%M:%S %p}"


def _imessage_text(plan: Plan, target: Path) -> None:
    write_zip(
        target,
        (
            (
                f"{plan.partner(conversation)}.txt",
                "".join(
                    f"{_imessage_head(one)}\n{'Me' if one.sender == OWNER else one.sender}\n{one.text}\n\n"
                    for one in plan.talk(conversation)
                ),
            )
            for conversation in range(plan.conversations)
        ),
    )


def _imessage_html(plan: Plan, target: Path) -> None:
    def page(conversation: int) -> Iterator[str]:
        yield "<html>\n<head>\n<title></title>\n</head>\n<body>\n"
        for one in plan.talk(conversation):
            way, who = ("sent iMessage", "Me") if one.sender == OWNER else ("received", one.sender)
            yield (
                f'<div class="message">\n<div class="{way}">\n<p><span class="timestamp">{_imessage_head(one)}</span>\n'
                f'<span class="sender">{who}</span></p>\n<hr><div class="message_part">\n'
                f'<span class="bubble">{escape(one.text)}</span>\n</div>\n</div>\n</div>\n'
            )
        yield "</body></html>\n"

    pages = ((f"{plan.partner(number)}.html", "".join(page(number))) for number in range(plan.conversations))
    write_zip(target, pages)


def _sms(plan: Plan, target: Path) -> None:
    with target.open("w", encoding="utf-8") as document:
        document.write(f"<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count=\"{plan.messages}\">\n")
        for one in plan.all_talk():
            kind = 2 if one.sender == OWNER else 1
            body = quoteattr(one.text, {"\n": "&#10;"})
            document.write(
                f'  <sms protocol="0" address="+1555{one.conversation:07}" date="{one.millis}" type="{kind}" '
                f'subject="null" body={body} read="1" status="-1" date_sent="0" '
                f'contact_name="{plan.partner(one.conversation)}" />\n'
            )
        document.write("</smses>\n")


def _voice(plan: Plan, target: Path) -> None:
    def page(name: str, spoken: Iterable[Spoken]) -> Iterator[str]:
        yield f'<?xml version="1.0" ?>\n<html><head><title>{name}</title></head>\n<body><div class="hChatLog hfeed">\n'
        for one in spoken:
            number, mark = (
                ("15550000000", "abbr") if one.sender == OWNER else (f"1555{one.conversation + 1:07}", "span")
            )
            who = "Me" if one.sender == OWNER else one.sender
            yield (
                f'<div class="message"><abbr class="dt" title="{one.at:%Y-%m-%dT%H:%M:%S}.000Z">{one.at:%b}</abbr>:\n'
                f'<cite class="sender vcard"><a class="tel" href="tel:+{number}"><{mark} class="fn">{who}</{mark}></a>'
                f"</cite>:\n<q>{escape(one.text).replace(chr(10), '<br>')}</q>\n</div> "
            )
        yield "</div></body></html>"

    def files() -> Iterator[tuple[str, str]]:
        for conversation in range(plan.conversations):
            name = plan.partner(conversation)
            spoken = list(plan.talk(conversation))
            for first in range(0, len(spoken), 100):  # Voice writes a page for each stretch of a conversation
                title = f"{name} - Text - {spoken[first].at:%Y-%m-%dT%H_%M_%SZ}.html"
                yield f"Takeout/Voice/Calls/{title}", "".join(page(name, spoken[first : first + 100]))

    write_zip(target, files())


def _telegram_pages(plan: Plan, target: Path) -> None:
    def page(name: str, spoken: Iterable[Spoken]) -> Iterator[str]:
        yield (
            '<html><body><div class="page_wrap"><div class="page_header"><div class="content">'
            f'<div class="text bold">{name}</div></div></div><div class="page_body chat_page"><div class="history">\n'
        )
        for one in spoken:
            yield (
                f'<div class="message default clearfix" id="message{one.place + 1}"><div class="body">\n'
                f'<div class="pull_right date details" title="{one.at:%d.%m.%Y %H:%M:%S} UTC+00:00">'
                f"{one.at:%H:%M}</div>\n"
                f'<div class="from_name">{one.sender}</div>\n'
                f'<div class="text">{escape(one.text).replace(chr(10), "<br>")}</div></div></div>\n'
            )
        yield "</div></div></div></body></html>"

    def files() -> Iterator[tuple[str, str]]:
        for conversation in range(plan.conversations):
            spoken, name = list(plan.talk(conversation)), plan.partner(conversation)
            for number, first in enumerate(range(0, len(spoken), _PAGE), start=1):
                file = f"chats/chat_{conversation + 1:03}/messages{number if number > 1 else ''}.html"
                yield f"DataExport/{file}", "".join(page(name, spoken[first : first + _PAGE]))

    write_zip(target, files())


def _table(head: list[str], rows: Iterable[list[Any]]) -> str:
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return made.getvalue()


def _reddit(plan: Plan, target: Path) -> None:
    def row(one: Spoken) -> list[Any]:
        post, key = f"p{one.conversation}x{one.at:%y%m%d}", f"c{one.conversation}x{one.place}"
        link = f"https://www.reddit.com/r/school/comments/{post}/x/"
        at = f"{one.at:%Y-%m-%d %H:%M:%S} UTC"
        return [key, f"{link}{key}/", at, "", "school", 0, link, "", one.text, ""]

    head = ["id", "permalink", "date", "ip", "subreddit", "gildings", "link", "parent", "body", "media"]
    comments = _table(head, map(row, plan.all_talk()))
    about = _table(["statistic", "value"], [["account name", "jane_doe"]])
    write_zip(target, [("comments.csv", comments), ("statistics.csv", about)])


def _youtube(plan: Plan, target: Path) -> None:
    def row(one: Spoken) -> list[Any]:
        video = f"v{one.conversation:04}{one.at:%y%m%d}"
        key = f"Ug{one.conversation:06}{one.place:018}"
        text = json.dumps({"text": one.text}, ensure_ascii=False)
        return ["UC" + "a" * 22, f"{one.at:%Y-%m-%dT%H:%M:%S}.000000+00:00", 0, key, "", "", video, text]

    head = ["Channel ID", "Comment Create Timestamp", "Price", "Comment ID", "Parent Comment ID", "Post ID", "Video ID"]
    comments = _table([*head, "Comment Text"], map(row, plan.all_talk()))
    write_zip(target, [("Takeout/YouTube and YouTube Music/comments/comments.csv", comments)])


LAYOUTS: Final = (
    Layout(
        name="WhatsApp",
        reader="whatsapp",
        file="WhatsApp Chat with Ann Adams.txt",
        write=_whatsapp,
        one_chat=True,
        is_goal=True,
    ),
    Layout(name="LINE", reader="line_chat", file="[LINE] Ann Adams.txt", write=_line, one_chat=True),
    Layout(name="Signal, lines", reader="signal_text", file="signal.txt", write=_signal_text, one_chat=True),
    Layout(name="iMessage, text", reader="imessage_text", file="imessage_txt.zip", write=_imessage_text),
    Layout(name="iMessage, pages", reader="imessage_html", file="imessage_html.zip", write=_imessage_html),
    Layout(name="SMS Backup & Restore", reader="sms", file="sms.xml", write=_sms),
    Layout(name="Google Voice", reader="voice", file="voice.zip", write=_voice),
    Layout(name="Telegram, pages", reader="telegram", file="telegram.zip", write=_telegram_pages),
    Layout(name="Reddit, comments", reader="reddit", file="reddit.zip", write=_reddit),
    Layout(name="YouTube, comments", reader="youtube", file="youtube.zip", write=_youtube),
)
