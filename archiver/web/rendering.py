"""Templates to pages: everything is escaped, and what could mislead the eye is made visible first.

Rule: text of a record reaches a page only through Jinja2's escaping and the filters of `archiver/shown_text.py`. No
page needs a script.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from archiver.shown_text import LONGEST_TEXT, block, line, sentence
from ingest.formats.serialised_message import MEDIA_TYPE as SERIALISED

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_HERE = Path(__file__).parent
_KILO = 1024
_MOST_MESSAGES = 2_000

_OUTCOMES = {
    None: "waiting",
    "archived": "archived",
    "duplicate": "duplicate",
    "quarantined": "quarantined",
    "failed": "failed",
}
_DECISIONS = {
    "retain": "Keep",
    "eligible": "Eligible for disposition",
    "needs_event": "Waiting for an event",
    "permanent": "Permanent",
    "held": "On hold",
    "conflict": "Conflict to resolve",
    "unscheduled": "Unscheduled",
}


def size(count: int) -> str:
    """A number of bytes for people."""
    if count < _KILO:
        return f"{count} byte" if count == 1 else f"{count} bytes"
    for power, unit in ((1, "KiB"), (2, "MiB")):
        if count < _KILO ** (power + 1):
            return f"{count / _KILO**power:.1f} {unit}"
    return f"{count / _KILO**3:,.1f} GiB"


def number(count: int) -> str:
    """A count with separators."""
    return f"{count:,}"


def clock(at: str | None) -> str:
    """The hour and minute of a message, as it stands in its day's zone; nothing where none is told."""
    return line(at[11:16]) if at else ""


def day(when: str | datetime | None, zone: ZoneInfo) -> str:
    """A moment in the archive's zone; a time that came without a zone is shown as it came, and said to be so."""
    if when is None:
        return "not stated"
    try:
        moment = when if isinstance(when, datetime) else datetime.fromisoformat(when)
        known = moment.tzinfo is not None
        local = moment.astimezone(zone) if known else moment
    except (ValueError, OverflowError):
        return line(when)
    # strftime's %-d and %-I are no standard, and its %Y does not pad years before 1000
    clock = f"{local:%b} {local.day}, {local.year:04d}, {local.hour % 12 or 12}:{local:%M %p}"
    return f"{clock} {local.tzname()}" if known else f"{clock} (no zone stated)"


class Rendering:
    """The templates of one archive's pages."""

    def __init__(self, *, agency: str, zone: ZoneInfo) -> None:
        sheet = (_HERE / "static" / "style.css").read_bytes()
        script = (_HERE / "static" / "hand_in.js").read_bytes()
        self.files = {
            "style.css": (sheet, "text/css; charset=utf-8"),
            "hand_in.js": (script, "text/javascript; charset=utf-8"),
        }
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters.update(
            line=line,
            sentence=sentence,
            block=block,
            size=size,
            number=number,
            clock=clock,
            day=lambda when: day(when, zone),
        )
        self._templates.globals.update(
            agency=agency,
            zone=zone.key,
            outcomes=_OUTCOMES,
            decisions=_DECISIONS,
            longest_text=LONGEST_TEXT,
            most_messages=_MOST_MESSAGES,
            serialised=SERIALISED,
            style=hashlib.sha256(sheet).hexdigest()[:12],
            script=hashlib.sha256(script).hexdigest()[:12],
        )

    def page(self, name: str, *, status: int = 200, **facts: Any) -> Response:
        """A template with its facts as an answer."""
        text = self._templates.get_template(name).render(**facts)
        # with "no-referrer" a browser would send our own forms with "Origin: null" (Fetch §3.2);
        # with this it names us to ourselves, and nothing to others
        headers = {"Referrer-Policy": "same-origin"}
        content = text.encode("utf-8", "replace")
        return Response(content, status_code=status, media_type="text/html; charset=utf-8", headers=headers)
