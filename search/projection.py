"""A record opened → what an index holds of it. Pure; the same projection serves engines and the naive matcher.

Rules, by field:

- ``from``, ``to``, ``cc``: the original's letterhead. A forwarded mail's own letterhead (its carrier) names the
  employee and the archive, and would drown the answer.
- ``participant``: these, and the carrier's people, the forwarder, a conversation's participants and senders,
  and the custodian.
  The same person's name and addresses where the archive knows who a handle is (`storage.people`); also in ``from``
  where he wrote first.
- ``correspondent``: the same without the custodian, known by his addresses and his name.
- ``subject``: the original's; the carrier's and a conversation's title beside it where they differ.
- ``text``: what examination read as text, and what was read in pictures since, in its newest version; the forwarder's
  comment where that does not hold it already.
- ``hash``: SHA-256 of every component, and of what messages carried.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from search.analysis import language_of, marks, stems, words
from search.documents import BOUNDARY, IndexDocument
from storage.records import ComponentRole, Party, RecordKind
from storage.transcribed import transcribed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from storage.records import Custodian, DescribedRecord, Description, Letterhead
    from storage.transcriptions import StoredTranscription

PROJECTION_VERSION: Final = 2
_REMEMBERED = 100
_NOBODY: Final[Mapping[str, tuple[Party, ...]]] = MappingProxyType({})
_SEPARATOR = f" {BOUNDARY} "


def project(
    described: DescribedRecord,
    read: StoredTranscription | None = None,
    known: Mapping[str, tuple[Party, ...]] = _NOBODY,
) -> IndexDocument:
    """The document of a record: analysed, with every column that `search.documents` names.

    `read` is the newest version of what its pictures say, where there is one; it makes a newer version of the document.
    `known` is by handle who a participant is.
    """
    record = described.record
    description = transcribed(described.description, None if read is None else read.transcription)
    subjects = [words(subject) for subject in _subjects(description)]
    names = [words(name) for name in _file_names(description)]
    text = _text(description)
    text_words = words(text)
    language = language_of([*text_words, *(word for subject in subjects for word in subject)])
    original = description.original
    senders = [] if original.sender is None else [original.sender, *known.get(original.sender.name or "", ())]
    others = [*_others(description), *dict.fromkeys(party for parties in known.values() for party in parties)]
    if is_repeat(description):  # all of it is in the record that it repeats, and is found there
        subjects, senders, others = [], [], []
    people = [*senders, *original.to, *original.cc, *others]
    return IndexDocument(
        record_id=record.id,
        submission_id=record.submission_id,
        custodian_id=record.custodian_id,
        position=record.position if read is None else max(record.position, read.position),
        kind=record.kind,
        channel=record.channel,
        platform=description.platform.lower() if description.platform else None,
        language=language,
        captured_at=record.captured_at,
        sent_at=record.sent_at if record.sent_at is not None else description.sent_at,
        has_attachment=_has_attachment(description),
        unsearchable=bool(description.unsearchable),
        columns=(
            _SEPARATOR.join(stems(subject, language) for subject in subjects),
            _line(subjects),
            stems(text_words, language),
            " ".join(text_words),
            _SEPARATOR.join(stems(name, language) for name in names),
            _line(names),
            _people(senders),
            _people(original.to),
            _people(original.cc),
            _people(others),
            _people(_without(people, described.custodian)),
            _people(_custodian_parties(described.custodian)),
            " ".join(_marks(description, text, people)),
            " ".join(_hashes(description)),
        ),
    )


def is_repeat(description: Description) -> bool:
    """Whether a conversation's day came once more with nothing that was not there before."""
    empty = not description.messages and not description.text
    return empty and description.kind is RecordKind.CONVERSATION and description.conversation is not None


def _line(parts: Iterable[Sequence[str]]) -> str:
    return _SEPARATOR.join(" ".join(part) for part in parts)


def _subjects(description: Description) -> list[str]:
    """The original's subject, then the carrier's and the conversation's title where they say something else."""
    found = [description.original.subject]
    if description.carrier is not None:
        found.append(description.carrier.subject)
    if description.conversation is not None:
        found.append(description.conversation.title)
    return list(dict.fromkeys(subject for subject in found if subject))


def _text(description: Description) -> str:
    comment = description.forward.comment
    if comment and comment.strip() not in description.text:
        return f"{comment}\n{description.text}"
    return description.text


def _file_names(description: Description) -> list[str]:
    found = [component.name for component in description.components if component.role is not ComponentRole.RENDITION]
    found += [attachment.name for message in description.messages for attachment in message.attachments]
    return list(dict.fromkeys(name for name in found if name))


def _hashes(description: Description) -> list[str]:
    found = [component.sha256 for component in description.components]
    found += [one.sha256 for message in description.messages for one in message.attachments if one.sha256]
    return list(dict.fromkeys(digest.lower() for digest in found))


def _has_attachment(description: Description) -> bool:
    return any(component.role is ComponentRole.ATTACHMENT for component in description.components) or any(
        message.attachments for message in description.messages
    )


def _letterhead_people(letterhead: Letterhead | None) -> Iterator[Party]:
    if letterhead is None:
        return
    if letterhead.sender is not None:
        yield letterhead.sender
    yield from letterhead.to
    yield from letterhead.cc


def _others(description: Description) -> list[Party]:
    """Everybody that the record names beside the original's letterhead, each once."""
    # a mail that forwards nothing has one letterhead, which names nobody beside itself
    carrier = None if description.carrier is description.original else description.carrier
    found: list[Party] = list(_letterhead_people(carrier))
    if description.forward.by:
        found.append(Party(name=description.forward.by))
    if description.conversation is not None:
        found += [Party(name=name) for name in description.conversation.participants]
    senders = dict.fromkeys([message.sender for message in description.messages])  # thousands of messages, few people
    found += [Party(name=sender) for sender in senders if sender]
    if not found:
        return []
    known = set(_letterhead_people(description.original))
    return [party for party in dict.fromkeys(found) if party not in known]


def _custodian_parties(custodian: Custodian) -> list[Party]:
    return [Party(name=custodian.name, address=custodian.addresses[0])] + [
        Party(address=address) for address in custodian.addresses[1:]
    ]


def _without(people: Sequence[Party], custodian: Custodian) -> list[Party]:
    """These people without the custodian; a name alone counts where no address says otherwise."""
    addresses = {address.lower() for address in custodian.addresses}
    name = words(custodian.name)

    def is_custodian(party: Party) -> bool:
        if party.address:
            return party.address.lower() in addresses
        return party.name is not None and (party.name.lower() in addresses or words(party.name) == name)

    return [party for party in dict.fromkeys(people) if not is_custodian(party)]


@lru_cache(maxsize=20_000)
def _short_name(text: str) -> str:
    return " ".join(words(text))


def _name(text: str) -> str:
    """The words of a name or an address; the same few stand in most mails, so the short ones are remembered."""
    return _short_name(text) if len(text) <= _REMEMBERED else " ".join(words(text))


def _people(people: Iterable[Party]) -> str:
    parts = [_name(half) for party in people for half in (party.name, party.address) if half]
    return _SEPARATOR.join(part for part in dict.fromkeys(parts) if part)


def _marks(description: Description, text: str, people: Iterable[Party]) -> list[str]:
    found = marks(text)
    for subject in _subjects(description):
        found += marks(subject)
    for party in people:
        if party.name:
            found += marks(party.name)
    return list(dict.fromkeys(found))
