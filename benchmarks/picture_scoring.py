"""What was read of a scene against its truth, as counts that can be added up over scenes.

Lines are compared where they stand: what was read within a stated line is its reading, whichever way an engine cut
lines. Messages are compared one to one, by text and place; a message that nobody sent is counted, and its letters are
errors. Lines and messages that the window of the talk cuts are compared in nothing but side and order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from benchmarks.picture_messages import score_messages
from benchmarks.picture_texts import distance, folded, foreign_letters, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.screenshots.truth import Truth, TruthLine
    from storage.transcription import Box, Page, Transcript

# not counted among lines: drawn for the interface, or signs that no engine has
_INTERFACE: Final = frozenset({"avatar", "key", "draft", "placeholder", "reaction", "typing", "subtitle", "status"})
_SLACK: Final = 0.62  # of a line's height from its middle


@dataclass(slots=True, kw_only=True)
class Score:
    """Counts by name, and names of what went wrong; see `docs/accuracy.md` for what each means."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def score(truth: Truth, pages: Sequence[Page], transcript: Transcript | None, numbers: dict[str, int]) -> Score:
    """The counts of a scene; `numbers` gives the page of the truth for each component."""
    result = Score()
    for page in pages:
        _score_lines(truth, page, numbers[page.component], result)
    score_messages(truth, transcript, numbers, result.counts, result.faults)
    return result


def _score_lines(truth: Truth, page: Page, number: int, result: Score) -> None:
    stated = [one for one in truth.lines if one.page == number]
    texts = _read_at(stated, page, result.counts)
    counts = result.counts
    for index, one in enumerate(stated):
        if one.kind in _INTERFACE or one.cut:
            continue
        read, wanted = folded(" ".join(texts.get(index, []))), folded(one.text)
        if not wanted:
            continue
        told = any(_holds(region.box, one) for region in page.unread)
        wrong = foreign_letters(read, [one.text])
        counts["lines"] += 1
        if any(letter.isalpha() for letter in wanted):
            counts["lines with letters"] += 1
            counts["lines told unread"] += told and not read
            counts["lines lost"] += not read and not told
        counts["wrong script"] += wrong
        errors = distance(read, wanted)
        counts["letters"] += len(wanted)
        counts["letter errors"] += errors
        words = words_of(wanted)
        counts["words"] += words.total()
        counts["words read"] += (words & words_of(read)).total()
        if wrong or errors > max(2, len(wanted) // 5):
            result.faults.append(f"{one.kind} line {wanted!r} read {read!r}{' (told unread)' if told else ''}")


def _read_at(stated: Sequence[TruthLine], page: Page, counts: Counter[str]) -> dict[int, list[str]]:
    """What was read in the place of each stated line; what was read where nothing stands is counted."""
    texts: dict[int, list[str]] = {}
    for line in page.lines:
        placed = [(_nearest(stated, one.box), one.text) for one in line.words] or [(_nearest(stated, line.box), "")]
        if len({index for index, _ in placed}) == 1:
            placed = [(placed[0][0], line.text)]
        for index, text in placed:
            if index is not None:
                texts.setdefault(index, []).append(text)
            else:
                counts["stray letters"] += sum(one.isalnum() for one in folded(text))
    return texts


def _nearest(stated: Sequence[TruthLine], box: Box) -> int | None:
    """The stated line in which the middle of a box lies."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    best, best_gap = None, _SLACK
    for index, one in enumerate(stated):
        left, start, right, end = one.middle
        if not left - one.height / 2 <= x <= right + one.height / 2:
            continue
        along = (x - left) / max(1.0, right - left)
        gap = abs(y - (start + (end - start) * along)) / max(1.0, one.height)
        if gap < best_gap:
            best, best_gap = index, gap
    return best


def _holds(box: Box, line: TruthLine) -> bool:
    x, y = (line.middle[0] + line.middle[2]) / 2, (line.middle[1] + line.middle[3]) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom
