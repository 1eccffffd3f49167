"""Signs in a mail's headers that a program sent it, so that nothing answers it (RFC 3834 §2 and §5).

Rule: when in doubt, silence: an answer too few costs a look at the archive's page, one too many can begin a loop
between two programs or a storm. Read are `Auto-Submitted` (RFC 3834 §5), `List-*` (RFC 2369, RFC 2919), `Precedence`
(RFC 3834 §2 names it), reports (RFC 6522), `X-Auto-Response-Suppress` ([MS-OXCMAIL]), Exchange journal reports, and a
null return path. Pure and total: every input has an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.carrier_facts import CarrierFacts, Sign, plain_address, plain_message_id, plain_subject, recipients_of
from ingest.formats.headers import letterhead, read_block

if TYPE_CHECKING:
    from ingest.formats.headers import Headers

_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})
_SUPPRESSING = frozenset({"all", "autoreply"})
_JOURNAL = (b"x-ms-journal-report", b"x-ms-exchange-generated-message-source")
_OLDER_SIGNS = (b"x-autoreply", b"x-autorespond", b"x-auto-response", b"x-failed-recipients", b"x-mailer-daemon")
_LONGEST = 1_024


def read_carrier(head: bytes) -> CarrierFacts:
    """The facts of a mail, from its first bytes (at most 256 KiB of it are looked at by the caller)."""
    headers = read_block(head)
    if not headers.fields:
        return CarrierFacts(sign=Sign.NO_HEADERS)
    letter = letterhead(headers)
    sender = None if letter.sender is None else plain_address(letter.sender.address)
    sign = _sign(headers)
    if sign is None and sender is None:
        sign = Sign.NO_SENDER
    return CarrierFacts(
        sign=sign,
        sender=sender,
        recipients=recipients_of([one.address for one in (*letter.to, *letter.cc)]),
        message_id=plain_message_id(letter.message_id),
        subject=plain_subject(letter.subject),
    )


def _sign(headers: Headers) -> Sign | None:
    names = headers.fields.keys()
    suppressed = {one.strip() for value in _values(headers, b"x-auto-response-suppress") for one in value.split(",")}
    signs = {
        Sign.AUTO_SUBMITTED: any(_word(value) != "no" for value in _values(headers, b"auto-submitted"))
        or any(one in names for one in _OLDER_SIGNS),
        Sign.LIST: any(name.startswith(b"list-") for name in names),
        Sign.PRECEDENCE: any(_word(value) in _BULK for value in _values(headers, b"precedence")),
        Sign.JOURNAL: any(one in names for one in _JOURNAL),
        Sign.REPORT: any(_word(value) == "multipart/report" for value in _values(headers, b"content-type")),
        Sign.SUPPRESSED: bool(suppressed & _SUPPRESSING),
        Sign.NULL_PATH: any(value.strip() in ("<>", "") for value in _values(headers, b"return-path")),
    }
    return next((sign for sign, holds in signs.items() if holds), None)


def _values(headers: Headers, name: bytes) -> list[str]:
    """Every value of a field, folded to lower case; a program may write a field twice."""
    return [one[:_LONGEST].decode("ascii", "replace").casefold() for one in headers.fields.get(name, ())]


def _word(value: str) -> str:
    """The first word of a value, without comments and parameters."""
    return value.partition("(")[0].partition(";")[0].strip()
