"""Leaves are encoded in one way, for ever."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from storage.events import Event, EventKind, payload_digest
from tests.every_case import every_case

EVENT = Event(
    id="evt_1",
    kind=EventKind.RECORD_ARCHIVED,
    actor="service:examiner",
    at=datetime(2024, 2, 29, 23, 59, 59, 1, tzinfo=UTC),
    subjects=("rec_1", "sub_1"),
    blobs=("ab" * 32,),
    digest="cd" * 32,
)


def test_a_leaf_has_its_frozen_form():
    assert replace(EVENT, blobs=(), digest=None, subjects=()).encode() == (
        b'{"actor":"service:examiner","at":"2024-02-29T23:59:59.000001+00:00","id":"evt_1",'
        b'"kind":"record.archived","subjects":[],"v":1}'
    )


@every_case("kind", list(EventKind))
def test_every_kind_of_leaf_is_read_back(kind):
    event = replace(EVENT, kind=kind)
    assert Event.decode(event.encode()) == event


def test_the_zone_of_the_clock_does_not_show_in_the_leaf():
    pacific = EVENT.at.astimezone(timezone(timedelta(hours=-8)))
    assert replace(EVENT, at=pacific).encode() == EVENT.encode()


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="aware"):
        replace(EVENT, at=datetime(2024, 1, 1))  # noqa: DTZ001 - the naive time is the case


@every_case(
    "leaf",
    [
        b"",
        b"\xff",
        b"[]",
        b"1",
        b"{}",
        b"[" * 100_000,
        EVENT.encode().replace(b'"v":1', b'"v":2'),
        EVENT.encode().replace(b"record.archived", b"record.unknown"),
        EVENT.encode().replace(b"+00:00", b""),
        EVENT.encode().replace(b"2024-02-29", b"2023-02-29"),
        EVENT.encode()[:-1],
    ],
)
def test_what_is_no_leaf_is_refused(leaf):
    with pytest.raises(ValueError):  # noqa: PT011 - the JSON reader has words of its own
        Event.decode(leaf)


def test_the_digest_of_a_payload_is_that_of_salt_and_payload():
    assert payload_digest(b"salt", b"payload") == hashlib.sha256(b"saltpayload").hexdigest()
