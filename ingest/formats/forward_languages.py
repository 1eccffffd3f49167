"""The words that mail clients print around a forwarded message, one table a language.

Rule kept: tables hold words only, the reader in `forwarded.py` holds the rules. Markers are written as they
stand between dashes or alone on their line, in lower case. A *plain* marker says by itself that the mail is a
forward; an *ambiguous* one is printed above replies too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.formats.dates import ENGLISH_MONTHS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardLanguage:
    """One language: markers, labels by meaning, subject prefixes, attribution words and month names, lower case.

    `labels` maps a printed label to ``from``, ``to``, ``cc``, ``date``, ``subject`` or ``other``. `attributions`
    are pairs that open and close a line such as ``On … wrote:``. `hints` are case-sensitive strings of which at
    least one stands in every text with a marker or a block of this table: they make the common "no" cheap.
    """

    name: str
    plain_markers: frozenset[str]
    ambiguous_markers: frozenset[str]
    lone_markers: frozenset[str]
    labels: Mapping[str, str]
    forward_prefixes: frozenset[str]
    reply_prefixes: frozenset[str]
    forwarded_by: tuple[str, str] | None
    attributions: tuple[tuple[str, str], ...]
    hints: tuple[str, ...]
    months: Mapping[str, int] = field(repr=False)


ENGLISH = ForwardLanguage(
    name="en",
    plain_markers=frozenset(
        {"forwarded message", "forwarded email", "forwarded mail", "begin forwarded message", "forward message"}
    ),
    ambiguous_markers=frozenset({"original message", "original mail", "original email", "original appointment"}),
    lone_markers=frozenset({"begin forwarded message:", "forwarded message:", "begin forwarded message"}),
    labels={
        "from": "from",
        "sender": "from",
        "to": "to",
        "recipient": "to",
        "cc": "cc",
        "bcc": "other",
        "date": "date",
        "sent": "date",
        "date sent": "date",
        "sent on": "date",
        "subject": "subject",
        "reply-to": "other",
        "reply to": "other",
        "importance": "other",
        "priority": "other",
        "sensitivity": "other",
        "attachments": "other",
        "attachment": "other",
        "sent by": "other",
        "on behalf of": "other",
        "organization": "other",
        "when": "other",
        "where": "other",
        "required attendees": "other",
        "message-id": "other",
        "x-mailer": "other",
        "newsgroups": "other",
        "references": "other",
        "resent-from": "other",
        "resent-date": "other",
        "resent-to": "other",
        "mailed-by": "other",
        "signed-by": "other",
    },
    forward_prefixes=frozenset({"fw", "fwd", "forward", "forwarded", "for"}),
    reply_prefixes=frozenset({"re", "reply"}),
    forwarded_by=("forwarded by ", " on "),
    attributions=(("on ", "wrote:"),),
    hints=("orwarded", "FORWARDED", "riginal ", "ORIGINAL ", "From:", "FROM:", "From*:", "From :"),
    months=ENGLISH_MONTHS,
)

LANGUAGES: tuple[ForwardLanguage, ...] = (ENGLISH,)
