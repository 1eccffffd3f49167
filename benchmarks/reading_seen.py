"""What the reader of mail makes of a message, laid out as the facts that test data of other parsers state.

Rule kept: facts are compared as meaning, never as one parser's way of printing: blanks in texts count as one, message
ids without their angle brackets, names of nobody and empty names as none. A fact that is wrong or a matter of taste in
its source is listed with the reason in `benchmarks.disputed`, and counted as that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.accuracy_cases import Fact
from benchmarks.disputed import reason_for
from ingest.formats.enclosures import open_mail
from ingest.formats.html_text import html_to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.formats.enclosures import Enclosure
    from ingest.formats.held_messages import HeldMessage
    from storage.records import Letterhead, Party

_HTML = ("text/html", "Html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One message of one group, and its facts."""

    source: str
    name: str
    facts: tuple[Fact, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A mail as it was read: the messages in it by path, and what hangs on each of them."""

    messages: dict[str, HeldMessage]
    enclosures: tuple[Enclosure, ...]

    def held(self, path: str = "") -> list[Enclosure]:
        """What hangs on one message, in its order."""
        return [found for found in self.enclosures if found.holder == path]


def see(raw: bytes) -> Seen:
    """Read a mail of any form."""
    mail = open_mail(raw)
    enclosures = tuple(mail.enclosures)
    messages = {"": mail.message}
    messages.update({found.path: found.message for found in enclosures if found.message is not None})
    return Seen(messages=messages, enclosures=enclosures)


def reading(source: str, name: str, facts: Iterable[Fact]) -> Reading:
    """A case, with what is disputed in it marked."""
    marked = (
        Fact(
            name=fact.name,
            stated=fact.stated,
            read=fact.read,
            disputed=reason_for(source, name, fact.name, fact.stated),
        )
        for fact in facts
    )
    return Reading(source=source, name=name, facts=tuple(marked))


def head_facts(head: Letterhead, stated: dict[str, Any]) -> list[Fact]:
    """Facts of a letterhead for the keys that are stated: from, to, cc, subject, date, message_id."""
    read: dict[str, Any] = {
        "from": pairs((head.sender,)) if head.sender is not None else [],
        "to": pairs(head.to),
        "cc": pairs(head.cc),
        "subject": one_line(head.subject),
        "date": head.date,
        "message_id": bare(head.message_id),
    }
    return [
        Fact(name=name.replace("_", " "), stated=value, read=read[name])
        for name, value in stated.items()
        if name in read
    ]


def pairs(parties: Iterable[Party]) -> list[tuple[str | None, str | None]]:
    """Names and addresses, blanks in names as one."""
    return [(one_line(party.name), party.address) for party in parties]


def people(stated: Iterable[Sequence[str | None]]) -> list[tuple[str | None, str | None]]:
    """Stated names and addresses in the same form; a name that only repeats the address is none."""
    return [(None if name == address and name else one_line(name), address) for name, address in stated]


def one_line(text: str | None) -> str | None:
    """The text with every run of blanks as one; None where it says nothing."""
    return " ".join(text.split()) or None if text is not None else None


def bare(message_id: str | None) -> str | None:
    """A message id without the angle brackets (RFC 5322 §3.6.4)."""
    return message_id.strip().strip("<>").strip() or None if message_id else None


def plain(text: str, kind: str) -> str:
    """A stated text as it compares: HTML as its text."""
    return html_to_text(text)[0] if kind in _HTML else text


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
