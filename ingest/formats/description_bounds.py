"""A description that always fits what is handed over and sealed, however much a mail prints in its headers.

Rule kept: `storage.description_codec` refuses what is beyond its limits, and a mail whose description is refused goes
to quarantine. That must not be in a sender's power by nothing but a long list of recipients or a long text above an
attached message, so what is too long is cut here, and the description says so. What is cut stays in the bytes of the
mail, and a comment also in the text that search sees. Sizes are those of UTF-8 in JSON.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from storage.records import Description, ForwardedMessage, Letterhead, Party

# Each may stand twice (the first of the chain is the original, too); a line of a description has at most 16 MiB.
MAX_HEADS: Final = 3 << 20
MAX_COMMENTS: Final = 1 << 20
MAX_COMMENT_CHARACTERS: Final = 32 * 1024
_SHORT: Final = 1_000
_SURELY_FITS: Final = 64 * 1024
_PARTY_BYTES: Final = 32  # the names of its members
CUT_HEADS: Final = "letterheads are longer than can be described; not all that they print is listed"
CUT_COMMENTS: Final = (
    "what was written above a forwarded message is longer than can be described; the rest is in the text"
)


def bounded(description: Description) -> Description:
    """The same description where it fits, which nearly all do; else one with the least important cut, and notes."""
    heads = _heads(description)
    different = {id(head): head for head in heads}  # most mails are their own original
    if len(heads) * sum(map(_characters, different.values())) > _SURELY_FITS:
        description = _with_short_heads(description)
    comments = [link.comment or "" for link in description.chain]
    if sum(map(len, comments)) > MAX_COMMENT_CHARACTERS:
        description = _with_short_comments(description)
    return description


def _heads(description: Description) -> list[Letterhead]:
    carrier = [description.carrier] if description.carrier is not None else []
    return [*carrier, description.original, *(link.letterhead for link in description.chain)]


def _characters(head: Letterhead) -> int:
    size = len(head.subject or "") + len(head.message_id or "") + sum(map(len, head.references))
    for party in (*head.to, *head.cc, *((head.sender,) if head.sender is not None else ())):
        size += len(party.name or "") + len(party.address or "") + _PARTY_BYTES
    return size


class _Allowance:
    """What is left of the room for letterheads; the outermost are served first."""

    def __init__(self) -> None:
        self.left = MAX_HEADS
        self.is_short = False
        self._known: dict[int, tuple[Letterhead, Letterhead]] = {}

    def cut(self, head: Letterhead) -> Letterhead:
        """The letterhead as far as there is room; the same one gives the same again."""
        if id(head) in self._known:
            return self._known[id(head)][1]
        same = next((short for whole, short in self._known.values() if whole == head), None)
        if same is None:
            sender = self._parties((head.sender,) if head.sender is not None else ())
            subject = head.subject
            if subject is not None and not self._takes(_size(subject)):
                subject = subject[:_SHORT]
            to, cc = self._parties(head.to), self._parties(head.cc)
            references = head.references if self._takes(sum(map(_size, head.references))) else ()
            same = replace(
                head, sender=sender[0] if sender else None, subject=subject, to=to, cc=cc, references=references
            )
        self._known[id(head)] = head, same
        return same

    def _parties(self, parties: tuple[Party, ...]) -> tuple[Party, ...]:
        for number, party in enumerate(parties):
            if not self._takes(_size(party.name) + _size(party.address) + _PARTY_BYTES):
                return parties[:number]
        return parties

    def _takes(self, size: int) -> bool:
        if size > self.left:
            self.is_short = True
            return False
        self.left -= size
        return True


def _with_short_heads(description: Description) -> Description:
    allowance = _Allowance()
    carrier = allowance.cut(description.carrier) if description.carrier is not None else None
    chain = tuple(replace(link, letterhead=allowance.cut(link.letterhead)) for link in description.chain)
    original = allowance.cut(description.original)
    if not allowance.is_short:
        return description
    notes = (*description.notes, CUT_HEADS)
    return replace(description, carrier=carrier, original=original, chain=chain, notes=notes)


def _with_short_comments(description: Description) -> Description:
    left = MAX_COMMENTS
    chain: list[ForwardedMessage] = []
    for link in description.chain:
        comment = link.comment
        if comment is not None:
            comment = comment[:MAX_COMMENT_CHARACTERS]
            left -= _size(comment)
            comment = comment if left >= 0 else None
        chain.append(replace(link, comment=comment))
    if tuple(chain) == description.chain:
        return description
    forward = replace(description.forward, comment=chain[0].comment)
    return replace(description, chain=tuple(chain), forward=forward, notes=(*description.notes, CUT_COMMENTS))


def _size(text: str | None) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) if text is not None else 0
