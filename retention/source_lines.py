"""On which line of a schedule file each table and key stands, so that refusals can say so.

Rule: pure, linear, and only a help: the TOML reader keeps no lines, so headers and keys are found here by their
look. Where the count of headers does not agree with what was read (headers inside texts, tables written inline), no
line is better than a wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_HEADER = re.compile(r"[ \t]*\[(\[?)[ \t]*([a-z]+)[ \t]*(?:\.[ \t]*([a-z]+)[ \t]*)?\]")
_KEY = re.compile(r"[ \t]*([A-Za-z0-9_-]{1,64})[ \t]*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One table of the file: the line of its header, and of its keys, from 1; None and empty where not known."""

    line: int | None = None
    keys: dict[str, int] = field(default_factory=dict)


NOWHERE = Block()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLines:
    """The tables of one series."""

    header: Block = NOWHERE
    cases: tuple[Block, ...] = ()
    examples: tuple[Block, ...] = ()

    def case(self, number: int) -> Block:
        """Its case of that number, from 1, else the series."""
        return self.cases[number - 1] if number <= len(self.cases) else self.header

    def example(self, number: int) -> Block:
        """Its example of that number, from 1, else the series."""
        return self.examples[number - 1] if number <= len(self.examples) else self.header


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLines:
    """The tables of one file: what stands before any header, tables by name, and lists of tables by name."""

    top: Block
    tables: dict[str, Block]
    lists: dict[str, tuple[Block, ...]]
    series: tuple[SeriesLines, ...]

    @classmethod
    def of(cls, text: str) -> SourceLines:
        """Find the headers and keys in a file's text."""
        top = current = Block()
        tables: dict[str, Block] = {}
        lists: dict[str, list[Block]] = {}
        series: list[tuple[Block, list[Block], list[Block]]] = []
        for number, line in enumerate(text.split("\n"), start=1):
            header = _HEADER.match(line)
            if header is None:
                key = _KEY.match(line)
                if key is not None:
                    current.keys.setdefault(key[1], number)
                continue
            current = Block(line=number)
            is_list, name, inner = header.groups()
            if name == "series" and inner is None:
                series.append((current, [], []))
            elif name == "series" and series and inner in {"case", "example"}:
                _, cases, examples = series[-1]
                (cases if inner == "case" else examples).append(current)
            elif inner is None and is_list:
                lists.setdefault(name, []).append(current)
            elif inner is None:
                tables.setdefault(name, current)
        return cls(
            top=top,
            tables=tables,
            lists={name: tuple(blocks) for name, blocks in lists.items()},
            series=tuple(
                SeriesLines(header=header, cases=tuple(cases), examples=tuple(examples))
                for header, cases, examples in series
            ),
        )

    def for_series(self, entries: list[Any]) -> list[SeriesLines]:
        """The tables of these series as they were read."""
        if len(self.series) != len(entries):
            return [SeriesLines()] * len(entries)
        return [_agreeing(lines, entry) for lines, entry in zip(self.series, entries, strict=True)]

    def for_list(self, name: str, entries: list[Any]) -> list[Block]:
        """The tables of a list as they were read."""
        found = self.lists.get(name, ())
        return list(found) if len(found) == len(entries) else [NOWHERE] * len(entries)


def _agreeing(lines: SeriesLines, entry: Any) -> SeriesLines:
    members = entry if isinstance(entry, dict) else {}
    return SeriesLines(
        header=lines.header,
        cases=lines.cases if len(lines.cases) == _count(members.get("case")) else (),
        examples=lines.examples if len(lines.examples) == _count(members.get("example")) else (),
    )


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0
