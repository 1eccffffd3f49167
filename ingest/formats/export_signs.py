"""Whether one file may be the export of conversations or posts, from its first bytes alone; cheap, and never a parse.

Rule kept: this only decides that a confined reader looks at it (`export_file`). It may say yes to a document, which
then is one; it must not say no to an export. The file's name counts for nothing but tables, of which there are many
that are no export.
"""

from __future__ import annotations

import re
from typing import Final

from ingest.formats.detect import HEAD_BYTES, MediaKind, detect

_BOMS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_MARKS: Final = "[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]{0,4}"
_BREAK: Final = rf"(?:{_MARKS}[./-]{_MARKS} ?{_MARKS}|[^\w\n./-]{{1,3}}| ?[年년月월] ?)"
_MIDDLE: Final = rf"{_BREAK}(?:\d{{1,2}}|[^\W\d_]{{2,12}}\.?){_BREAK}"
_DATE: Final = rf"(?:\d{{1,2}}{_MIDDLE}\d{{2,4}}|\d{{4}}{_MIDDLE}\d{{1,2}})(?!\d)"
# a line that begins with a date or a time as messengers print them, in any digits, or with what else begins a message
_DATED: Final = re.compile(
    rf"^{_MARKS}(?:\[?{_MARKS}{_DATE}"
    rf"|[^\W\d_]{{1,12}}\.?,? {_DATE}[^\n\d]{{0,8}}$"
    r"|\d{1,2}:\d{2}\t|[^\W\d_]{2,12}\.? \d{1,2}, \d{4}  ?\d{1,2}:\d{2}"
    r"|={62}\r?\nGuild: |>>> .{1,300}:\s*$)",
    re.MULTILINE,
)
_LINE_HEADER: Final = re.compile(r"^(?:\ufeff)?\[?LINE\]? ?", re.IGNORECASE)
_SCRIPT: Final = re.compile(
    rb"^\s{0,100}(?:window\.(?:YTD|__THAR)|(?:var )?(?:Grailbird|tweet_index|payload_details|user_details)\b)"
)
# comments as TikTok lists them, which begin as the fields of a mail do
_COMMENTS: Final = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s{0,100}(?:Date|Datum): \d{4}-\d{2}-\d{2} [0-9:]{8}(?: UTC)?\r?\n\w{1,30}: "
)
_XML: Final = (b"<smses", b"<calls", b"<allsms", b"<threads")
_HTML: Final = (
    b"hchatlog", b"haudio", b'class="history"', b"pull_right date details", b"_a6-g", b"pam _3-95", b"_2ph_",
    b'class="message"', b'class="sent', b'class="received', b'class ="announcement"', b'class="timestamp"',
    b"participants:", b"DiscordChatExporter", b"chatlog", b"Snapchat",
    b"/your_activity", b"my-comments", b"outer-cell mdl-cell",
)  # fmt: skip
_CSV: Final = (
    b"conversation id", b"author_id", b"authorid", b"id,timestamp,contents", b"id,permalink", b"comment id",
    b"comment_id", b"channel id", b"channel_id", b"live chat id", b"id,from,to,date", b"datum",
    b"first name,last name,url",
    b"date,sharelink", b"date,link,message", b"notes:",
)  # fmt: skip
_SIGNAL_BACKUP: Final = b"SBACKUP\x01"
_BINARY: Final = (".binproto", ".car", ".backup")  # their first bytes are lengths, which say nothing
_MOST_LINES: Final = 40


def may_be_export(head: bytes, name: str = "") -> bool:
    """Whether a file that begins so (4 kB do) may be an export of conversations or posts."""
    head = head[:HEAD_BYTES]
    if _SCRIPT.match(head) or _COMMENTS.match(head) or head.startswith(_SIGNAL_BACKUP):
        return True
    kind = detect(head, name).kind
    lower = head.lower()
    if kind in (MediaKind.JSON, MediaKind.SQLITE):
        return True
    if kind is MediaKind.XML or lower.lstrip().startswith(_XML):
        return any(one.lower() in lower for one in _XML + _HTML)
    if kind is MediaKind.HTML or (kind is MediaKind.TEXT and head.lstrip().startswith(b"<")):
        return any(one.lower() in lower for one in _HTML)
    if kind is MediaKind.TEXT:
        return _text(head, lower)
    return kind is MediaKind.UNKNOWN and name.lower().endswith(_BINARY)


def _text(head: bytes, lower: bytes) -> bool:
    if any(one in lower.partition(b"\n")[0] for one in _CSV):
        return True
    encoding = "utf-16" if head.startswith(_BOMS[1:]) else "utf-8"
    text = head.decode(encoding, "replace")
    if _LINE_HEADER.match(text.lstrip()):
        return True
    lines = "\n".join(text.splitlines()[:_MOST_LINES])
    return _DATED.search(lines) is not None
