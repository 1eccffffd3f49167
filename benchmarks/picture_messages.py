"""The messages of a transcript against those of a scene: found, side, sender, order, time, day, and invented ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from benchmarks.picture_texts import distance, folded, likeness

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from benchmarks.screenshots.truth import Corners, Truth, TruthMessage
    from storage.transcription import Box, TranscribedMessage, Transcript

_ALIKE: Final = 0.45
_SAME_NAME: Final = 0.75
_WITH_HALF: Final = re.compile(r"(?:上午|下午|오전|오후)?\s*\d{1,2}:\d{2}\s*(?:[AaPp]\.?\s?[Mm]\.?|ص|م)?")


@dataclass(frozen=True, slots=True)
class _Pair:
    stated: int
    read: int


def score_messages(
    truth: Truth, transcript: Transcript | None, numbers: dict[str, int], counts: Counter[str], faults: list[str]
) -> None:
    """Add what the transcript comes to; no transcript is one without messages."""
    read = () if transcript is None else transcript.messages
    pairs = _paired(truth.messages, read, numbers)
    _found(truth, read, pairs, counts, faults)
    _invented(truth, read, pairs, numbers, counts, faults)
    for pair in pairs:
        _attributed(truth, truth.messages[pair.stated], read[pair.read], counts, faults)
    ordered = sorted(pairs, key=lambda one: one.stated)
    for first, second in pairwise(ordered):
        counts["order"] += 1
        counts["order right"] += first.read < second.read
    if len(truth.pages) > 1:
        counts["overlaps"] += 1
        counts["overlaps right"] += _is_merged(truth, read, [one.read for one in ordered], numbers)
    counts["titles"] += 1
    counts["apps"] += 1
    counts["drafts"] += 1
    if transcript is not None:
        counts["titles right"] += likeness(transcript.title or "", truth.title) >= _SAME_NAME
        counts["apps right"] += transcript.app == truth.app
        counts["apps unsure"] += transcript.app is None
        counts["drafts right"] += transcript.draft == truth.draft


def _is_merged(
    truth: Truth, read: Sequence[TranscribedMessage], ordered: Sequence[int], numbers: dict[str, int]
) -> bool:
    """Whether each message stands once and in its order; what the window cuts may be there or not."""
    whole = [
        number
        for number, one in enumerate(read)
        if number in ordered
        or (page := _page_of(one, numbers)) is None
        or one.box is None
        or not _is_at_an_edge(truth, page, one.box)
    ]
    return len(ordered) == len(truth.messages) and list(ordered) == whole


def _middle(box: Box | Corners) -> tuple[float, float]:
    left, top, right, bottom = (box.left, box.top, box.right, box.bottom) if hasattr(box, "left") else box
    return (left + right) / 2, (top + bottom) / 2


def _within(point: tuple[float, float], box: Corners, slack: float = 0.0) -> bool:
    return box[0] - slack <= point[0] <= box[2] + slack and box[1] - slack <= point[1] <= box[3] + slack


def _page_of(one: TranscribedMessage, numbers: dict[str, int]) -> int | None:
    return numbers.get(one.component) if one.component is not None else None


def _paired(stated: Sequence[TruthMessage], read: Sequence[TranscribedMessage], numbers: dict[str, int]) -> list[_Pair]:
    """Each message with at most one other, the most alike first; place counts as much as letters."""
    candidates = []
    for index, one in enumerate(stated):
        for number, other in enumerate(read):
            page = _page_of(other, numbers)
            box = None if page is None else one.boxes.get(page)
            near = box is not None and other.box is not None and _within(_middle(other.box), box)
            alike = likeness(other.message.text, one.text) if one.text else 0.0
            if alike >= _ALIKE or near:
                distance_in_order = abs(index / max(1, len(stated)) - number / max(1, len(read)))
                candidates.append((alike + near, -distance_in_order, -index, -number))
    pairs, used, taken = [], set(), set()
    for _, _, index, number in sorted(candidates, reverse=True):
        if index not in used and number not in taken:
            used.add(index)
            taken.add(number)
            pairs.append(_Pair(-index, -number))
    return pairs


def _found(
    truth: Truth, read: Sequence[TranscribedMessage], pairs: Sequence[_Pair], counts: Counter[str], faults: list[str]
) -> None:
    matched = {one.stated: one.read for one in pairs}
    for index, one in enumerate(truth.messages):
        wanted = folded(one.text)
        counts["messages"] += 1
        counts["messages found"] += index in matched
        if index not in matched:
            faults.append(f"message {wanted!r} is not there")
        if one.deleted or one.partial:
            continue
        text = folded(read[matched[index]].message.text) if index in matched else ""
        errors = distance(text, wanted)
        counts["message letters"] += len(wanted)
        counts["message errors"] += errors
        if index in matched and errors > max(2, len(wanted) // 10):
            faults.append(f"message {wanted!r} read {text!r}")


def _invented(
    truth: Truth,
    read: Sequence[TranscribedMessage],
    pairs: Sequence[_Pair],
    numbers: dict[str, int],
    counts: Counter[str],
    faults: list[str],
) -> None:
    """Messages that nobody sent; what the window cuts at its edge is none of them, what comes from keys is told."""
    matched = {one.read for one in pairs}
    drafts = [one.text for one in truth.lines if one.kind == "draft"]
    for number, one in enumerate(read):
        page = _page_of(one, numbers)
        text = folded(one.message.text)
        middle = None if one.box is None else _middle(one.box)
        areas = truth.pages[page - 1].keyboard if page is not None else ()
        from_keys = middle is not None and any(_within(middle, area) for area in areas)
        if from_keys or (text and any(likeness(text, draft) >= _SAME_NAME for draft in drafts)):
            counts["keyboard taken"] += 1
            faults.append(f"keyboard or draft taken as a message: {text!r}")
            continue
        if number in matched:
            continue
        if page is not None and one.box is not None and _is_at_an_edge(truth, page, one.box):
            continue
        counts["messages invented"] += 1
        counts["message errors"] += len(text)
        faults.append(f"a message that nobody sent: {text!r}")


def _is_at_an_edge(truth: Truth, page: int, box: Box) -> bool:
    """Whether something stands where the window of the talk cuts a line, of which an engine may read a part."""
    tall = max(line.height for line in truth.lines if line.page == page)
    height = _middle(box)[1]
    return any(
        line.box[1] - tall <= height <= line.box[3] + tall and line.box[0] <= box.right and box.left <= line.box[2]
        for line in truth.lines
        if line.cut and line.page == page
    )


def _attributed(
    truth: Truth, stated: TruthMessage, read: TranscribedMessage, counts: Counter[str], faults: list[str]
) -> None:
    message = read.message
    allowed = {stated.side} | ({None, "left"} if truth.rows else set())
    counts["sides"] += 1
    counts["sides right"] += message.side in allowed
    if message.side not in allowed:
        faults.append(f"side {message.side} for {stated.side}: {folded(stated.text)!r}")
    if stated.deleted:
        counts["deleted"] += 1
        counts["deleted right"] += message.deleted or message.system
        return
    if stated.sender is not None and not stated.notice and not (stated.owner and message.sender is None):
        counts["senders"] += 1
        right = likeness(message.sender or "", stated.sender) >= _SAME_NAME
        counts["senders right"] += right
        if not right:
            faults.append(f"sender {message.sender!r} for {stated.sender!r}: {folded(stated.text)!r}")
    elif message.sender is not None and stated.sender is None:
        counts["senders invented"] += 1
        faults.append(f"sender {message.sender!r} where none is shown: {folded(stated.text)!r}")
    if not stated.partial:
        _timed(truth, stated, read, counts, faults)


def _timed(
    truth: Truth, stated: TruthMessage, read: TranscribedMessage, counts: Counter[str], faults: list[str]
) -> None:
    if stated.time is not None:
        counts["times"] += 1
        right = _clock(stated.time) == _clock(read.time or "")
        counts["times right"] += right
        if not right:
            faults.append(f"time {read.time!r} for {stated.time!r}")
    if stated.day is not None:
        wanted = {_day(stated.day), *([_day(stated.time)] if truth.rows and stated.time else [])}
        counts["days"] += 1
        right = _day(read.day or "") in wanted
        counts["days right"] += right
        if not right:
            faults.append(f"day {read.day!r} for {stated.day!r}")


def _clock(text: str) -> str:
    found = _WITH_HALF.search(folded(text))
    return "".join(found[0].split()).casefold() if found else ""


def _day(text: str) -> str:
    """A separator without its time, letters and digits alone."""
    return "".join(one for one in _WITH_HALF.sub("", folded(text)) if one.isalnum()).casefold()
