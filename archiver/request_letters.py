"""Letters about a request: filled from what the archive knows, completed by the officer, and noted when they are made.

Rules:

- A letter says nothing that nobody wrote or decided: what is not known stands as a blank in brackets, and one that is
  to go out as it is (`final`) has none.
- A decision is told only when every record before the reviewers is decided.
- A letter that is made is an event of the request with its kind and the SHA-256 of its bytes, also where the request is
  closed; a draft is none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.letter_values import letter_values, standing_values
from archiver.request_letter_pdf import letter_pdf
from archiver.review_groups import members_of
from archiver.seeing import hidden_records, note_viewed
from search.disclosure.letter_templates import FIELDS, LetterKind, check_fields, find_template, write_letter
from search.disclosure.request_types import LETTER, NewEvent
from search.disclosure.requests import Requests
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.letter_templates import WrittenLetter

_COUNTS_RECORDS: Final = (LetterKind.DETERMINATION, LetterKind.COVER)
_TELLS_DECISION: Final = (LetterKind.DETERMINATION,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLetter:
    """A letter with its bytes, as PDF or text, and what the officer has to look at before it goes out."""

    request_id: str
    number: str
    kind: LetterKind
    written: WrittenLetter
    content: bytes
    unverified: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Of the bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    def document(self, *, noted: bool) -> dict[str, Any]:
        """The letter as JSON has it."""
        return {
            "request": self.number,
            "kind": self.kind.value,
            "subject": self.written.subject,
            "text": self.written.text,
            "blanks": {name: FIELDS[name] for name in self.written.blanks},
            "unverified": list(self.unverified),
            "sha256": self.sha256,
            "bytes": len(self.content),
            "noted": noted,
        }


def make_letter(
    installation: Installation,
    who: Principal,
    name: str,
    kind: LetterKind,
    *,
    fills: Mapping[str, str] | None = None,
    as_pdf: bool = False,
    final: bool = False,
    draft: bool = False,
) -> MadeLetter:
    """Write a letter; nothing is noted yet.

    Args:
        installation: the archive.
        who: an officer.
        name: the request's number or id.
        kind: what the letter is for.
        fills: texts by field; they stand before what the archive knows, also an empty one.
        as_pdf: as PDF, else as text.
        final: refuse blanks.
        draft: whether it is only looked at: then what is undecided does not matter.

    Raises:
        NotFound: there is no such request.
        InvalidInput: a template or a field is wrong, or blanks are left.
        Conflict: the letter tells a decision, and records are undecided or there are none.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    given = dict(fills or {})
    check_fields(given)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        hidden = hidden_records(connection, who)
    members = members_of(installation, found)
    if kind in _COUNTS_RECORDS and any(one.record_id in hidden for one in members):
        raise InvalidInput("not all of the request may be seen with this role; who may see all of it writes it")
    if kind in _TELLS_DECISION and not draft:
        undecided = sum(one.decision is None for one in members)
        if undecided or not members:
            told = f"{undecided:,} records are not decided" if members else "no record is before the reviewers"
            raise Conflict(f"{told}; decide them first, or look at the letter with --draft", request=found.id)
    with store.read() as connection:
        values, unsure = letter_values(installation, connection, found, members, who)
    values |= standing_values(installation) | given
    template = find_template(kind, found.profile, installation.settings.disclosure.letters)
    written = write_letter(template, values)
    if final and written.blanks:
        raise InvalidInput(f"this letter has blanks: {', '.join(written.blanks)}; fill each with --fill NAME=TEXT")
    agency = installation.settings.agency.name
    content = letter_pdf(written, agency=agency, number=found.number) if as_pdf else written.text.encode()
    used = {field: citation for field, citation in unsure.items() if field in written.used and field not in given}
    if "exemptions" in written.used:
        used |= {field: citation for field, citation in unsure.items() if field.startswith("exemption ")}
    return MadeLetter(
        request_id=found.id,
        number=found.number,
        kind=kind,
        written=written,
        content=content,
        unverified=tuple(dict.fromkeys(used.values())),
    )


def note_letter(installation: Installation, who: Principal, made: MadeLetter) -> None:
    """Write down that a letter was made.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    event = NewEvent(kind=LETTER, reason=made.kind.value, text=f"{made.written.subject}; SHA-256 {made.sha256}")
    with store.write() as transaction:
        Requests(store).note_in(transaction, made.request_id, event, actor=who.actor, closed_too=True)


def looked_at(installation: Installation, who: Principal, made: MadeLetter) -> None:
    """Write down that a draft was looked at, since it says who asks for what."""
    note_viewed(installation.archive.store, who, made.request_id)
