"""The log of what is kept back of a request: a row a record, on which ground and why, as its law asks for it. Pure.

Rules kept:

- A row describes what it is about neutrally: its day, its kind, its numbers; sender and recipients only where somebody
  asks for them, and never a subject or a file name.
- Why something is kept back is what the reviewer wrote with his decision, else what the agency says of the ground,
  else the ground's own title. What a reviewer wrote is left out where it says what was left out, or has a number or
  an address of a person: the row then has the words of the ground, and it is told of which rows that is so.
- Who decided is named where the law wants responsible persons named, and else told by his role only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from search.disclosure.redaction import Found
from search.disclosure.redaction_secrets import secrets_of
from search.disclosure.redaction_suggestions import find_spans
from search.inert_cells import as_csv
from storage.errors import Corrupt, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from search.disclosure.jurisdictions import Exemption, Profile
    from search.disclosure.redaction_secrets import Secrets

IN_FULL: Final = "withheld in full"
IN_PART: Final = "released in part"
NOT_NUMBERED: Final = "not produced"
_NAMED: Final = "responsible_persons"
_FEW: Final = 5  # words: a passage of more is looked for as it stands
_LEAST: Final = 4  # letters of a word that is looked for by itself
_PERSONAL: Final = (Found.SSN, Found.PHONE, Found.EMAIL, Found.ACCOUNT)
_ASKED: Final = {
    "citation": "the law of each ground",
    "explanation": "a short explanation of how it applies",
    "factual_basis": "a detailed factual basis of each denial",
    _NAMED: "names and titles of who is responsible",
    "at_place": "the ground shown where something is left out",
    "ruling": "a ruling of the attorney general, or an earlier one, on what is withheld",
}
_COLUMNS: Final = {
    "place": "row",
    "numbers": "pages",
    "record": "record",
    "day": "date",
    "kind": "kind",
    "parties": "from and to",
    "treatment": "treatment",
    "redactions": "redactions",
    "pages_withheld": "pages withheld",
    "codes": "exemption",
    "citations": "law",
    "basis": "factual basis",
    "decided_by": "decided by",
    "decided_on": "decided on",
    "confirmed_by": "reviewed by",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What is to stand in a row, as the archive knows it.

    Args:
        record: the record's id.
        in_full: whether nothing of it is given.
        codes: the grounds.
        note: what the reviewer wrote with the decision.
        day: the record's day, as ``2026-03-02``.
        kind: what kind of record it is.
        numbers: its pages in productions, first and last of each.
        redactions: how many places are left out, where that is known.
        pages_withheld: how many pages are kept back, where that is known.
        parties: sender and recipients, where somebody asked for them.
        decided_by: name and role.
        decided_on: the day of the decision.
        confirmed_by: name and role of who looked at it as the second, if anybody.
        taken: the strings that are left out of it.
    """

    record: str
    in_full: bool
    codes: tuple[str, ...]
    note: str | None
    day: str
    kind: str
    numbers: tuple[tuple[str, str], ...] = ()
    redactions: int | None = None
    pages_withheld: int | None = None
    parties: str = ""
    decided_by: tuple[str, str] = ("", "")
    decided_on: str = ""
    confirmed_by: tuple[str, str] | None = None
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """A row as it is handed out."""

    place: int
    numbers: str
    record: str
    day: str
    kind: str
    parties: str
    treatment: str
    redactions: int | None
    pages_withheld: int | None
    codes: tuple[str, ...]
    citations: tuple[str, ...]
    basis: str
    decided_by: str
    decided_on: str
    confirmed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionLog:
    """The log: what the law asks for, its rows, and the rows whose own words could not be handed out."""

    profile: str
    asked: tuple[str, ...]
    citation: str
    rows: tuple[LogRow, ...]
    reworded: tuple[int, ...]
    unverified: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The log as JSON has it."""
        return {
            "profile": self.profile,
            "asked": list(self.asked),
            "citation": self.citation,
            "unverified": list(self.unverified),
            "reworded": list(self.reworded),
            "rows": [asdict(one) | {"codes": list(one.codes), "citations": list(one.citations)} for one in self.rows],
        }


def exemption_log(decided: Sequence[Decided], profile: Profile, words: Mapping[str, str]) -> ExemptionLog:
    """The log of what is kept back.

    Args:
        decided: what is kept back, in the order of the rows.
        profile: whose law.
        words: what the agency says of a ground, by its code.

    Raises:
        InvalidInput: the agency's words of a ground say what was left out.
        Corrupt: a ground is none of the law's.
    """
    grounds = {one.code: one for one in profile.exemptions}
    unknown = next((code for one in decided for code in one.codes if code not in grounds), None)
    if unknown is not None:
        raise Corrupt(f"a record is kept back on ground {unknown[:40]!r}, which {profile.id} does not have")
    secrets = _sought([text for one in decided for text in one.taken])
    names = _NAMED in profile.log
    rows: list[LogRow] = []
    reworded: list[int] = []
    for place, one in enumerate(decided, start=1):
        mine = [grounds[code] for code in one.codes]
        basis = " ".join((one.note or "").split())
        if basis and (secrets.stands_in(basis) or find_spans(basis, _PERSONAL)):
            reworded.append(place)
            basis = ""
        if not basis:
            basis = " ".join(words.get(ground.code) or _own_words(ground) for ground in mine)
            if secrets.stands_in(basis):
                raise InvalidInput(f"the words of a ground in row {place} say what was left out; write them otherwise")
        row = _row(place, one, mine, basis, names=names)
        rows.append(replace(row, parties="") if secrets.stands_in(row.parties) else row)
    used = {code for one in decided for code in one.codes}
    unverified = [ground.citation for ground in profile.exemptions if ground.code in used and ground.confidence == "U"]
    if profile.log_citation and profile.log_confidence == "U":
        unverified.append(profile.log_citation)
    return ExemptionLog(
        profile=profile.id,
        asked=tuple(_ASKED.get(one, one) for one in profile.log),
        citation=profile.log_citation,
        rows=tuple(rows),
        reworded=tuple(reworded),
        unverified=tuple(unverified),
    )


def log_csv(log: ExemptionLog) -> bytes:
    """The log as a file of RFC 4180, none of whose cells is a formula."""
    rows: list[list[object]] = [list(_COLUMNS.values())]
    rows += [[_cell(getattr(one, name)) for name in _COLUMNS] for one in log.rows]
    return as_csv(rows)


def cells_of(row: LogRow, columns: Sequence[str]) -> list[str]:
    """The texts of a row's columns, for a table on paper."""
    return [str(_cell(getattr(row, name))) for name in columns]


def title_of(column: str) -> str:
    """What a column is called."""
    return _COLUMNS[column]


def log_text(log: ExemptionLog) -> str:
    """The log for people, on a terminal."""
    if not log.rows:
        return "Nothing of this request is kept back."
    lines = []
    for one in log.rows:
        lines.append(f"{one.place:>4}  {one.numbers:<28}{one.day:<12}{one.kind:<14}{one.treatment}")
        lines.append(f"      {', '.join(one.codes)}: {'; '.join(one.citations)}")
        lines.append(f"      {one.basis} ({one.decided_by}, {one.decided_on})")
    if log.citation:
        lines.append(f"{log.citation} asks for: {'; '.join(log.asked)}.")
    if log.reworded:
        told = ", ".join(map(str, log.reworded))
        lines.append(f"Row {told}: the reviewer's own words would say what was left out; the ground's stand instead.")
    if log.unverified:
        lines.append(f"Not verified, ask counsel: {'; '.join(log.unverified)}.")
    return "\n".join(lines)


def _sought(taken: Sequence[str]) -> Secrets:
    """What must not be said: what was left out, and of a few words each that may be a name."""
    few = [one for one in taken if len(one.split()) <= _FEW]
    names = [word for one in few for word in one.split() if len(word) >= _LEAST and not word.islower()]
    return secrets_of([*taken, *names], roster=[*few, *names])


def _row(place: int, one: Decided, grounds: Sequence[Exemption], basis: str, *, names: bool) -> LogRow:
    numbers = "; ".join(first if first == last else f"{first} to {last}" for first, last in one.numbers)
    return LogRow(
        place=place,
        numbers=numbers or (IN_FULL if one.in_full else NOT_NUMBERED),
        record=one.record,
        day=one.day,
        kind=one.kind.replace("_", " "),
        parties=one.parties,
        treatment=IN_FULL if one.in_full else IN_PART,
        redactions=one.redactions,
        pages_withheld=one.pages_withheld,
        codes=one.codes,
        citations=tuple(ground.citation for ground in grounds),
        basis=basis,
        decided_by=_who(one.decided_by, names=names),
        decided_on=one.decided_on,
        confirmed_by="" if one.confirmed_by is None else _who(one.confirmed_by, names=names),
    )


def _who(person: tuple[str, str], *, names: bool) -> str:
    name, role = person
    return ", ".join(one for one in (name if names else "", role) if one)


def _own_words(ground: Exemption) -> str:
    return f"It is of the kind that the law names: {ground.title}."


def _cell(value: object) -> object:
    if value is None:
        return ""
    return "; ".join(value) if isinstance(value, tuple) else value
