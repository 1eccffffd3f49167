"""Chats that WhatsApp exported: a text of lines, alone or in a zip with its media; see docs/formats/whatsapp.md.

Rule kept: a file is read twice. The first reading takes only lines' heads, and decides for the whole file what one
line cannot tell: how its lines are laid out, which number is the day, who takes part, which names hold a colon. The
second gives the messages. Both count the same heads, so that a message that gets lost on the way is noticed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.date_order import DateOrder
from ingest.formats.chats.file_by_file import base_name, folder_of
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread
from ingest.formats.chats.text_lines import CUT, LONGEST, Ends, Script, batches, first_lines, script_of
from ingest.formats.chats.whatsapp_days import ONLY, Days, Decision, Evidence, Order, decide
from ingest.formats.chats.whatsapp_lines import Layout, head_of, own_layouts
from ingest.formats.chats.whatsapp_notices import LRM, OPENING, on_encryption, title_of
from ingest.formats.chats.whatsapp_senders import Senders, Speakers
from ingest.formats.chats.whatsapp_texts import Files, marked, read_words
from ingest.formats.container import MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from ingest.formats.chats.model import Export
    from ingest.formats.chats.whatsapp_days import Printed
    from ingest.formats.chats.whatsapp_lines import Head

READER: Final = "whatsapp 1"
_HEAD_BYTES: Final = 4096
_MOST_FILES: Final = 2000
_MOST_LAYOUTS: Final = 16
_LONGEST_KEY: Final = 300
_CHAT: Final = "_chat.txt"
_LOG: Final = re.compile(r"[^:]{0,30}\b(?:ERROR|WARN(?:ING)?|INFO|DEBUG|NOTICE|CRITICAL|FATAL|TRACE)\b[^:\n]{0,20}:")
_SIGNAL: Final = re.compile(r"\[\d{4}-\d\d-\d\d(?:, \d\d:\d\d\] | \d\d:\d\d:\d\d\] .*  $)")
_SENDER: Final = re.compile(r"[^:\n]{1,100}:(?: |$)")
_EASTERN: Final = re.compile("[上下]午|午[前後]|오[전후]")
_FEW: Final = 3
_ASIDE: Final = (("__MACOSX/", "what a Mac adds to its zips"), (".DS_Store", "what a Mac adds to its folders"))


@dataclass(slots=True)
class _Survey:
    """What the first reading of a file found."""

    script: Script
    counts: dict[Layout, int] = field(default_factory=dict)
    evidence: dict[Layout, Evidence] = field(default_factory=dict)
    speakers: Speakers = field(default_factory=Speakers)
    first: Layout | None = None
    before: int = 0
    ends: Ends = field(default_factory=Ends)
    broken: str | None = None


def recognise(export: Export) -> bool:
    """See `ExportFormat`."""
    return bool(_chats(export))


def aside(name: str) -> str | None:
    """See `ExportFormat`."""
    return next((reason for part, reason in _ASIDE if part in name), None)


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat`."""
    chats = _chats(export)
    yield Stated(what="conversations", count=len(chats))
    others = sum(1 for name in export.names if name not in chats and aside(name) is None)
    if others:
        yield Stated(what="media", count=others)
    for name in chats:
        yield from _read_chat(export, name)


def _chats(export: Export) -> list[str]:
    """The files of an export that hold a chat, in its order."""
    names = export.names
    if len(names) > 1:
        names = [name for name in names if name.lower().endswith(".txt") and aside(name) is None][:_MOST_FILES]
    elif names and names[0].lower().endswith(".md"):
        return []
    found = [name for name in names if _begins_chat(export.head(name, _HEAD_BYTES), f"{name} {export.name}")]
    for sign in (_CHAT, "whatsapp"):  # what else looks like a chat beside these was sent in one
        called = [name for name in found if sign in base_name(name).lower()]
        if called:
            return called
    return found


def _begins_chat(head: bytes, name: str) -> bool:
    """Whether a file begins as a chat does; a name that says WhatsApp makes fewer signs do."""
    lines = [line for line in first_lines(head) if line.strip()]
    heads = [(found, line) for line in lines if (found := head_of(line)) is not None]
    if not heads or head_of(lines[0]) is None:
        return False
    if any(_LOG.match(line, found.end) for found, line in heads[:_FEW]):
        return False
    if "whatsapp" in name.lower() or _CHAT in name:
        return True
    if all(_SIGNAL.match(line) for _, line in heads):
        return False  # so are chats of Signal printed: see `signal_text`
    spoken = sum(1 for found, line in heads if _SENDER.match(line, found.end))
    closed = all(found.layout.closer in "]-" for found, _ in heads) or len(heads) >= _FEW
    return closed and (spoken * 2 >= len(heads) or any(on_encryption(line) for _, line in heads))


def _read_chat(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    survey = _surveyed(export, name)
    if survey.first is None:
        yield Remark(text=survey.broken or "no line of it begins a message", path=name, lost=None)
        return
    own = own_layouts(survey.counts, survey.first)
    stated = sum(survey.counts[layout] for layout in own)
    yield Stated(what="messages", count=stated, path=name)
    decisions = {
        layout: decide(survey.evidence[layout], layout.separator, export.day_first, export.zone.key)
        for layout in own
        if layout in survey.evidence
    }
    for layout, decision in decisions.items():
        yield from _remarks(decision, survey.evidence[layout], export.day_first, name)
    senders = survey.speakers.settled(_named(export, name), bracket=survey.first.bracket)
    told = _Telling(export, name, survey, own, decisions, senders)
    thread = told.thread
    for message in told.messages():
        yield Said(thread=thread, message=message)
    yield from told.remarks(stated)


def _named(export: Export, name: str) -> str | None:
    """What a chat is called by the name of its file, else by that of the zip or the folder it lies in."""
    folder = base_name(folder_of(name).rstrip("/"))
    return title_of(base_name(name)) or title_of(folder) or title_of(export.name)


def _surveyed(export: Export, name: str) -> _Survey:
    """The first reading; what is beyond a break stays unknown to it."""
    survey = _Survey(script_of(export.head(name, 4)))
    last = None
    try:
        for lines, doubtful in batches(export.open(name), survey.script):
            survey.ends.add(lines)
            for line in lines:
                head = head_of(line)
                if head is None:
                    survey.before += survey.first is None and bool(line.strip())
                    continue
                layout = head.layout
                if layout is not last:
                    last, evidence = layout, _evidence(survey, layout)
                    if evidence is not None and not evidence.heads:
                        evidence.eastern = _EASTERN.search(line, 0, head.end) is not None
                if evidence is None:
                    continue
                survey.counts[layout] += 1
                evidence.add(head.date, head.era)
                rest = line[head.end :].rstrip("\r")
                survey.speakers.add(survey.script.readable(rest) if doubtful else rest)
    except MemberBroken as problem:
        survey.broken = str(problem)
    return survey


def _evidence(survey: _Survey, layout: Layout) -> Evidence | None:
    if layout not in survey.evidence:
        if len(survey.evidence) >= _MOST_LAYOUTS:
            return None
        survey.evidence[layout] = Evidence()
        survey.counts[layout] = 0
        survey.first = survey.first or layout
    return survey.evidence[layout]


def _remarks(decision: Decision, evidence: Evidence, said: bool | None, name: str) -> Iterator[Remark]:  # noqa: FBT001 - None, too
    """What is to be said of the days of a file."""
    if evidence.strange:
        yield Remark(text="some of its dates are in a calendar that is not converted, or are no dates", path=name)
    if decision.later is not None:
        yield Remark(text=f"day and month change places in the middle of the file: {decision.reason}", path=name)
    elif not decision.certain:
        other = "--day-first" if decision.order is Order.MONTH else "--month-first"
        yield Remark(
            text=f"no date of this file tells the day from the month; they were read {decision.order} because "
            f"{decision.reason}, which is a guess: hand it in again with {other} if it is wrong",
            path=name,
        )
    elif said is not None and decision.reason == ONLY and (decision.order is Order.DAY) is not said:
        yield Remark(text=f"its dates are {decision.order}, whatever was said: {ONLY}", path=name)


def _rest_on(decisions: Iterable[Decision]) -> DateOrder:
    """What the days of a file rest on: of several layouts, the weakest."""
    found = {one.rests_on for one in decisions}
    return next((one for one in (DateOrder.GUESSED, DateOrder.SAID) if one in found), DateOrder.PRINTED)


class _Telling:
    """The second reading of a file."""

    def __init__(
        self,
        export: Export,
        name: str,
        survey: _Survey,
        own: frozenset[Layout],
        decisions: dict[Layout, Decision],
        senders: Senders,
    ) -> None:
        self._export, self._name, self._survey, self._own, self._senders = export, name, survey, own, senders
        self._days = {layout: Days(decision) for layout, decision in decisions.items()}
        self._turns = len(decisions) > 1 or any(one.later is not None for one in decisions.values())
        self._printed: Printed | None = None
        self._day: date | None = None
        self._files = Files(_entries(export, name))
        self._given = self._cut = 0
        self._problem: str | None = None
        title = _named(export, name) or senders.called
        self._keeps_returns = survey.ends.mixed
        self.thread = Thread(
            platform="whatsapp",
            key=thread_key(title, senders.people),
            title=title,
            participants=senders.people,
            path=name,
            media_type="text/plain",
            joint=survey.script.encoded(survey.ends.joint),
            dates=_rest_on(decisions.values()),
        )

    def messages(self) -> Iterator[ChatMessage]:
        """All messages, in order; what ends them early is in `remarks`."""
        head: Head | None = None
        lines: list[str] = []
        size, dirty, own = 0, False, self._own
        try:
            for batch, doubtful in batches(self._export.open(self._name), self._survey.script):
                dirty = dirty or doubtful
                for line in batch:
                    found = head_of(line)
                    if found is not None and found.layout in own:
                        if head is not None:
                            yield self._message(head, lines, dirty=dirty)
                        head, lines, size = found, [line], len(line)
                    elif head is None or size < 0:
                        continue
                    elif size + len(line) < LONGEST and line is not CUT:
                        size += len(line) + 1
                        lines.append(line)
                    else:
                        self._cut += 1
                        size = -1  # a message is cut once
        except MemberBroken as problem:
            self._problem = str(problem)
        if head is not None:
            yield self._message(head, lines, dirty=dirty)

    def remarks(self, stated: int) -> Iterator[Remark]:
        """What is to be said at the end."""
        name = self._name
        if self._problem:
            yield Remark(text=f"the file could not be read to its end: {self._problem}", path=name, lost=None)
        elif self._given != stated:
            yield Remark(text="the file read differently the second time", path=name, lost=abs(stated - self._given))
        if self._cut:
            text = f"{self._cut} messages are longer than a million characters and were cut there"
            yield Remark(text=text, path=name)
        if self._survey.before:
            yield Remark(text="there are lines before the first message, which belong to none", path=name)

    def _message(self, head: Head, lines: list[str], *, dirty: bool) -> ChatMessage:
        self._given += 1
        whole = lines[0] if len(lines) == 1 else "\n".join(lines)
        if whole.endswith("\r") and not self._keeps_returns:
            whole = whole[:-1]
        raw = self._survey.script.encoded(whole)
        text = whole[head.end :]
        if dirty:
            text = self._survey.script.readable(text)
        if "\r" in text:
            text = text.replace("\r\n", "\n").removesuffix("\r")
        sender, text = self._senders.parted(text.rstrip("\n") if text.endswith("\n") else text)
        if head.date is not self._printed or self._turns:
            self._printed, self._day = head.date, self._days[head.layout].day(head.date, head.era)
        day = self._day
        at = datetime(day.year, day.month, day.day, *head.time) if day else None  # noqa: DTZ001 - printed without a zone
        if sender is None or sender in self._senders.chats:
            return ChatMessage(at=at, sender=None, text=text.lstrip(LRM), raw=raw, side="center", system=True)
        if not text or not marked(text):
            return ChatMessage(at=at, sender=sender, text=text, raw=raw)
        if (text[0] == LRM or self._given <= OPENING) and on_encryption(text):
            return ChatMessage(at=at, sender=None, text=text.lstrip(LRM), raw=raw, side="center", system=True)
        words = read_words(text, self._files, bracket=head.layout.bracket)
        return ChatMessage(
            at=at,
            sender=sender,
            text=words.text,
            raw=raw,
            side="center" if words.own else None,
            attachments=words.attachments,
            edited=words.edited,
            deleted=words.deleted,
            system=words.own,
        )


def thread_key(title: str | None, people: tuple[str, ...]) -> str:
    """What identifies a chat in another export of it: its title, else who takes part.

    An export has no id, and whether a chat is a group cannot be told of each one: a title serves for both.
    """
    if title:
        return "title:" + " ".join(unicodedata.normalize("NFC", title).casefold().split())
    names = "\n".join(sorted(people))
    return "people:" + (names if len(names) <= _LONGEST_KEY else hashlib.sha256(names.encode()).hexdigest())


def _entries(export: Export, chat: str) -> dict[str, str]:
    """The files of an export by their last name; those beside the chat before others."""
    beside = folder_of(chat)
    found: dict[str, str] = {}
    for name in export.names:
        base = base_name(name)
        if name != chat and (base not in found or folder_of(name) == beside):
            found[base] = name
    return found
