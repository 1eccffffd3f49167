"""The words of answer mails; pure.

Rule: a letter leaves the archive, so by default it says nothing that the mail itself says: counts, dates, kinds,
reasons in the reader's own words, the reference and the digest. The subject stands in it only where the agency's
settings say so. A letter says what to do next, and that a program wrote it (RFC 3834 §3.2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import wrap
from typing import TYPE_CHECKING

from storage.outbox import Letter
from storage.records import ForwardMethod, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

KIND = "answer"
_MOST_LISTED = 200
_MOST_REASONS = 20
_WIDTH = 12
_COLUMNS = 72
_HOW = (
    "  Outlook for Windows    Home > More > Forward as Attachment",
    "  Outlook on the web     new message, then drag the mail from the list into it",
    "  Gmail in a browser     the three dots next to reply > Forward as attachment",
    "  Apple Mail on a Mac    Message > Forward as Attachment",
    "  Thunderbird            Message > Forward As > Attachment",
)
_KINDS = {"email": "e-mail", "conversation": "day of a conversation", "page": "captured page"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who writes: the agency's name, the archive's zone, and the address of its page, if there is one."""

    agency: str
    zone: ZoneInfo
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredMail:
    """What a letter says of one mail. `kinds` counts its records; `subject` is None unless it may be told."""

    submission: str
    received_at: datetime
    size: int
    sha256: str
    outcome: Outcome
    kinds: tuple[tuple[str, int], ...] = ()
    attachments: int = 0
    method: ForwardMethod = ForwardMethod.NONE
    unread: tuple[str, ...] = ()
    subject: str | None = None
    message_id: str | None = field(default=None, repr=False)


def receipt_letter(mail: AnsweredMail, to: str, sender: Sender) -> Letter:
    """To the employee: what was captured, what could not be read, and how to do better next time."""
    lines = [
        *_paragraph(f"The records archive of {sender.agency} received your mail and keeps it, byte for byte."),
        "",
        *_facts(mail, sender),
        _fact("Kept as", _kept_as(mail)),
    ]
    if mail.attachments:
        lines.append(_fact("Attached", f"{mail.attachments:,} {'file' if mail.attachments == 1 else 'files'}"))
    if mail.unread:
        lines += ["", "Kept, but not found by its words:"]
        lines += [f"  - {one}" for one in mail.unread[:_MOST_REASONS]]
        if len(mail.unread) > _MOST_REASONS:
            lines.append(f"  - and {len(mail.unread) - _MOST_REASONS:,} more")
    if mail.method is ForwardMethod.INLINE:
        lines += [
            "",
            *_paragraph(
                "You forwarded a message in the ordinary way, so the original's own headers are lost: who wrote it, "
                "and when, is known only as your mail program printed it. If you still have the original, please "
                "forward it again as an attachment, which keeps it whole:"
            ),
            "",
            *_HOW,
        ]
    lines += _look(mail, sender)
    return _letter(mail, to, _subject("your mail was received", mail), lines)


def trouble_letter(mail: AnsweredMail, to: str, sender: Sender, *, stranger: bool) -> Letter:
    """To who sent it: that a mail is kept, but is no record yet, why, and what to do."""
    lines = [*_paragraph(f"The records archive of {sender.agency} received your mail, but could not file it."), ""]
    lines += _facts(mail, sender)
    if mail.outcome is Outcome.QUARANTINED and stranger:
        lines += [
            "",
            *_paragraph(
                "The archive does not know the address that you sent it from. The mail is kept and waits; nothing is "
                "lost. Please tell the records office that this address is yours, or send the message again from "
                "your work address."
            ),
        ]
    elif mail.outcome is Outcome.QUARANTINED:
        waits = "The mail is kept and waits until the records office has looked at it; nothing is lost."
        lines += ["", *_paragraph(waits)]
    else:
        lines += [
            "",
            *_paragraph(
                "The mail is kept as it came, but could not be read, so it is not found by search. Please tell the "
                "records office the reference above. If you still have the original, forward it again as an "
                "attachment:"
            ),
            "",
            *_HOW,
        ]
    lines += _close()
    what = "your mail waits" if mail.outcome is Outcome.QUARANTINED else "your mail could not be read"
    return _letter(mail, to, _subject(what, mail), lines)


def gathered_letter(mails: Sequence[AnsweredMail], to: str, sender: Sender) -> Letter:
    """To an employee who handed in more than is answered singly: all of them, one a line, in one letter."""
    count = f"{len(mails):,} more {'mail' if len(mails) == 1 else 'mails'}"
    lines = [
        *_paragraph(
            f"The records archive of {sender.agency} received {count} of yours and keeps them, byte for byte. So many "
            "came within a short time that they are answered together."
        ),
        "",
    ]
    listed = mails[:_MOST_LISTED]
    lines += [f"  {_local(one.received_at, sender)}  {one.submission}  {one.outcome.value}" for one in listed]
    if len(mails) > _MOST_LISTED:
        lines.append(f"  and {len(mails) - _MOST_LISTED:,} more; your page of the archive lists all of them")
    troubled = sum(one.outcome is not Outcome.ARCHIVED for one in mails)
    if troubled:
        told = f"{troubled:,} of them could not be filed yet; please tell the records office those references."
        lines += ["", *_paragraph(told)]
    if sender.page:
        lines += ["", f"Look at them: {sender.page.rstrip('/')}/"]
    lines += _close()
    about = tuple(one.submission for one in mails[:_MOST_LISTED])
    subject = f"Auto: {len(mails):,} mails were received"
    return Letter(kind=KIND, to=to, subject=subject, text=_text(lines), is_reply=True, about=about)


def _letter(mail: AnsweredMail, to: str, subject: str, lines: list[str]) -> Letter:
    return Letter(
        kind=KIND,
        to=to,
        subject=subject,
        text=_text(lines),
        is_reply=True,
        in_reply_to=mail.message_id,
        about=(mail.submission,),
    )


def _subject(what: str, mail: AnsweredMail) -> str:
    """RFC 3834 §3.1.5: "Auto:", then what it is about."""
    return f"Auto: {what}" + (f": {mail.subject}" if mail.subject else f" ({mail.submission})")


def _facts(mail: AnsweredMail, sender: Sender) -> list[str]:
    lines = [
        _fact("Received", f"{_local(mail.received_at, sender)} ({sender.zone.key})"),
        _fact("Reference", mail.submission),
        _fact("Size", f"{mail.size:,} bytes"),
        _fact("SHA-256", mail.sha256),
    ]
    return [*lines, _fact("Subject", mail.subject)] if mail.subject else lines


def _kept_as(mail: AnsweredMail) -> str:
    counted = [f"{count:,} {_KINDS.get(kind, kind)}{'' if count == 1 else 's'}" for kind, count in mail.kinds]
    how = {
        ForwardMethod.ATTACHED: "; the original came whole, as an attachment",
        ForwardMethod.INLINE: "; the original stands in its text",
        ForwardMethod.NONE: "",
    }
    return (", ".join(counted) or "nothing yet") + how[mail.method]


def _look(mail: AnsweredMail, sender: Sender) -> list[str]:
    if sender.page:
        address = f"{sender.page.rstrip('/')}/receipts/{mail.submission}"
        lines = ["", "Your receipt, with its proof:", f"  {address}"]
    else:
        lines = ["", "Your receipt, with its proof, is on the archive's page."]
    return [*lines, *_close()]


def _close() -> list[str]:
    return [
        "",
        "-- ",
        *_paragraph("A program wrote this, and nobody reads answers to it. The records office can switch it off."),
    ]


def _paragraph(text: str) -> list[str]:
    return wrap(text, _COLUMNS)


def _fact(name: str, value: str) -> str:
    return f"  {name:<{_WIDTH}}{value}"


def _local(moment: datetime, sender: Sender) -> str:
    return moment.astimezone(sender.zone).strftime("%Y-%m-%d %H:%M")


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
