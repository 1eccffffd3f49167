"""The desk of the request's journey: who sits there, the commands that are given, and what is printed of them.

Rules:

- Everything is done by commands, as a person would give them; nothing of the product is called.
- Of a command its words are printed without what is content (names that are searched for, words that are left out), and
  of its answer figures only. The mails are of real people. What the script itself says is printed as it is given.
- A step is told in one piece when it ends: what it is for, its commands, and what was checked.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from benchmarks.first_request_words import PURPOSES
from benchmarks.report import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_INSTEAD: Final = {  # what is printed for the values of an option
    "--words": ("WORDS",),
    "--span": ("PART", "FROM", "TO"),
    "--region": ("PART", "PAGE", "LEFT", "TOP", "RIGHT", "BOTTOM"),
    "--part": ("PART",),
    "--key": ("KEY",),
}
_IDS: Final = {"rec": "RECORD", "frz": "SET", "occ": "OCCURRENCE", "red": "MARK"}
_NAME: Final = "'\"NAME\"'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A command that ended: its status, what it printed, and the highest memory of its programs in bytes, or 0."""

    status: int
    out: str
    resident: int = 0


class Runner(Protocol):
    """Runs a command on the archive, or beside it."""

    def archive(self, *arguments: str, token: str | None = None) -> Outcome:
        """Run a command on the archive, with `--json`; `token` proves who gives it."""
        ...

    def alone(self, *arguments: str) -> Outcome:
        """Run a command in an empty folder, with nothing of the archive: no folder, passphrase or token."""
        ...


@dataclass(slots=True)
class Report:
    """What is printed and written, and whether all of it was as it must be."""

    quiet: bool = False
    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)  # of the step that is not told yet
    holds: bool = False

    def say(self, *lines: str) -> None:
        """Print and keep."""
        if not self.quiet:
            print("\n".join(lines), flush=True)
        self.lines += lines

    def must(self, condition: object, what: str) -> None:
        """Note whether it is as it must be."""
        if not condition:
            self.wrong.append(what)
        line = f"- {'OK' if condition else 'WRONG'}: {what}"
        if self.holds:
            self.checked.append(line)
        else:
            self.say(line)

    def hold(self) -> None:
        """Keep what is checked from now on until it is told."""
        self.holds = True

    def tell(self) -> None:
        """Print what was checked since."""
        if self.checked:
            self.say("", *self.checked)
        self.checked, self.holds = [], False


@dataclass(slots=True)
class _Given:
    """Commands of one shape within a step: the first is shown, the others are counted."""

    line: str
    said: str
    count: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Desk:
    """Who gives commands, and the account of them."""

    runner: Runner
    report: Report
    tokens: dict[str, str] = field(default_factory=dict)
    resident: int = 0
    commands: int = 0
    seconds: float = 0.0
    steps: list[tuple[str, int, float]] = field(default_factory=list)
    _given: dict[str, _Given] = field(default_factory=dict)
    _title: str = ""

    def step(self, title: str) -> None:
        """Begin a step, and say what it is for; what the last one did is printed."""
        self.end()
        self._title = title
        self.report.hold()

    def end(self) -> None:
        """Print what the step did."""
        if self._title:
            self.report.say("", f"## {self._title}", "", PURPOSES[self._title], "", "```")
            for one in self._given.values():
                again = f"{one.count:,} such commands, {one.seconds:.1f} s together" if one.count > 1 else ""
                self.report.say(f"$ {one.line}", f"  {one.said}   ({again or f'{one.seconds:.1f} s'})")
            self.report.say("```")
            self.report.tell()
            count, seconds = (
                sum(one.count for one in self._given.values()),
                sum(one.seconds for one in self._given.values()),
            )
            self.steps.append((self._title, count, seconds))
        self._given, self._title = {}, ""

    def act(self, who: str | None, *arguments: str, status: int | Sequence[int] = 0) -> Any:
        """Give a command as somebody; its JSON.

        Raises:
            AssertionError: it ended with another status.
        """
        named = ("--as", who) if who is not None else ()
        outcome = self._run(
            lambda: self.runner.archive(*arguments, *named, token=self.tokens.get(who or "")), arguments
        )
        allowed = (status,) if isinstance(status, int) else tuple(status)
        assert outcome.status in allowed, f"archiver {' '.join(arguments[:3])}: {outcome.status}: {outcome.out[:2000]}"
        return json.loads(outcome.out)

    def alone(self, *arguments: str) -> Outcome:
        """Give a command that has nothing of the archive."""
        return self._run(lambda: self.runner.alone(*arguments), arguments)

    def _run(self, run: Any, arguments: Sequence[str]) -> Outcome:
        began = time.perf_counter()
        outcome: Outcome = run()
        seconds = time.perf_counter() - began
        self.commands, self.seconds = self.commands + 1, self.seconds + seconds
        self.resident = max(self.resident, outcome.resident)
        given = self._given.setdefault(shape(arguments), _Given(masked(arguments), told(outcome)))
        given.count, given.seconds = given.count + 1, given.seconds + seconds
        return outcome

    def totals(self) -> list[str]:
        """What each step cost, as a table."""
        rows = [[title, f"{count:,}", f"{seconds:,.1f}"] for title, count, seconds in self.steps]
        return table(
            ["step", "commands", "seconds"], [*rows, ["together", f"{self.commands:,}", f"{self.seconds:,.1f}"]]
        )


def shape(arguments: Sequence[str]) -> str:
    """The command and its options without their values: commands of one shape are shown once."""
    words = [one for one in arguments[:4] if not one.startswith(("-", "/", "rec_")) and one.replace("-", "").isalpha()]
    words += [_NAME] if arguments[0] == "search" and _short(arguments[1]) == _NAME else []
    return " ".join([*words, *sorted({one for one in arguments if one.startswith("--")})])


def masked(arguments: Sequence[str]) -> str:
    """A command as it is printed: without content, ids and paths, and not too long."""
    words: list[str] = ["archiver"]
    instead: list[str] = []
    for one in arguments:
        if instead:
            words.append(instead.pop(0))
        else:
            words.append(_short(one))
            instead += _INSTEAD.get(one, ())
    return _shortened(words)


def _shortened(words: list[str]) -> str:
    """An option that is given again and again is printed once, with how often."""
    kept: list[str] = []
    place = 0
    while place < len(words):
        pair = words[place : place + 2]
        count = 1
        while len(pair) == 2 and pair[0].startswith("--") and words[place + 2 * count :][:2] == pair:
            count += 1
        if count > 1:
            kept += [*pair, f"({count:,} times)"]
            place += 2 * count
        else:
            kept.append(words[place])
            place += 1
    return " ".join(kept)


def _short(word: str) -> str:
    if "/" in word:
        return word.rpartition("/")[2]
    head, _, tail = word.partition("_")
    if head in _IDS and tail:
        return _IDS[head]
    if word.startswith('"'):
        return _NAME  # a phrase that is searched for: somebody's name
    return f"'{word}'" if " " in word or "(" in word else word


def told(outcome: Outcome) -> str:
    """The figures of an answer."""
    try:
        document = json.loads(outcome.out)
    except ValueError:
        return f"status {outcome.status}"
    if isinstance(document, list):
        return f"{len(document):,} entries"
    if not isinstance(document, dict):
        return f"status {outcome.status}"
    figures = []
    for key, value in document.items():
        if isinstance(value, bool | int):
            figures.append(f"{key} {str(value).lower() if isinstance(value, bool) else format(value, ',')}")
        elif isinstance(value, list):
            figures.append(f"{key}: {len(value):,}")
        elif key in ("first", "last", "number", "outcome", "state") and isinstance(value, str):
            figures.append(f"{key} {value}")
    status = f"status {outcome.status}: " if outcome.status else ""
    return status + (", ".join(figures) or "done")


def write_file(path: Path, text: str) -> str:
    """A file beside the archive that a command is told to read."""
    path.write_text(text, "utf-8")
    return str(path)
