"""Chats that LINE saved as text: a title, lines of days, and under them lines of a time, a name and words.

Rule kept: a message is a line that begins with a time of day and a tab (or, in exports of the desktop program, a
space); what follows without one belongs to it. The line of a day stands in the bytes of the first message after it.
Times above 24 o'clock belong to the day that is printed and fall on the next. See docs/formats/line_chat.md.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.date_order import DateOrder
from ingest.formats.chats.line_survey import DAY_LINE, HEAD_BYTES, Survey, is_of_desktop, message_of, names_of, surveyed
from ingest.formats.chats.line_words import deleted_notice, media_of
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread
from ingest.formats.chats.text_lines import CUT, LONGEST, batches, first_lines
from ingest.formats.chats.whatsapp import thread_key
from ingest.formats.chats.whatsapp_days import Days, Decision, Order
from ingest.formats.container import MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

READER: Final = "line 1"
_MOST_FILES: Final = 2000
_MOST_AHEAD: Final = 50
_TITLE_LINES: Final = 2
_TITLE: Final = re.compile(r"^\[LINE\]|^Chat history (?:with|in) ")


def recognise(export: Export) -> bool:
    """See `ExportFormat`."""
    return bool(_chats(export))


def aside(name: str) -> str | None:
    """See `ExportFormat`."""
    return "what a Mac adds to its zips" if "__MACOSX/" in name else None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat`."""
    chats = _chats(export)
    yield Stated(what="conversations", count=len(chats))
    for name in chats:
        yield from _read_chat(export, name)


def _chats(export: Export) -> list[str]:
    names = export.names
    if len(names) > 1:
        names = [name for name in names if name.lower().endswith(".txt") and aside(name) is None][:_MOST_FILES]
    return [name for name in names if _begins_chat(export.head(name, HEAD_BYTES), name)]


def _begins_chat(head: bytes, name: str) -> bool:
    """Whether a file begins with a title of LINE's, or with a day and messages under it."""
    lines = [line for line in first_lines(head) if line.strip()]
    if not lines:
        return False
    titled = _TITLE.match(lines[0].lstrip("\ufeff")) is not None
    days = [place for place, line in enumerate(lines) if DAY_LINE.match(line)]
    if not days or (days[0] and not titled):
        return False
    following = lines[days[0] + 1 : days[0] + 2]
    if not titled and is_of_desktop(lines, name):
        return True
    return bool(following) and (message_of(following[0], tabs=True) is not None or (titled and _timed(following[0])))


def _timed(line: str) -> bool:
    return message_of(line, tabs=False) is not None


def _read_chat(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    survey = surveyed(export, name)
    yield Stated(what="messages", count=survey.messages, path=name)
    decision = survey.decision
    if decision is not None and not decision.certain:
        other = "--day-first" if decision.order is Order.MONTH else "--month-first"
        yield Remark(
            text=f"no date of this file tells the day from the month; they were read {decision.order} because "
            f"{decision.reason}, which is a guess: hand it in again with {other} if it is wrong",
            path=name,
        )
    names = names_of(survey)
    thread = Thread(
        platform="line",
        key=thread_key(survey.title, names),
        title=survey.title,
        participants=names,
        path=name,
        media_type="text/plain",
        joint=survey.script.encoded(survey.ends.joint),
        dates=DateOrder.PRINTED if decision is None else decision.rests_on,
    )
    given, problem, cuts = 0, None, 0
    telling = _telling(export, name, survey, names)
    while True:
        try:
            message = next(telling, None)
        except MemberBroken as error:
            problem = str(error)
            break
        if message is None:
            break
        if isinstance(message, ChatMessage):
            given += 1
            yield Said(thread=thread, message=message)
        else:
            cuts += 1
    if problem:
        yield Remark(text=f"the file could not be read to its end: {problem}", path=name, lost=None)
    elif given != survey.messages:
        yield Remark(text="the file read differently the second time", path=name, lost=abs(survey.messages - given))
    if survey.stray > _TITLE_LINES:
        yield Remark(text="there are lines before or after all messages that belong to none of them", path=name)
    if cuts:
        yield Remark(text=f"{cuts} messages are longer than a million characters and were cut there", path=name)


def _telling(export: Export, name: str, survey: Survey, names: tuple[str, ...]) -> Iterator[ChatMessage | None]:
    """All messages; None for each that was cut.

    Raises:
        MemberBroken: the rest cannot be had; what was read of the last message has been given.
    """
    days = Days(survey.decision or Decision(order=Order.DAY, certain=False, reason=""))
    made = _Making(survey, names)
    day: date | None = None
    dated = False
    problem: MemberBroken | None = None
    number = -1
    try:
        for batch, doubtful in batches(export.open(name), survey.script):
            made.dirty = made.dirty or doubtful
            for line in batch:
                number += 1
                bare = line.removesuffix("\r")
                if doubtful:
                    bare = survey.script.readable(bare)
                match = survey.day(bare, number)
                found = None if match is not None or not dated else message_of(bare, tabs=survey.tabs)
                if match is not None:
                    yield from made.ended()
                    day, dated = days.day((match["a"], match["b"], match["c"]), ""), True
                    made.ahead.append(line)
                elif found is not None:
                    yield from made.ended()
                    made.begin(line, day, found)
                elif dated:
                    made.go_on(line)
    except MemberBroken as error:
        problem = error
    yield from made.ended()
    survey.stray += sum(1 for line in made.ahead if line.strip() and not DAY_LINE.match(line.removesuffix("\r")))
    if problem is not None:
        raise problem


class _Making:
    """The message that is being read; `ahead` are the lines of a day before its first message."""

    def __init__(self, survey: Survey, names: tuple[str, ...]) -> None:
        self._survey = survey
        self._names = sorted(names, key=len, reverse=True)
        self._lines: list[str] = []
        self._before = 0
        self._size = 0
        self._cut = False
        self._day: date | None = None
        self._found: tuple[int, int, str] | None = None
        self.ahead: list[str] = []
        self.dirty = False

    def begin(self, line: str, day: date | None, found: tuple[int, int, str]) -> None:
        """A message begins with this line."""
        self._lines = [*self.ahead, line]
        self._before, self._size, self._cut = len(self.ahead), len(line), False
        self._day, self._found = day, found
        self.ahead = []

    def go_on(self, line: str) -> None:
        """The message goes on with this line; one under a day's line that begins no message waits for the next."""
        if self._found is None:
            if len(self.ahead) < _MOST_AHEAD and line is not CUT:
                self.ahead.append(line)
            return
        if self._cut:
            return
        self._size += len(line) + 1
        self._cut = line is CUT or self._size > LONGEST
        if not self._cut:
            self._lines.append(line)

    def ended(self) -> Iterator[ChatMessage | None]:
        """The message that is whole now, if one was begun; blank lines at its end go to the next day's line."""
        if self._found is None:
            return
        lines, end = self._lines, len(self._lines)
        while end > self._before + 1 and not lines[end - 1].strip():
            end -= 1
        lines, self.ahead = lines[:end], lines[end:]
        script = self._survey.script
        whole = "\n".join(lines)
        raw = script.encoded(whole if self._survey.ends.mixed else whole.removesuffix("\r"))
        more = "".join(f"\n{line.removesuffix(chr(13))}" for line in lines[self._before + 1 :])
        yield self.message_of(self._found, more, raw)
        if self._cut:
            yield None
        self._found = None

    def message_of(self, found: tuple[int, int, str], more: str, raw: bytes) -> ChatMessage:
        hour, minute, rest = found
        if self.dirty:
            more = self._survey.script.readable(more)
        sender, text = self._parted(rest)
        text = (text + more).rstrip("\n")
        if more and text.startswith('"') and text.endswith('"') and len(text) > 1:
            text = text[1:-1].replace('""', '"')  # texts of several lines are printed in quotation marks
        at = None
        if self._day is not None:
            at = datetime(self._day.year, self._day.month, self._day.day) + timedelta(hours=hour, minutes=minute)  # noqa: DTZ001 - printed without a zone
        if sender is None:
            return ChatMessage(
                at=at, sender=None, text=text, raw=raw, side="center", system=True, deleted=deleted_notice(text)
            )
        return ChatMessage(at=at, sender=sender, text=text, raw=raw, attachments=media_of(text))

    def _parted(self, rest: str) -> tuple[str | None, str]:
        if self._survey.tabs:
            sender, tab, text = rest.partition("\t")
            return (sender.strip() or None, text) if tab else (None, rest)
        for name in self._names:
            if rest == name or rest.startswith(f"{name} "):
                return name, rest[len(name) + 1 :]
        return None, rest
