"""All tables as one: what a printed word means, and which languages print it.

Rule kept: no two languages may give one label two meanings (checked when the tables are joined), so a letterhead
can be read before its language is known, and mixed ones (Gmail translates only "From") need no care. Where a word
does differ by language (subject prefixes, months), the languages stay beside it and the reader decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.forward_languages import east_asian, germanic, romance, slavic, uralic_and_others

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.formats.forward_languages.table import ForwardLanguage

Names = frozenset[str]
NOBODY: Final[Names] = frozenset()
ENGLISH_ONLY: Final[Names] = frozenset({"en"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The joined tables: label to meaning and languages, marker and prefix to languages."""

    languages: Mapping[str, ForwardLanguage] = field(repr=False)
    labels: Mapping[str, tuple[str, Names]] = field(repr=False)
    plain: Mapping[str, Names] = field(repr=False)
    ambiguous: Mapping[str, Names] = field(repr=False)
    stems: Mapping[str, Names] = field(repr=False)
    forward: Mapping[str, Names] = field(repr=False)
    reply: Mapping[str, Names] = field(repr=False)


def join(tables: Iterable[ForwardLanguage]) -> Lexicon:
    """The lexicon of some tables.

    Raises:
        ValueError: two languages print the same label with different meanings.
    """
    languages = {table.name: table for table in tables}
    labels: dict[str, tuple[str, Names]] = {}
    for name, table in languages.items():
        for label, meaning in table.labels.items():
            known, names = labels.get(label, (meaning, NOBODY))
            if known != meaning:
                raise ValueError(f"the label {label!r} means {known} and {meaning}")
            labels[label] = meaning, names | {name}
    return Lexicon(
        languages=languages,
        labels=labels,
        plain=_by_word((name, table.plain) for name, table in languages.items()),
        ambiguous=_by_word((name, table.ambiguous) for name, table in languages.items()),
        stems=_by_word((name, frozenset(table.stems)) for name, table in languages.items()),
        forward=_by_word((name, table.forward) for name, table in languages.items()),
        reply=_by_word((name, table.reply) for name, table in languages.items()),
    )


def _by_word(sets: Iterable[tuple[str, Names]]) -> dict[str, Names]:
    joined: dict[str, Names] = {}
    for name, words in sets:
        for word in words:
            joined[word] = joined.get(word, NOBODY) | {name}
    return joined


LEXICON: Final = join(
    (
        *germanic.LANGUAGES,
        *romance.LANGUAGES,
        *slavic.LANGUAGES,
        *uralic_and_others.LANGUAGES,
        *east_asian.LANGUAGES,
    )
)
