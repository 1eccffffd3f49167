"""What is asked of an index: the queries of `queries.txt` for mails, and queries over made words for made documents.

Rule: both have the same classes, so that what grows can be seen from one to the other. Words of made documents are
chosen by their rank (`index_documents.word`), so that a class means the same frequency at every size.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from benchmarks.index_documents import PHRASES, word
from search.query_language import parse_query

if TYPE_CHECKING:
    from search.queries import Query

QUERIES: Final = Path(__file__).with_name("queries.txt")
ZONE: Final = ZoneInfo("America/Chicago")
TODAY: Final = date(2025, 4, 9)
WORST: Final = "the"
"""A word that stands in more than half of the records, of mails and of made documents alike."""


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """A query, its class, and what it means."""

    kind: str
    text: str
    query: Query


def asked(kind: str, text: str) -> AskedQuery:
    """A query understood on a fixed day.

    Raises:
        InvalidInput: the language refuses it.
    """
    return AskedQuery(kind, text, parse_query(text, today=TODAY, zone=ZONE))


def queries_of_mails() -> list[AskedQuery]:
    """The queries of the file, in its order."""
    lines = [line for line in QUERIES.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    return [asked(*line.split("\t", 1)) for line in lines]


def queries_of_made_documents() -> list[AskedQuery]:
    """The same classes over made words."""
    some = [word(rank) for rank in (150, 700, 1_300, 2_600, 5_200)]
    rare = [word(rank) for rank in (60_000, 90_000, 150_000, 300_000)]
    long = word(40_000)
    lines: list[tuple[str, str]] = [
        *(("rare", one) for one in rare),
        *(("frequent", word(rank)) for rank in (0, 3, 40, 120)),
        *(("phrase", f'"{" ".join(phrase)}"') for phrase in PHRASES[:4]),
        ("phrase", f'exact:"{" ".join(PHRASES[4])}"'),
        *(("proximity", f'"{" ".join(reversed(phrase))}"~5') for phrase in PHRASES[:3]),
        ("proximity", f'"{some[0]} {some[1]}"~20'),
        ("proximity", f'"{word(40)} {word(120)}"~3'),
        ("prefix", f"{some[3][:4]}*"),
        ("prefix", f"{rare[0][:5]}*"),
        ("prefix", f"{some[0][:2]}*"),
        ("infix", f"*{rare[0][2:7]}*"),
        ("infix", f"*{rare[1][1:6]}*"),
        ("infix", f"*{long[2:]}"),
        ("wildcard", f"{some[4][:3]}?{some[4][4:]}"),
        ("wildcard", f"{rare[2][:4]}*{rare[2][-2:]}"),
        ("fuzzy", f"{some[2]}~1"),
        ("fuzzy", f"{rare[3]}~2"),
        ("expression", f"/{rare[0][:4]}[a-z]+{rare[0][-1]}/"),
        ("expression", f"/({some[1]}|{some[2]}).?/"),
        ("boolean", f"({some[0]} OR {some[1]}) AND {some[2]} NOT {some[3]}"),
        ("boolean", f"{some[0]} -{some[1]} kind:email channel:smtp"),
        ("boolean", f'("{" ".join(PHRASES[0])}" OR {some[4]}) {word(40)} -{some[1]}'),
        ("boolean", f"subject:({some[0]} OR {some[1]}) AND {some[2]} after:2020-01-01"),
        ("dates", "on:2020-06-15"),
        ("dates", "sent:2020-02"),
        ("dates", f"{word(40)} after:2020-01-01 before:2020-02-01"),
        ("dates", f"sent:[2019-10-01 to 2019-12-31] {some[0]}"),
        ("field", f"subject:{some[0]}"),
        ("field", f"from:{word(3_000)}"),
        ("field", f"participant:example subject:{some[1]}"),
        ("field", "has:attachment"),
        ("field", f"lang:es text:{some[0]}"),
    ]
    return [asked(kind, text) for kind, text in lines]
