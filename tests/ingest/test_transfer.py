"""Base64 as mail carries it: the quick way and the patient one give the same answer."""

from __future__ import annotations

import base64
import binascii
import random
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from ingest.formats import transfer

_LETTERS = st.text("ABCabz019+/=\r\n", max_size=60).map(str.encode)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\n", b"\r\n", b"\r\n\r\n"]))
def test_what_is_encoded_well_is_decoded_the_same_both_ways(content: bytes, end: bytes):
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n") + end
    assert transfer.undo(encoded, "base64") == (content, None)
    assert transfer._damaged_base64(encoded) == (content, None)


@given(_LETTERS)
def test_what_the_quick_way_takes_the_patient_way_reads_alike(encoded: bytes):
    try:
        quick = binascii.a2b_base64(encoded.translate(None, b"\r\n"), strict_mode=True)
    except binascii.Error:
        return
    assert transfer._damaged_base64(encoded) == (quick, None)


def test_noise_that_says_it_is_base64_costs_a_few_copies_of_it_and_no_more():
    noise = random.Random(7).randbytes(1 << 20)
    tracemalloc.start()
    try:
        assert transfer.undo(noise, "base64") == (noise, transfer.NOT_BASE64)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * len(noise)
