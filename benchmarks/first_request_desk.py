"""The desk of the request's journey: who sits there, the commands that are given, and what is printed of them.

Rules:

- Everything is done by commands, as a person would give them; nothing of the product is called.
- Of a command its words are printed without what is content (names, words that are left out, reasons), and of its
  answer figures only. The mails are of real people.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from benchmarks.report import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CONTENT: Final = frozenset(
    {
        "--words",
        "--text",
        "--title",
        "--from",
        "--contact",
        "--reason",
        "--note",
        "--label",
        "--file",
        "--name",
        "--span",
    }
)
_VALUES: Final = {"--span": 3, "--region": 6}


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

    def say(self, *lines: str) -> None:
        """Print and keep."""
        if not self.quiet:
            print("\n".join(lines), flush=True)
        self.lines += lines

    def must(self, condition: object, what: str) -> None:
        """Note what is not as it must be."""
        if not condition:
            self.wrong.append(what)
        self.say(f"- {'OK' if condition else 'WRONG'}: {what}")


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
        """Begin a step; what the last one did is printed."""
        self.end()
        self._title = title

    def end(self) -> None:
        """Print what the step did."""
        if self._title:
            self.report.say("", f"## {self._title}", "", "```")
            for one in self._given.values():
                again = f"   (one of {one.count:,})" if one.count > 1 else ""
                self.report.say(f"$ {one.line}", f"  {one.said}   {one.seconds:.1f} s{again}")
            self.report.say("```", "")
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
    return " ".join([*words, *sorted({one for one in arguments if one.startswith("--")})])


def masked(arguments: Sequence[str]) -> str:
    """A command as it is printed: without content, ids and paths, and not too long."""
    words: list[str] = ["archiver"]
    hide = 0
    for one in arguments:
        if hide:
            hide -= 1
            if words[-1] != "...":
                words.append("...")
        elif one in _CONTENT:
            words.append(one)
            hide = _VALUES.get(one, 1)
        else:
            words.append(_short(one))
    records = words.count("rec_...")
    kept = words[: words.index("rec_...") + 1] if records else words
    if records > 1:
        kept.append(f"(and {records - 1:,} more)")
    if records:
        kept += [one for one in words[words.index("rec_...") + 1 :] if one not in ("rec_...", "--record")]
    return " ".join(kept)


def _short(word: str) -> str:
    if "/" in word:
        return f".../{word.rpartition('/')[2]}"
    head, _, tail = word.partition("_")
    if head in ("rec", "frz", "occ", "red") and tail:
        return f"{head}_..."
    if word.startswith(("component:", "name:")):
        return f"{word.partition(':')[0]}:..."
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
