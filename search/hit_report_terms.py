"""Lists of searches as people write them: one in a line, perhaps with a name before a tab. Pure.

Rules:

- A line is ``query`` or ``name<TAB>query``. Empty lines and lines that begin with ``# `` are passed over; every other
  line is a term and keeps its number, from 1.
- Text is UTF-8, with or without a byte order mark, or UTF-16 with one, as spreadsheets save it. A line that is neither
  is a term that cannot be understood; the others stand.
- Bounded: so many bytes, so many terms; more is refused, never cut.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

from storage.errors import InvalidInput

MOST_TERMS: Final = 10_000
LARGEST_LIST: Final = 16 << 20
_LONGEST_NAME: Final = 200
_TOLD_CHARACTERS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One search of a list. `name` is the query itself where none was given; `fault` why there is no query."""

    line: int
    name: str
    query: str
    fault: str | None = None


def read_terms(content: bytes) -> tuple[Term, ...]:
    """The searches of a list.

    Raises:
        InvalidInput: there is none in it, or it is too large.
    """
    if len(content) > LARGEST_LIST:
        raise InvalidInput(f"a list of searches has at most {LARGEST_LIST >> 20} MiB")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            content = content.decode("utf-16", "surrogatepass").encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise InvalidInput("the list begins as UTF-16 and breaks off; save it as UTF-8") from error
    found = [term for number, line in enumerate(_lines(content), 1) if (term := _term(number, line)) is not None]
    if len(found) > MOST_TERMS:
        raise InvalidInput(f"a list has at most {MOST_TERMS:,} searches; this one has {len(found):,}; split it")
    if not found:
        raise InvalidInput("there is no search in the list; write one in each line")
    return tuple(found)


def terms_of(queries: tuple[str, ...]) -> tuple[Term, ...]:
    """Searches that were given one by one, numbered as given."""
    return tuple(Term(line=number, name=query, query=query) for number, query in enumerate(queries, 1))


def _lines(content: bytes) -> list[bytes]:
    return content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")


def _term(number: int, line: bytes) -> Term | None:
    stripped = line.strip()
    if not stripped or stripped == b"#" or stripped.startswith(b"# "):
        return None
    try:
        text = line.decode()
    except UnicodeDecodeError:
        shown = line.decode("utf-8", "replace")[:_TOLD_CHARACTERS]
        return Term(line=number, name=shown, query=shown, fault="the line is not UTF-8; save the list as UTF-8")
    name, tab, query = text.partition("\t")
    if not tab:
        return Term(line=number, name=text.strip(), query=text.strip())
    name, query = " ".join(name.split()), query.strip()
    if not query:
        return Term(line=number, name=name or "-", query="", fault="there is no query behind the tab")
    if len(name) > _LONGEST_NAME or (name and not name.isprintable()):
        fault = f"a name is printable and has at most {_LONGEST_NAME} characters"
        return Term(line=number, name=name[:_LONGEST_NAME], query=query, fault=fault)
    return Term(line=number, name=name or query, query=query)
