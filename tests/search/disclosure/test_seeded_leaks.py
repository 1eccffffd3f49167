"""The gate over a set refuses every seeded leak, and lets harmless files of the same shapes through."""

from __future__ import annotations

import functools
from itertools import chain
from typing import TYPE_CHECKING

from search.disclosure.production_gate import findings_of, row_findings
from tests.search.disclosure import redaction_leaks, redaction_pdf_leaks
from tests.search.disclosure.set_leaks import (
    harmless_files,
    harmless_rows,
    leaking_files,
    leaking_rows,
    leaking_texts,
    the_set,
)
from tests.search.disclosure.set_pdf_leaks import harmless_pdfs, leaking_pdfs

if TYPE_CHECKING:
    from search.disclosure.production_gate_types import GivenFile, Refusal


@functools.cache
def refused_files() -> dict[str, tuple[Refusal, ...]]:
    """What the gate says of each leak, by its name."""
    leaks = dict(chain(leaking_texts(), leaking_files(), leaking_pdfs()))
    return {name: _refused(given) for name, given in leaks.items()}


@functools.cache
def refused_rows() -> dict[str, tuple[Refusal, ...]]:
    return {name: _refused_row(*row) for name, row in leaking_rows()}


def _refused(given: GivenFile) -> tuple[Refusal, ...]:
    return findings_of(the_set(), given).refusals


def _refused_row(text: str, record: str | None) -> tuple[Refusal, ...]:
    return row_findings(the_set(), "load.dat", 2, text, record_id=record).refusals


def test_every_file_that_leaks_is_refused():
    assert [name for name, refusals in refused_files().items() if not refusals] == []


def test_every_row_that_leaks_is_refused():
    assert [name for name, refusals in refused_rows().items() if not refusals] == []


def test_every_harmless_file_passes():
    harmless = dict(chain(harmless_files(), harmless_pdfs()))
    assert {name: _refused(given) for name, given in harmless.items() if _refused(given)} == {}


def test_every_harmless_row_passes():
    assert [name for name, row in harmless_rows() if _refused_row(*row)] == []


def test_there_are_enough_leaks_and_enough_harmless_files():
    """Each of one kind; those of single files are in `test_redaction_gate`."""
    single = chain(redaction_leaks.leaking_texts(), redaction_leaks.leaking_pictures())
    leaks = [*refused_files(), *refused_rows(), *dict(single), *dict(redaction_pdf_leaks.leaking_pdfs())]
    assert len(set(leaks)) >= 250
    clean = chain(redaction_leaks.clean_outputs(), redaction_pdf_leaks.harmless_outputs())
    harmless = chain(harmless_files(), harmless_rows(), harmless_pdfs(), clean)
    assert len(dict(harmless)) >= 90


def test_no_refusal_repeats_what_leaks():
    refusals = (one for some in refused_files().values() for one in some)
    told = "\n".join(f"{one.where} {one.file} {one.rule.value}" for one in refusals)
    assert not the_set().index.whole(told)
