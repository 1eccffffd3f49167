"""What auditors, calendars and newcomers want of requests: the log, metrics, a feed of due days, the known laws."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.request_log import calendar_feed, log_csv, metrics
from archiver.request_overviews import every_request, known_profiles
from storage.errors import Conflict
from storage.files import write_pieces

if TYPE_CHECKING:
    from archiver.cli.session import Session


def _all(session: Session) -> list[dict[str, Any]]:
    return every_request(session.installation, session.principal(Act.SEE_REQUESTS))


def _hand_over(session: Session, document: object, content: bytes, path: Path | None) -> None:
    """Write a text to a new file as it is, or print it line by line."""
    if path is None:
        session.show(document, content.decode("utf-8-sig").replace("\r\n", "\n").rstrip("\n"))
        return
    if path.exists():
        raise Conflict(f"{path} exists; name a file that does not")
    written = write_pieces(path, [content])
    session.show({"file": str(path), "bytes": written}, f"{path}: {written:,} bytes")


_TO = click.option("--to", "path", type=click.Path(path_type=Path), help="New file; otherwise it is printed.")


@click.command("log")
@_TO
@command
def log(session: Session, path: Path | None) -> None:
    """Write the log of all requests as CSV."""
    found = _all(session)
    _hand_over(session, found, log_csv(found), path)


@click.command("metrics")
@click.argument("year", type=click.IntRange(1970, 9999))
@command
def metrics_(session: Session, year: int) -> None:
    """Count the requests of a year as Washington's report asks for it."""
    found = metrics(_all(session), year)
    session.show(found, "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in found.items()))


@click.command("feed")
@_TO
@command
def feed(session: Session, path: Path | None) -> None:
    """Write every due day of open requests as iCalendar, for a calendar program."""
    stamp = session.installation.archive.store.clock()
    text = calendar_feed([one for one in _all(session) if one["state"] == "open"], stamp=stamp)
    _hand_over(session, {"calendar": text}, text.encode(), path)


@click.command("profiles")
@click.argument("profile", required=False)
@command
def profiles(session: Session, profile: str | None) -> None:
    """List the laws that are known, or show the clocks, extensions and reasons of one."""
    documents = known_profiles(session.installation, session.principal(Act.SEE_REQUESTS), profile)
    lines = []
    for one in documents:
        lines.append(f"{one['id']}  {one['name']}: {one['statute']}")
        for rule in one["clocks"] if profile else ():
            days = "no number of days" if rule["days"] is None else f"{rule['days']} {rule['unit']} days"
            lines.append(f"  {rule['clock']}: {days}; {rule['citation']} ({rule['confidence']})")
            lines += [f"    may be extended for: {reason}" for reason in rule["reasons"]]
        for ground in one["exemptions"] if profile else ():
            lines.append(
                f"  exemption {ground['code']}: {ground['title']}; {ground['citation']} ({ground['confidence']})"
            )
    session.show(documents, "\n".join(lines))


REPORTS = (log, metrics_, feed, profiles)
