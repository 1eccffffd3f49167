"""What offices, auditors and calendars want of all requests: due days, the log, a year's counts, the known laws.

Rule: a calendar program proves itself as every other caller does, by `Authorization: Bearer`: no address has a secret
in it, since addresses stand in logs.
"""

from typing import Annotated

from fastapi import Path, Query, Request
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.request_keeping import archive_of
from archiver.api.security import SignedIn
from archiver.request_log import calendar_feed, log_csv, metrics
from archiver.request_overviews import due_clocks, every_request, known_profiles

Year = Annotated[int, Path(ge=1970, le=9999)]
Named = Annotated[str | None, Query(alias="request", max_length=64, description="number or id of one request")]
ProfileId = Annotated[str, Path(max_length=20)]


def clocks(request: Request, principal: SignedIn, name: Named = None) -> Response:
    """What is due of one request or of all open ones, the most pressing first, and how each date came about."""
    return json_answer({"clocks": due_clocks(archive_of(request), principal, name or None)})


def log(request: Request, principal: SignedIn) -> Response:
    """The log of all requests as a table (RFC 4180)."""
    content = log_csv(every_request(archive_of(request), principal))
    headers = {"Content-Disposition": 'attachment; filename="requests.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8; header=present", headers=headers)


def year_metrics(request: Request, principal: SignedIn, year: Year) -> Response:
    """The requests of a year, counted as Washington's report asks for it."""
    return json_answer(metrics(every_request(archive_of(request), principal), year))


def feed(request: Request, principal: SignedIn) -> Response:
    """Every due day of open requests as iCalendar (RFC 5545)."""
    installation = archive_of(request)
    found = [one for one in every_request(installation, principal) if one["state"] == "open"]
    text = calendar_feed(found, stamp=installation.archive.store.clock())
    headers = {"Content-Disposition": 'attachment; filename="requests.ics"'}
    return Response(text.encode(), media_type="text/calendar; charset=utf-8", headers=headers)


def profiles(request: Request, principal: SignedIn) -> Response:
    """The laws that are known, with clocks, extensions, exemptions and citations."""
    return json_answer({"profiles": known_profiles(archive_of(request), principal)})


def profile(request: Request, principal: SignedIn, profile_id: ProfileId) -> Response:
    """One law."""
    return json_answer(known_profiles(archive_of(request), principal, profile_id)[0])
