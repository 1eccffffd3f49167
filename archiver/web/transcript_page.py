"""The page on which a transcript is looked at beside its pictures, corrected and confirmed; it works without a script.

Rule: a form holds the version that was seen, so that two who correct at once do not undo each other; where it is
refused, the page comes again with what was typed. What the form does not show stays as it is.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, Protocol

from archiver.access import Act, permits
from archiver.reading import open_described
from archiver.transcript_changes import FIELDS, WrittenMessage, confirmed, with_caption, with_day, with_messages
from archiver.transcript_form import checked_member
from archiver.transcripts import add_version, show_transcript
from ingest.captions import CAPTION_FIELDS, caption_from
from storage.errors import InvalidInput
from storage.transcription import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.responses import Response

    from archiver.access import Principal
    from archiver.wiring import Installation
    from storage.transcription import Transcription

MOST_SHOWN: Final = 200
MOST_PICTURES: Final = 20
_MOST_LINES: Final = 500
_TYPED: Final = ("side", "sender", "text", "at")


class ShowsPage(Protocol):
    """Renders a template for somebody."""

    def __call__(self, principal: Principal | None, name: str, *, status: int = 200, **facts: Any) -> Response:
        """The page as an answer."""
        ...


class TranscriptPages:
    """The pages of transcripts of one archive."""

    def __init__(self, installation: Installation, show: ShowsPage) -> None:
        self._installation = installation
        self._show = show

    def show(
        self,
        principal: Principal,
        record_id: str,
        *,
        boxes: bool = False,
        first: int = 1,
        problem: str | None = None,
        typed: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        """The page; `typed` is what stood in a form that was refused, by the names of its fields.

        The pictures begin with the page number `first` of all of them, with the places of what was read on request.
        """
        document = show_transcript(self._installation, principal, record_id, boxes=boxes)
        described = open_described(self._installation, principal, record_id)
        transcript = document["transcript"]
        pictures = [
            {"id": one.id, "name": one.name, "media_type": one.media_type, "size": one.size}
            for one in described.description.components
            if one.pictured
        ]
        numbers = {str(one["id"]): number for number, one in enumerate(pictures, start=1)}
        looks = _looks(document, numbers)
        return self._show(
            principal,
            "transcript.html",
            status=status,
            one=document,
            messages=[] if transcript is None else transcript["messages"],
            most=MOST_SHOWN,
            pictures=pictures,
            numbers=numbers,
            looks=looks[first - 1 : first - 1 + MOST_PICTURES],
            all_looks=len(looks),
            first=first,
            most_looks=MOST_PICTURES,
            boxes=boxes,
            corrects=permits(principal, Act.CORRECT),
            problem=problem,
            typed=typed or {},
        )

    def act(self, principal: Principal, record_id: str, fields: Mapping[str, str]) -> None:
        """Do what a form asks for.

        Raises:
            InvalidInput: the form cannot be understood.
            Conflict: another version came meanwhile, or nothing is changed.
        """
        seen = fields.get("version", "")
        if not (seen.isascii() and seen.isdigit() and len(seen) <= 9):  # noqa: PLR2004 - more digits than versions have
            raise InvalidInput("the form does not say which version it is of; open the page and try again")
        act = fields.get("act", "")
        change = _change_of(act, fields)
        add_version(self._installation, principal, record_id, change, seen=int(seen), confirms=act == "confirm")


def _looks(document: Mapping[str, Any], numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    """The pages of the pictures in order, each with the places of its messages and lines; those unread have none.

    `numbers` are the pictures of the record by the ids of their components.
    """
    pages = {(one["component"], one["number"]): one for one in document["pages"] if one["component"] in numbers}
    read = {component for component, _ in pages}
    unread = ((one, 1) for one in numbers if one not in read)
    keys = sorted({*pages, *unread}, key=lambda one: (numbers[one[0]], one[1]))
    said: dict[tuple[str, int], list[dict[str, Any]]] = {}
    messages = [] if document["transcript"] is None else document["transcript"]["messages"]
    for number, one in enumerate(messages[:MOST_SHOWN], start=1):
        if one["box"] is not None:
            said.setdefault((one["component"], one["page"]), []).append({"number": number, "box": one["box"]})
    return [
        {
            "component": key[0],
            "picture": numbers[key[0]],
            "page": key[1],
            "width": pages[key]["width"] if key in pages else 0,
            "height": pages[key]["height"] if key in pages else 0,
            "lines": [each["box"] for each in pages.get(key, {}).get("lines", ())][:_MOST_LINES],
            "messages": said.get(key, []),
        }
        for key in keys
    ]


def _change_of(act: str, fields: Mapping[str, str]) -> Callable[[Transcription], Transcription]:
    if act == "confirm":
        return confirmed
    if act == "day":
        try:
            day = date.fromisoformat(fields.get("day", ""))
        except ValueError as error:
            raise InvalidInput("this is no date; write it like 2026-03-02") from error
        return lambda before: with_day(before, day)
    if act == "caption":
        caption = caption_from({name: fields.get(name) for name in CAPTION_FIELDS})
        return lambda before: with_caption(before, caption)
    if act == "save":
        return lambda before: _saved(before, fields)
    raise InvalidInput("the form does not say what to do; open the page and try again")


def _saved(before: Transcription, fields: Mapping[str, str]) -> Transcription:
    """The next version with what was typed; messages that the form did not hold stay as they are."""
    transcript = before.transcript or Transcript()
    written: list[WrittenMessage] = []
    for number, one in enumerate(transcript.messages, start=1):
        if fields.get(f"m{number}-remove") == "yes":
            continue
        members = {name: getattr(one.message if name in _TYPED else one, name) for name in FIELDS}
        for name in _TYPED:
            given = fields.get(f"m{number}-{name}")
            if given is not None:
                members[name] = checked_member(name, given, f"message {number}")
        written.append(_as_written(number, members))
    new = {name: checked_member(name, fields.get(f"new-{name}"), "the new message") for name in _TYPED}
    if new["text"]:
        after = fields.get("new-after", "")
        place = int(after) if after.isascii() and after.isdigit() and len(after) <= 9 else len(written)  # noqa: PLR2004
        behind = sum(one.number is not None and one.number <= place for one in written)
        written.insert(behind, _as_written(None, new))
    return with_messages(before, written, transcript.title)


def _as_written(number: int | None, members: Mapping[str, str | None]) -> WrittenMessage:
    return WrittenMessage(
        number=number,
        side=members.get("side"),
        sender=members.get("sender"),
        text=members.get("text") or "",
        time=members.get("time"),
        day=members.get("day"),
        at=members.get("at"),
    )
