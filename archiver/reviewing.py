"""Review as acts of people: what a request reaches is frozen and put before them, coded, confirmed and compared.

Rules:

- What comes before the reviewers comes from frozen searches, so that it can be said how complete they were.
- Whoever may not see a record neither lists nor decides it; a decision that would touch one is refused as a whole.
- Records of one thread, and records that say the same, can be decided at once; the same record released here and kept
  back there is told, and only a person settles it.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.frozen_sets import freeze, frozen_ids, opened
from archiver.own_exemptions import law_in_force
from archiver.review_groups import belonging, members_of
from archiver.review_lines import review_lines, standing_line, tagged_lines
from archiver.search_finding import find_all
from archiver.seeing import hidden_records, no_such_record, note_viewed
from search.disclosure.requests import Requests
from search.disclosure.review import Review
from search.disclosure.review_rows import read_records
from search.disclosure.review_tags import Tags
from search.grouping import Grouping, grouped
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.request_types import DisclosureRequest
    from search.disclosure.review import Step
    from search.disclosure.review_rows import Decision

MOST_SAMPLED: Final = 10_000


def add_set(
    installation: Installation,
    who: Principal,
    name: str,
    *,
    query: str | None = None,
    saved: str | None = None,
    frozen: str | None = None,
    without: Sequence[str] = (),
) -> dict[str, Any]:
    """Put the records of a search before the reviewers of a request; a query is frozen first.

    Args:
        installation: the archive.
        who: an officer.
        name: the request's number or id.
        query: what to search for, or
        saved: a saved search by name, or
        frozen: a set that was frozen before.
        without: frozen sets whose records are left out.

    Raises:
        InvalidInput: not exactly one of the three is given.
        NotFound: there is no such request, saved search or set.
        Conflict: the request is closed, or the set was added before.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    if sum(one is not None for one in (query, saved, frozen)) != 1:
        raise InvalidInput("say what is searched: one of --query, --saved and --frozen")
    store = installation.archive.store
    review = Review(store)
    with store.read() as connection:
        found = Requests(store).get_open(connection, name)
        there = [one for one, _ in review.sets(connection, found.id)]
    set_id = frozen
    if set_id is None:
        set_id = freeze(installation, who, query, saved=saved, title=f"request {found.number}")["id"]
    elif set_id in there:
        raise Conflict(f"this set is before the reviewers of request {found.number} already", request=found.id)
    left_out = {one for other in without for one, _ in frozen_ids(installation, who, other)}
    ids = [one for one, state in frozen_ids(installation, who, set_id) if state == "active" and one not in left_out]
    step = review.add(found.id, ids, actor=who.actor, frozen=set_id)
    return {"request": found.number, "set": set_id, "found": len(ids), "added": step.records, "step": step.number}


def list_sets(installation: Installation, who: Principal, name: str) -> list[dict[str, Any]]:
    """The frozen searches of a request: what was asked, how much was found, how complete it was.

    Of one that was frozen by somebody who may see more, only its id and step are told.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        there = Review(store).sets(connection, found.id)
    told = []
    for set_id, step in there:
        try:
            about = opened(installation, who, set_id).about
        except NotFound:  # somebody with a grant froze it: that there is one more search is no secret, its words are
            about = {}
        told.append(
            {
                "set": set_id,
                "step": step,
                "query": about.get("query"),
                "total": about.get("total"),
                "coverage": about.get("coverage"),
            }
        )
    note_viewed(installation.archive.store, who, found.id)
    return told


def sample(installation: Installation, who: Principal, name: str, size: int, seed: int) -> dict[str, Any]:
    """Draw records that no search of a request found, to see what it may have missed; the seed draws the same again.

    Raises:
        InvalidInput: the size is none, or too large to be read.
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    if not 0 < size <= MOST_SAMPLED:
        raise InvalidInput(f"a sample has 1 to {MOST_SAMPLED:,} records")
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
    members = {one.record_id for one in members_of(installation, found)}
    coverage, everything = find_all(installation, who, "is:active")
    outside = sorted(one for one in everything if one not in members)
    drawn = sorted(random.Random(seed).sample(outside, min(size, len(outside))))  # noqa: S311 - drawn again by its seed
    with store.write() as transaction:
        payload = {"sampled": len(drawn), "of": len(outside), "seed": seed}
        transaction.append(EventKind.REQUESTS_VIEWED, actor=who.actor, subjects=(found.id,), payload=payload)
    return {"request": found.number, "seed": seed, "of": len(outside), "coverage": coverage, "records": drawn}


def list_records(
    installation: Installation,
    who: Principal,
    name: str,
    *,
    after: str = "",
    limit: int = 100,
    decision: Decision | None = None,
    undecided: bool = False,
    batch: int | None = None,
    tag: int | None = None,
) -> dict[str, Any]:
    """Records of a request in review, as far as one may see them, and how far the review has come. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    store, review = installation.archive.store, Review(installation.archive.store)
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        hidden = hidden_records(connection, who)
        page = review.page(
            connection, found.id, after=after, limit=limit, decision=decision, undecided=undecided, batch=batch, tag=tag
        )
        progress = review.progress(connection, found.id)
    note_viewed(installation.archive.store, who, found.id)
    shown = [one for one in page if one.record_id not in hidden]
    return {
        "request": found.number,
        "progress": progress,
        "records": tagged_lines(installation, found.id, review_lines(installation, shown)),
        "next": page[-1].record_id if len(page) == limit and page else None,
    }


def code(
    installation: Installation,
    who: Principal,
    name: str,
    record_ids: Sequence[str],
    decision: Decision,
    *,
    codes: Sequence[str] = (),
    note: str | None = None,
    with_groups: Grouping | None = None,
) -> dict[str, Any]:
    """Decide records of a request, with `with_groups` also what stands in one thread with them, or says the same.

    Raises:
        NotFound: there is no such request, or a record is not in it for this principal.
        InvalidInput: a ground is missing or is none of the law's.
        Conflict: the request is closed.
        Denied: this role may not.
    """
    authorize(who, Act.REVIEW)
    found, wanted = together(installation, who, name, record_ids, with_groups)
    profile = law_in_force(installation, found.profile)
    review = Review(installation.archive.store)
    step = review.decide(found.id, wanted, decision, profile=profile, actor=who.actor, codes=codes, note=note)
    return told_step(installation, found, step)


def confirm(installation: Installation, who: Principal, name: str, record_ids: Sequence[str]) -> dict[str, Any]:
    """Say as a second person that decisions are right.

    Raises:
        NotFound, Conflict: see `search.disclosure.review.Review.confirm`.
        Denied: this role may not, or it is who decided.
    """
    authorize(who, Act.REVIEW)
    found, wanted = together(installation, who, name, record_ids, None)
    return told_step(installation, found, Review(installation.archive.store).confirm(found.id, wanted, actor=who.actor))


def give(
    installation: Installation, who: Principal, name: str, record_ids: Sequence[str], batch: int | None
) -> dict[str, Any]:
    """Put records into a batch, for one reviewer at a time.

    Raises:
        NotFound, Conflict: see `search.disclosure.review.Review.give`.
        Denied: this role may not.
    """
    authorize(who, Act.REVIEW)
    found, wanted = together(installation, who, name, record_ids, None)
    return told_step(
        installation, found, Review(installation.archive.store).give(found.id, wanted, batch, actor=who.actor)
    )


def undo(installation: Installation, who: Principal, name: str, step: int) -> dict[str, Any]:
    """Take a step of decisions or of tags back.

    Raises:
        NotFound, Conflict: see `search.disclosure.review.Review.undo`.
        Denied: this role may not.
    """
    authorize(who, Act.REVIEW)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        steps_of = Tags(store) if Tags(store).made(connection, found.id, step) else Review(store)
    return told_step(installation, found, steps_of.undo(found.id, step, actor=who.actor))


def steps(installation: Installation, who: Principal, name: str) -> list[dict[str, Any]]:
    """Every step of a review, with what was written with it. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    store = installation.archive.store
    names = {one.actor: one.name for one in installation.users.list()}
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        told = [{**one, "by": names.get(one["by"], one["by"])} for one in Review(store).steps(connection, found.id)]
    note_viewed(installation.archive.store, who, found.id)
    return told


def disagreements(installation: Installation, who: Principal, name: str) -> list[list[dict[str, Any]]]:
    """Groups of records that say the same and are decided differently, or of which some are undecided. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        hidden = hidden_records(connection, who)
    members = {one.record_id: one for one in members_of(installation, found) if one.record_id not in hidden}
    groups = grouped(list(members), installation.index.groups(list(members)), Grouping.DUPLICATE)
    told = []
    for group in groups:
        decided = {(members[one].decision, members[one].codes) for one in group}
        if len(decided) > 1:
            told.append([standing_line(members[one]) for one in group])
    note_viewed(installation.archive.store, who, found.id)
    return told


def together(
    installation: Installation, who: Principal, name: str, record_ids: Sequence[str], by: Grouping | None
) -> tuple[DisclosureRequest, list[str]]:
    """A request, and the records that an act touches: those named, and those of a group with one of them."""
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        hidden = hidden_records(connection, who)
        there = {one.record_id for one in read_records(connection, found.id, list(record_ids))}
    missing = next((one for one in record_ids if one not in there or one in hidden), None)
    if missing is not None:
        raise no_such_record(missing)
    wanted = list(dict.fromkeys(record_ids))
    if by is not None:
        wanted = belonging(installation, found, wanted, by)
        missing = next((one for one in wanted if one in hidden), None)
        if missing is not None:
            raise InvalidInput("not all of it may be seen with this role; decide the records one by one")
    return found, wanted


def told_step(installation: Installation, found: DisclosureRequest, step: Step) -> dict[str, Any]:
    """What is told of a step that was made, and how far the review has come."""
    with installation.archive.store.read() as connection:
        progress = Review(installation.archive.store).progress(connection, found.id)
    return {"request": found.number, "step": step.number, "records": step.records, "progress": progress}
