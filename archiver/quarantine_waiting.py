"""Waiting until what was put back from quarantine is examined, for who wants to see what became of it.

Rule: nobody waits in vain: where no service examines, the one who waits does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from archiver.worker import Stop, WorkerRole, is_served, role_lock
from storage.errors import TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.wiring import Installation

_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 120.0


def await_examined(installation: Installation, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Wait until these are examined, doing it ourselves where no service does; their outcomes.

    Raises:
        TemporarilyUnavailable: the service does not go on; nothing is lost.
    """
    archive = installation.archive
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        outcomes = _outcomes(installation, ids)
        if all(one["outcome"] is not None for one in outcomes):
            return outcomes
        if not is_served(archive.folder, WorkerRole.EXAMINER):
            with role_lock(archive.folder, WorkerRole.EXAMINER, Stop()), installation.examiner() as examiner:
                while examiner.examine_waiting():
                    pass
            continue
        if time.monotonic() > until:
            raise TemporarilyUnavailable("they wait, but examination does not go on; run: archiver doctor")
        time.sleep(_POLL_SECONDS)


def _outcomes(installation: Installation, ids: Sequence[str]) -> list[dict[str, Any]]:
    archive = installation.archive
    with archive.store.read() as connection:
        rows = {one.id: one for one, _ in archive.submissions.get_many(connection, ids)}
        records = archive.catalogue.of_submissions(connection, ids)
    return [
        {
            "submission": one,
            "outcome": None if (outcome := rows[one].outcome) is None else outcome.value,
            "reason": rows[one].reason,
            "records": records.get(one, []),
        }
        for one in ids
    ]
