"""Every string that was left out of the records of a set, and what it means that one stands in a file. Pure.

Rules kept: in the output of a record from which it was left out a string may not stand at all; in that of another
record of the set only where a person accepted it, by name and place; in a file about the whole set never. A piece of a
long passage counts where the passage was left out, and in files about the whole set.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from search.disclosure.production_gate_index import StringIndex
from search.disclosure.redaction_secrets import LEAST_LETTERS, sought_strings
from search.disclosure.redaction_views import views

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from search.disclosure.production_gate_types import PageOwner
    from search.disclosure.redaction_secrets import SoughtString

_MOST_KNOWN: Final = 4_096
_BETWEEN: Final = "\n\ua66e\n"  # a letter of its own, so that no string is read across two readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Where people accepted strings: (name of the string, record, part); `name_of` makes names of folded strings.

    Names are made by a key of the archive, so that they tell nothing of what they stand for.
    """

    name_of: Callable[[str], str]
    places: frozenset[tuple[str, str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtSet:
    """All sought strings by number: from which records each was left out, its name, and in which it was accepted.

    It can be handed to other programs of the archive.
    """

    strings: tuple[SoughtString, ...]
    owners: tuple[frozenset[str], ...]
    names: tuple[str, ...]
    accepted: tuple[frozenset[str], ...]
    accepted_parts: tuple[frozenset[tuple[str, str]], ...]
    by_region_only: int
    index: StringIndex = field(repr=False)
    own: Mapping[str, tuple[int, ...]] = field(repr=False)
    _known: dict[bytes, tuple[frozenset[int], frozenset[int]]] = field(default_factory=dict, repr=False, compare=False)

    def standing_in(self, text: str) -> tuple[frozenset[int], frozenset[int]]:
        """The strings that stand in a text in any of its readings, whole and in pieces.

        What is the same in many files (fonts' maps, sentences of every letter) is looked through once.
        """
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        there = self._known.get(key)
        if there is None:
            whole, pieces = self.index.both(_BETWEEN.join(views(text)))
            if len(self._known) >= _MOST_KNOWN:
                del self._known[next(iter(self._known))]
            there = self._known[key] = frozenset(whole), frozenset(pieces)
        return there

    def standing_in_bytes(self, content: bytes) -> frozenset[int]:
        """The strings that stand letter by letter in bytes; those of one font are looked through once."""
        key = b"bytes" + hashlib.blake2b(content, digest_size=16).digest()
        there = self._known.get(key)
        if there is None:
            if len(self._known) >= _MOST_KNOWN:
                del self._known[next(iter(self._known))]
            there = self._known[key] = frozenset(self.index.in_bytes(content)), frozenset()
        return there[0]

    def refuses(self, number: int, records: Collection[str]) -> bool:
        """Whether a string may not stand in the output of these records; in that of none it never may."""
        if len(records) == 1 and not self.owners[number].isdisjoint(records):
            return True
        return self.accepted[number].isdisjoint(records)


class SetStrings:
    """Gathers the strings of a set, record by record."""

    def __init__(self) -> None:
        self._strings: dict[str, SoughtString] = {}
        self._owners: dict[str, set[str]] = {}
        self._by_region_only = 0

    def add(self, record_id: str, taken: Sequence[str], *, roster: Sequence[str] = ()) -> None:
        """Strings that were left out of a record; `roster` are the names of its own list."""
        strings, unsought = sought_strings(taken, roster=roster)
        self._by_region_only += unsought
        for one in strings:
            known = self._strings.get(one.letters)
            self._strings[one.letters] = one if known is None else _together(known, one)
            self._owners.setdefault(one.letters, set()).add(record_id)

    def sought(self, accepted: Accepted) -> SoughtSet:
        """All of them, ready to be looked for."""
        strings = tuple(self._strings.values())
        names = tuple(accepted.name_of(one.letters) for one in strings)
        places: dict[str, set[tuple[str, str]]] = {}
        for name, record_id, part in accepted.places:
            places.setdefault(name, set()).add((record_id, part))
        own: dict[str, list[int]] = {}
        for number, one in enumerate(strings):
            for record_id in self._owners[one.letters]:
                own.setdefault(record_id, []).append(number)
        return SoughtSet(
            strings=strings,
            owners=tuple(frozenset(self._owners[one.letters]) for one in strings),
            names=names,
            accepted=tuple(frozenset(record for record, _ in places.get(name, ())) for name in names),
            accepted_parts=tuple(frozenset(places.get(name, ())) for name in names),
            by_region_only=self._by_region_only,
            index=StringIndex(strings),
            own={record_id: tuple(numbers) for record_id, numbers in own.items()},
        )


class FileSought:
    """What is sought in one file, by whose it is; remembers which accepted strings stood there.

    Args:
        sought: the strings of the set.
        records: the records that it is of; none for a file about the whole set.
        pages: whose each page is, where there are several records.
    """

    def __init__(self, sought: SoughtSet, records: Collection[str], pages: Sequence[PageOwner] = ()) -> None:
        self._sought = sought
        self._records = frozenset(records)
        self._pages = pages
        self.accepted: set[tuple[int, str]] = set()

    def standing_in(self, text: str, page: int | None = None) -> frozenset[int]:
        """The strings that may not stand in this text, by number."""
        whole, pieces = self._sought.standing_in(text)
        records = self._of(page)
        refused = {number for number in whole if self._refused(number, records)}
        if len(records) < 2:  # noqa: PLR2004 - of several, it is not known whose the piece is
            owners = self._sought.owners
            refused |= {number for number in pieces - whole if not records or not owners[number].isdisjoint(records)}
        return frozenset(refused)

    def standing_in_bytes(self, content: bytes, *, pixels: bool = False) -> frozenset[int]:
        """The strings of 8 letters or more that may not stand in these bytes; in pixels only those of the record."""
        if not pixels:
            found = self._sought.standing_in_bytes(content)
            return frozenset(number for number in found if self._refused(number, self._records))
        own = {number for record in self._records for number in self._sought.own.get(record, ())}
        if not own:
            return frozenset()
        low = content.lower()
        return frozenset(
            number
            for number in own
            for form in self._sought.strings[number].forms
            if len(form) > LEAST_LETTERS + 1 and (form.encode() in low or form.encode("utf-16-be") in low)
        )

    def _refused(self, number: int, records: frozenset[str]) -> bool:
        if self._sought.refuses(number, records):
            return True
        self.accepted |= {(number, one) for one in records & self._sought.accepted[number]}
        return False

    def _of(self, page: int | None) -> frozenset[str]:
        if page is None or not self._pages:
            return self._records
        return frozenset(one.record_id for one in self._pages if one.first <= page <= one.last)


def _together(known: SoughtString, other: SoughtString) -> SoughtString:
    return replace(known, forms=known.forms | other.forms, pieces=known.pieces | other.pieces)
