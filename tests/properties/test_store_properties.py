"""Properties of the storage floor that hold for any input, and for any order of acts."""

from __future__ import annotations

import tempfile
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from storage.checkpoints import verify
from storage.columns import Moment
from storage.errors import Corrupt
from storage.events import Event, EventKind
from storage.keys import read_recovery_text, recovery_text
from storage.merkle import Frontier, leaf_hash, verify_consistency, verify_inclusion
from storage.records import Envelope
from storage.sealing import SealKind, read_header, seal, unseal
from storage.submissions import SealedEnvelope
from tests.storage.archives import ACTOR, make_archive, open_again

ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
moments = st.datetimes(timezones=st.just(UTC))
anything = st.text(max_size=50)
STEADY = settings(deadline=None, derandomize=True, max_examples=80)


@STEADY
@given(st.binary(max_size=40_000), st.binary(min_size=32, max_size=32), ids, ids, st.sampled_from(SealKind))
def test_anything_sealed_opens_as_itself(plain, key, archive_id, object_id, kind):
    sealed = seal(key, archive_id=archive_id, kind=kind, object_id=object_id, plain=plain)
    assert unseal(key, archive_id=archive_id, kind=kind, object_id=object_id, sealed=sealed) == plain
    assert read_header(sealed) == (kind, object_id)


@STEADY
@given(st.binary(max_size=300))
def test_bytes_that_nobody_sealed_never_open(sealed):
    with pytest.raises(Corrupt):
        unseal(bytes(32), archive_id="arc", kind=SealKind.SUBMISSION, object_id="sub", sealed=sealed)


@STEADY
@given(st.binary(max_size=300))
def test_a_stray_file_is_named_or_refused(content):
    try:
        kind, name = read_header(content)
    except Corrupt:
        return
    assert content.startswith(b"PRAR\x01" + bytes((kind, len(name))) + name.encode())


@STEADY
@given(st.lists(st.binary(max_size=20), max_size=60), st.data())
def test_a_tree_does_not_depend_on_how_it_grew(leaves, data):
    hashes = [leaf_hash(leaf) for leaf in leaves]
    frontier, start = Frontier(), 0
    while start < len(hashes):
        step = data.draw(st.integers(1, len(hashes) - start))
        frontier, _ = frontier.append(hashes[start : start + step])
        start += step
    assert frontier == Frontier().append(hashes)[0]
    assert Frontier.decode(frontier.size, frontier.encode()) == frontier


@STEADY
@given(
    st.binary(min_size=32, max_size=32),
    st.integers(-5, 70),
    st.integers(-5, 70),
    st.lists(st.binary(min_size=32, max_size=32)),
)
def test_random_proofs_prove_nothing(root, first, second, path):
    assert not verify_inclusion(leaf_hash(b"leaf"), first, second, path, root)
    assert not verify_consistency(first, second, path, leaf_hash(b"old"), root)


@STEADY
@given(ids, st.sampled_from(EventKind), anything, moments, st.lists(anything, max_size=4), st.none() | anything)
def test_every_event_is_read_back_from_its_leaf(event_id, kind, actor, at, subjects, digest):
    event = Event(id=event_id, kind=kind, actor=actor, at=at, subjects=tuple(subjects), digest=digest)
    leaf = event.encode()
    assert Event.decode(leaf) == event
    assert leaf.isascii()


@STEADY
@given(st.binary(max_size=200))
def test_a_leaf_is_read_or_refused(leaf):
    with pytest.raises(ValueError):  # noqa: PT011 - the JSON reader has words of its own
        Event.decode(leaf)


@STEADY
@given(st.binary(max_size=300))
def test_a_checkpoint_is_read_or_refused(note):
    with pytest.raises(Corrupt):
        verify(note, "name+00000000+AAAA")


@STEADY
@given(st.binary(min_size=32, max_size=32), st.data())
def test_a_recovery_key_survives_being_copied(secret, data):
    text = recovery_text(secret)
    copied = "".join(one.lower() if data.draw(st.booleans()) else one for one in text)
    assert read_recovery_text(copied.replace("-", data.draw(st.sampled_from(["-", " ", "", "\n"])))) == secret


@STEADY
@given(st.text(max_size=80))
def test_any_text_is_a_recovery_key_or_none(text):
    found = read_recovery_text(text)
    assert found is None or len(found) == 32


@STEADY
@given(moments)
def test_every_moment_is_stored_exactly(moment):
    stored = Moment().process_bind_param(moment, None)
    assert Moment().process_result_value(stored, None) == moment


@STEADY
@given(moments, moments)
def test_moments_are_stored_in_their_order(one, two):
    assert (one < two) == (Moment().process_bind_param(one, None) < Moment().process_bind_param(two, None))


@STEADY
@given(*[st.none() | st.text(st.characters(), max_size=30)] * 3, st.lists(st.tuples(anything, anything), max_size=3))
def test_every_envelope_is_read_back(submitter, recipient, source, transport):
    envelope = Envelope(submitter=submitter, recipient=recipient, source=source, transport=tuple(transport))
    sealed = SealedEnvelope(envelope=envelope, account="smtp", kind=None, sha256="0" * 64)
    assert SealedEnvelope.decode(sealed.encode()) == sealed


class LedgerMachine(RuleBasedStateMachine):
    """Any order of writing, failing, undoing, publishing and opening again, against a list in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.archive = make_archive(Path(self.folder.name) / "archive")
        self.expected: list[str | None] = [None]
        self.heads: list[Frontier] = []

    def append(self, transaction, text):
        return transaction.append(EventKind.SEARCH_MADE, actor=ACTOR, payload={"query": text})

    @rule(texts=st.lists(anything, max_size=5))
    def write(self, texts):
        with self.archive.store.write() as transaction:
            for text in texts:
                assert self.append(transaction, text) == len(self.expected)
                self.expected.append(text)

    @rule(text=anything)
    def fail(self, text):
        with pytest.raises(LookupError), self.archive.store.write() as transaction:
            raise LookupError(self.append(transaction, text))

    @rule(kept=anything, undone=anything)
    def undo_a_part(self, kept, undone):
        with self.archive.store.write() as transaction:
            with pytest.raises(LookupError), transaction.savepoint():
                raise LookupError(self.append(transaction, undone))
            self.append(transaction, kept)
        self.expected.append(kept)

    @rule()
    def publish(self):
        self.archive.ledger.publish_checkpoint()

    @rule()
    def open_again(self):
        self.archive.close()
        self.archive = open_again(self.archive.folder)

    @invariant()
    def the_ledger_is_what_was_written(self):
        ledger = self.archive.ledger
        with self.archive.store.read() as connection:
            head = ledger.head(connection)
            last = None if head.size == 1 else ledger.payload(connection, head.size - 1)["query"]
            assert (head.size, last) == (len(self.expected), self.expected[-1])
            if self.heads and self.heads[-1].size < head.size:
                old = self.heads[-1]
                proof = ledger.consistency(connection, old.size, head.size)
                assert verify_consistency(old.size, head.size, proof, old.root(), head.root())
        self.heads.append(head)

    def teardown(self):
        frontier, faults = self.archive.ledger.check()
        with self.archive.store.read() as connection:
            payloads = [self.archive.ledger.payload(connection, place) for place in range(1, frontier.size)]
        self.archive.close()
        self.folder.cleanup()
        assert faults == []
        assert [one["query"] for one in payloads] == self.expected[1:]


LedgerMachine.TestCase.settings = settings(
    max_examples=8, stateful_step_count=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
TestLedgerMachine = LedgerMachine.TestCase
