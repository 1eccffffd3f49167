"""What a message of Outlook or Exchange says by its MAPI properties: letterhead, recipients, body, and what it is.

Rule kept: nothing is taken from a property that means something else (the time of delivery is not the date of the
message). The transport headers, where there are any, are the sender's own words and go before properties, which
the receiving system wrote. Sources: [MS-OXOMSG] for mail, [MS-OXCMSG] for recipients and bodies, [MS-OXOCNTC] for
contacts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.addresses import parse_addresses
from ingest.formats.headers import letterhead as header_letterhead
from ingest.formats.headers import read_block
from ingest.formats.html_text import decode_html, html_to_text
from ingest.formats.mapi import STRING8, UNICODE, RecipientType, Tag, charset_of
from ingest.formats.message_ids import references_of
from ingest.formats.rtf_text import read_compressed_rtf
from storage.records import Letterhead, Party

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.formats.mapi import Properties

MAX_RECIPIENTS: Final = 20_000
MAX_BODY_BYTES: Final = 32 * 1024 * 1024
MAX_HEADER_BYTES: Final = 1024 * 1024
# What a contact says of a person, in the order of a card; the standard properties among them ([MS-OXOCNTC]).
_CARD: Final = (
    0x3A45, 0x3A06, 0x3A44, 0x3A11, 0x3A17, 0x3A18, 0x3A16, 0x3A08, 0x3A1C, 0x3A09, 0x3A24, 0x3A29, 0x3A27, 0x3A28,
    0x3A2A, 0x3A26, 0x3A15, 0x3A51,
)  # fmt: skip
_SENT: Final = (
    "ipm.note", "ipm.schedule", "ipm.post", "ipm.recall", "ipm.taskrequest", "ipm.outlook", "report.",
    "ipm.microsoft mail", "ipm.microsoft schedule",
)  # fmt: skip

_REPORTS: Final = ("report.", "ipm.microsoft mail.non-delivery", "ipm.microsoft mail.read receipt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Text of a body, whether it is made from ``plain``, ``html`` or ``rtf``, and what could not be read of it."""

    text: str = ""
    source: str | None = None
    unread: str | None = None


def letterhead(properties: Properties, recipients: Sequence[Properties] = ()) -> Letterhead:
    """The letterhead of a message: what its transport headers say, and for what they leave out its properties.

    Args:
        properties: those of the message.
        recipients: those of each recipient, in the order of the message; blind copies are no part of a letterhead.
    """
    headers = _transport(properties)
    sent = properties.moment(Tag.CLIENT_SUBMIT_TIME)
    to, cc = _recipients(recipients)
    return Letterhead(
        sender=headers.sender or sender(properties),
        to=headers.to or to or _displayed(properties, Tag.DISPLAY_TO),
        cc=headers.cc or cc or _displayed(properties, Tag.DISPLAY_CC),
        date=headers.date or (sent.isoformat(timespec="seconds") if sent is not None else None),
        subject=headers.subject if headers.subject is not None else subject(properties),
        message_id=headers.message_id or properties.phrase(Tag.INTERNET_MESSAGE_ID),
        references=headers.references
        or references_of(properties.phrase(Tag.INTERNET_REFERENCES), properties.phrase(Tag.IN_REPLY_TO_ID)),
    )


def subject(properties: Properties) -> str | None:
    """The subject on one line; None where the message has none, empty where it has an empty one."""
    found = properties.text(Tag.SUBJECT)
    if found is None:
        prefix, rest = properties.text(Tag.SUBJECT_PREFIX), properties.text(Tag.NORMALIZED_SUBJECT)
        found = None if rest is None else (prefix or "") + rest
    if found is not None and found[:1] == "\x01":
        found = found[2:]  # PST: the length of the prefix, as a letter ([MS-PST] §2.5.3.1.1.1)
    return None if found is None else " ".join(found.split())


def sender(properties: Properties) -> Party | None:
    """Who a message is from: whom it represents, else who sent it ([MS-OXOMSG] §2.2.1)."""
    return _party(
        properties,
        Tag.SENT_REPRESENTING_NAME,
        Tag.SENT_REPRESENTING_SMTP_ADDRESS,
        Tag.SENT_REPRESENTING_EMAIL_ADDRESS,
    ) or _party(properties, Tag.SENDER_NAME, Tag.SENDER_SMTP_ADDRESS, Tag.SENDER_EMAIL_ADDRESS)


def recipient(properties: Properties) -> tuple[RecipientType | None, Party | None]:
    """What one recipient is, and who; either may be unknown."""
    number = properties.number(Tag.RECIPIENT_TYPE)
    kind = RecipientType(number & 3) if number is not None else None
    return kind, _party(properties, Tag.DISPLAY_NAME, Tag.SMTP_ADDRESS, Tag.EMAIL_ADDRESS)


def body(properties: Properties) -> Body:
    """The text of a message: the plain body, else the HTML one, else what the RTF one holds.

    Which is the best is not said by messages of many programs (PidTagNativeBody), and the plain one is what every
    program writes for people to read. RTF may enclose HTML ([MS-OXRTFEX]).
    """
    plain = properties.text(Tag.BODY, limit=MAX_BODY_BYTES)
    if plain is not None and plain.strip("\0 \t\r\n\xa0"):
        return Body(text=_lines(plain), source="plain", unread=_beyond(properties, Tag.BODY))
    kind, raw = properties.values.get(Tag.HTML, (0, b""))
    if raw.strip():
        markup = (
            properties.text(Tag.HTML, limit=MAX_BODY_BYTES) or ""
            if kind in (STRING8, UNICODE)
            else decode_html(raw[:MAX_BODY_BYTES], charset_of(properties.number(Tag.INTERNET_CODEPAGE)))
        )
        text, complete = html_to_text(markup)
        if text.strip():
            unread = _beyond(properties, Tag.HTML) or (None if complete else "the end of a long HTML body")
            return Body(text=text.strip("\n"), source="html", unread=unread)
    packed = properties.content(Tag.RTF_COMPRESSED)
    if packed:
        found = read_compressed_rtf(packed)
        return Body(text=found.text, source="rtf" if found.text else None, unread=found.unread)
    return Body()


def card(properties: Properties) -> str:
    """The lines of a contact: the name, titles, numbers and addresses that stand in properties with fixed ids."""
    lines = (properties.phrase(tag) for tag in (Tag.DISPLAY_NAME, *_CARD))
    return "\n".join(dict.fromkeys(line for line in lines if line))


def message_class(properties: Properties) -> str:
    """The message class in lower case ([MS-OXCMSG] §2.2.1.3), empty where there is none."""
    return (properties.phrase(Tag.MESSAGE_CLASS) or "").lower()


def is_mail(properties: Properties) -> bool:
    """Whether the object was sent from one person to another, rather than a contact, a task, a note of one's own."""
    known = message_class(properties)
    return not known or known.startswith(_SENT)


def is_report(properties: Properties) -> bool:
    """Whether the message reports on another, as bounces and read receipts do ([MS-OXOMSG] §2.2.2)."""
    return message_class(properties).startswith(_REPORTS)


def _transport(properties: Properties) -> Letterhead:
    text = properties.text(Tag.TRANSPORT_MESSAGE_HEADERS, limit=MAX_HEADER_BYTES)
    return header_letterhead(read_block(text.lstrip().encode())) if text else Letterhead()


def _party(properties: Properties, name: int, smtp: int, email: int) -> Party | None:
    """A party: its SMTP address where there is one, else what the address book has, which may be an X.500 name."""
    shown = properties.phrase(name)
    address = properties.phrase(smtp) or properties.phrase(email)
    if address is not None and "@" not in address and shown is not None and "@" in shown:
        found = parse_addresses(shown)
        return found[0] if found else Party(name=shown, address=address)
    if address is not None:
        address = address.removeprefix("mailto:").removeprefix("SMTP:").strip("<> ") or None
    if shown is not None:
        shown = shown.strip("'\"").strip() or None  # how Outlook shows a name that it does not know
    if shown is not None and address is not None and shown.lower() == address.lower():
        shown = None
    if shown is None and address is None:
        return None
    if address is None and shown is not None and "@" in shown:
        found = parse_addresses(shown)
        return found[0] if found else Party(name=shown)
    return Party(name=shown, address=address)


def _recipients(recipients: Sequence[Properties]) -> tuple[tuple[Party, ...], tuple[Party, ...]]:
    to: list[Party] = []
    cc: list[Party] = []
    for one in recipients[:MAX_RECIPIENTS]:
        kind, party = recipient(one)
        if party is not None and kind in (RecipientType.TO, RecipientType.CC):
            (to if kind is RecipientType.TO else cc).append(party)
    return tuple(to), tuple(cc)


def _displayed(properties: Properties, tag: int) -> tuple[Party, ...]:
    """Recipients as they were shown: names with ``;`` between them, which are no addresses unless they look so."""
    found: list[Party] = []
    for shown in (properties.text(tag) or "").split(";", MAX_RECIPIENTS):
        name = shown.strip(" \t\r\n'\"\0")
        if name:
            found += parse_addresses(name) if "@" in name else (Party(name=name),)
    return tuple(found)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def _beyond(properties: Properties, tag: int) -> str | None:
    size = len(properties.values[tag][1])
    return f"a body beyond its first {MAX_BODY_BYTES} bytes" if size > MAX_BODY_BYTES else None
