"""The request is opened, searched for and reviewed: by commands, as officers and reviewers give them, drawn by a seed.

Rules:

- The script decides as people do, by threads and copies first, then by portions, with a mistake that is taken back; it
  decides nothing that the product would decide by itself.
- Ids of records are drawn anew by each archive, so nothing is drawn from an order that comes of them: records stand in
  the order of `listed`. The same mails are decided in the same way in every run.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from benchmarks.first_request_desk import write_file
from benchmarks.first_request_material import SEED, make_roster, write_material

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.first_request_desk import Desk
    from benchmarks.first_request_material import MadeMail

OFFICER, REVIEWER, SECOND = "olive", "rick", "sam"
GROUND: Final = ("--code", "7(1)(b)")
_WEIGHTS: Final = (("release", 78), ("not_responsive", 14), ("withhold", 8))
_PORTION: Final = 24
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a journey is.

    `threads` records are decided with their threads; `people` correspondents are left out, and of each other kind what
    stands in `places` mails.
    """

    threads: int
    people: int
    places: int


@dataclass(slots=True)
class Case:
    """What the journey knows of its request."""

    place: Path
    mails: list[MadeMail]
    size: Size
    number: str = ""
    sets: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)  # number of a made mail by its record, lowest first
    chats: list[str] = field(default_factory=list)  # records of the made conversation
    hidden: dict[str, set[str]] = field(default_factory=dict)  # words that went, and the records that they went from
    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # of records that were looked at
    accepted: set[str] = field(default_factory=set)  # words that may stand elsewhere
    packages: list[Path] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(SEED + 2))  # noqa: S311 - the same decisions

    @property
    def order(self) -> dict[str, int]:
        """The place of each record among all."""
        return {one: place for place, one in enumerate(self.records)}

    def hide(self, words: str, record: str) -> None:
        """Remember what was left out of a record."""
        self.hidden.setdefault(words, set()).add(record)

    def has_secrets(self, record: str) -> bool:
        """Whether it is of the made district, and something has to go from it."""
        return record in self.chats or (record in self.made and bool(self.mails[self.made[record]].secrets))


def take_in(desk: Desk, case: Case, custodian: str, others: Sequence[tuple[Path, str]]) -> None:
    """Users, roster and everything that is archived: the made district, and other paths with their custodian."""
    desk.step("The archive")
    for name, role in ((OFFICER, "officer"), (REVIEWER, "reviewer"), (SECOND, "reviewer")):
        desk.tokens[name] = desk.act(None, "user", "add", name, "--role", role)["token"]
    material = write_material(case.place / "district", case.mails)
    items = case.place / "items.jsonl"
    told = desk.act(None, "ingest", str(material), "--custodian", custodian, "--items", str(items), status=(0, 6))
    desk.report.must(told["failed"] + told["quarantined"] + told["waiting"] == 0, "everything made was archived")
    for line in items.read_text("utf-8").splitlines():
        one = json.loads(line)
        stem = one["source"].rpartition("/")[2].partition(".eml")[0]
        if stem.isdigit():
            case.made |= dict.fromkeys(one["records"], int(stem))
        else:
            case.chats += one["records"]
    case.made = dict(sorted(case.made.items(), key=lambda one: one[1]))
    for path, owner in others:
        desk.act(None, "ingest", str(path), "--custodian", owner, status=(0, 6))
    roster = write_file(case.place / "roster.csv", make_roster())
    desk.act(OFFICER, "request", "roster", "load", roster)


def ask(desk: Desk, case: Case, queries: Sequence[str]) -> None:
    """The request comes, is acknowledged, three searches are put before the reviewers, the last without the first."""
    desk.step("The request and its searches")
    words = "All messages about the works, and who wrote them."
    told = desk.act(
        OFFICER, "request", "open", "--how", "email", "--text", words, "--from", "Sam Asker", "--profile", "IL"
    )
    case.number = told["number"]
    desk.act(OFFICER, "request", "assign", case.number, "--to", OFFICER)
    write_letter(desk, case, "acknowledgement", "--final")
    for place, query in enumerate(queries):
        without = ("--without", case.sets[0]) if place == len(queries) - 1 else ()
        added = desk.act(OFFICER, "request", "set", "add", case.number, "--query", query, *without)
        case.sets.append(added["set"])
    desk.report.must(len(desk.act(OFFICER, "request", "set", "list", case.number)) == len(queries), "three searches")
    sample = desk.act(OFFICER, "request", "set", "sample", case.number, "--size", "20", "--seed", "1")
    desk.report.must(set(sample["records"]).isdisjoint(listed(desk, case)), "the sample has what no search found")
    desk.act(OFFICER, "request", "due", case.number)
    case.records = listed(desk, case)


def write_letter(desk: Desk, case: Case, kind: str, *options: str) -> None:
    """A letter to the requester, as PDF."""
    desk.act(OFFICER, "request", "letter", case.number, kind, "--file", str(case.place / f"{kind}.pdf"), *options)


def listed(desk: Desk, case: Case, *options: str) -> list[str]:
    """The request's records: what was made in its order, then the chat's days, then all others by what they say."""
    return [one["record"] for one in sorted(rows(desk, case, *options), key=lambda one: _place(case, one))]


def _place(case: Case, row: dict[str, Any]) -> tuple[int, int, str, str, str]:
    number = case.made.get(row["record"])
    if number is not None:
        return (0, number, "", "", "")
    said = [row[name] or "" for name in ("sent_at", "from", "subject")]
    return (1 if row["record"] in case.chats else 2, 0, said[0], said[1], said[2])


def rows(desk: Desk, case: Case, *options: str) -> list[dict[str, Any]]:
    """The same in the order of the command, with what is decided of each."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = desk.act(
            REVIEWER,
            "request",
            "review",
            case.number,
            *options,
            "--limit",
            str(_PAGE),
            *(("--after", after) if after else ()),
        )
        found += page["records"]
        after = page["next"] or ""
        if not after:
            return found


def review(desk: Desk, case: Case) -> None:
    """Everything is decided: threads and copies, portions, a step taken back, batches, and what says the same alike.

    What has secrets is given in any case, so that there is something to redact: who reads such a mail decides it anew,
    where a whole thread was decided otherwise before.
    """
    desk.step("The review")
    batches = (case.records[::2], case.records[1::2])
    for number, some in enumerate(batches, start=1):
        _code(desk, case, some, "--batch", str(number))
    plain = [one for one in case.records if not case.has_secrets(one)]
    for one in case.chance.sample(plain, min(case.size.threads, len(plain))):
        _decide(desk, case, [one], case.chance.choice(("thread", "duplicate", "thread")))
    _code(desk, case, [one for one in case.records if case.has_secrets(one)], "--decision", "release")
    rest = listed(desk, case, "--undecided")
    case.chance.shuffle(rest)
    first = True
    while rest:
        some, rest = rest[:_PORTION], rest[_PORTION:]
        step = _decide(desk, case, some)
        if first:  # a mistake, taken back and decided again
            desk.act(REVIEWER, "request", "code", case.number, "--undo", str(step))
            _decide(desk, case, some)
            first = False
    for group in desk.act(REVIEWER, "request", "review", case.number, "--check"):
        same = [one["record"] for one in group]
        _code(desk, case, same, "--decision", "release")
    progress = desk.act(REVIEWER, "request", "review", case.number, "--limit", "1")["progress"]
    desk.report.must(progress["undecided"] == 0, f"all of {progress['records']:,} records are decided")
    desk.report.must(desk.act(REVIEWER, "request", "review", case.number, "--check") == [], "equals are decided alike")


def confirm(desk: Desk, case: Case) -> None:
    """A second person confirms some decisions; nobody confirms his own."""
    released = listed(desk, case, "--decision", "release")
    some = case.chance.sample(released, min(40, len(released)))
    named = [word for one in some for word in ("--record", one)]
    desk.act(REVIEWER, "request", "code", case.number, *named, "--confirm", status=4)
    desk.act(SECOND, "request", "code", case.number, *named, "--confirm")


def _decide(desk: Desk, case: Case, records: Sequence[str], together: str | None = None) -> int:
    names = [name for name, _ in _WEIGHTS]
    decision = case.chance.choices(names, [weight for _, weight in _WEIGHTS])[0]
    ground = ("--exemption", case.chance.choice(("7(1)(c)", "7(1)(f)", "7(1)(m)"))) if decision == "withhold" else ()
    note = ("--note", "Thoughts of the staff before anything was decided.") if ground else ()
    grouped = ("--with", together) if together is not None else ()
    return _code(desk, case, records, "--decision", decision, *ground, *note, *grouped)


def _code(desk: Desk, case: Case, records: Sequence[str], *options: str) -> int:
    step = 0
    for start in range(0, len(records), 200):
        named = [word for one in records[start : start + 200] for word in ("--record", one)]
        step = desk.act(REVIEWER, "request", "code", case.number, *named, *options)["step"]
    return step
