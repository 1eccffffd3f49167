"""The gate refuses every output that leaks, and lets clean ones of the same shapes through."""

from __future__ import annotations

import functools
import random
from itertools import chain

import pytest

from search.disclosure.redaction_gate import Leak, LeftOut, Output, OutputKind, leaks
from search.disclosure.redaction_secrets import secrets_of
from tests.search.disclosure.redaction_leaks import (
    SECRET,
    clean_outputs,
    leaking_pictures,
    leaking_texts,
    pdf_output,
    secrets,
)
from tests.search.disclosure.redaction_pdf_leaks import drawn_pdf, harmless_outputs, leaking_pdfs


@functools.cache
def refused() -> dict[str, tuple[Leak, ...]]:
    """What the gate says of each leak, by its name; made when it is first asked for, not in every program of a run."""
    leaking = chain(leaking_texts(), leaking_pictures(), leaking_pdfs())
    return {name: leaks(*output) for name, output in leaking}


def test_there_are_enough_leaks():
    assert len(refused()) >= 100


def test_every_output_that_leaks_is_refused():
    assert [name for name, found in refused().items() if not found] == []


def test_every_clean_output_passes():
    clean = dict(chain(clean_outputs(), harmless_outputs()))
    assert {name: leaks(*output) for name, output in clean.items() if leaks(*output)} == {}


def test_a_finding_does_not_repeat_what_was_found():
    found = " ".join(str(leak) for some in refused().values() for leak in some)
    assert not secrets().stands_in(found)


@pytest.mark.parametrize("kind", [OutputKind.PDF, OutputKind.PICTURE])
@pytest.mark.parametrize("content", [b"", b"\x00", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n" + bytes(40), SECRET.encode()])
def test_what_cannot_be_read_is_refused(kind, content):
    assert leaks(Output(kind=kind, name="a", content=content), LeftOut(secrets=secrets()))


def test_a_stream_that_ends_too_early_is_refused_and_not_only_warned_of():
    cut = drawn_pdf("BT (an open string")
    assert leaks(*pdf_output(cut))


def test_bytes_that_were_changed_anywhere_never_end_the_gate():
    order = random.Random(11)  # seed 11
    for _ in range(40):
        content = bytearray(drawn_pdf("0 g"))
        for _ in range(5):
            content[order.randrange(len(content))] = order.randrange(256)
        assert isinstance(leaks(*pdf_output(bytes(content))), tuple)


def test_words_too_short_to_be_looked_for_are_counted():
    found = secrets_of(("Ann", "two", "Penelope", "Bo"), roster=("Ann",))
    assert (found.unsought, found.whole_words) == (2, frozenset({"ann"}))
