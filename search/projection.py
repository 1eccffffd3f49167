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
- ``account``: where it happened, ``school``: where the custodian worked then, ``has``: see `search.flags`.
- Telephone numbers stand behind the words of a column as words of their own (`search.phone_words`).
- A text in two languages has its stems twice, in one and in the other.
- What joins records (`search.message_links`, `search.near_duplicates`) is in the document and nowhere else, and goes
  with it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from search.analysis import languages_of, marks, stems, words
from search.documents import IndexDocument
from search.flags import flags_of
from search.languages import STEMMED, UNDETERMINED
from search.message_links import equal_of, thread_of
from search.near_duplicates import SIGNATURE_VERSION, likeness_of
from search.phone_words import phone_words
from search.projection_people import (
    SEPARATOR,
    account_line,
    correspondents,
    custodian_parties,
    others,
    people_line,
    sides,
    talkers,
)
from search.unread_reasons import reason_words
from storage.records import ComponentRole, RecordKind
from storage.transcribed import transcribed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from storage.records import DescribedRecord, Description, Party
    from storage.transcriptions import StoredTranscription

PROJECTION_VERSION: Final = f"3,{SIGNATURE_VERSION}"
_NOBODY: Final[Mapping[str, tuple[Party, ...]]] = MappingProxyType({})


def project(
    described: DescribedRecord,
    read: StoredTranscription | None = None,
    known: Mapping[str, tuple[Party, ...]] = _NOBODY,
    key: bytes | None = None,
) -> IndexDocument:
    """The document of a record: analysed, with every column that `search.documents` names.

    `read` is the newest version of what its pictures say, where there is one; it makes a newer version of the document.
    `known` is by handle who a participant is. `key` is the archive's key of digests; a document that is not for an
    index does without, and has neither `thread` nor `equal`, which no query asks for.
    """
    record = described.record
    description = transcribed(described.description, None if read is None else read.transcription)
    shown = _subjects(description)
    files = _file_names(description)
    subjects = [words(subject) for subject in shown]
    names = [words(name) for name in files]
    text = _text(description)
    text_words = words(text)
    languages = languages_of([*text_words, *(word for subject in subjects for word in subject)])
    language = next(iter(languages), UNDETERMINED)
    line = " ".join(text_words)
    text_stems = [stems(text_words, one) for one in (language, *(one for one in languages[1:] if one in STEMMED))]
    text_numbers = phone_words(text)
    subject_numbers = [number for subject in shown for number in phone_words(subject)]
    file_numbers = [number for name in files for number in phone_words(name)]
    original = description.original
    senders = [] if original.sender is None else [original.sender, *known.get(original.sender.name or "", ())]
    learned = list(dict.fromkeys(party for parties in known.values() for party in parties))
    beside = [*others(description), *learned]
    if is_repeat(description):  # all of it is in the record that it repeats, and is found there
        subjects, shown, senders, beside, subject_numbers = [], [], [], [], []
    people = [*senders, *original.to, *original.cc, *beside]
    own, rest = sides(people, described.custodian, known)
    carried = description.carrier is not None and description.carrier is not original
    met = rest
    if carried or description.forward.by:  # who only carried the message to the archive is not met in it
        of_message = [*senders, *original.to, *original.cc, *talkers(description), *learned]
        met = sides(of_message, described.custodian, known)[1]
    sent_at = record.sent_at if record.sent_at is not None else description.sent_at
    moment = sent_at if sent_at is not None else record.captured_at
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
        sent_at=sent_at,
        unsearchable=bool(description.unsearchable),
        columns=(
            _parts(*(stems(subject, language) for subject in subjects), *subject_numbers),
            _parts(*map(" ".join, subjects), *subject_numbers),
            _parts(*text_stems, *text_numbers),
            _parts(line, *text_numbers),
            _parts(*(stems(name, language) for name in names), *file_numbers),
            _parts(*map(" ".join, names), *file_numbers),
            people_line(senders),
            people_line(original.to),
            people_line(original.cc),
            people_line(beside),
            people_line(rest),
            people_line(custodian_parties(described.custodian)),
            " ".join(_marks(shown, text, people)),
            " ".join(_hashes(description)),
            account_line(description, own, known),
            " ".join(words(described.custodian.school_on(moment.date()) or "")),
            " ".join((*flags_of(description, pictures_read=read is not None), *reason_words(description.unsearchable))),
        ),
        size=sum(one.size for one in description.components if one.role is ComponentRole.ORIGINAL),
        correspondents=correspondents(met),
        thread=b"" if key is None else thread_of(described, description, key),
        equal=b"" if key is None else equal_of(description, line, key),
        likeness=likeness_of(line),
    )


def _parts(*parts: str) -> str:
    """Parts of a column, kept apart, without those that have no word."""
    found = [part for part in parts if part]
    return found[0] if len(found) == 1 else SEPARATOR.join(found)


def is_repeat(description: Description) -> bool:
    """Whether a conversation's day came once more with nothing that was not there before."""
    empty = not description.messages and not description.text
    return empty and description.kind is RecordKind.CONVERSATION and description.conversation is not None


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


def _marks(subjects: Sequence[str], text: str, people: Iterable[Party]) -> list[str]:
    found = marks(text)
    for subject in subjects:
        found += marks(subject)
    for party in people:
        if party.name:
            found += marks(party.name)
    return list(dict.fromkeys(found))
