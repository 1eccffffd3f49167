"""The authenticity of a mail at receipt: DKIM of the original; SPF, DKIM, DMARC and ARC of what brought it.

Pure: from the bytes of a mail, what its channel saw, and the DNS answers known so far, to checks and the list of
answers that they used; an answer that is missing is listed as `UNASKED`, and whoever has a network asks and comes
again. Runs in the sandboxed reader.

Rules: `Authentication-Results` and `Received-SPF` fields are never read, since anybody can write them. The signature
that lifts an original is one on the very bytes whose letterhead is shown as the original's; where the two differ,
none counts. What is checked of the mail that brought an original is a fact about the forwarder.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.authenticity_arc import check_chain
from ingest.authenticity_dkim import check_signatures
from ingest.authenticity_dmarc import check_policy
from ingest.authenticity_domains import author_of
from ingest.authenticity_fields import cut
from ingest.authenticity_spf import check_sender
from ingest.dns import NOTHING, Known
from ingest.formats.headers import content_fields, letterhead, read_block
from ingest.formats.mime_tree import walk
from storage.provenance import Authenticity, CheckedMessage
from storage.records import ForwardMethod

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.authenticity_domains import Author
    from ingest.authenticity_fields import SignedMessage
    from ingest.dns import Question
    from ingest.envelopes import Arrival
    from storage.provenance import Check, DnsAnswer
    from storage.records import Description, Letterhead

_SIGNATURES: Final = (b"dkim-signature", b"arc-seal", b"arc-message-signature")
_COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] §2.2
_END_OF_HEADER: Final = re.compile(rb"\n\r?\n")


def weigh(
    raw: bytes,
    read: Description,
    arrival: Arrival,
    answers: Sequence[DnsAnswer] = (),
    remembered: Mapping[Question, DnsAnswer] = NOTHING,
) -> Authenticity:
    """All checks of a mail; total for any bytes.

    Args:
        raw: the mail as it was handed in.
        read: what the reader made of it; its letterheads say which message is shown as the original.
        arrival: when and from whom it came.
        answers: the DNS answers known so far.
        remembered: those of earlier mails, which hold where `answers` has none.
    """
    if raw.startswith(_COMPOUND_FILE):
        return Authenticity()  # a message of Outlook has none of the bytes that were signed
    known = Known(answers, remembered=remembered)
    checks: list[Check] = []
    message: SignedMessage | None = None
    if arrival.envelope is not None or _is_signed(raw):
        message = cut(raw)
        checks += _carrier_checks(message, read, arrival, known)
    if read.forward.method is ForwardMethod.NONE and read.original == read.carrier:
        return Authenticity(checks=tuple(checks), answers=known.used(), original=CheckedMessage.CARRIER)
    enclosed = _enclosed(raw, read.original) if read.forward.method is not ForwardMethod.INLINE else None
    if enclosed is not None:
        inner = cut(enclosed)
        author = _author(inner, read.original)
        checks += check_signatures(inner, CheckedMessage.ORIGINAL, author, known, arrival.at)
    return Authenticity(
        checks=tuple(checks),
        answers=known.used(),
        original=None if enclosed is None else CheckedMessage.ORIGINAL,
    )


def _is_signed(raw: bytes) -> bool:
    """Whether the header may hold a signature; a mail without one is not cut."""
    end = _END_OF_HEADER.search(raw)
    head = raw[: end.start() if end else len(raw)].lower()
    return any(one in head for one in _SIGNATURES)


def _carrier_checks(message: SignedMessage, read: Description, arrival: Arrival, known: Known) -> list[Check]:
    author = None if read.carrier is None else _author(message, read.carrier)
    signatures = check_signatures(message, CheckedMessage.CARRIER, author, known, arrival.at)
    sender = check_sender(arrival.envelope, known)
    checks = [*signatures]
    if sender is not None:
        checks.append(sender)
    # a domain's policy is asked for only where something was checked that it could be held against
    if signatures or (sender is not None and sender.domain is not None):
        checks.append(check_policy(author, signatures, sender, known))
    chain = check_chain(message, CheckedMessage.CARRIER, known)
    return [*checks, chain] if chain is not None else checks


def _author(message: SignedMessage, shown: Letterhead) -> Author | None:
    if message.malformed:
        return None
    address = shown.sender.address if shown.sender is not None else None
    return author_of([one.value for one in message.all(b"from")], address)


def _enclosed(raw: bytes, shown: Letterhead) -> bytes | None:
    """The exact bytes of the attached message with this letterhead, without the transfer encoding around them."""
    tree = walk(raw)
    for part in tree.parts:
        headers = tree.inner.get(part.path)
        if headers is None or part.message or part.report:
            continue
        if letterhead(headers, content_fields(headers).charset) != shown:
            continue
        content = part.decoded()[0].lstrip(b"\r\n")
        # read from these bytes alone it must be the same message, else what is signed is not what is shown
        return content if _shown(content) == shown else None
    return None


def _shown(raw: bytes) -> Letterhead:
    """The letterhead that the reader shows of a message with these bytes."""
    headers = read_block(raw)
    return letterhead(headers, content_fields(headers).charset)
