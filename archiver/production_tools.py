"""The parts of producing joined: pages, gate, load files, letter and log, and what else a production witnesses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from archiver.accepting_occurrences import accepted_of
from archiver.exemption_log_pdf import exemption_log_pdf
from archiver.exemption_logging import log_of_request
from archiver.letter_values import counted
from archiver.production_gating import PackageGate
from archiver.production_package import Row
from archiver.production_ports import Tools
from archiver.region_reading import expects_engine, region_reader
from archiver.releasing import Releaser
from archiver.request_letters import make_letter
from archiver.student_disclosures import record_disclosures
from search.disclosure.conversation_files import conversation_file
from search.disclosure.edrm_xml import edrm_pieces
from search.disclosure.exemption_log import log_csv
from search.disclosure.instalments import Instalments
from search.disclosure.letter_templates import LetterKind
from search.disclosure.load_files import dat_pieces, opt_pieces
from search.disclosure.page_stamps import join, stamp
from search.disclosure.production_csv import index_pieces
from search.disclosure.release_types import Leaves
from search.disclosure.rosters import Rosters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from archiver.access import Principal
    from archiver.production_package import Package
    from archiver.production_plan import Plan
    from archiver.production_terms import ProductionTerms
    from archiver.wiring import Installation
    from search.disclosure.production_types import NumberedDocument, Production
    from search.disclosure.release_types import ProducedDocument
    from storage.records import DescribedRecord
    from storage.transaction import Transaction

_FOLDER: Final = "load"
_LOG: Final = "exemption-log"


def tools_of(installation: Installation) -> Tools:
    """The parts of producing over an archive."""
    return Tools(
        releases=lambda: Releaser(installation),
        gate=lambda request_id: PackageGate(
            accepted_of(installation, request_id),
            lambda: region_reader(installation),
            expects_engine=expects_engine(installation),
        ),
        roster=_own_names(installation),
        stamp=lambda pdf, numbers, marks, title: stamp(pdf, numbers, marks=marks, title=title),
        join=join,
        conversation=_conversation,
        papers=lambda who, plan, terms, produced: _papers(installation, who, plan, terms, produced),
        load_files=_load_files,
        witnesses=lambda transaction, made, documents, actor: _witness(
            installation, transaction, made, documents, actor
        ),
    )


def _own_names(installation: Installation) -> Callable[[DescribedRecord], Sequence[str]]:
    """The names of the roster that stand in a record: its own list."""
    archive = installation.archive
    with archive.store.read() as connection:
        roster = Rosters(archive.store, archive.ledger).current(connection)

    def names(described: DescribedRecord) -> Sequence[str]:
        if not roster.names:
            return ()
        head, said = described.description.original, described.description
        parties = [one for one in (head.sender, *head.to, *head.cc) if one is not None]
        texts = [said.text, head.subject or "", *(one.name or "" for one in parties)]
        texts += [message.text for message in said.messages]
        return roster.names_in(texts)

    return names


def _conversation(produced: ProducedDocument) -> bytes | None:
    if not produced.document.messages:
        return None
    return conversation_file(produced, produced.document.fields.get("platform", ""))


def _load_files(package: Package, terms: ProductionTerms, produced: Sequence[ProducedDocument]) -> None:
    """A table of documents for each kind of review program; every row is known by the record that it is of."""
    called = f"{terms.request}-{terms.number:03d}"
    _put_rows(package, "production.dat", dat_pieces(produced), produced)
    _put_rows(package, "index.csv", index_pieces(produced), produced)
    _put_rows(package, "edrm.xml", edrm_pieces(produced, called), produced)
    package.put(f"{_FOLDER}/production.opt", opt_pieces(produced, called), "rows")


def _put_rows(package: Package, name: str, pieces: Iterable[bytes], produced: Sequence[ProducedDocument]) -> None:
    """Write a file whose pieces are some that are of nobody, one for each document, and some that are of nobody."""
    waiting = iter(produced)
    rows: list[Row] = []
    following = next(waiting, None)

    def told() -> Iterator[bytes]:
        nonlocal following
        for piece in pieces:
            if following is not None and following.first.encode() in piece:
                of = following.document
                rows.append(Row(length=len(piece), record_id=of.record_id, component=of.component))
                following = next(waiting, None)
            else:
                rows.append(Row(length=len(piece)))
            yield piece

    package.put(f"{_FOLDER}/{name}", told(), "rows", rows=rows)


def _papers(
    installation: Installation,
    who: Principal,
    plan: Plan,
    terms: ProductionTerms,
    produced: Sequence[ProducedDocument],
) -> Mapping[str, bytes]:
    """The log of exemptions, where something is kept back, and the letter."""
    made: dict[str, bytes] = {}
    agency, day = installation.settings.agency.name, terms.made_at_local[:10]
    _, log = log_of_request(installation, who, plan.request.id, produced=produced)
    if log.rows:
        told = {"request": terms.request, "production": terms.number, "made_on": day, **log.document()}
        made[f"{_LOG}.json"] = json.dumps(told, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n"
        made[f"{_LOG}.csv"] = log_csv(log)
        made[f"{_LOG}.pdf"] = exemption_log_pdf(log, agency=agency, request=terms.request, made_on=day)
    pages = sum(one.document.page_count for one in produced)
    fills = {
        "production": str(terms.number),
        "documents": counted(len(produced), "document"),
        "pages": counted(pages, "page"),
        "first_page": produced[0].first,
        "last_page": produced[-1].last,
        # of this production, not of the request as a whole; what is empty is not said
        "left_out": "yes" if any(one.document.leaves is Leaves.REDACTED for one in produced) else "",
        "kept_back": "yes" if log.rows else "",
    }
    for suffix, as_pdf in ((".txt", False), (".pdf", True)):
        letter = make_letter(installation, who, plan.request.id, LetterKind.COVER, fills=fills, as_pdf=as_pdf)
        made[f"letter{suffix}"] = letter.content
    return made


def _witness(
    installation: Installation,
    transaction: Transaction,
    made: Production,
    documents: Sequence[NumberedDocument],
    actor: str,
) -> None:
    """What a production says elsewhere, in its own transaction: its instalment, and who got records of students."""
    if made.instalment is not None:
        instalments = Instalments(installation.archive.store)
        instalments.mark_produced(transaction, made.request_id, made.instalment, str(made.number), actor=actor)
    given = [one for one in documents if one.leaves.value != "slip_sheet" or one.component is not None]
    record_disclosures(installation, transaction, made, given, actor)
