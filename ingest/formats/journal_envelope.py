"""What a journal report says of a mail's envelope, and how a description keeps it; pure, and reads no mail.

Rule: its sentences are written and read back in this file alone, and assert what the server that wrote the report says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SENDER, _BEHALF, _RECIPIENT = "journal sender: ", "journal on behalf of: ", "journal recipient: "


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRecipient:
    """One recipient of the envelope.

    `kind` is to, cc, bcc or recipient (the server could not tell); `redirection` is expanded or forwarded where the
    mail was written to `written_to`, a list or another mailbox.
    """

    address: str
    kind: str
    redirection: str | None = None
    written_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalReport:
    """What a report says; `path` is the section number of the mail inside. None where a line is not there."""

    sender: str
    recipients: tuple[JournalRecipient, ...]
    path: str
    on_behalf_of: str | None = None
    message_id: str | None = None
    cut: bool = False


def asserted_of(report: JournalReport) -> Iterator[str]:
    """The envelope as sentences of a description."""
    yield _SENDER + report.sender
    if report.on_behalf_of is not None:
        yield _BEHALF + report.on_behalf_of
    for one in report.recipients:
        about = one.kind if one.redirection is None else f"{one.kind}, {one.redirection} from {one.written_to}"
        yield f"{_RECIPIENT}{one.address} ({about})"


def addresses_of(asserted: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses of an envelope in `Description.asserted`, the sender's first; empty where there is none."""
    found = [one.removeprefix(_SENDER) for one in asserted if one.startswith(_SENDER)]
    found += [one.removeprefix(_RECIPIENT).partition(" ")[0] for one in asserted if one.startswith(_RECIPIENT)]
    return tuple(dict.fromkeys(found))
