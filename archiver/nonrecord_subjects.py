"""What a claim can be about: records, or submissions that lie in quarantine; and why some cannot be asked for.

Rule: one claim is about one of both. What a principal may not see is not there for him; refusals name ids only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from archiver.access import Act, authorize
from archiver.destroyed_view import is_destroyed
from archiver.seeing import refuse_unseen
from ingest import quarantine
from retention.disposition_containers import kept_elsewhere
from retention.record_sizes import sizes_of
from storage.destruction_refusals import refuse_unfit, refuse_unfit_quarantined
from storage.errors import Conflict, InvalidInput
from storage.identifiers import Prefix
from storage.records import RecordState
from storage.tables import submissions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.access import Principal
    from archiver.wiring import Installation


def are_submissions(ids: Sequence[str]) -> bool:
    """Whether these are submissions in quarantine, and not records.

    Raises:
        InvalidInput: some are and some are not.
    """
    found = {one.startswith(f"{Prefix.SUBMISSION}_") for one in ids}
    if len(found) > 1:
        raise InvalidInput("a claim is about records, or about submissions in quarantine; make two")
    return True in found


def sizes_to_ask(
    installation: Installation, connection: Connection, who: Principal, wanted: list[str]
) -> dict[str, int]:
    """The bytes of each, where all of them may be asked for by this principal.

    Raises:
        NotFound: one is not there, or not for him.
        Conflict: one is gone, or cannot go without something that stays.
        Denied: he may not decide on the quarantine.
        InvalidInput: records and submissions.
    """
    if are_submissions(wanted):
        authorize(who, Act.DECIDE_QUARANTINED)
        for one in wanted:
            quarantine.one_of(connection, one)
        _refuse_together(connection, wanted, quarantined=True)
        query = select(submissions.c.id, submissions.c.size).where(submissions.c.id.in_(wanted))
        return {row.id: row.size for row in connection.execute(query)}
    for record_id in wanted:
        record = installation.archive.catalogue.get(connection, record_id)
        refuse_unseen(connection, who, record)
        if record.state is not RecordState.ACTIVE:
            raise is_destroyed(record)
    for record_id, why in kept_elsewhere(connection, wanted).items():
        raise Conflict(
            f"record {record_id} cannot be released alone: {why}; the records office can let that go first "
            "(archiver container show), then ask again",
            record=record_id,
        )
    _refuse_together(connection, wanted, quarantined=False)
    sizes = sizes_of(connection, wanted)
    return {one: sizes.get(one, 0) for one in wanted}


def _refuse_together(connection: Connection, wanted: list[str], *, quarantined: bool) -> None:
    try:
        if quarantined:
            refuse_unfit_quarantined(connection, wanted)
        else:
            refuse_unfit(connection, wanted)
    except Conflict as refusal:
        why = refusal.message.removesuffix("; nothing was destroyed")
        whole = not quarantined and "record" in refusal.fields
        together = "; ask for what belongs together in one claim" if whole else ""
        raise Conflict(why + together, **refusal.fields) from refusal
