"""What a mail session asks of the channel: which recipients are ours, who may sign in, what becomes of a mail.

Rule: a session speaks the protocol and decides nothing; the channel decides and knows no socket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ingest.channels.smtp_accounts import Credentials


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a recipient that was taken means: whose mail it is if it says so, and the kind it makes of the mail."""

    address: str
    custodian_id: str | None
    kind: str | None


class Receiver(Protocol):
    """Who decides; implemented by `ingest.channels.smtp_receiver`."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Deposit the mail and return the reply (in LMTP one line for each recipient)."""
        ...

    async def handle_exception(self, error: Exception) -> str:
        """The reply to an unexpected error."""
        ...

    async def authenticate(self, credentials: Credentials) -> bool:
        """Whether these are a user's."""
        ...
