"""Holds in any order of acts, against a model that knows what every record says.

Never is a record destroyed that an open hold holds by what the record says then; and a record that no hold holds can be
destroyed as soon as everything was compared, so that not everything is simply held.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from archiver.destroying import Destroying
from retention.hold_decisions import Decision, decide
from retention.hold_judging import Judging
from retention.hold_rules import HoldTerms
from retention.hold_standing import HoldStanding
from retention.holds import Holds
from retention.ports import ContentRule
from search.rule_matching import RuleMatcher
from storage.errors import Conflict
from storage.rotation import Rotation
from storage.transcription import NOT_READ_YET
from tests.retention.held_records import ACTOR, keep, mail
from tests.storage.archives import custodian, make_archive
from tests.storage.transcribing import add_version, version
from tests.tiers import tried

WORDS = st.sampled_from(("budget", "roof"))
PLACES = st.integers(0, 1_000)


@dataclass
class Known:
    """What the model knows of a record."""

    owner: str
    text: str
    unread: bool
    versions: int = 0
    gone: bool = False
    freed: set[str] = field(default_factory=set)


class HoldMachine(RuleBasedStateMachine):
    """One archive, two custodians, holds on words, on custodians and on records."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.archive = make_archive(Path(self.folder.name) / "archive")
        self.owners = [custodian(self.archive, f"{name}@district.example") for name in ("ada", "ben")]
        self.holds = Holds(self.archive.store)
        self.judging = Judging(self.archive, self.holds, RuleMatcher(self.archive.zone), actor=ACTOR)
        self.destroying = Destroying(self.archive, (), Rotation(self.archive), index_generation=lambda: 1)
        self.known: dict[str, Known] = {}
        self.open: dict[str, ContentRule] = {}

    def teardown(self) -> None:
        self.archive.close()
        self.folder.cleanup()

    def pick(self, place: int) -> str:
        return list(self.known)[place % len(self.known)]

    def pick_hold(self, place: int) -> str:
        return list(self.open)[place % len(self.open)]

    def holds_it(self, hold_id: str, record_id: str) -> bool:
        """Whether a hold holds a record by what it says; what cannot be told is held until somebody frees it."""
        one, asked = self.known[record_id], self.open[hold_id]
        if asked.records:
            return record_id in asked.records
        if asked.custodian_ids and one.owner not in asked.custodian_ids:
            return False
        if asked.query is None or asked.query in one.text:
            return True
        return one.unread and hold_id not in one.freed

    def is_held(self, record_id: str) -> bool:
        return any(self.holds_it(hold_id, record_id) for hold_id in self.open)

    @initialize(words=st.lists(WORDS, min_size=2, max_size=3))
    def begin(self, words):
        for word in words:
            self.arrive(word, unread=False, owner=0)
        self.place_on_a_word_and_compare("budget")

    @rule(word=WORDS, unread=st.booleans(), owner=st.integers(0, 1))
    def arrive(self, word, unread, owner):
        described = mail(f"the {word}")
        if unread:
            described = replace(described, unsearchable=(f"picture 1: {NOT_READ_YET}",))
        record_id = keep(self.archive, self.owners[owner], described)
        self.known[record_id] = Known(owner=self.owners[owner], text=f"the {word}", unread=unread)

    @rule(word=WORDS, owner=st.sampled_from((0, 1, None, None)))
    def place_on_a_word(self, word, owner):
        owners = () if owner is None else (self.owners[owner],)
        self.place(ContentRule(id="", query=word, custodian_ids=owners))

    @rule(owner=st.integers(0, 1))
    def place_on_a_custodian(self, owner):
        self.place(ContentRule(id="", custodian_ids=(self.owners[owner],)))

    @precondition(lambda self: self.known)
    @rule(place=PLACES)
    def place_on_a_record(self, place):
        self.place(ContentRule(id="", records=(self.pick(place),)))

    def place(self, asked: ContentRule) -> None:
        hold = self.holds.place(HoldTerms(reason="a case", rule=asked), actor=ACTOR)
        self.open[hold.id] = asked

    @rule(word=WORDS)
    def place_on_a_word_and_compare(self, word):
        self.place(ContentRule(id="", query=word))
        self.judging.catch_up()

    @rule()
    def compare(self):
        self.judging.catch_up()

    @precondition(lambda self: self.known)
    @rule(place=PLACES, word=WORDS)
    def read_more(self, place, word):
        record_id = self.pick(place)
        one = self.known[record_id]
        if one.gone:
            return
        one.versions += 1
        add_version(self.archive, version(record_id, one.versions, f"it shows the {word}"))
        # a later version takes the place of an earlier one
        one.text, one.unread = f"{one.text.partition(' it shows')[0]} it shows the {word}", False
        one.freed.clear()

    @precondition(lambda self: self.known and self.open)
    @rule(place=PLACES, chosen=PLACES)
    def free(self, place, chosen):
        record_id, hold_id = self.pick(place), self.pick_hold(chosen)
        one = self.known[record_id]
        if one.gone:
            return
        try:
            decide(self.archive.store, self.holds, hold_id, [record_id], Decision.FREE, reason="I read it", actor=ACTOR)
        except Conflict:
            return
        assert one.unread
        one.freed.add(hold_id)

    @precondition(lambda self: self.open)
    @rule(chosen=PLACES)
    def renew(self, chosen):
        hold_id = self.pick_hold(chosen)
        self.holds.renew(hold_id, reason="again", actor=ACTOR)
        for one in self.known.values():
            one.freed.discard(hold_id)

    @precondition(lambda self: self.open)
    @rule(chosen=PLACES)
    def release(self, chosen):
        hold_id = self.pick_hold(chosen)
        self.holds.release(hold_id, reason="settled", actor=ACTOR)
        del self.open[hold_id]

    @precondition(lambda self: self.known)
    @rule(place=PLACES, compared=st.booleans())
    def destroy(self, place, compared):
        record_id = self.pick(place)
        one = self.known[record_id]
        if one.gone:
            return
        if compared:
            self.judging.catch_up()
        try:
            self.destroying.destroy([record_id], actor=ACTOR)
        except Conflict:
            assert not compared or self.is_held(record_id), "a record that nothing holds could not be destroyed"
            return
        assert not self.is_held(record_id), "a held record was destroyed"
        one.gone = True

    @invariant()
    def what_is_held_can_be_read(self):
        with self.archive.store.read() as connection:
            ids = list(self.known)
            opened = {one.record.id for one in self.archive.catalogue.describe(connection, ids)}
            told = HoldStanding().on(connection, ids)
        assert opened == {record_id for record_id, one in self.known.items() if not one.gone}
        for record_id, one in self.known.items():
            for hold_id in self.open:
                if not one.gone and self.holds_it(hold_id, record_id):
                    assert hold_id in told[record_id]


HoldMachine.TestCase.settings = settings(
    max_examples=tried(8, 25),
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestHoldMachine = HoldMachine.TestCase
