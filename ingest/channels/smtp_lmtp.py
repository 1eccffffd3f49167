"""One LMTP session (RFC 2033): SMTP for a mail server on this machine, with an answer for each recipient.

Rules: a client greets with LHLO, and neither with HELO nor with EHLO (§4.1); after the end of the mail there is one
reply for each recipient that was accepted, in their order (§4.2), so that a mail server repeats only what was not
taken. All other rules are those of the SMTP session.
"""

from __future__ import annotations

from ingest.channels.smtp_protocol import ArchiveEnvelope, ArchiveProtocol


class LmtpProtocol(ArchiveProtocol):
    """One connection of a mail server that hands its mail over."""

    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """Greet, and say what is offered."""
        if not hostname:
            await self.push("501 5.5.4 Syntax: LHLO hostname")
            return
        await self.greet(hostname)

    async def check_helo_needed(self, helo: str = "LHLO") -> bool:
        """Whether the client has not greeted yet; says so."""
        del helo
        missing: bool = await super().check_helo_needed("LHLO")
        return missing

    def refusal(self, reply: str) -> str:
        """The same answer for each recipient."""
        envelope = self.envelope
        assert isinstance(envelope, ArchiveEnvelope)
        return "\r\n".join([reply] * len(envelope.accepted))


LmtpProtocol.commands = sorted({*ArchiveProtocol.commands, "smtp_LHLO"} - {"smtp_HELO", "smtp_EHLO"})
