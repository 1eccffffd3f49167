"""Xapian as a peer: run by the system's Python, since its module comes with the distribution, not with ours.

Reads commands as lines of JSON, answers each with one; `search_peers` says what they are. Nothing of ours is imported.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import xapian

LONG = 1.5
AT, FACETS = 0, ("custodian", "correspondent", "platform", "channel", "kind", "lang", "month")
PREFIXES = {"any": "", "text": "", "subject": "S", "from": "XF", "to": "XT", "participant": "XP"}
TERMS = {"kind": "XK", "channel": "XC", "lang": "XL", "has": "XH"}


class NotThere(Exception):
    """It has no such search."""


def build(folder: str, texts: str) -> dict[str, Any]:
    """Index the texts; durable at the end."""
    database = xapian.WritableDatabase(folder, xapian.DB_CREATE_OR_OVERWRITE)
    generator = xapian.TermGenerator()
    generator.set_stemmer(xapian.Stem("en"))
    count, began = 0, time.perf_counter()
    with Path(texts).open(encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            document = xapian.Document()
            generator.set_document(document)
            generator.index_text(one["all"])
            # positions once: phrases are asked of all words
            for name, prefix in (("subject", "S"), ("from", "XF"), ("to", "XT"), ("people", "XP")):
                generator.index_text_without_positions(one[name], 1, prefix)
            for name, prefix in TERMS.items():
                for value in one[name].split():
                    document.add_boolean_term(prefix + value)
            document.add_value(AT, xapian.sortable_serialise(one["at"]))
            for slot, name in enumerate(FACETS, start=1):
                document.add_value(slot, one[name])
            document.set_data(one["id"])
            database.add_document(document)
            count += 1
    database.commit()
    database.close()
    size = sum(path.stat().st_size for path in Path(folder).iterdir())
    return {"documents": count, "seconds": time.perf_counter() - began, "size": size}


def translated(database: xapian.Database, tree: dict[str, Any]) -> xapian.Query:  # noqa: C901, PLR0911 - one for each kind
    """A tree as `search_peers.as_tree` gives it."""
    (kind, value), *_ = tree.items()
    if kind in ("and", "or"):
        parts = [one for one in value if not (kind == "and" and "not" in one)]
        found = xapian.Query(
            xapian.Query.OP_AND if kind == "and" else xapian.Query.OP_OR, [translated(database, one) for one in parts]
        )
        if not parts:
            found = xapian.Query.MatchAll
        for one in value:
            if kind == "and" and "not" in one:
                found = xapian.Query(xapian.Query.OP_AND_NOT, found, translated(database, one["not"]))
        return found
    if kind == "not":
        return xapian.Query(xapian.Query.OP_AND_NOT, xapian.Query.MatchAll, translated(database, value))
    if kind == "between":
        low, high = (None if one is None else xapian.sortable_serialise(one) for one in value)
        if low is None:
            return xapian.Query(xapian.Query.OP_VALUE_LE, AT, high)
        if high is None:
            return xapian.Query(xapian.Query.OP_VALUE_GE, AT, low)
        return xapian.Query(xapian.Query.OP_VALUE_RANGE, AT, low, high)
    if kind == "is" and value[0] in TERMS:
        return xapian.Query(TERMS[value[0]] + value[1])
    if kind == "words" and tree["field"] in PREFIXES:
        return of_words(database, value, PREFIXES[tree["field"]], tree)
    raise NotThere


def of_words(database: xapian.Database, words: list[str], prefix: str, tree: dict[str, Any]) -> xapian.Query:
    """A word, a phrase, words near each other, or a prefix."""
    if tree["prefix"]:
        parser = xapian.QueryParser()
        parser.set_database(database)
        return parser.parse_query(f"{words[-1]}*", xapian.QueryParser.FLAG_WILDCARD, prefix)
    if len(words) == 1:
        stem = xapian.Stem("en")
        return xapian.Query(prefix + words[0] if tree["exact"] else f"Z{prefix}{stem(words[0]).decode()}")
    terms = [prefix + word for word in words]
    if tree["within"] is not None:
        return xapian.Query(xapian.Query.OP_NEAR, terms, tree["within"] + 2)
    return xapian.Query(xapian.Query.OP_PHRASE, terms, len(terms))


def ask(database: xapian.Database, way: str, query: xapian.Query) -> int:
    """One search; the exact number of what it finds."""
    enquire = xapian.Enquire(database)
    enquire.set_query(query)
    if way == "date":
        enquire.set_weighting_scheme(xapian.BoolWeight())
        enquire.set_sort_by_value(AT, True)
    spies = [xapian.ValueCountMatchSpy(slot) for slot in range(1, len(FACETS) + 1)] if way == "facets" else []
    for spy in spies:
        enquire.add_matchspy(spy)
    found = enquire.get_mset(0, 20 if way in ("date", "relevance") else 0, database.get_doccount())
    for one in found:
        one.document.get_data()
    for spy in spies:
        list(spy.top_values(10))
    return int(found.get_matches_estimated())


def search(folder: str, tree: dict[str, Any], rounds: int) -> dict[str, Any]:
    """Times of each way to ask, after one of each that is not counted."""
    database = xapian.Database(folder)
    query = translated(database, tree)
    times: dict[str, list[float]] = {"date": [], "relevance": [], "count": [], "facets": []}
    total = 0
    for way, found in times.items():
        total = ask(database, way, query)
        while len(found) < rounds and sum(found) < LONG:
            began = time.perf_counter()
            ask(database, way, query)
            found.append(time.perf_counter() - began)
    return {"total": total, "times": times}


def main() -> None:
    folder = sys.argv[1]
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if "build" in command:
                answer = build(folder, command["build"])
            elif "version" in command:
                answer = {"version": f"Xapian {xapian.version_string()}"}
            else:
                answer = search(folder, command["search"], command["rounds"])
        except NotThere:
            answer = {"absent": True}
        except xapian.Error as error:
            answer = {"absent": True, "error": str(error.get_msg())}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
