"""What may be known of a mail before it is answered: who sent it, to whom, and whether a program wrote it.

Rule: these facts are read in the sandboxed reader from hostile headers, so whoever receives them decodes them strictly:
a sign is one of a fixed list, an address or Message-ID is short, printable and without blanks, so that none of them can
break a header of the answer (RFC 5322 §2.2). What is not of that form is absent, never mended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from storage.strict_json import only as only_members
from storage.strict_json import read_object, write_object

HEAD_BYTES = 256 << 10
"""How much of a mail is opened for this: its headers, and nothing more."""

_MOST_RECIPIENTS = 100
_LONGEST_ADDRESS = 254
_LONGEST_ID = 900
_BRACKETS = 8
_MEMBERS = frozenset({"sign", "sender", "recipients", "message_id", "subject"})
_ADDRESS = re.compile(r"[!-~]+@[!-~]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+>")
_LONGEST_SUBJECT = 120


class Sign(StrEnum):
    """What in a header says that nobody waits for an answer (RFC 3834 §2)."""

    AUTO_SUBMITTED = "auto-submitted"
    LIST = "mailing list"
    PRECEDENCE = "precedence"
    REPORT = "report"
    SUPPRESSED = "answer suppressed"
    JOURNAL = "journal report"
    NULL_PATH = "null return path"
    NO_SENDER = "no sender"
    NO_HEADERS = "headers unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierFacts:
    """The facts; `sign` is the first reason to stay silent, None where a person seems to have sent it."""

    sign: Sign | None = None
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    message_id: str | None = None
    subject: str | None = None

    def encode(self) -> bytes:
        """As one line of JSON."""
        members = {
            "sign": None if self.sign is None else self.sign.value,
            "sender": self.sender,
            "recipients": list(self.recipients),
            "message_id": self.message_id,
            "subject": self.subject,
        }
        return write_object(members)

    @classmethod
    def decode(cls, encoded: bytes) -> CarrierFacts:
        """Read them again, trusting nothing.

        Raises:
            ValueError: they are no such facts.
        """
        members = only_members(read_object(encoded, brackets=_BRACKETS), _MEMBERS)
        sign, recipients = members.get("sign"), members.get("recipients", [])
        if type(recipients) is not list or len(recipients) > _MOST_RECIPIENTS:
            raise ValueError("the recipients of a carrier")
        return cls(
            sign=None if sign is None else Sign(sign),
            sender=plain_address(members.get("sender")),
            recipients=tuple(one for each in recipients if (one := plain_address(each)) is not None),
            message_id=plain_message_id(members.get("message_id")),
            subject=plain_subject(members.get("subject")),
        )


def plain_address(value: object) -> str | None:
    """An address that can stand in a header as it is, case folded; None for anything else."""
    if not isinstance(value, str) or len(value) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(value):
        return None
    return None if set(value) & set(',;:<>()[]\\"') else value.casefold()


def plain_message_id(value: object) -> str | None:
    """A Message-ID that can be quoted in In-Reply-To (RFC 5322 §3.6.4); None for anything else."""
    if not isinstance(value, str):
        return None
    value = value.strip()
    return value if len(value) <= _LONGEST_ID and _MESSAGE_ID.fullmatch(value) else None


def plain_subject(value: object) -> str | None:
    """A subject on one printable line of at most 120 characters."""
    if not isinstance(value, str):
        return None
    line = "".join(one if one.isprintable() else " " for one in value[: 2 * _LONGEST_SUBJECT])
    return " ".join(line.split())[:_LONGEST_SUBJECT] or None


def recipients_of(addresses: list[str | None]) -> tuple[str, ...]:
    """Those of the addresses that are ones, at most 100."""
    found = (plain_address(one) for one in addresses[: 10 * _MOST_RECIPIENTS])
    return tuple(dict.fromkeys(one for one in found if one is not None))[:_MOST_RECIPIENTS]
