"""A record → what it has in common with others of its thread, and with others that say the same. Pure.

Rules of threads (RFC 5322 §3.6.4; they rather leave apart what belongs together than join what does not):

- A mail belongs to the thread of the first message that it refers to, else to the one that it answers, else to its own.
  Also kept are the messages that it is and that it answers, so that a mail whose own first message nobody has, or that
  names its parent only, is joined through any message that both sides know.
- A mail as it is printed in another's text has no identifiers. It is of the thread of the mail with the same subject
  without ``Re:`` and the like, the same minute as printed, and exactly the same two or more people. By subject and
  people alone it joins others without identifiers: answers among themselves, and to the one mail that they can answer,
  where there is only one.
- A conversation is a thread over all of its days, of one custodian: keys of most exports are names, or the number of
  the other side, and mean another conversation at another person's. Services whose numbers of channels are the same
  for everybody join custodians too. So does the published address of a post.
- Whatever else (documents, pictures, pages) belongs to no thread.

Two records say the same if sender, moment, words and attachments are equal (without words and attachments, also the
subject). Where neither sender nor moment is told, the bytes have to be.

All are BLAKE2b (RFC 7693) under the archive's digest key, so that nothing readable lies in an index.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from search.analysis import words
from storage.custodians import normal_address
from storage.records import ComponentRole, RecordKind
from storage.telephone_numbers import normal_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.records import DescribedRecord, Description, Letterhead, Party

LINK_BYTES: Final = 8
ANSWER: Final = b"a"
ANSWERED: Final = b"q"
"""Links by subject and people begin with one of these: of a mail that is an answer, or that may be answered."""
_BY_ID: Final = b"i"
_BY_MINUTE: Final = b"m"
_TALK: Final = b"t"
_MINUTE: Final = len("2024-01-05T09:41")
_EQUAL_BYTES: Final = 16
_LONGEST_SUBJECT: Final = 1_000
_SAME_FOR_EVERYBODY: Final = frozenset({"discord", "googlechat", "slack", "teams"})
_NAMED: Final = "name:"
_REPLY_WORDS: Final = "re|aw|antw|antwort|sv|vs|rv|res|resp|r|ref|rif|odp|ynt|bls|回复|答复|回覆|답장"
_FORWARD_WORDS: Final = "fwd?|wg|wtr|tr|enc|vl|vb|i|pd|ilt|doorst|転送|转发|轉寄|전달"
_COLON: Final = r"(?:\s?[\[(]\d{1,3}[\])])?\s?[:\uff1a]"
_LIST: Final = r"\[[^\]\n]{1,40}\]"
_PREFIX: Final = re.compile(rf"\s*(?:(?:{_REPLY_WORDS}|{_FORWARD_WORDS}){_COLON}|{_LIST})\s*", re.IGNORECASE)
_IS_REPLY: Final = re.compile(rf"\s*(?:{_LIST}\s*)?(?:{_REPLY_WORDS}){_COLON}", re.IGNORECASE)


def is_reply(subject: str | None) -> bool:
    """Whether a subject begins with ``Re:`` or its like in another language."""
    return subject is not None and _IS_REPLY.match(subject) is not None


def bare_subject(subject: str) -> str:
    """The words of a subject without what answering, forwarding and lists put before it."""
    shown = subject[:_LONGEST_SUBJECT]
    place = 0
    while (found := _PREFIX.match(shown, place)) is not None:
        place = found.end()
    return " ".join(words(shown[place:]))


def normal_party(party: Party) -> str:
    """Somebody as he is compared and counted: the normal address, else the words of the name; empty for nobody."""
    return _normal_address(party.address) if party.address else _normal_name(party.name or "")


@lru_cache(maxsize=20_000)
def _normal_address(address: str) -> str:
    return normal_address(address)


@lru_cache(maxsize=20_000)
def _normal_name(name: str) -> str:
    """A name by its words; a handle that is an address or a number, or has one behind it, by that."""
    stated = name.removesuffix(">").rpartition(" <")[2] if name.endswith(">") else name
    if "@" in stated.strip("@") or normal_number(stated) is not None:
        return normal_address(stated)
    return " ".join(words(name))


def thread_of(described: DescribedRecord, description: Description, key: bytes) -> bytes:
    """The links of a record, eight bytes each, that of its thread's first message first; empty where it has no thread.

    Args:
        described: the record.
        description: what it says, with what was read in its pictures.
        key: the archive's key of digests.
    """
    if described.record.kind is RecordKind.EMAIL:
        return _links_of_mail(description.original, key)
    conversation = description.conversation
    if described.record.kind not in (RecordKind.CONVERSATION, RecordKind.POST) or conversation is None:
        return b""
    if described.record.kind is RecordKind.POST and conversation.url:
        return _link(key, _TALK, "url", conversation.url)
    if not conversation.key:
        return b""
    platform = (description.platform or "").lower()
    everybody = platform in _SAME_FOR_EVERYBODY and not conversation.key.startswith(_NAMED)
    whose = "" if everybody else described.record.custodian_id
    return _link(key, _TALK, platform, whose, conversation.key)


def _links_of_mail(head: Letterhead, key: bytes) -> bytes:
    chain = (*head.references, *((head.message_id,) if head.message_id else ()))
    chosen = dict.fromkeys((chain[0], chain[-1], *head.references[-1:])) if chain else ()
    links = [_link(key, _BY_ID, one) for one in chosen]
    subject = bare_subject(head.subject or "")
    people = _people_of(head)
    if subject and len(people) >= len(("sender", "recipient")):
        if not links:
            links.append(_link(key, ANSWER if is_reply(head.subject) else ANSWERED, subject, *people))
        if head.date is not None and len(head.date) >= _MINUTE:
            links.append(_link(key, _BY_MINUTE, head.date[:_MINUTE], subject, *people))
    return b"".join(links)


def _people_of(head: Letterhead) -> list[str]:
    parties = (*(() if head.sender is None else (head.sender,)), *head.to, *head.cc)
    return sorted({known for party in parties if (known := normal_party(party))})


def equal_of(description: Description, line: str, key: bytes) -> bytes:
    """What records that say the same have in common.

    Args:
        description: what the record says.
        line: the folded words of its text.
        key: the archive's key of digests.
    """
    head = description.original
    sender = "" if head.sender is None else normal_party(head.sender)
    moment = head.date or "" if description.sent_at is None else description.sent_at.astimezone(UTC).isoformat()
    if not sender and not moment:
        originals = _digests(description, ComponentRole.ORIGINAL)
        return _digest(key, b"bytes", _EQUAL_BYTES, originals) if originals else b""
    attachments = _digests(description, ComponentRole.ATTACHMENT)
    subject = "" if line or attachments else bare_subject(head.subject or "")
    return _digest(key, b"equal", _EQUAL_BYTES, [sender, moment, line, subject, *attachments])


def _digests(description: Description, role: ComponentRole) -> list[str]:
    return sorted(one.sha256 for one in description.components if one.role is role)


def _link(key: bytes, sort: bytes, *parts: str) -> bytes:
    # answers and what they may answer differ in the first letter only
    person = b"subject" if sort in (ANSWER, ANSWERED) else sort
    return sort + _digest(key, person, LINK_BYTES - 1, parts)


def _digest(key: bytes, person: bytes, size: int, parts: Iterable[str]) -> bytes:
    encoded = [part.encode("utf-8", "replace") for part in parts]
    content = b"".join([b"%d:%b" % (len(one), one) for one in encoded])
    return hashlib.blake2b(content, digest_size=size, key=key, person=person).digest()
