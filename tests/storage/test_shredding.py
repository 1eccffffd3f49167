"""Destruction in the store: what one decision takes, and what it refuses."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from storage.container_tables import container_members, containers
from storage.destruction_rows import DESCRIBING
from storage.destructions import BatchState, destroyed_records, read_batch
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.records import RecordState
from storage.shredding import MOST_AT_ONCE
from storage.tables import (
    awaiting_examination,
    descriptions,
    ledger_payloads,
    records,
    submission_digests,
    submissions,
    wrapped_keys,
)
from tests.storage.archives import ACTOR, file_one
from tests.storage.shredding_steps import count, decide, describe, finish, state


def test_with_the_decision_the_record_cannot_be_opened_any_more(archive, shredder, filed):
    gone = filed[0]
    decide(archive, shredder, [gone.record_id])
    assert describe(archive, gone.record_id) == []
    with archive.store.read() as connection:
        assert archive.catalogue.get(connection, gone.record_id).state is RecordState.DESTROYED
        assert archive.submissions.envelopes(connection, [gone.submission_id]) == {}
        with pytest.raises(NotFound):
            archive.submissions.content(connection, gone.submission_id)


def test_the_decision_deletes_key_description_digest_and_envelope(archive, shredder, filed):
    gone = filed[0]
    decide(archive, shredder, [gone.record_id])
    assert count(archive, wrapped_keys.c.holder, gone.submission_id, gone.record_id) == 0
    assert count(archive, descriptions.c.record_id, gone.record_id) == 0
    assert count(archive, submission_digests.c.submission_id, gone.submission_id) == 0
    with archive.store.read() as connection:
        query = select(submissions.c.sealed_envelope).where(submissions.c.id == gone.submission_id)
        assert connection.execute(query).scalar_one() == b""


def test_the_decision_takes_nothing_of_any_other_record(archive, shredder, filed):
    decide(archive, shredder, [filed[0].record_id])
    rest = filed[1:]
    assert len(describe(archive, *(one.record_id for one in rest))) == len(rest)
    with archive.store.read() as connection:
        for number, one in enumerate(rest, start=1):
            assert archive.submissions.content(connection, one.submission_id) == b"mail %d" % number
            assert archive.ledger.payload(connection, one.position) is not None


def test_payloads_that_describe_the_record_go_and_their_leaves_stay(archive, shredder, filed):
    gone = filed[0]
    with archive.store.write() as transaction:
        archive.catalogue.assign_series(transaction, gone.record_id, "GS-1", actor=ACTOR, why="about Zanzibar")
    with archive.store.read() as connection:
        about = archive.ledger.events_about(connection, [gone.record_id, gone.submission_id])
        spoken = [one.position for one in about if one.event.digest is not None]
    assert len(spoken) == 2
    decide(archive, shredder, [gone.record_id])
    with archive.store.read() as connection:
        assert [archive.ledger.payload(connection, one) for one in spoken] == [None, None]
        assert [archive.ledger.event_at(connection, one).event.digest for one in spoken] != [None, None]
    assert count(archive, ledger_payloads.c.position, *spoken) == 0


def test_the_ledger_names_each_record_its_submission_and_the_batch(archive, shredder, filed):
    batch_id = decide(archive, shredder, [one.record_id for one in filed[:2]])
    with archive.store.read() as connection:
        destroyed = destroyed_records(connection, batch_id)
        for one, gone in zip(filed[:2], destroyed, strict=True):
            event = archive.ledger.event_at(connection, gone.position).event
            assert event.kind is EventKind.RECORD_DESTROYED
            assert event.subjects == (one.record_id, one.submission_id, batch_id)
            assert event.digest is None


def test_the_reason_stands_in_the_payload_of_the_decision_only(archive, shredder, filed):
    batch_id = decide(archive, shredder, [filed[0].record_id])
    with archive.store.read() as connection:
        batch = read_batch(connection, batch_id)
        assert archive.ledger.event_at(connection, batch.position).event.kind is EventKind.DESTRUCTION_DECIDED
        assert archive.ledger.payload(connection, batch.position) == {"rule": "GS-1"}


def test_every_kind_of_event_about_records_was_decided_to_be_kept_or_destroyed():
    kept = (
        "archive.created custodian.added custodian.changed user.added user.token_renewed user.closed "
        "record.viewed record.exported search.made "
        "index.rebuilt index.reconciled "
        "record.superseded "
        "schedule.loaded retention.evaluated fixity.checked user.signed_in service.started service.stopped "
        "key.slot_added key.slot_removed epoch.opened epoch.retired checkpoint.anchored recovery.made "
        "record.destroyed destruction.decided release.decided transfer.decided destruction.confirmed "
        "backup.made backup.drilled archive.restored "
        "container.opened container.viewed "
        "participants.viewed participant.linked participant.unlinked "
        "archive.loss_accepted archive.upgraded mailbox.declared submission.viewed submission.requeued "
        "answers.switched "
        "draft.added draft.confirmed draft.discarded draft.expired "
        "hold.placed hold.judged hold.decided hold.renewed hold.released holds.viewed "
        "subject.added subject.changed subjects.viewed clock.frozen clock.accepted "
        # these name batches by their ids; what a person wrote with them is about the batch, and none names a record
        "disposition.proposed disposition.step_done disposition.dropped disposition.approved disposition.withdrawn "
        "disposition.begun disposition.packaged disposition.answered "
        "disposition.executed disposition.certified dispositions.viewed container.destroyed submission.destroyed "
        "nonrecord.agreed nonrecord.certified nonrecords.viewed "
        # what was asked for is about the search; what it found is named by digests and counts
        "search.saved search.changed search.removed search.frozen search.exported search.reported searches.viewed "
        "alert.added alert.changed alert.removed alert.found alert.told "
        "restriction.set restriction.lifted grant.given grant.taken "
        # a decision in review is the agency's own act: ids, decision, codes; what it says of a record is sealed
        "request.opened request.noted request.assigned request.task_added request.task_done request.closed "
        "request.reopened student.linked student.unlinked student.ground_set student.disclosed student.requested "
        "students.viewed "
        "requests.viewed custodian.asked custodian.reminded custodian.declared custodian.accepted "
        "review.added review.decided review.confirmed review.batched review.undone "
        # a tag is what reviewers of one request call some of its records; its words are sealed under the request's key
        "review.tagged "
        # the agency's list of grounds, of no record
        "exemption.added exemption.changed exemption.retired "
        # a mark says where in a record, never what stands there; a roster is the agency's list, of no record
        "redaction.marked redaction.changed redaction.settled redaction.removed redaction.undone "
        "roster.loaded roster.viewed "
        # that a string may stand in a record: a name that the key makes, ids; the reason is sealed under the request's
        "occurrence.accepted occurrence.withdrawn "
        "request.produced request.records_produced request.production_written request.clawed_back "
    )
    # a new kind must be put here, or into DESCRIBING where its payload says something of one record
    assert {kind.value for kind in EventKind} == {*kept.split(), *(kind.value for kind in DESCRIBING)}


def test_an_objection_of_the_guard_forbids_the_whole_batch(archive, shredder, filed):
    class Held:
        def objections(self, _connection, _record_ids) -> dict[str, str]:
            return {filed[1].record_id: "it is under hold H-7"}

    with pytest.raises(Conflict, match="hold H-7; nothing was destroyed"):
        decide(archive, shredder, [one.record_id for one in filed], guard=Held())
    assert len(describe(archive, *(one.record_id for one in filed))) == 5
    assert shredder.unfinished() == []


def test_the_guard_is_asked_inside_the_deciding_transaction(archive, shredder, filed):
    seen = []

    class Sees:
        def objections(self, connection, record_ids) -> dict[str, str]:
            seen.append((connection, list(record_ids)))
            return {}

    with archive.store.write() as transaction:
        shredder.decide(transaction, [filed[0].record_id], ACTOR, guard=Sees())
        assert seen == [(transaction.connection, [filed[0].record_id])]


def test_a_decision_that_is_not_committed_destroys_nothing(archive, shredder, filed, monkeypatch):
    def killed(_transaction) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("storage.transaction.Transaction.flush", killed)
    with pytest.raises(KeyboardInterrupt):
        decide(archive, shredder, [filed[0].record_id])
    monkeypatch.undo()
    assert len(describe(archive, filed[0].record_id)) == 1
    assert shredder.unfinished() == []


def test_what_is_destroyed_already_is_refused(archive, shredder, filed):
    decide(archive, shredder, [filed[0].record_id])
    with pytest.raises(Conflict, match="is destroyed; nothing was destroyed"):
        decide(archive, shredder, [filed[1].record_id, filed[0].record_id])
    assert len(describe(archive, filed[1].record_id)) == 1


def test_an_unknown_record_is_refused(archive, shredder, filed):
    with pytest.raises(NotFound):
        decide(archive, shredder, [filed[0].record_id, "rec_unknown"])
    assert len(describe(archive, filed[0].record_id)) == 1


@pytest.mark.parametrize("ids", [[], [f"rec_{number}" for number in range(MOST_AT_ONCE + 1)]])
def test_no_record_and_too_many_are_refused(archive, shredder, ids):
    with pytest.raises(InvalidInput):
        decide(archive, shredder, ids)


def sibling(archive, of, holder) -> str:
    """Another record of the same submission."""
    with archive.store.write() as transaction:
        connection = transaction.connection
        row = dict(connection.execute(select(records).where(records.c.id == of.record_id)).one()._mapping)
        connection.execute(insert(records), [{**row, "id": "rec_sibling", "holder": holder}])
    return "rec_sibling"


def test_a_record_whose_key_another_one_needs_is_refused(archive, shredder, filed):
    other = sibling(archive, filed[0], filed[0].submission_id)
    with pytest.raises(Conflict, match=other):
        decide(archive, shredder, [filed[0].record_id])
    assert len(describe(archive, filed[0].record_id)) == 1


def test_records_that_share_a_key_are_destroyed_together(archive, shredder, filed):
    other = sibling(archive, filed[0], filed[0].submission_id)
    batch_id = decide(archive, shredder, [filed[0].record_id, other])
    finish(archive, shredder, batch_id)
    assert state(archive, batch_id) is BatchState.CONFIRMED


def test_a_record_cut_out_of_a_container_is_refused_while_the_container_lives(archive, shredder, filed):
    member = sibling(archive, filed[0], "rec_sibling")
    with pytest.raises(Conflict, match=f"also stands in submission {filed[0].submission_id}"):
        decide(archive, shredder, [member])


def test_a_submission_that_waits_for_examination_is_refused(archive, shredder, filed):
    with archive.store.write() as transaction:
        row = {"submission_id": filed[0].submission_id, "position": 0}
        transaction.connection.execute(insert(awaiting_examination), [row])
    with pytest.raises(Conflict, match="is being examined"):
        decide(archive, shredder, [filed[0].record_id])


def test_the_same_bytes_handed_in_again_are_a_new_submission(archive, shredder, filed):
    batch_id = decide(archive, shredder, [filed[0].record_id])
    shredder.erase(batch_id)
    with archive.store.read() as connection:
        owner = archive.catalogue.get(connection, filed[0].record_id).custodian_id
    again = file_one(archive, owner, b"mail 0")
    assert again.submission_id != filed[0].submission_id
    assert len(describe(archive, again.record_id)) == 1


def test_what_was_taken_out_of_a_container_is_not_destroyed_while_the_container_can_be_opened(archive, shredder, filed):
    member, carrier = filed[0], filed[1]
    row = {
        "container_id": carrier.submission_id,
        "attempt": 1,
        "ordinal": 1,
        "outcome": "taken",
        "submission_id": member.submission_id,
        "position": 1,
    }
    with archive.store.write() as transaction:
        box = {
            "id": carrier.submission_id,
            "kind": "mbox",
            "state": "done",
            "root_id": carrier.submission_id,
            "depth": 0,
        }
        told = {"attempt": 1, "findings": 0, "opened_at": transaction.at}
        transaction.connection.execute(insert(containers), {**box, **told})
        transaction.connection.execute(insert(container_members), row)
    with pytest.raises(Conflict, match="still holds it") as refused:
        decide(archive, shredder, [member.record_id])
    assert refused.value.fields["submission"] == carrier.submission_id
    decide(archive, shredder, [carrier.record_id])
    decide(archive, shredder, [member.record_id])
    assert describe(archive, member.record_id) == []
