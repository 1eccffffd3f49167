"""Words as FTS5 has them: each with a sign of the group of columns that it stands in.

Rules:

- FTS5 keeps one list of records for a token, whatever the column, and a search in some columns has to read every
  position in it. So a word is a token of its own in each group of columns that is searched together: then the list
  alone answers, and is half as long.
- A sign is one character that no folded word begins with and that FTS5's ``ascii`` tokenizer takes as a letter. That
  tokenizer takes everything above U+007F as letters and changes nothing in words that are folded already.
- Facts of a record are tokens too, so that a search for words and facts is one expression: `EVERY` stands in each
  document, `SENT` where the moment of sending is known, and `fact_token` for each value that a fact has.
- No word of a query is ever read as syntax: a token stands between quotation marks, and holds none.

Sources: sqlite.org/fts5.html §3 (query syntax), §4.3.2 (tokenizers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from search.documents import BOUNDARY, COLUMNS, Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from search.documents import IndexDocument
    from search.queries import Pattern

FACTS_COLUMN: Final = "facts"
FTS_COLUMNS: Final = (*COLUMNS, FACTS_COLUMN)
COLUMN_WEIGHTS: Final = (*(1.0 for _ in COLUMNS), 0.0)
"""What a word counts for in each of `FTS_COLUMNS` where records are ranked."""
_GROUPS: Final = (
    ("=", (Column.SUBJECT_STEM, Column.TEXT_STEM, Column.FILENAME_STEM)),
    ("~", (Column.SUBJECT_EXACT, Column.TEXT_EXACT, Column.FILENAME_EXACT)),
    ("+", (Column.SENDER, Column.RECIPIENTS, Column.COPIED, Column.OTHERS)),
    ("&", (Column.CORRESPONDENT,)),
    ("%", (Column.CUSTODIAN,)),
    ("!", (Column.MARKS,)),
    (":", (Column.HASHES,)),
    ("/", (Column.ACCOUNT,)),
    ("-", (Column.SCHOOL,)),
    (".", (Column.FLAGS,)),
)
_FACT: Final = "^"
_SIGN: Final = {column: sign for sign, columns in _GROUPS for column in columns}
_MEMBERS: Final = {sign: frozenset(columns) for sign, columns in _GROUPS}
_SIGNS: Final = tuple((_SIGN[column], f" {_SIGN[column]}") for column in COLUMNS)
TOKENIZER: Final = f"ascii tokenchars '{''.join(sign for sign, _ in _GROUPS)}{_FACT}#@_'"
EVERY: Final = f'"{_FACT}every"'
BEGINNING: Final = " *"
"""After a phrase: its last word may go on."""
SENT: Final = f'"{_FACT}sent"'
_MOST_BETWEEN = 1_000_000_000
FAMILIES: Final = {
    "x": frozenset(_MEMBERS["~"]),
    "p": frozenset({*_MEMBERS["+"], Column.CORRESPONDENT, Column.CUSTODIAN}),
    "o": frozenset({Column.MARKS, Column.ACCOUNT, Column.SCHOOL, Column.FLAGS}),
    "h": frozenset({Column.HASHES}),
}
"""Columns whose unstemmed words are one list, by the name of the list."""
FAMILY_SIGNS: Final = {name: tuple({_SIGN[column] for column in columns}) for name, columns in FAMILIES.items()}
_FAMILY_PLACES: Final = {
    name: tuple(number for number, column in enumerate(COLUMNS) if column in columns)
    for name, columns in FAMILIES.items()
}


def lines(document: IndexDocument, codes: Iterable[int]) -> tuple[str, ...]:
    """One line of tokens for each of `FTS_COLUMNS`; `codes` are those of its facts."""
    found = [
        sign + line.replace(" ", spaced) if line else ""
        for (sign, spaced), line in zip(_SIGNS, document.columns, strict=True)
    ]
    facts = [f"{_FACT}every", *([f"{_FACT}sent"] if document.sent_at is not None else [])]
    found.append(" ".join([*facts, *(f"{_FACT}{code}" for code in codes)]))
    return tuple(found)


def family_words(documents: Sequence[IndexDocument], family: str) -> set[str]:
    """The words of documents that stand in a list."""
    places = _FAMILY_PLACES[family]
    found: set[str] = set()
    for document in documents:
        columns = document.columns
        for place in places:
            if line := columns[place]:
                # a line at a time: a list of all words would not fit the caches of a processor
                found.update(line.split(" "))
    return found - {"", BOUNDARY}


def fact_token(code: int) -> str:
    """The expression for documents with a fact of this code."""
    return f'"{_FACT}{code}"'


def pattern_expressions(pattern: Pattern) -> list[str]:
    """A pattern as expressions of which any has to match, one for each group of its columns."""
    words = pattern.line.split(" ")
    return [_expression(sign, columns, words, pattern) for sign, columns in _by_sign(pattern.columns)]


def word_expressions(columns: Sequence[Column], words_of: Mapping[str, Sequence[str]]) -> list[str]:
    """Whole words by family, each as an expression in those of the columns that belong to the family."""
    found = []
    for family, words in words_of.items():
        chosen = [column for column in columns if column in FAMILIES[family]]
        for sign, some in _by_sign(chosen):
            found += [f'{_filter(sign, some)}"{sign}{word}"' for word in words]
    return found


def _by_sign(columns: Iterable[Column]) -> list[tuple[str, list[Column]]]:
    found: dict[str, list[Column]] = {}
    for column in columns:
        found.setdefault(_SIGN[column], []).append(column)
    return list(found.items())


def _filter(sign: str, columns: Sequence[Column]) -> str:
    """A filter of columns, where they are not all in which tokens of this sign stand."""
    return "" if _MEMBERS[sign] <= set(columns) else f"{{{' '.join(columns)}}} : "


def _expression(sign: str, columns: Sequence[Column], words: Sequence[str], pattern: Pattern) -> str:
    where = _filter(sign, columns)
    if pattern.within is not None and len(set(words)) > 1:
        tokens = " ".join(f'"{sign}{word}"' for word in dict.fromkeys(words))
        return f"{where}NEAR({tokens}, {min(pattern.within, _MOST_BETWEEN)})"
    if pattern.within is not None:
        return f'{where}"{sign}{words[0]}"'
    line = " ".join(f"{sign}{word}" for word in words)
    return f'{where}"{line}"{BEGINNING if pattern.prefix else ""}'
