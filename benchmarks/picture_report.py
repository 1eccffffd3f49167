"""The section of `docs/accuracy.md` on screenshots: goals first, then cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.report import table

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from benchmarks.accuracy_screenshots import Results
    from benchmarks.screenshots.truth import Truth

BUNDLED: Final = frozenset({"en", "es", "ht", "pt", "fr", "zh"})
BY_PACKS: Final = frozenset({"vi", "ar", "ru", "ko"})
UNREAD: Final = frozenset({"he", "th"})  # scripts that the settings of a new archive ask no engine for

_TEXT: Final = """\
Talks that were invented, drawn by Chromium in the looks of twelve apps (drawn from memory, no style sheet of an app),
on seven screens, read by the confined child of a new archive with its settings. The truth is read from the page: its
text, and where each line and bubble came to stand (`python -m benchmarks.screenshots` draws the set). The reader shares
no figure of a layout with it; real screenshots have other fonts, and other faults.

- *CER of lines*: letters added, dropped or changed (Levenshtein), of the letters of all lines shown whole: messages,
  names, quotes, times, days, title. Not counted: keys, placeholders, avatars, reactions, the status bar. What was read
  within a line's place is its reading.
- *CER of messages*: the same of the messages of the transcript, each compared with the one that it shows; one that is
  missing or that nobody sent counts whole, and so does the text of a quote, a time or a name taken into a message.
  Messages of which the window cuts a line are left out, and so are deleted ones, whose text is the app's.
- Folded before both: NFC, typographic quotes, dashes and ellipses, full-width marks, blanks (runs are one; beside
  Chinese letters none). Emoji are left out on both sides: no engine here has them.
- *word recall*: stated words found in their line; of Chinese, letters. *side*, *sender*, *time*, *day*: of the messages
  found that show one; a sender is right when it is the right person, letters of the name may be misread; senders of
  own messages stay empty, and a name given to them is *invented*. Where an app has rows, no bubbles, no side is right,
  too. *order*: neighbours among the messages found that stand in the right order.
- *invented*: messages that nobody sent, and senders where none is shown. *keys*: texts of the keyboard or of an unsent
  draft taken as messages. *foreign*: letters of a script that the line does not have. *stray*: letters read where
  nothing is written, such as in icons.
- Hebrew and Thai are there as scripts without an engine: of their lines with letters is counted how many were told
  unread; digits can be read.
"""
_HEAD: Final = (
    "pictures",
    "lines",
    "CER of lines",
    "word recall",
    "CER of messages",
    "found",
    "side",
    "sender",
    "order",
    "time",
    "day",
    "invented",
    "keys",
    "foreign",
    "stray",
    "s a picture",
)


def share(counts: Counter[str], part: str, whole: str, digits: int = 1) -> str:
    """A share in per cent, or a dash where there is nothing to share."""
    return f"{counts[part] / counts[whole]:.{digits}%}" if counts[whole] else "-"


def _row(name: str, counts: Counter[str]) -> list[str]:
    invented = counts["messages invented"] + counts["senders invented"]
    return [
        name,
        str(counts["pictures"]),
        f"{counts['lines']:,}",
        share(counts, "letter errors", "letters", 2),
        share(counts, "words read", "words"),
        share(counts, "message errors", "message letters", 2),
        share(counts, "messages found", "messages"),
        share(counts, "sides right", "sides"),
        share(counts, "senders right", "senders"),
        share(counts, "order right", "order"),
        share(counts, "times right", "times"),
        share(counts, "days right", "days"),
        *(str(one) for one in (invented, counts["keyboard taken"], counts["wrong script"], counts["stray letters"])),
        f"{counts['milliseconds'] / 1000 / counts['pictures']:.1f}",
    ]


def section(results: Results, about: Sequence[str]) -> list[str]:
    """The section as lines of Markdown; `about` is what it was measured on."""
    scenes = len(results.each)
    pictures = sum(len(one.truth.pages) for one in results.each)
    authors = sorted({one.author for one in results.each if one.author})
    lines = [*about, f"{pictures} pictures of {scenes} talks. Engines: {'; '.join(authors) or 'none'}.", ""]
    lines += [*_TEXT.splitlines(), "", "### Goals", "", *_goals(results)]
    for title, first, key in _CELLS:
        totals = results.totals(key)
        if totals:
            rows = [_row(name, totals[name]) for name in sorted(totals)]
            lines += [f"### {title}", "", *table([first, *_HEAD], rows)]
    return [*lines, *_whole(results)]


def _mode(truth: Truth) -> str:
    return "dark" if truth.dark else "light"


_CELLS: Final[tuple[tuple[str, str, Callable[[Truth], str | None]], ...]] = (
    (
        "By app and mode (English, undamaged)",
        "app, mode",
        lambda one: f"{one.app}, {_mode(one)}" if one.cell == "apps" else None,
    ),
    (
        "By language (undamaged)",
        "language",
        lambda one: f"{one.language} ({one.script})" if one.damage == "clean" and one.language not in UNREAD else None,
    ),
    ("By damage", "damage", lambda one: one.damage if one.language not in UNREAD | BY_PACKS else None),
    ("By company", "company", lambda one: None if one.language in UNREAD else "group" if one.group else "two"),
    ("By cell", "cell", lambda one: None if one.language in UNREAD else one.cell),
)


def _whole(results: Results) -> list[str]:
    """Facts of a whole scene, and what was told unread."""
    counts = _sum(results, lambda one: one.language not in UNREAD)
    rows = [
        ["title", str(counts["titles"]), share(counts, "titles right", "titles")],
        ["app named rightly", str(counts["apps"]), share(counts, "apps right", "apps")],
        ["app left open", str(counts["apps"]), share(counts, "apps unsure", "apps")],
        ["whether a draft stands in the field", str(counts["drafts"]), share(counts, "drafts right", "drafts")],
        ["deleted message told as such", str(counts["deleted"]), share(counts, "deleted right", "deleted")],
        ["overlapping pictures merged rightly", str(counts["overlaps"]), share(counts, "overlaps right", "overlaps")],
    ]
    lines = ["### Of whole talks", "", *table(["fact", "stated", "right"], rows)]
    told = results.totals(lambda one: one.language if one.language in UNREAD else None)
    head = ["language", "lines with letters", "told unread", "read as nothing, not told", "letters of other scripts"]
    unread = [
        [
            name,
            str(one["lines with letters"]),
            share(one, "lines told unread", "lines with letters"),
            share(one, "lines lost", "lines with letters"),
            str(one["wrong script"]),
        ]
        for name, one in sorted(told.items())
    ]
    return [*lines, "### Scripts without an engine", "", *table(head, unread)]


def _sum(results: Results, wanted: Callable[[Truth], bool]) -> Counter[str]:
    return results.totals(lambda one: "all" if wanted(one) else None)["all"]


@dataclass(frozen=True, slots=True)
class _Goal:
    text: str
    goal: str
    measured: str
    is_reached: bool | None

    def row(self) -> list[str]:
        verdict = "not measured" if self.is_reached is None else "yes" if self.is_reached else "**missed**"
        return [self.text, self.goal, self.measured, verdict]


def _at_most(text: str, counts: Counter[str], part: str, whole: str, most: float) -> _Goal:
    reached = counts[part] <= most * counts[whole] if counts[whole] else None
    return _Goal(text, f"≤ {most:.0%}", share(counts, part, whole, 2), reached)


def _at_least(text: str, counts: Counter[str], part: str, whole: str, least: float) -> _Goal:
    reached = counts[part] >= least * counts[whole] if counts[whole] else None
    return _Goal(text, f"≥ {least:.0%}", share(counts, part, whole), reached)


def _none(text: str, count: int) -> _Goal:
    return _Goal(text, "0", str(count), count == 0)


def _goals(results: Results) -> list[str]:
    clean = _sum(results, lambda one: one.damage == "clean" and one.language in BUNDLED)
    packs = _sum(results, lambda one: one.damage == "clean" and one.language in BY_PACKS)
    worse = _sum(results, lambda one: one.damage != "clean" and one.language in BUNDLED)
    light = _sum(results, lambda one: one.cell == "apps" and not one.dark)
    dark = _sum(results, lambda one: one.cell == "apps" and one.dark)
    read = _sum(results, lambda one: one.language not in UNREAD)
    every = _sum(results, lambda _: True)
    lines, messages = ("letter errors", "letters"), ("message errors", "message letters")
    goals = [
        _at_most("CER of lines, undamaged, Latin (no Vietnamese) and Chinese", clean, *lines, 0.01),
        _at_most("CER of messages, the same", clean, *messages, 0.01),
        _at_most("CER of lines, undamaged, Vietnamese, Arabic, Cyrillic, Korean", packs, *lines, 0.08),
        _at_most("CER of messages, the same", packs, *messages, 0.08),
        _at_most("CER of lines, damaged, Latin and Chinese", worse, *lines, 0.03),
        _at_most("CER of messages, the same", worse, *messages, 0.03),
        _Goal(
            "dark no worse than light: CER of lines, the same talks",
            f"≤ {share(light, *lines, 2)}",
            share(dark, *lines, 2),
            dark[lines[0]] * light[lines[1]] <= light[lines[0]] * dark[lines[1]]
            if light[lines[1]] and dark[lines[1]]
            else None,
        ),
        _at_least("side", read, "sides right", "sides", 0.98),
        _at_least("sender", read, "senders right", "senders", 0.98),
        _at_least("order", read, "order right", "order", 0.99),
        _none("messages that nobody sent", read["messages invented"]),
        _at_least("overlapping pictures merged rightly", read, "overlaps right", "overlaps", 1.0),
        _none("texts of keys or drafts taken as messages", every["keyboard taken"]),
        _none("letters of a script that a line does not have", every["wrong script"]),
        _Goal(
            "resident memory of the child, at most",
            "≤ 900 MB",
            f"{results.memory / 1e6:,.0f} MB" if results.memory else "-",
            results.memory <= 900_000_000 if results.memory else None,
        ),
        _Goal("seconds for 20 lines, all pictures", "≤ 2.5", _twenty(every), None),
    ]
    note = "The last is the mean while this report was made, whatever else ran; `benchmarks/RESULTS.md` measures it."
    return [*table(["what", "goal", "measured", "reached"], [one.row() for one in goals]), note, ""]


def _twenty(counts: Counter[str]) -> str:
    return f"{counts['milliseconds'] / 50 / counts['lines read']:.1f}" if counts["lines read"] else "-"
