"""`archiver index`: rebuild and check the indexes, say how complete they are, compare them with the catalogue."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.covering import cover, list_uncovered
from archiver.giving_way import NICENESS
from archiver.problems import Exit
from search.coverage import REASONS, coverage_sentences
from search.generation_rows import Cause
from search.index_condition import Fitness, look_at_index
from search.pace import Pace

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from search.reconciliation import Reconciled

_CATCH_UP_SECONDS = 1.0
_SHARE_SLOWLY = 0.5


@click.group("index")
def index() -> None:
    """The search index."""


_engine = click.option("--engine", help="This engine only, of those in the settings; else each of them.")


def _engines(session: Session, engine: str | None) -> tuple[str, ...]:
    """The engines that are meant, each of which this archive has."""
    indexes = session.installation.indexes
    return indexes.engines if engine is None else (indexes.generations(engine).engine.name,)


def _text(document: dict[str, Any]) -> str:
    said = [f"{document['indexed']:,} of {document['records']:,} records indexed ({document['engine']})"]
    said += [f"  {line}" for line in coverage_sentences(document)]
    if document["complete"] and len(said) == 1:
        said[0] += "; complete"
    return "\n".join(said)


@index.command("rebuild")
@_engine
@click.option("--anew", is_flag=True, help="Begin again, also where a rebuild was broken off and could go on.")
@click.option("--slowly", is_flag=True, help="Take at most half of the time, and go second to everybody else.")
@click.option("--records-per-second", type=click.IntRange(min=1), help="Build at most so fast.")
@command
def rebuild(session: Session, *, engine: str | None, anew: bool, slowly: bool, records_per_second: int | None) -> None:
    """Build the index anew beside the present one, switch to it, destroy the old one.

    Searches go on meanwhile; if the present index cannot be read, the new one answers at once and coverage says how
    far it has come. Deposits wait for nothing here. A rebuild that was broken off goes on where it was. The services
    rebuild by themselves what is damaged or of another version.
    """
    who = session.principal(Act.RUN)
    if slowly:
        # itself only: the session, which a worker would make as nice, is here the shell of whoever typed this
        os.nice(NICENESS)
    pace = Pace(per_second=records_per_second, share=_SHARE_SLOWLY if slowly else 1.0)
    installation = session.installation
    documents = []
    for name in _engines(session, engine):
        generations = installation.indexes.generations(name)
        with counting(session, f"Indexing ({name})") as progress:
            generations.rebuild(actor=who.actor, cause=Cause.ASKED, anew=anew, progress=progress, pace=pace)
        documents.append(cover(installation, who, name).as_document())
    session.show(_of_engines(documents), "\n".join(_text(one) for one in documents))


@index.command("coverage")
@_engine
@click.option("--list", "listed", is_flag=True, help="List every id that is not wholly covered, with its reason.")
@click.option("--reason", type=click.Choice(REASONS), metavar="REASON", help="With --list: of this reason only.")
@command
def coverage(session: Session, *, engine: str | None, listed: bool, reason: str | None) -> None:
    """Say how many records a search covers, and why the rest is not; exit status 6 where some are missing.

    The list has a line for each id and reason, and no limit. Reasons of records: not_indexed and unreadable, and of
    parts of them waiting, encrypted, no_engine, script, quarantined, too_large, damaged, no_text, format and other;
    reasons of submissions: unexamined, in_quarantine, failed.
    """
    who = session.principal(Act.VERIFY)
    if reason is not None and not listed:
        raise click.UsageError("--reason belongs to --list")
    installation = session.installation
    documents = []
    for name in _engines(session, engine):
        # looking, searching and signing in are events too, and nobody follows them where no service runs
        installation.follower(name).catch_up(_CATCH_UP_SECONDS)
        documents.append(cover(installation, who, name).as_document())
    if listed:
        _list(session, documents[0], list_uncovered(installation, who, engine=engine, reason=reason))
    else:
        session.show(_of_engines(documents), "\n".join(_text(one) for one in documents))
    if not all(one["complete"] for one in documents):
        exit_with(Exit.FINDINGS)


@index.command("check")
@_engine
@click.option("--thorough", is_flag=True, help="Read every page and every word, and compare with the catalogue.")
@command
def check(session: Session, *, engine: str | None, thorough: bool) -> None:
    """Look whether the index can be trusted; changes nothing. Exit status 6 where it cannot.

    Without --thorough it looks whether the index opens with its key, was built by this version, and is not ahead of the
    ledger. What is damaged is mended by: archiver index rebuild
    """
    session.principal(Act.VERIFY)
    installation = session.installation
    documents, lines, faults = [], [], False
    for name in _engines(session, engine):
        generations = installation.indexes.generations(name)
        condition = look_at_index(installation.archive, generations, thorough=thorough)
        document = condition.as_document()
        lines.append(f"{name}: generation {condition.generation} is {condition.sentence or 'good'}")
        if condition.fitness is not Fitness.GOOD:
            lines[-1] = f"{name}: {condition.fitness.value}: {condition.sentence}"
            faults = True
        elif thorough:
            with counting(session, f"Comparing ({name})") as progress:
                found = installation.reconciliation(name).run(actor="", repair=False, progress=progress)
            document["reconciliation"] = found.as_document()
            lines.append(f"  {_compared(found)}")
            faults = faults or not found.clean
        documents.append(document)
    session.show({"indexes": documents, "good": not faults}, "\n".join(lines))
    if faults:
        exit_with(Exit.FINDINGS)


@index.command("reconcile")
@_engine
@command
def reconcile(session: Session, *, engine: str | None) -> None:
    """Compare the catalogue with the index, record by record, and mend the index; the services do it every night.

    What is missing or older is read again, what is surplus is taken out. Exit status 6 where a record stays missing
    because it cannot be opened. It is an event.
    """
    who = session.principal(Act.RUN)
    installation = session.installation
    results = []
    for name in _engines(session, engine):
        installation.follower(name).catch_up(_CATCH_UP_SECONDS)
        with counting(session, f"Comparing ({name})") as progress:
            results.append(installation.reconciliation(name).run(actor=who.actor, progress=progress))
    lines = [f"{one.engine}: {_compared(one)}" for one in results]
    session.show({"indexes": [one.as_document() for one in results]}, "\n".join(lines))
    if not all(one.clean for one in results):
        exit_with(Exit.FINDINGS)


def _compared(found: Reconciled) -> str:
    if not (found.missing or found.surplus or found.older):
        return f"{found.records:,} records compared; catalogue and index agree"
    said = f"{found.missing:,} missing, {found.surplus:,} surplus, {found.older:,} older in the index"
    mended = "mended" if found.repaired else "run: archiver index reconcile"
    if found.unreadable:
        mended += f"; {found.unreadable:,} cannot be opened, run: archiver verify"
    return f"{found.records:,} records compared: {said}; {mended}"


def _of_engines(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The document of the engine that answers, and of the others beside it."""
    first, *others = documents
    return {**first, "others": others} if others else first


def _list(session: Session, document: dict[str, Any], found: Any) -> None:
    if session.as_json:
        listed = [{"id": one, "reason": why} for one, why in found]
        session.show({**document, "listed": listed}, "")
        return
    some = False
    for one, why in found:
        print(f"{one}\t{why}")
        some = True
    if not some:
        session.note("nothing is left out")


COMMANDS = (index,)
