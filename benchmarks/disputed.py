"""Facts of the test data that are not held against the reader, each with the reason; they are counted and printed.

Rule kept: a fact is listed only where its source is wrong about the mail, or where two readings are equally good and
this archive chose the other one on purpose. What the reader cannot do is never listed here. A listed fact that is read
as stated counts as right all the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

UNREAD_LETTERS = "the source lost the 8-bit letters of the header or text, which are read here"
_NO_LIST = "a List-* field (RFC 2369), which is no list of mailboxes"
_COMMENT = "a comment is nobody by itself, and comments inside of an address are no part of the name (RFC 5322 §3.2.2)"
_NO_DATE = "no date of RFC 5322 §3.3, or none whose zone has one meaning: nothing is invented"
_UNSENT = "the source gives no date of messages that are marked unsent; the property is in the file"
_CARD = "the source gives contacts no text; here their properties are it"
_YEAR_TWO = "the header prints the year 0002; the source took it for 2002"
_OBJECT = "the source keeps the 16-byte interface identifier before an object ([MS-OXTNEF] §2.1.3.3.15)"
_EMBEDDED = "the source lists the placeholder text and the embedded message as two attachments"
_INCOMPLETE = "the source's list leaves out files that it extracted"
_SUFFIX = "the source makes a file name up"
_TYPE = "no media type of RFC 2045 §5.1"
_OPEN_GROUP = "base64 ends within a group; the whole bytes in it are kept, the source drops them"
_WRITTEN = "the source drops backslashes that are not doubled, which senders write in paths"

# group, case, fact (regular expressions that match in full), reason
_ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("mail-parser", r"legacy/03[59]\.eml", "names", _WRITTEN),
    ("mail-parser", r"legacy/(017|048)\.eml", "sizes", "the source does not undo uuencoding"),
    ("mail-parser", r"rfc/000\.eml", "nested (from|to)", _COMMENT),
    ("mail-parser", r"rfc/005\.eml", "text", "text outside of all parts is kept; the source drops it"),
    ("mail-parser, fields", r"address (8|9|10|11|14)", "to", _COMMENT),
    ("mail-parser, fields", r"address 13", "to", "blanks around the dots of a domain are none of it (RFC 5322 §4.4)"),
    ("mail-parser, fields", r"address (3[79]|4[0-7])", "to", _NO_LIST),
    ("mail-parser, fields", r"date (10|12|30|31|32)", "date", _NO_DATE),
    ("mail-parser, fields", r"unstructured (21|27|28)", "subject", "the source puts a blank in that nobody wrote"),
    ("mail-parser, fields", r"content_type (54|76|77|78)", "media type", _TYPE),
    ("james-mime4j", r"badbound\.msg", "parts", "the source drops all text of a multipart without boundary lines"),
    ("james-mime4j", r"(multi-)?frag\.msg", "bytes", _OPEN_GROUP),
    (
        "james-mime4j",
        r"hdr-fakeout\.msg",
        "bytes",
        "the source takes the text for part of a header field, and loses it",
    ),
    (
        "MimeKit, mailboxes",
        r".*content-length.* 6",
        "from",
        "the field prints an address with two @, which is kept whole",
    ),
    ("MimeKit, mailboxes", r".*content-length.* 22", "date", "zone names do not depend on case (RFC 5322 §4.3)"),
    ("MimeKit, TNEF", r".*/(MAPI_OBJECT|winmail)\.tnef", "bytes", _OBJECT),
    ("MimeKit, TNEF", r".*/christmas\.tnef", "names|bytes", _EMBEDDED),
    ("MimeKit, TNEF", r".*/(long-filename|missing-filenames)\.tnef", "names", _INCOMPLETE),
    (
        "Outlook files",
        r".*/(Message1?|SetEmailHeaders_out|EmbededMessageAsAttachment|Invitation)\.msg",
        "date",
        _UNSENT,
    ),
    ("Outlook files", r".*/(Note|WithEmbeddedMsg)\.msg|.*/mapiToOft\.oft", "date", _UNSENT),
    ("Outlook files", r".*/email/(EmbeddedImage1|Message1|failed1?)\.msg", "names", _SUFFIX),
    (
        "Outlook files",
        r".*/outlook/(Bertha|Christoffer|Margaret|Matthew|Sebastian|Wichert) .*",
        "text",
        _CARD,
    ),
    ("Enron", r"00149_4\.eml|00317_17\.eml|00702_5\.eml|00995_11\.eml|01782_28\.eml", "date", _YEAR_TWO),
)


def reason_for(source: str, name: str, fact_name: str, stated: Any) -> str:
    """Why a fact is disputed, or nothing."""
    if "\ufffd" in str(stated):
        return UNREAD_LETTERS
    return next((reason for *row, reason in _ROWS if _fits(row, source, name, fact_name)), "")


def rows() -> Iterator[tuple[str, str, str, str]]:
    """The list itself, for whoever checks that nothing in it is idle."""
    yield from _ROWS


def _fits(row: list[str], source: str, name: str, fact_name: str) -> bool:
    group, case, fact = row
    return group == source and bool(re.fullmatch(case, name) and re.fullmatch(fact, fact_name))
