"""Exchange's journal reports: the mail inside of one, and the envelope that the server writes about it.

An envelope journal report (Exchange 2007 and later, Microsoft 365; the fields are those of Microsoft's "Understanding
Journal Reports") is a multipart/mixed whose first part is text with a line for each fact (``Sender:``, ``Subject:``,
``Message-ID:``, then a ``To:``, ``Cc:``, ``Bcc:`` or ``Recipient:`` for each recipient, perhaps with ``, Expanded:`` or
``, Forwarded:`` and the address that it was written to, and ``On-Behalf-Of:``) and whose second is the mail itself,
unaltered, as message/rfc822. A third part is there where the server decrypted the mail as well.

Rule: recognised strictly, by mark, structure and lines together; anything else is an ordinary mail. A report says
what its server says: the facts are *asserted*, and only a report of a trusted server is unwrapped at all (the channel
knows whose it is; see `ingest.channels.recipients`). Linear, and bounded in the number of recipients.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.formats.addresses import parse_addresses
from ingest.formats.charsets import decode
from ingest.formats.headers import content_fields, letterhead
from ingest.formats.journal_envelope import JournalRecipient, JournalReport, asserted_of
from ingest.formats.mime_tree import walk
from storage.records import ForwardMethod

if TYPE_CHECKING:
    from ingest.formats.mime_tree import Part, Tree
    from storage.records import Description

MAX_RECIPIENTS = 5_000
_MAX_REPORT = 4 << 20
_MOST_MESSAGES = 2
_LONGEST_VALUE = 2_048  # of a line, which is searched from each of its blanks
_MARKS = (b"x-ms-journal-report", b"x-ms-exchange-organization-journal-report")
_LINE = re.compile(r"([A-Za-z][A-Za-z-]{0,30}):[ \t]*(.*)", re.DOTALL)
_REDIRECTED = re.compile(r"[,;]?[ \t]+(Expanded|Forwarded):[ \t]*", re.IGNORECASE)
_KINDS = {"to": "to", "cc": "cc", "bcc": "bcc", "recipient": "recipient"}
NO_REPORT = "it was sent to a journal address, and is no journal report; it is kept as an ordinary mail"


def read_report(tree: Tree) -> JournalReport | None:
    """The report that a mail is, or None; never raises."""
    outer = tree.outer
    if not any(mark in outer.fields for mark in _MARKS):
        return None
    own = [part for part in tree.parts if not part.message]
    if tree.fields.media_type != "multipart/mixed" or not 1 < len(own) <= 1 + _MOST_MESSAGES:
        return None
    said, *messages = own
    if said.fields.media_type != "text/plain" or said.fields.name is not None or said.path != "1":
        return None
    if any(one.path not in tree.inner or one.fields.media_type != "message/rfc822" for one in messages):
        return None
    return _from_lines(said, messages[0])


def unwrap(raw: bytes, description: Description) -> Description:
    """What is said of a mail that came to a journal address: of a report the mail inside, with its envelope.

    Args:
        raw: the report as it was handed in.
        description: what `email_message.read_email` says of it.

    Returns:
        the description with the mail inside as `original`, and the envelope in `asserted`; where it is no report, the
        description as it was, with a note.
    """
    tree = walk(raw)
    report = read_report(tree)
    if report is None:
        return replace(description, notes=(*description.notes, NO_REPORT))
    headers = tree.inner[report.path]
    original = letterhead(headers, content_fields(headers).charset)
    notes = description.notes
    if report.message_id is not None and original.message_id not in (None, report.message_id):
        notes = (*notes, "the journal report names another message id than the mail inside has")
    if report.cut:
        notes = (*notes, f"the journal report names more than {MAX_RECIPIENTS} recipients; the rest stands in its text")
    return replace(
        description,
        original=original,
        # what the server wrote above the mail is an envelope, and nobody's comment
        forward=replace(description.forward, method=ForwardMethod.ATTACHED, comment=None),
        chain=tuple(replace(one, comment=None) if n == 0 else one for n, one in enumerate(description.chain)),
        asserted=(*description.asserted, *asserted_of(report)),
        notes=notes,
    )


def _from_lines(said: Part, message: Part) -> JournalReport | None:
    content, _ = said.decoded()
    if len(content) > _MAX_REPORT:
        return None
    fields: dict[str, str] = {}
    recipients: list[JournalRecipient] = []
    cut = False
    # cut at LF alone: other marks that end a line in Unicode may stand in the subject, which strangers write
    for line in decode(content, said.fields.charset, guess=True).split("\n"):
        match = _LINE.match(line.rstrip("\r"))
        if match is None:
            continue
        name, value = match[1].lower(), match[2][:_LONGEST_VALUE].strip()
        if not fields and name != "sender":
            return None
        if name in _KINDS:
            cut = cut or len(recipients) >= MAX_RECIPIENTS
            if not cut:
                recipients += _recipient(_KINDS[name], value)
        elif not recipients or name == "on-behalf-of":
            fields.setdefault(name, value)
    sender = _address(fields.get("sender", ""))
    if sender is None or not recipients:
        return None
    return JournalReport(
        sender=sender,
        recipients=tuple(recipients),
        path=message.path,
        on_behalf_of=_address(fields.get("on-behalf-of", "")),
        message_id=fields.get("message-id") or None,
        cut=cut,
    )


def _recipient(kind: str, value: str) -> list[JournalRecipient]:
    """The recipient of one line; nothing where there is no address."""
    pieces = _REDIRECTED.split(value, maxsplit=1)
    address = _address(pieces[0])
    if address is None:
        return []
    if len(pieces) == 1:
        return [JournalRecipient(address=address, kind=kind)]
    written_to = _address(pieces[2])
    redirection = pieces[1].lower() if written_to is not None else None
    return [JournalRecipient(address=address, kind=kind, redirection=redirection, written_to=written_to)]


def _address(value: str) -> str | None:
    """The one address of a value, bare or in angle brackets."""
    found = [one.address for one in parse_addresses(value[:1024]) if one.address is not None and "@" in one.address]
    return found[0] if len(found) == 1 and " " not in found[0] else None
