"""What a channel saw of a mail's way in, as the checks of its origin want it.

Rule: only what our own receiver measured counts: the peer's address of an SMTP session and the names that it gave. A
mailbox that is polled and a file that is handed in know no peer, so nothing is checked of who brought them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from storage.records import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.records import Envelope, Submission

_WITH_PEER: Final = frozenset({Channel.SMTP, Channel.LMTP})


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeFacts:
    """What the receiver saw: the peer's address (None where there was none), HELO, and MAIL FROM (None: null path)."""

    peer: str | None = None
    helo: str | None = None
    mail_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When a mail was received (aware), and what the channel saw of who brought it; no envelope for a file."""

    at: datetime
    envelope: EnvelopeFacts | None = None

    def options(self) -> dict[str, str | int | bool]:
        """As options of a reading."""
        options: dict[str, str | int | bool] = {"at": int(self.at.timestamp())}
        if self.envelope is not None:
            stated = {"peer": self.envelope.peer, "helo": self.envelope.helo, "mail_from": self.envelope.mail_from}
            options |= {name: value[:1_000] for name, value in stated.items() if value is not None}
        return options

    @classmethod
    def of_options(cls, options: Mapping[str, str | int | bool]) -> Arrival | None:
        """Read it again; None where the options hold none."""
        if "at" not in options:
            return None
        stated = {name: str(options[name]) for name in ("peer", "helo", "mail_from") if name in options}
        return cls(
            at=datetime.fromtimestamp(int(options["at"]), UTC),
            envelope=EnvelopeFacts(**stated) if "peer" in stated else None,
        )


def arrival_of(submission: Submission, envelope: Envelope) -> Arrival:
    """When and from whom a submission came."""
    facts = None
    if submission.channel in _WITH_PEER:
        stated = dict(reversed(envelope.transport))  # of a name that stands twice the first one counts
        facts = EnvelopeFacts(
            peer=address_of(stated.get("peer", "")), helo=stated.get("helo"), mail_from=envelope.submitter
        )
    return Arrival(at=submission.received_at, envelope=facts)


def address_of(place: str) -> str:
    """The address in ``address:port`` as a channel writes it, for IPv6 too; a socket's name stays as it is."""
    address, colon, port = place.rpartition(":")
    return address if colon and port.isdigit() else place
