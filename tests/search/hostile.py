"""Queries that somebody could type to bring a search down, and a program that asks them all and says what became of it.

``python -m tests.search.hostile ENGINE PATH [SECONDS]`` opens an index, whose key in hexadecimal comes by standard
input, and asks each query as people do: by date with every count, by relevance, and for its number; with SECONDS each
of the three is given up after so long, and bounded by the work that a person's search may take. It prints one line of
JSON: by query the outcome, the seconds of the slowest of the three and the work, and the highest memory of the program.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import nullcontext, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from archiver.settings_sections import SearchSection
from search.engines import engine_named
from search.index import FacetName, Order
from search.queries import CATALOGUED, Among, Is, replace_leaves
from search.query_language import parse_query
from search.stopping import SearchStopped, Stop
from storage.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from search.engines import EngineIndex
    from search.queries import Leaf, Query

ANSWERED, REFUSED, STOPPED, CRASHED = "answered", "refused", "stopped", "crashed"
_HUNDRED_KB: Final = 100_000
_ZONE: Final = ZoneInfo("America/Los_Angeles")
_TODAY: Final = date(2025, 4, 9)
_WAYS: Final = ((20, Order.DATE, tuple(FacetName)), (20, Order.RELEVANCE, ()), (0, Order.DATE, ()))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _many(count: int, joint: str, pattern: str = "{}") -> str:
    return joint.join(pattern.format(f"w{number:x}") for number in range(count))


def _words(count: int) -> str:
    """Different words of two letters and one digit."""
    made = (f"{a}{b}{c}" for c in range(10) for a in _LETTERS for b in _LETTERS)
    return " ".join(word for word, _ in zip(made, range(count), strict=False))


def _nested(depth: int, sign: str = "") -> str:
    return f"{sign}(a " * depth + "a" + ")" * depth


HOSTILE: Final[tuple[tuple[str, str], ...]] = (
    ("a word of 100 kB", "a" * _HUNDRED_KB),
    ("words of 100 kB", "the " * (_HUNDRED_KB // 4)),
    ("spaces of 100 kB", " " * _HUNDRED_KB),
    ("hyphens of 100 kB", "-" * _HUNDRED_KB),
    ("a phrase of 100 kB", '"' + "the " * (_HUNDRED_KB // 4) + '"'),
    ("quotation marks of 100 kB", '"' * _HUNDRED_KB),
    ("a word of the longest query", "a" * 32_000),
    ("combining marks on one letter", "a" + "\u0301" * 30_000),
    ("one emoji of many parts", "\u200d".join("👩" * 10_000)),
    ("letters that unfold to eighteen each", "\ufdfa" * 10_000),
    ("Han of the longest query", "学" * 30_000),
    ("10,000 terms, all of them", _many(10_000, " ")),
    ("10,000 terms, any of them", _many(10_000, " OR ")),
    ("1,000 terms, any of them", _many(1_000, " OR ")),
    ("1,000 terms, none of them", _many(1_000, " ", "-{}")),
    ("900 terms of which each stands somewhere", " OR ".join(_words(900).split())),
    ("200 times the most frequent word", " ".join(["the"] * 200)),
    ("200 times the most frequent word, any", " OR ".join(["the"] * 200)),
    ("parentheses 1,000 deep", "(" * 1_000 + "a" + ")" * 1_000),
    ("parentheses 1,000 deep with words", _nested(1_000)),
    ("parentheses 40 deep with words", _nested(40)),
    ("left out 40 deep", _nested(40, "-")),
    ("NOT 10,000 times", "NOT " * 5_000 + "a"),
    ("OR and AND 40 deep", "(a OR (b AND " * 20 + "c" + "))" * 20),
    *((f"unbalanced {text}", text) for text in ("(((", ")))", '"', '"a', "[", "on:[", "/a", "/", "(a", "a)", '("a)"')),
    *(
        (f"operators {text}", text)
        for text in ("AND", "OR OR", "NOT", "a AND", "OR a", "AND AND AND", "-", "--", "- a")
    ),
    *((f"signs {text}", text) for text in ("*", "?", "**", "*?*", "?*", "* AND *", "~", "a~", "ab~9", '""', '""~5')),
    *((f"signs {text}", text) for text in ('"a"~5', '"a b"~999999999', '"a b"~-1', '"the of"~99999', "#", "@", "#*")),
    *(
        (f"every word by {text}", text)
        for text in ("/./", "/.*/", "/.+/", "/\\w*/", "/(.|.)*/", "/[^x]*/", "*a*", "*e*")
    ),
    *(
        (f"every word by {text}", text)
        for text in ("a*", "?????", "*a*e*", "/.*.*.*.*x/", "text:*e*", "hash:/.*/", "hash:0*")
    ),
    ("an expression that explodes", "/(a+)+$/"),
    ("an expression that explodes otherwise", "/(a|aa)+(a|aa)+b/"),
    ("an expression with counted repeats", "/((a{1,100}){1,100}){1,100}/"),
    ("an expression repeated a million times", "/(x{1000}){1000}/"),
    ("an expression with a class of 30 kB", f"/[{'ab' * 15_000}]+/"),
    ("an expression of many choices", "/" + "|".join(_words(900).split()) + "/"),
    ("an expression of a thousand stars", "/" + ".*" * 400 + "x/"),
    ("an expression that looks back", r"/(a)\1/"),
    ("an expression that looks ahead", "/(?=a)a/"),
    ("an expression of every letter there is", r"/\pL+/"),
    ("an expression that is none", "/[/"),
    ("fifty expressions", " OR ".join(f"/{one}.*[xyz]/" for one in _words(50).split())),
    ("sixty prefixes of two letters", " OR ".join(f"{a}{b}*" for a in "abcdef" for b in "aeiouklmno")),
    ("infixes of one letter, any of them", " OR ".join(f"*{one}*" for one in _LETTERS)),
    ("fifty fuzzy words", " OR ".join(f"{one}xyz~2" for one in _words(50).split())),
    ("six expressions", " OR ".join(f"/{one}.*[xyz]/" for one in _words(6).split())),
    ("six fuzzy words", " OR ".join(f"{one}xyz~2" for one in _words(6).split())),
    ("six infixes", " OR ".join(f"*{one}*" for one in _words(6).split())),
    ("a fuzzy word of the longest query", "a" * 30_000 + "~2"),
    ("a wildcard of many stars", "a" + "*a" * 400),
    ("a wildcard of many marks", "a" + "?" * 900),
    ("near words, the same 100 times", '"' + "the " * 100 + '"~200'),
    ("near words, 200 of them", f'"{_words(200)}"~100000'),
    ("near words that are the most frequent", '"the to of and a in"~50'),
    ("only words that stand everywhere", "the and of to a in"),
    ("only words that stand everywhere, any", "the OR and OR of OR to OR a OR in"),
    ("a phrase of words that stand everywhere", '"the of to and the"'),
    ("everything but one", "-zzzz"),
    ("everything", "a OR -a"),
    ("NUL", "a\x00b \x00"),
    ("lone surrogates", "\ud800 a\udfff*"),
    ("a lone surrogate in an expression", "/a\ud800/"),
    ("marks for the other direction", "\u202ea\u202c \u2067b\u2069 \u200f"),
    ("characters without meaning", "\U0010ffff \ufffe \ufeff \u0000 \x7f"),
    *((f"the day {text}", f"on:{text}") for text in ("2025-02-30", "0000-00-00", "9999-12-31", "99999-01-01", "1-1-1")),
    *(
        (f"the days {text}", f"sent:{text}")
        for text in ("..", "[ to ]", "2025..2024", "9999..9999", "last 999999999 days")
    ),
    *(
        (f"the size {text}", f"size:{text}")
        for text in (">9999999999999999999999999GB", "-1", "..", "1e400", ">" + "9" * 5_000)
    ),
    *(
        (f"a field {text}", text)
        for text in ("from:", "nofield:x", "id:" + "x" * 20_000, "hash:*", "from:*", "kind:nothing")
    ),
    ("fields without end", "from:" * 5_000 + "a"),
    ("exact without end", "exact:" * 4_000 + "a"),
    ("one fact 5,000 times", "kind:email " * 2_500),
    ("one date 3,000 times", "on:2025-01-01 OR " * 1_900 + "a"),
    ("what SQL would read", "'; DROP TABLE docs; -- \" OR 1=1"),
    ("what FTS5 would read", 'NEAR(a b, 9) {subject_stem}: x ^a "a" + "b" a*'),
    ("what a format string would read", "%s %n {0} {__class__} ${jndi:x}"),
)


def understood(text: str) -> Query:
    """A query, with no record for what only a catalogue knows.

    Raises:
        InvalidInput: it is refused.
    """
    return replace_leaves(parse_query(text, today=_TODAY, zone=_ZONE), _resolved)


def _resolved(leaf: Leaf) -> Query:
    return Among(frozenset()) if isinstance(leaf, Is) and leaf.fact in CATALOGUED else leaf


def ask(
    index: EngineIndex, text: str, stops: Callable[[], Stop], seconds: float | None = None
) -> tuple[str, float, float]:
    """Ask in every way, each in so many seconds.

    The outcome, how many seconds the slowest took, its reading with it, and how many of a processor the dearest.
    """
    began, worked, slowest, dearest = time.monotonic(), time.process_time(), 0.0, 0.0
    read, understanding = 0.0, 0.0
    try:
        query = understood(text)
        read, understanding = time.monotonic() - began, time.process_time() - worked
        for limit, order, names in _WAYS:
            stop, began, worked = stops(), time.monotonic(), time.process_time()
            try:
                with nullcontext() if seconds is None else stop.within(seconds):
                    index.search(query, limit=limit, order=order, stop=stop)
                    with suppress(SearchStopped), stop.part() as part:
                        index.facets(query, names, zone=_ZONE, most=20, stop=part)
                stop.check()
            finally:
                slowest = max(slowest, time.monotonic() - began)
                dearest = max(dearest, time.process_time() - worked)
    except SearchStopped:
        outcome = STOPPED
    except ArchiveError:
        outcome = REFUSED
    except Exception as error:  # noqa: BLE001 - which one is what has to be told
        outcome = f"{CRASHED}: {type(error).__name__}: {str(error)[:200]}"
    else:
        outcome = ANSWERED
    return outcome, read + slowest, understanding + dearest


class CountingStop(Stop):
    """Counts how often an engine looks whether to go on: every so many steps of its database, and between its own."""

    looks = 0

    @property
    def asked(self) -> bool:
        """Whether it was asked to end."""
        CountingStop.looks += 1
        return super().asked

    def check(self) -> None:
        """Go on, or not."""
        CountingStop.looks += 1
        super().check()


def _peak() -> int:
    """The highest memory of this program in bytes; `ru_maxrss` would count that of the program that started it."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) * 1024


def ask_all(index: EngineIndex, seconds: float | None) -> Iterator[dict[str, Any]]:
    """Ask every hostile query: name, outcome, seconds, seconds of a processor, looks, and growth of memory."""
    bound = None if seconds is None else SearchSection.model_fields["processor_seconds"].default
    for name, text in HOSTILE:
        before, CountingStop.looks = _peak(), 0
        outcome, took, worked = ask(index, text, lambda: CountingStop(processor_seconds=bound), seconds)
        said = {"name": name, "outcome": outcome, "seconds": took, "processor": worked}
        yield {**said, "grown": _peak() - before, "looks": CountingStop.looks}


def main() -> None:
    """Ask, and print what became of it."""
    engine, path = sys.argv[1:3]
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else None
    index = engine_named(engine).open(Path(path), bytes.fromhex(sys.stdin.read()))
    index.search(understood("roof"), limit=1)
    before = _peak()
    asked = list(ask_all(index, seconds))
    print(json.dumps({"asked": asked, "before": before, "peak": _peak()}))  # noqa: T201 - a program
    index.close()


if __name__ == "__main__":
    main()
