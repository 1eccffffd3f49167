"""tantivy as a peer: run by the Python of an environment of its own, where its module is installed.

Reads commands as lines of JSON, answers each with one; `search_peers` says what they are. Nothing of ours is imported.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import tantivy

LONG = 1.5
FACETS = ("custodian", "correspondent", "platform", "channel", "kind", "lang", "month")
STEMMED = {"any": "all", "text": "all", "subject": "subject"}
EXACT = {"any": "all_exact", "text": "all_exact", "from": "from", "to": "to", "participant": "people"}


class NotThere(Exception):
    """It has no such search."""


def schema() -> tantivy.Schema:
    """Stemmed and exact words, facts as single terms, the moment as a column."""
    made = tantivy.SchemaBuilder()
    for name in ("all", "subject"):
        made.add_text_field(name, tokenizer_name="en_stem")
    for name in ("all_exact", "from", "to", "people", "has"):
        made.add_text_field(name, tokenizer_name="whitespace")
    for name in FACETS:
        made.add_text_field(name, tokenizer_name="raw", fast=True)
    made.add_text_field("id", stored=True, tokenizer_name="raw")
    made.add_integer_field("at", indexed=True, fast=True)
    return made.build()


def build(folder: str, texts: str) -> dict[str, Any]:
    """Index the texts by one thread; durable at the end."""
    Path(folder).mkdir(parents=True)
    index = tantivy.Index(schema(), folder)
    writer = index.writer(256_000_000, 1)
    count, began = 0, time.perf_counter()
    with Path(texts).open(encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            writer.add_document(tantivy.Document(all_exact=one["all"], **one))
            count += 1
    writer.commit()
    writer.wait_merging_threads()
    size = sum(path.stat().st_size for path in Path(folder).iterdir())
    return {"documents": count, "seconds": time.perf_counter() - began, "size": size}


def translated(index: tantivy.Index, tree: dict[str, Any]) -> tantivy.Query:  # noqa: C901 - one for each kind
    """A tree as `search_peers.as_tree` gives it."""
    query, occur = tantivy.Query, tantivy.Occur
    (kind, value), *_ = tree.items()
    if kind in ("and", "or", "not"):
        parts: list[Any] = []
        for one in value if kind != "not" else [tree]:
            if kind != "or" and "not" in one:
                parts.append((occur.MustNot, translated(index, one["not"])))
            else:
                parts.append((occur.Should if kind == "or" else occur.Must, translated(index, one)))
        if all(one is occur.MustNot for one, _ in parts):
            parts.append((occur.Must, query.all_query()))
        return query.boolean_query(parts)
    if kind == "between":
        return query.range_query(index.schema, "at", tantivy.FieldType.Integer, *value, True, value[1] is None)
    if kind == "is":
        return query.term_query(index.schema, value[0], value[1])
    if kind == "words":
        return of_words(index, value, tree)
    if tree["field"] not in EXACT:
        raise NotThere
    field = EXACT[tree["field"]]
    if kind == "fuzzy":
        return query.fuzzy_term_query(index.schema, field, value, tree["distance"], True)
    if kind == "glob":
        value = "".join({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in value)
    return query.regex_query(index.schema, field, value)


def of_words(index: tantivy.Index, words: list[str], tree: dict[str, Any]) -> tantivy.Query:
    """A word, a phrase, words near each other, or a prefix."""
    stemmed = STEMMED.get(tree["field"]) if not tree["exact"] and not tree["prefix"] else None
    field = stemmed or EXACT.get(tree["field"])
    if field is None:
        raise NotThere
    if tree["prefix"]:
        return tantivy.Query.regex_query(index.schema, field, re.escape(words[-1]) + ".*")
    slop = "" if tree["within"] is None else f"~{tree['within'] - len(words) + 2}"
    return index.parse_query(f'"{" ".join(words)}"{slop}', [field])


def ask(searcher: tantivy.Searcher, way: str, query: tantivy.Query) -> int:
    """One search; the exact number of what it finds."""
    if way == "facets":
        searcher.aggregate(query, {name: {"terms": {"field": name, "size": 10}} for name in FACETS})
        return 0
    if way == "count":
        return int(searcher.search(query, 1).count)
    found = searcher.search(query, 20, order_by_field="at") if way == "date" else searcher.search(query, 20)
    for _, address in found.hits:
        searcher.doc(address)
    return int(found.count)


def search(folder: str, tree: dict[str, Any], rounds: int) -> dict[str, Any]:
    """Times of each way to ask, after one of each that is not counted."""
    index = tantivy.Index.open(folder)
    searcher = index.searcher()
    query = translated(index, tree)
    times: dict[str, list[float]] = {"date": [], "relevance": [], "count": [], "facets": []}
    total = 0
    for way, found in times.items():
        total = ask(searcher, way, query) or total
        while len(found) < rounds and sum(found) < LONG:
            began = time.perf_counter()
            ask(searcher, way, query)
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
                answer = {"version": tantivy.__version__.split(",")[0]}
            else:
                answer = search(folder, command["search"], command["rounds"])
        except NotThere:
            answer = {"absent": True}
        except ValueError as error:
            answer = {"absent": True, "error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
