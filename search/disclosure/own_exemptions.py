"""An agency's own exemptions: grounds that it names beside those of the shipped laws, each change of them an event.

Rules:

- A code means one thing for ever: it clashes with none of the shipped laws' that it stands beside and with no other of
  the agency's, retired ones included, and it is never changed. Its words and its citation may be.
- What is retired is offered no more; what was decided with it stays valid, and is still explained.
- A version is a row and a leaf. Words are in payloads, and each says those of every exemption as they then are, so that
  one is opened for all of them wherever something is decided. Nothing is rewritten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select

from search.disclosure.exemption_tables import own_exemptions
from search.disclosure.jurisdictions import Confidence, Exemption, profile_ids, shipped_profile
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from search.disclosure.jurisdictions import Profile
    from storage.ledger import Ledger
    from storage.transaction import Store, Transaction

MOST_OWN: Final = 200
LONGEST_CODE: Final = 40  # what a redaction has room for, and a label
LONGEST_TITLE: Final = 300
LONGEST_CITATION: Final = 200
_CODE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 .()/:_-]*[A-Za-z0-9.)])?")
_SEE: Final = "see: archiver request exemption list"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExemption:
    """What somebody wants to add: its code, what it is about, the law; `profile` is whose, None beside every law."""

    code: str
    title: str
    citation: str
    profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnExemption:
    """An exemption of the agency as it stands: `version`, `at` and `actor` are of its last change."""

    number: int
    version: int
    code: str
    profile: str | None
    title: str
    citation: str
    retired: bool
    at: datetime
    actor: str

    def as_ground(self) -> Exemption:
        """The same beside those of a law."""
        return Exemption(code=self.code, title=self.title, citation=self.citation, confidence=Confidence.AGENCY)


class OwnExemptions:
    """The exemptions of one archive's agency."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger

    def add(self, new: NewExemption, *, actor: str) -> OwnExemption:
        """Offer a ground from now on.

        Raises:
            InvalidInput: the code cannot be one, or title or citation is missing or too long.
            NotFound: there is no such profile.
            Conflict: a law that it would stand beside, or the agency itself, has this code; or there are too many.
        """
        checked = _checked(new)
        with self._store.write() as transaction:
            there = self._rows(transaction.connection)
            same = next((row for row in there if row.code.casefold() == checked.code.casefold()), None)
            if same is not None:
                more = "; it was retired, offer it again with: archiver request exemption change CODE --offer"
                raise Conflict(f"the agency has the exemption {same.code!r} already{more if same.retired else ''}")
            if len(there) >= MOST_OWN:
                raise Conflict(f"an agency has at most {MOST_OWN} exemptions of its own")
            fresh = OwnExemption(
                number=max((row.number for row in there), default=0) + 1,
                version=1,
                code=checked.code,
                profile=checked.profile,
                title=checked.title,
                citation=checked.citation,
                retired=False,
                at=transaction.at,
                actor=actor,
            )
            self._append(transaction, EventKind.EXEMPTION_ADDED, fresh)
        return fresh

    def change(
        self, number: int, *, actor: str, title: str | None = None, citation: str | None = None, offered: bool = False
    ) -> OwnExemption:
        """Word a ground otherwise, cite its law otherwise, or with `offered` offer again what was retired.

        Raises:
            NotFound: there is no such exemption.
            InvalidInput: title or citation is empty or too long.
            Conflict: nothing changes.
        """
        with self._store.write() as transaction:
            before = self._get(transaction.connection, number)
            wanted = replace(
                before,
                title=before.title if title is None else _line(title, "title", LONGEST_TITLE),
                citation=before.citation if citation is None else _line(citation, "citation", LONGEST_CITATION),
                retired=before.retired and not offered,
            )
            if wanted == before:
                raise Conflict(f"the exemption {before.code!r} says so already; nothing was changed")
            fresh = replace(wanted, version=before.version + 1, at=transaction.at, actor=actor)
            self._append(transaction, EventKind.EXEMPTION_CHANGED, fresh)
        return fresh

    def retire(self, number: int, *, actor: str) -> OwnExemption:
        """Offer a ground no more.

        Raises:
            NotFound: there is no such exemption.
            Conflict: it was retired before.
        """
        with self._store.write() as transaction:
            before = self._get(transaction.connection, number)
            if before.retired:
                raise Conflict(f"the exemption {before.code!r} was retired before")
            fresh = replace(before, version=before.version + 1, retired=True, at=transaction.at, actor=actor)
            self._append(transaction, EventKind.EXEMPTION_RETIRED, fresh)
        return fresh

    def all(self, connection: Connection, profile_id: str | None = None) -> list[OwnExemption]:
        """Every exemption in order, retired ones too; with `profile_id` only those that stand beside this law.

        Raises:
            Corrupt: the words of one are not those that its leaf names.
        """
        rows = self._rows(connection)
        titles = self._titles(connection, rows)
        return [_opened(row, titles) for row in rows if profile_id is None or row.profile in (None, profile_id)]

    def in_force(self, connection: Connection, profile: Profile, *, retired: bool = False) -> Profile:
        """A law with the agency's own grounds behind its own: those that are offered, with `retired` all there were.

        Raises:
            Corrupt: the words of one are not those that its leaf names.
        """
        own = [one.as_ground() for one in self.all(connection, profile.id) if retired or not one.retired]
        return replace(profile, exemptions=(*profile.exemptions, *own)) if own else profile

    def _get(self, connection: Connection, number: int) -> OwnExemption:
        found = next((one for one in self.all(connection) if one.number == number), None)
        if found is None:
            raise NotFound(f"the agency has no exemption {number}; {_SEE}")
        return found

    def _rows(self, connection: Connection) -> list[Any]:
        """The last version of each, in order."""
        about = own_exemptions.c
        last = select(about.number, func.max(about.version).label("version")).group_by(about.number).subquery()
        same = (last.c.number == about.number) & (last.c.version == about.version)
        return list(connection.execute(select(own_exemptions).join(last, same).order_by(about.number)))

    def _titles(self, connection: Connection, rows: Sequence[Any]) -> dict[int, str]:
        """The words of all, as the last leaf says them whose payload a restore did not lose."""
        for position in sorted((row.position for row in rows), reverse=True):
            payload = self._ledger.payload(connection, position)
            if payload is not None:
                return {int(number): title for number, title in payload["titles"].items()}
        return {}

    def _append(self, transaction: Transaction, kind: EventKind, one: OwnExemption) -> None:
        """A version: its leaf, which says all of it, and its row."""
        names = ("number", "version", "code", "profile", "citation", "retired")
        told = {name: getattr(one, name) for name in names}
        titles = self._titles(transaction.connection, self._rows(transaction.connection)) | {one.number: one.title}
        position = transaction.append(kind, actor=one.actor, payload={**told, "titles": titles})
        row = {**told, "position": position, "at": one.at, "actor": one.actor}
        transaction.connection.execute(insert(own_exemptions), [row])


def _opened(row: Any, titles: Mapping[int, str]) -> OwnExemption:
    return OwnExemption(
        number=row.number,
        version=row.version,
        code=row.code,
        profile=row.profile,
        title=titles.get(row.number, ""),
        citation=row.citation,
        retired=row.retired,
        at=row.at,
        actor=row.actor,
    )


def _checked(new: NewExemption) -> NewExemption:
    """The same in its form, beside laws that do not have its code.

    Raises:
        InvalidInput, NotFound, Conflict: see `OwnExemptions.add`.
    """
    code = " ".join(new.code.split())
    if len(code) > LONGEST_CODE or not _CODE.fullmatch(code):
        raise InvalidInput(
            f"a code begins with a letter or digit; it has at most {LONGEST_CODE} letters, digits, spaces and .()/:_-"
        )
    laws = [shipped_profile(one) for one in ([new.profile] if new.profile else profile_ids())]
    beside = next((law for law in laws if code.casefold() in {one.code.casefold() for one in law.exemptions}), None)
    if beside is not None:
        other = "choose another" if new.profile else "choose another, or say whose law it belongs to with a profile"
        raise Conflict(f"{beside.id} has an exemption {code!r} of its own; {other}")
    return NewExemption(
        code=code,
        title=_line(new.title, "title", LONGEST_TITLE),
        citation=_line(new.citation, "citation", LONGEST_CITATION),
        profile=laws[0].id if new.profile else None,
    )


def _line(text: str, what: str, longest: int) -> str:
    found = " ".join(text.split())
    if not found or len(found) > longest or not found.isprintable():
        raise InvalidInput(f"the {what} of an exemption is one line of 1 to {longest} characters")
    return found
