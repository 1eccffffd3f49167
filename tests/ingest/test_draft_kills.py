"""Whoever is killed at any step of a draft leaves it as it was, or ended once; nothing is left behind for long."""

from __future__ import annotations

import os
from unittest import mock

import pytest

from ingest.containers import Containers
from ingest.draft_guard import NoHolds
from ingest.drafts import Drafts
from storage.errors import Conflict
from storage.events import EventKind
from tests.ingest.draft_scene import ACTOR, confirmer, files_of, get, leave_out, leaves, listed, upload
from tests.storage.archives import custodian, make_archive, open_again


class Killed(BaseException):
    """The program ends here."""


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


KILLS = [
    ("storage.local_blobs.LocalBlobs.delete", "before"),
    ("storage.draft_keys.DraftKeys.destroy", "before"),
    ("storage.draft_keys.DraftKeys.destroy", "after"),
    ("storage.local_blobs.LocalBlobs.delete", "after"),
]


def killed(place, when):
    """The program ends before or after a step."""
    module, _, name = place.rpartition(".")
    owner_name, _, class_name = module.rpartition(".")
    owner_class = getattr(__import__(owner_name, fromlist=[class_name]), class_name)
    step = getattr(owner_class, name)

    def dying(*args: object) -> None:
        if when == "after":
            step(*args)
        raise Killed

    return mock.patch.object(owner_class, name, dying)


@pytest.mark.parametrize(("place", "when"), KILLS)
def test_who_is_killed_while_a_confirmed_draft_is_removed_has_confirmed_it_once(archive, drafts, owner, place, when):
    draft = listed(archive, drafts, drafts.add(upload(owner)))
    with killed(place, when), pytest.raises(Killed):
        confirmer(archive, drafts).confirm(draft, actor=ACTOR)
    again = open_again(archive.folder)
    try:
        after = Drafts(again, NoHolds())
        with pytest.raises(Conflict, match="was confirmed"):
            get(again, after, draft.id)
        after.tidy("service:clock")
        assert files_of(again) == []
        with again.store.read() as connection:
            assert len(Containers(again, actor=ACTOR).all(connection)) == 1
        assert len(leaves(again, EventKind.DRAFT_CONFIRMED)) == 1
    finally:
        again.close()


def test_who_is_killed_before_the_commit_has_the_draft_as_it_was(archive, drafts, owner):
    draft = leave_out(archive, drafts, listed(archive, drafts, drafts.add(upload(owner))), "1.2")
    with killed("ingest.drafts.Drafts.close", "after"), pytest.raises(Killed):
        confirmer(archive, drafts).confirm(draft, actor=ACTOR)
    again = open_again(archive.folder)
    try:
        assert get(again, Drafts(again, NoHolds()), draft.id) == draft
        assert leaves(again, EventKind.DRAFT_CONFIRMED) == []
        confirmer(again, Drafts(again, NoHolds())).confirm(draft, actor=ACTOR)
    finally:
        again.close()


@pytest.mark.parametrize("place", ["storage.draft_keys.DraftKeys.keep", "storage.local_blobs.LocalBlobs.write_pieces"])
def test_what_a_killed_upload_left_goes_after_an_hour(archive, drafts, owner, place):
    with killed(place, "after"), pytest.raises(Killed):
        drafts.add(upload(owner))
    assert files_of(archive)
    drafts.tidy("service:clock")
    assert files_of(archive)
    for path in files_of(archive):
        os.utime(path, (0, 0))
    drafts.tidy("service:clock")
    assert files_of(archive) == []
