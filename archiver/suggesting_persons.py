"""Whom a record may be about, by the names that stand in it: suggestions, of which a person takes what is right.

Rule: nothing is linked by this. A name is compared whole, word by word, case and marks aside; where several persons
have the same name all of them are named, since people share names. A name of one word suggests nobody.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.reading import open_described
from retention.subjects import SubjectClass
from storage.errors import NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.subjects import Subject
    from storage.records import Description

_LONGEST_TEXT: Final = 1_000_000
_MOST_WORDS: Final = 6
_MOST_SHOWN: Final = 200
_WORD: Final = re.compile(r"\w+")


def suggest_persons(installation: Installation, who: Principal, record_id: str) -> list[dict[str, Any]]:
    """Persons whose names stand in a record and who are not linked to it. Looking is an event.

    Raises:
        Denied: this role may not.
        NotFound: there is no such record.
        Conflict: it was destroyed.
    """
    authorize(who, Act.KEEP_FACTS)
    authorize(who, Act.READ_RECORD)
    known = installation.retention.known
    described = open_described(installation, who, record_id)
    with installation.archive.store.read() as connection:
        persons = known.subjects.list(connection, SubjectClass.PERSON)
        linked = {one.subject_id for one in known.links.of_records(connection, [record_id]).get(record_id, [])}
    by_name: dict[tuple[str, ...], list[Subject]] = {}
    for one in persons:
        for words in _names(one.stated.name or ""):
            by_name.setdefault(words, []).append(one)
    found: dict[str, dict[str, Any]] = {}
    for where, text in _texts(described.description):
        for words in _runs(text, max(map(len, by_name), default=0)):
            for one in by_name.get(words, ()):
                if one.id not in linked and len(found) < _MOST_SHOWN:
                    alone = len(by_name[words]) == 1
                    found.setdefault(one.id, _document(one, where, alone=alone))
    with installation.archive.store.write() as transaction:
        payload = {"suggested": len(found)}
        transaction.append(EventKind.SUBJECTS_VIEWED, actor=who.actor, subjects=(record_id,), payload=payload)
    return list(found.values())


def refuse_unsuggested(found: list[dict[str, Any]], ref: str) -> None:
    """Refuse to take a suggestion that there is not.

    Raises:
        NotFound: nobody of this reference is suggested.
    """
    if not any(one["ref"].casefold() == ref.strip().casefold() for one in found):
        raise NotFound("nobody of this reference is suggested for the record; link him without --suggested")


def _document(one: Subject, where: str, *, alone: bool) -> dict[str, Any]:
    why = f"the name stands in {where}; people share names"
    if not alone:
        why += ", and several persons of the roster have this one"
    return {"ref": one.stated.ref, "kind": one.stated.kind, "name": one.stated.name, "why": why}


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text[:_LONGEST_TEXT]).casefold()
    return _WORD.findall("".join(one for one in plain if not unicodedata.combining(one)))


def _names(name: str) -> Iterator[tuple[str, ...]]:
    """A name as it is written; one with a comma also the other way round."""
    words = tuple(_words(name))
    if 1 < len(words) <= _MOST_WORDS:
        yield words
        last, comma, first = name.partition(",")
        if comma:
            yield (*_words(first), *_words(last))


def _texts(description: Description) -> Iterator[tuple[str, str]]:
    head = description.original
    if head is not None:
        for party in (head.sender, *head.to, *head.cc):
            if party is not None and party.name:
                yield "its sender or receivers", party.name
    if description.conversation is not None:
        for name in description.conversation.participants:
            yield "its participants", name
    if head is not None and head.subject:
        yield "its subject", head.subject
    yield "its text", description.text or ""


def _runs(text: str, longest: int) -> Iterator[tuple[str, ...]]:
    """Every run of two to `longest` words."""
    words = _words(text)
    for size in range(2, min(longest, _MOST_WORDS) + 1):
        for start in range(len(words) - size + 1):
            yield tuple(words[start : start + size])
