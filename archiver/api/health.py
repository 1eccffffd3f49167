"""`/healthz` (the process answers) and `/readyz` (the archive can take, find and show): counts, never content.

Rule: whoever asks without signing in learns names of our own services, whether each runs, and how far the index
is behind; not how much is archived.
"""

from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.overview import LONGEST_LAG, index_lag, service_states
from archiver.watch_facts import Watch
from archiver.watching import Severity
from archiver.wiring import Installation
from storage.errors import ArchiveError

_NOT_READY = 503


def readiness(installation: Installation, watch: Watch) -> dict[str, Any]:
    """The document of `/readyz`; `ready` is whether every check is good."""
    checks: dict[str, dict[str, Any]] = {}
    try:
        with installation.archive.store.read() as connection:
            installation.archive.ledger.head(connection)
        checks["database"] = {"ok": True}
    except ArchiveError as error:
        checks["database"] = {"ok": False, "kind": error.kind}
    try:
        lag = index_lag(installation)
        checks["index"] = {"ok": lag <= LONGEST_LAG, "lag": lag}
    except ArchiveError as error:
        checks["index"] = {"ok": False, "kind": error.kind}
    states = service_states(installation.archive.folder)
    checks["services"] = {
        "ok": states is not None and all(one.running for one in states),
        "supervised": states is not None,
        "running": sum(1 for one in states or () if one.running),
        "stopped": [one.name for one in states or () if not one.running],
    }
    checks["watch"] = _watched(watch)
    ready = all(one["ok"] for one in checks.values())
    return {"status": "ready" if ready else "not ready", "ready": ready, "checks": checks}


def _watched(watch: Watch) -> dict[str, Any]:
    """Names of what is wrong, without accounts and without sentences."""
    try:
        found = watch.findings()
    except ArchiveError as error:
        return {"ok": False, "kind": error.kind}
    faults = sorted({one.public for one in found if one.severity is Severity.FAULT})
    return {"ok": not faults, "faults": faults, "warnings": sorted({one.public for one in found} - set(faults))}


async def healthz() -> Response:
    """The process is up."""
    return json_answer({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether the archive can do its work; 503 where a check fails."""
    document = await run_in_threadpool(readiness, request.app.state.installation, request.app.state.watch)
    return json_answer(document, status=200 if document["ready"] else _NOT_READY)
