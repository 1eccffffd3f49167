"""What LINE writes itself into a saved chat: titles, what stands for a file, notices, and weekdays.

Rule kept: a phrase stays in the text; it only tells in addition that a file is missing or a message was taken back.
"""

from __future__ import annotations

import re
from typing import Final

from ingest.formats.chats.model import Media

_TITLES: Final = (
    re.compile(r"^(?:\[LINE\] ?)?Chat history (?:with|in) (.{1,300})$"),
    re.compile(r"^\[LINE\] ?(.{1,300}?)(?:と)?のトーク履歴$"),
    re.compile(r"^\[LINE\] ?[与與](.{1,300}?)的聊天[记記][录錄]$"),
    re.compile(r"^\[LINE\] ?(.{1,300}?)的聊天[记記][录錄]$"),
    re.compile(r"^\[LINE\] ?(.{1,300}?)님과의 (?:대화|채팅)"),
    re.compile(r"^\[LINE\] ?ประวัติการสนทนากับ ?(.{1,300})$"),
    re.compile(
        r"^\[LINE\] ?(?:Riwayat (?:obrolan|chat) (?:dengan|di)|Historial de chat con|Chat con) (.{1,300})$",
        re.IGNORECASE,
    ),
)
_FILE: Final = re.compile(r"^(\[LINE\](.{1,300}?))(?: ?\(\d\))?\.txt$", re.IGNORECASE)
_FILES: Final = {
    "image/*": "Photo|Photos|写真|画像|照片|圖片|사진|ภาพ|รูป|รูปภาพ|Foto",
    "video/*": "Video|Videos|動画|视频|影片|동영상|วิดีโอ",
    "audio/*": "Voice message|ボイスメッセージ|语音信息|語音訊息|음성메시지|음성 메시지|ข้อความเสียง|Audio",
    "": (
        "File|ファイル|文件|檔案|파일|ไฟล์|Album|アルバム|相册|相簿|앨범|อัลบั้ม|Sticker|Stickers|スタンプ|贴图|"
        "貼圖|스티커|สติกเกอร์"
    ),
}
_KINDS: Final = {one.casefold(): kind for kind, line in _FILES.items() for one in line.split("|")}
_IN_BRACKETS: Final = re.compile(r"\[([^\[\]\n]{1,40})\](?: ?([^\n]{1,255}))?$")
_UNSENT: Final = re.compile(
    r" unsent a message|^Message unsent|メッセージの送信を取り消しました|撤回了一条消息|"
    r"已收回訊息|메시지를 취소했습니다|ยกเลิกข้อความ"
)
_DAYS: Final = (
    "mon 月 一 월 จ lun",
    "tue 火 二 화 อ mar",
    "wed 水 三 수 พ mié",
    "thu 木 四 목 พฤ jue",
    "fri 金 五 금 ศ vie",
    "sat 土 六 토 ส sáb",
    "sun 日 天 일 อา dom",
)
_WEEKDAYS: Final = {word: number for number, words in enumerate(_DAYS) for word in words.split()}
_WORD: Final = re.compile(r"[^\W\d_]+")


def title_of(line: str) -> str | None:
    """Whom or what a chat is with, from its first line."""
    line = line.lstrip("\ufeff").strip()
    return next((match[1].strip() for one in _TITLES if (match := one.match(line))), None)


def title_of_file(name: str) -> str | None:
    """The same from the name that the program gives a file: ``[LINE]NAME.txt``."""
    match = _FILE.match(name.rpartition("/")[2])
    return None if match is None else title_of(match[1]) or match[2].strip() or None


def media_of(text: str) -> tuple[Media, ...]:
    """What stands for a file: a phrase in brackets, a name after it where one is printed."""
    match = _IN_BRACKETS.match(text)
    if match is None or match[1].casefold() not in _KINDS:
        return ()
    kind = _KINDS[match[1].casefold()]
    return (Media(name=(match[2] or "").strip() or None, media_type=kind or None),)


def deleted_notice(text: str) -> bool:
    """Whether a notice says that somebody took a message back."""
    return _UNSENT.search(text) is not None


def weekday_of(text: str) -> int | None:
    """The weekday of a line of a day, Monday is 0; None where it is not known."""
    for word in _WORD.findall(text.casefold()):
        for known in (word, word[:3], word.removeprefix("周").removeprefix("週").removeprefix("星期")[:1]):
            if known in _WEEKDAYS:
                return _WEEKDAYS[known]
    return None
