"""Drafts: durable before they are answered, their submitter's alone, ended once, and gone with their keys."""

from __future__ import annotations

import os
from datetime import timedelta
from unittest import mock

import pytest

from ingest.containers import Containers, ContainerState, container_kind_of
from ingest.draft_guard import NoHolds
from ingest.draft_outline import LeftOut, parse_numbers
from ingest.draft_reading import ChosenContent
from ingest.drafts import Drafts
from ingest.formats.container_kinds import ContainerKind
from ingest.formats.selection import members as members_of
from storage.errors import Conflict, NotFound, StorageFull
from storage.events import EventKind
from storage.rotation import Rotation
from tests.ingest.draft_scene import (
    ACTOR,
    CHAT,
    OTHER,
    SECRET,
    a_broken_zip,
    confirmer,
    files_of,
    get,
    leave_out,
    leaves,
    listed,
    terms,
    upload,
)
from tests.ingest.zip_writing import Planned, build
from tests.storage.archives import custodian, make_archive


class Held:
    """Everything must be kept."""

    def must_keep(self, _connection, _custodian_id) -> bool:
        return True


@pytest.fixture
def archive(tmp_path):
    made = make_archive(tmp_path / "archive")
    yield made
    made.close()


@pytest.fixture
def owner(archive):
    return custodian(archive)


@pytest.fixture
def drafts(archive):
    return Drafts(archive, NoHolds())


def test_an_upload_is_there_for_its_submitter_alone_and_the_ledger_says_its_size_only(archive, drafts, owner):
    draft_id = drafts.add(upload(owner))
    draft = get(archive, drafts, draft_id)
    assert (draft.source, draft.size, draft.outline, draft.choice) == ("chat.txt", len(CHAT), None, {})
    assert b"".join(drafts.content(draft).pieces()) == CHAT.encode()
    with pytest.raises(NotFound, match="you have no draft"):
        get(archive, drafts, draft_id, OTHER)
    with archive.store.read() as connection:
        assert drafts.all(connection, OTHER) == []
        assert [one.id for one in drafts.all(connection, ACTOR)] == [draft_id]
    ((event, payload),) = leaves(archive, EventKind.DRAFT_ADDED)
    assert (event.subjects, event.blobs, payload) == ((draft_id,), (), {"size": len(CHAT)})


def test_nothing_of_an_upload_lies_there_unsealed(archive, drafts, owner):
    listed(archive, drafts, drafts.add(upload(owner)))
    archive.store.truncate_log()
    for path in archive.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert SECRET.encode() not in content
            assert b"Pat Roe" not in content
            assert b"chat.txt" not in content


def test_an_upload_is_no_submission_and_no_record(archive, drafts, owner):
    drafts.add(upload(owner))
    with archive.store.read() as connection:
        assert archive.submissions.awaiting(connection, limit=9) == []


def test_listing_says_days_and_counts(archive, drafts, owner):
    draft = listed(archive, drafts, drafts.add(upload(owner)))
    (group,) = draft.outline.groups
    assert (group.platform, group.title) == ("whatsapp", "Jane Doe, Pat Roe")
    assert [(one.name, one.messages) for one in group.entries] == [
        ("2024-03-05", 2),
        ("2024-03-15", 1),
        ("2024-03-16", 1),
    ]


def test_a_confirmed_draft_is_the_chosen_slices_as_one_submission_and_the_rest_is_gone(archive, drafts, owner):
    draft = leave_out(archive, drafts, listed(archive, drafts, drafts.add(upload(owner))), "1.2")
    confirmed = confirmer(archive, drafts).confirm(draft, actor=ACTOR)
    with archive.store.read() as connection:
        content = archive.submissions.content(connection, confirmed.submission_id)
        about = archive.submissions.envelopes(connection, [confirmed.submission_id])[confirmed.submission_id]
        box = Containers(archive, actor=ACTOR).get(connection, confirmed.submission_id)
    assert SECRET.encode() not in content
    assert b"walrus" in content
    assert (box.kind, box.state) == (ContainerKind.SELECTION, ContainerState.OPEN)
    assert container_kind_of(about.kind) is ContainerKind.SELECTION
    assert about.envelope.source == "chat.txt"
    ((event, payload),) = leaves(archive, EventKind.DRAFT_CONFIRMED)
    assert event.subjects == (draft.id, confirmed.submission_id)
    assert payload["left_out"] == {"personal": {"conversations": 1, "days": 1, "messages": 1, "files": 0}}
    assert payload["kept"] == {"conversations": 1, "days": 2, "messages": 3, "files": 0}
    assert files_of(archive) == []
    with pytest.raises(Conflict, match=f"was confirmed at .* as submission {confirmed.submission_id}"):
        get(archive, drafts, draft.id)
    with pytest.raises(NotFound):
        get(archive, drafts, draft.id, OTHER)


def test_as_a_whole_it_is_handed_in_byte_for_byte_as_ingest_would(archive, drafts, owner):
    draft = get(archive, drafts, drafts.add(upload(owner)))
    confirmed = confirmer(archive, drafts).confirm(draft, actor=ACTOR, whole=True)
    with archive.store.read() as connection:
        assert archive.submissions.content(connection, confirmed.submission_id) == CHAT.encode()
        assert Containers(archive, actor=ACTOR).get(connection, confirmed.submission_id).kind is ContainerKind.EXPORT
    assert files_of(archive) == []


def test_the_same_choice_of_the_same_upload_is_known_again(archive, drafts, owner):
    answers = []
    for _ in range(2):
        draft = leave_out(archive, drafts, listed(archive, drafts, drafts.add(upload(owner))), "1.2")
        answers.append(confirmer(archive, drafts).confirm(draft, actor=ACTOR))
    assert [one.fresh for one in answers] == [True, False]
    assert answers[0].submission_id == answers[1].submission_id
    assert len(leaves(archive, EventKind.DRAFT_CONFIRMED)) == 2


def test_a_draft_of_which_all_is_left_out_is_not_confirmed(archive, drafts, owner):
    draft = leave_out(archive, drafts, listed(archive, drafts, drafts.add(upload(owner))), "all")
    with pytest.raises(Conflict, match="archiver draft discard"):
        confirmer(archive, drafts).confirm(draft, actor=ACTOR)
    with pytest.raises(Conflict, match="--keep all"):
        confirmer(archive, drafts).confirm(draft, actor=ACTOR, whole=True)
    assert get(archive, drafts, draft.id) == draft


def test_what_could_not_be_read_is_not_destroyed_unless_that_is_said(archive, drafts, owner):
    draft = listed(archive, drafts, drafts.add(upload(owner, a_broken_zip(), ContainerKind.ZIP, "chat.zip")))
    assert len(draft.outline.unread) == 1
    with pytest.raises(Conflict, match="--despite-unread"):
        confirmer(archive, drafts).confirm(draft, actor=ACTOR)
    confirmed = confirmer(archive, drafts).confirm(draft, actor=ACTOR, despite_unread=True)
    assert confirmed.account["unread"] == 1


def test_a_picture_goes_with_its_message_and_is_left_out_with_it(archive, drafts, owner):
    content = build(
        Planned(name=b"_chat.txt", content=CHAT.encode()),
        Planned(name=b"1.jpg", content=b"\xff\xd8\xff picture", method=0),
    )
    draft = listed(archive, drafts, drafts.add(upload(owner, content, ContainerKind.ZIP, "chat.zip")))
    kept = {}
    for numbers in ("1.1", "1.3"):
        choice = dict.fromkeys(parse_numbers(numbers, draft.outline), LeftOut.PERSONAL)
        source = ChosenContent(
            content=drafts.content(draft),
            kind=ContainerKind.ZIP,
            source=draft.source,
            told=draft.told,
            outline=draft.outline,
            choice=choice,
            terms=terms(archive),
        )
        kept[numbers] = b"".join(source.pieces())
    assert b"\xff\xd8\xff picture" in kept["1.1"]
    assert b"\xff\xd8\xff picture" not in kept["1.3"]


def test_what_comes_out_must_be_what_was_listed(archive, drafts, owner):
    other = listed(archive, drafts, drafts.add(upload(owner, CHAT.replace("3/16", "3/17").encode())))
    draft = get(archive, drafts, drafts.add(upload(owner)))
    drafts.keep_outline(draft, other.outline)
    with pytest.raises(Conflict, match="not what was listed"):
        confirmer(archive, drafts).confirm(get(archive, drafts, draft.id), actor=ACTOR)
    with archive.store.read() as connection:
        assert Containers(archive, actor=ACTOR).all(connection) == []


def test_a_draft_that_changed_since_it_was_read_is_not_acted_on(archive, drafts, owner):
    draft = listed(archive, drafts, drafts.add(upload(owner)))
    leave_out(archive, drafts, draft, "1.2")
    for act in (
        lambda: drafts.keep_choice(draft, {}),
        lambda: drafts.discard(draft, ACTOR, "personal", {}),
        lambda: confirmer(archive, drafts).confirm(draft, actor=ACTOR),
    ):
        with pytest.raises(Conflict, match="look at it again"):
            act()
    assert get(archive, drafts, draft.id).choice == {(0, 1): LeftOut.PERSONAL}


def test_a_discarded_draft_is_gone_and_counted(archive, drafts, owner):
    draft = get(archive, drafts, drafts.add(upload(owner)))
    drafts.discard(draft, ACTOR, "personal", {"messages": 4})
    assert files_of(archive) == []
    ((event, payload),) = leaves(archive, EventKind.DRAFT_DISCARDED)
    assert (event.subjects, payload) == ((draft.id,), {"reason": "personal", "messages": 4})
    with pytest.raises(Conflict, match="was discarded at"):
        get(archive, drafts, draft.id)


def test_a_draft_expires_on_its_day_and_not_before(archive, drafts, owner):
    began = archive.store.clock()
    draft_id = drafts.add(upload(owner))
    archive.store.clock = lambda: began + timedelta(days=6, hours=23)
    assert drafts.tidy("service:clock") == 0
    archive.store.clock = lambda: began + timedelta(days=7, minutes=1)
    assert drafts.tidy("service:clock") == 1
    assert drafts.tidy("service:clock") == 0
    assert files_of(archive) == []
    ((event, _),) = leaves(archive, EventKind.DRAFT_EXPIRED)
    assert (event.subjects, event.actor) == ((draft_id,), "service:clock")
    with pytest.raises(Conflict, match="has expired at"):
        get(archive, drafts, draft_id)


def test_where_everything_must_be_kept_nothing_is_left_out_discarded_or_let_expire(archive, owner):
    drafts = Drafts(archive, Held())
    draft = listed(archive, drafts, drafts.add(upload(owner)))
    with pytest.raises(Conflict, match="--whole"):
        leave_out(archive, drafts, draft, "1.2")
    with pytest.raises(Conflict, match="--whole"):
        drafts.discard(draft, ACTOR, "personal", {})
    began = archive.store.clock()
    archive.store.clock = lambda: began + timedelta(days=400)
    assert drafts.tidy("service:clock") == 0
    confirmed = confirmer(archive, drafts).confirm(get(archive, drafts, draft.id), actor=ACTOR)
    assert confirmed.whole
    with archive.store.read() as connection:
        assert archive.submissions.content(connection, confirmed.submission_id) == CHAT.encode()


def test_a_hold_that_comes_after_the_choice_stops_the_confirmation(archive, drafts, owner):
    draft = leave_out(archive, drafts, listed(archive, drafts, drafts.add(upload(owner))), "1.2")
    with pytest.raises(Conflict, match="everything of this custodian must be kept"):
        confirmer(archive, Drafts(archive, Held())).confirm(draft, actor=ACTOR)


def test_a_hold_that_comes_while_it_is_read_stops_the_confirmation(archive, drafts, owner):
    draft = listed(archive, drafts, drafts.add(upload(owner)))
    with (
        mock.patch.object(NoHolds, "must_keep", side_effect=[False, True]),
        pytest.raises(Conflict, match="everything of this custodian must be kept"),
    ):
        confirmer(archive, drafts).confirm(draft, actor=ACTOR)
    assert get(archive, drafts, draft.id) == draft


def test_a_full_disk_takes_nothing(archive, drafts, owner):
    with (
        mock.patch.object(archive.store, "write", side_effect=StorageFull("the disk is full")),
        pytest.raises(StorageFull),
    ):
        drafts.add(upload(owner))
    assert files_of(archive) == []


def test_bytes_and_keys_of_a_living_draft_stay_however_old(archive, drafts, owner):
    draft_id = drafts.add(upload(owner))
    for path in files_of(archive):
        os.utime(path, (0, 0))
    drafts.tidy("service:clock")
    assert b"".join(drafts.content(get(archive, drafts, draft_id)).pieces()) == CHAT.encode()


def test_a_rotation_of_the_keys_leaves_drafts_alone(archive, drafts, owner):
    draft_id = drafts.add(upload(owner))
    Rotation(archive).roll(ACTOR)
    assert get(archive, drafts, draft_id).source == "chat.txt"


def test_a_selection_lists_what_was_left_out_in_numbers_only(archive, drafts, owner, tmp_path):
    draft = leave_out(archive, drafts, listed(archive, drafts, drafts.add(upload(owner))), "1.2")
    confirmed = confirmer(archive, drafts).confirm(draft, actor=ACTOR)
    with archive.store.read() as connection:
        (tmp_path / "one.zip").write_bytes(archive.submissions.content(connection, confirmed.submission_id))
    with (tmp_path / "one.zip").open("rb") as stream:
        told = [one for one in members_of(stream, "") if hasattr(one, "lost")]
    assert [one.text for one in told] == ["the submitter left out as personal: 1 conversation, 1 day, 1 message"]
