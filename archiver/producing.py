"""Producing: what was decided to be given, laid out, looked at, numbered and handed over as a folder or ZIP file.

Rules:

- Nothing is numbered before everything is written and has passed the gate; the numbers, the leaf and what else is
  witnessed are one transaction. What fails before it leaves nothing behind, and no gap.
- The folder has its name only after that. Where a program is killed in between, the production stands in the archive,
  and `again` writes the same folder.
- A production that is written again is the same byte for byte, or it is refused with the reason.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.production_holds import times_to_pass
from archiver.production_manifest import WRITTEN_LAST, manifest, said_before
from archiver.production_natives import find_scanner
from archiver.production_order import refuse_instalment, states_of, steps_made
from archiver.production_package import Package, package_name
from archiver.production_plan import Plan, PlannedRecord, plan_production, states_now
from archiver.production_terms import Form, ProductionTerms, checked_stamps, terms_again
from archiver.production_writing import Work
from archiver.review_groups import members_of
from archiver.seeing import hidden_records
from archiver.signing import as_json
from search.disclosure.deadlines import ClockEventKind
from search.disclosure.production_types import check_prefix
from search.disclosure.productions import NewProduction, Productions
from search.disclosure.request_types import NewEvent
from search.disclosure.requests import Requests
from search.frozen_sets import about_digest
from storage.bundle_productions import MANIFEST
from storage.errors import Conflict, Denied
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from archiver.access import Principal
    from archiver.production_plan import Choice
    from archiver.production_ports import Tools
    from archiver.production_writing import Written
    from archiver.wiring import Installation
    from search.disclosure.production_types import Production
    from search.disclosure.request_types import DisclosureRequest

_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody asks of a production; see `archiver.production_terms.ProductionTerms`.

    `scanner` is the program that looks at native files, that of the settings where it is None; `as_zip` makes one ZIP
    file instead of a folder.
    """

    choice: Choice
    prefix: str | None = None
    instalment: int | None = None
    stamps: tuple[str, ...] = ()
    natives: bool = False
    form: Form = Form.ALL
    scanner: str | None = None
    as_zip: bool = False


def produce(
    installation: Installation,
    who: Principal,
    name: str,
    folder: Path,
    wishes: Wishes,
    tools: Tools,
    *,
    check: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """Produce what is decided to be given of a request; with `check` only find out whether that could be done.

    The answer says in `reasons` what stands against it; nothing was written or numbered then.

    Raises:
        NotFound: there is no such request or instalment, or no folder to write into.
        InvalidInput: the prefix, a stamp or the scanner cannot be used.
        Conflict: the request is closed, the folder is there, the scanner found something, or others changed the
            request meanwhile.
        Denied: this role may not, or it may not see all of the request's records.
    """
    authorize(who, Act.PRODUCE)
    archive = installation.archive
    productions = Productions(archive.store)
    section = installation.settings.disclosure
    prefix = check_prefix(wishes.prefix or section.prefix)
    stamps = checked_stamps(wishes.stamps)
    scanner = find_scanner(section.scanner if wishes.scanner is None else wishes.scanner)
    with archive.store.read() as connection:
        found = Requests(archive.store).get_open(connection, name)
        if wishes.instalment is not None:
            refuse_instalment(archive.store, connection, found.id, wishes.instalment)
        number, first_page = productions.next_number(connection, found.id), productions.next_page(connection, prefix)
    plan = plan_production(installation, who, found, wishes.choice)
    told = _told(plan)
    if plan.reasons:
        return told
    made_at = archive.store.clock()
    terms = ProductionTerms(
        request=found.number,
        number=number,
        prefix=prefix,
        first_page=first_page,
        made_at=made_at,
        made_at_local=made_at.astimezone(archive.zone).isoformat(),
        instalment=wishes.instalment,
        stamps=stamps,
        sheets=wishes.choice.sheets,
        natives=wishes.natives,
        form=wishes.form,
    )
    with Package(folder, as_zip=wishes.as_zip) as package:
        said = said_before(installation, who, plan, terms)
        work = Work(installation, who, plan, terms, tools, package)
        written = work.write(said, progress, scanner=scanner)
        told |= {"pages": written.pages, "documents": len(written.layout.numbered), "gate": written.answer.document}
        if not written.answer.passed:
            return told | {"reasons": [_refusal(one) for one in written.answer.lines]}
        if check:
            return told
        new = NewProduction(
            request_id=found.id,
            number=number,
            prefix=prefix,
            instalment=wishes.instalment,
            made_at=made_at,
            documents=written.layout.numbered,
            about=written.about,
        )
        made = _record(installation, who, new, written, plan, tools)
        _finish(installation, who, package, made, written.about)
    return told | made.told() | {"folder": str(folder), "produced": True}


def produce_again(
    installation: Installation,
    who: Principal,
    name: str,
    number: int,
    folder: Path,
    tools: Tools,
    *,
    as_zip: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """Write a production once more, the same byte for byte, as a folder or as one ZIP file.

    Raises:
        NotFound: there is no such request or production, or no folder to write into.
        Conflict: what is decided of a record is not what it was, a record is gone, or the folder is there.
        Denied: this role may not, or it may not see all of the production's records.
    """
    authorize(who, Act.PRODUCE)
    store = installation.archive.store
    productions = Productions(store)
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        made = productions.get(connection, found.id, number)
        about, papers = productions.about(connection, made), productions.papers(connection, made)
        documents = productions.documents(connection, found.id, number)
        hidden = hidden_records(connection, who)
    if any(one.record_id in hidden for one in documents):
        raise Denied(f"{who.name} may not write production {number}; whoever does has to see all of its records")
    terms = terms_again(about, made.made_at)
    plan = _plan_again(installation, found, {one.record_id: one.state for one in documents}, about)
    fixed = {name: value for name, value in about.items() if name not in WRITTEN_LAST}
    with Package(folder, as_zip=as_zip) as package:
        work = Work(installation, who, plan, terms, tools, package)
        written = work.write(fixed, progress, papers=papers, scanned=about["natives"]["scanner"])
        if not written.answer.passed:
            return _told(plan) | {"reasons": [_refusal(one) for one in written.answer.lines]}
        if about_digest(written.about) != made.sha256:
            raise Conflict(
                f"production {number} would not be the same any more: this program or a record reads otherwise now; "
                "give what changed as a new production with --changed",
                request=found.id,
            )
        _finish(installation, who, package, made, written.about)
    return _told(plan) | made.told() | {"folder": str(folder), "produced": True}


def _record(
    installation: Installation, who: Principal, new: NewProduction, written: Written, plan: Plan, tools: Tools
) -> Production:
    """Number a production, where nothing of it was decided otherwise meanwhile.

    Raises:
        Conflict: it was, reviewers work on the request all the time, or a time has to pass since.
    """
    store = installation.archive.store
    productions = Productions(store)
    sealed = productions.seal(new, written.papers)
    planned = {one.record_id: one.state for one in plan.records}
    for _ in range(_ATTEMPTS):
        with store.read() as connection:
            steps = steps_made(connection, new.request_id)
            gone = any(one is not RecordState.ACTIVE for one in states_of(connection, list(planned)).values())
        if gone or states_of_plan(installation, plan) != planned:
            break
        with store.write() as transaction:
            if steps_made(transaction.connection, new.request_id) != steps:
                continue  # somebody decided or marked something in between: compare again
            held = times_to_pass(installation, transaction.connection, new.request_id)
            if held:
                raise Conflict(held[0], request=new.request_id)
            made = productions.record_in(transaction, new, sealed, actor=who.actor)
            event = NewEvent(kind=ClockEventKind.PRODUCED.value, text=f"{made.first} to {made.last}")
            Requests(store).note_in(transaction, new.request_id, event, actor=who.actor)
            tools.witnesses(transaction, made, new.documents, who.actor)
            return made
    raise Conflict("records were decided otherwise meanwhile; run the command again", request=new.request_id)


def _finish(
    installation: Installation, who: Principal, package: Package, made: Production, about: Mapping[str, Any]
) -> None:
    """Write the manifest, note that the folder leaves, and give it its name."""
    content = as_json(manifest(installation, made, about))
    package.put(MANIFEST, [content], "manifest")
    store = installation.archive.store
    with store.write() as transaction:
        digest = hashlib.sha256(content).hexdigest()
        Productions(store).written_in(transaction, made, digest, actor=who.actor)
    package.finish(package_name(about["request"], made.number))


def states_of_plan(installation: Installation, plan: Plan) -> dict[str, str]:
    """What is decided now of each record of a plan."""
    wanted = {one.record_id for one in plan.records}
    members = [one for one in members_of(installation, plan.request) if one.record_id in wanted]
    return states_now(installation, plan.request.id, members)


def _plan_again(
    installation: Installation, found: DisclosureRequest, states: Mapping[str, str], about: Mapping[str, Any]
) -> Plan:
    """The plan of a production as it was.

    Raises:
        Conflict: something else is decided of a record now.
    """
    members = {one.record_id: one for one in members_of(installation, found) if one.record_id in states}
    now = states_now(installation, found.id, list(members.values()))
    other = sorted(one for one, state in states.items() if now.get(one) != state)
    if other:
        raise Conflict(
            f"{len(other):,} records are decided otherwise since, {other[0]} first; "
            "give them as a new production with --changed",
            request=found.id,
        )
    replaced = {one["record"]: one["replaces"] for one in about["documents"] if one["record"] is not None}
    records = []
    for one, state in states.items():
        decision = members[one].decision
        if decision is not None:
            records.append(
                PlannedRecord(
                    record_id=one,
                    decision=decision,
                    codes=members[one].codes,
                    state=state,
                    replaces=replaced.get(one),
                )
            )
    return Plan(
        request=found,
        records=tuple(records),
        families=(),
        standing=about["reviewed"],
        withheld={},
        later=about["later"],
    )


def _told(plan: Plan) -> dict[str, Any]:
    return {
        "request": plan.request.number,
        "produced": False,
        "records": len(plan.records),
        "later": plan.later,
        "reasons": [one.as_json() for one in plan.reasons],
        "warnings": [one.as_json() for one in plan.warnings],
    }


def _refusal(line: str) -> dict[str, Any]:
    return {"kind": "gate", "message": line, "count": 1, "records": []}
