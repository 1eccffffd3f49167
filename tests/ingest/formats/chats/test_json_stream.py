"""A JSON document read as a stream gives what reading it whole gives, however its bytes arrive."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats.chats.json_stream import Piece, walk
from ingest.formats.container import ContainerBroken
from tests.every_case import every_case

STEADY = settings(deadline=None, derandomize=True, max_examples=150)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
layouts = st.sampled_from(({}, {"indent": 1}, {"ensure_ascii": False}, {"separators": (" ,\r\n", "\t:  ")}))


class Blocks(io.RawIOBase):
    """Bytes that arrive a few at a time, whatever is asked for."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        super().__init__()
        self._content, self._sizes, self._place, self._turn = content, sizes, 0, 0

    def read(self, size: int = -1) -> bytes:
        take = min(self._sizes[self._turn % len(self._sizes)], size if size >= 0 else 1 << 30)
        self._turn += 1
        found = self._content[self._place : self._place + take]
        self._place += len(found)
        return found


def pieces(content: bytes | str, *streamed: tuple[str, ...], **named: Any) -> list[Piece]:
    content = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return list(walk(io.BytesIO(content), streamed, **named))


def told(content: bytes | str, *streamed: tuple[str, ...]) -> dict[tuple[str | int, ...], Any]:
    return {one.path: one.value for one in pieces(content, *streamed)}


@STEADY
@given(values, layouts, st.lists(st.integers(1, 7), min_size=1, max_size=5))
def test_a_document_in_any_blocks_is_what_reading_it_whole_gives(value, layout, sizes):
    content = json.dumps(value, **layout).encode()
    (piece,) = walk(Blocks(content, sizes))
    assert (piece.path, piece.value, piece.problem) == ((), json.loads(content), None)
    assert json.loads(piece.raw) == piece.value


@STEADY
@given(
    st.dictionaries(texts, st.lists(values, max_size=4), max_size=4), layouts, st.lists(st.integers(1, 7), min_size=1)
)
def test_elements_of_entered_arrays_put_together_are_the_document(value, layout, sizes):
    content = json.dumps(value, **layout).encode()
    found: dict[str, list[Any]] = {}
    for piece in walk(Blocks(content, sizes), [("*", "*")]):
        name, number = piece.path
        assert len(found.setdefault(name, [])) == number
        assert piece.raw in content
        found[name].append(json.loads(piece.raw))
    assert found == {name: inner for name, inner in value.items() if inner}


def test_members_beside_what_is_entered_are_given_whole_and_in_order():
    content = '{"name": "A", "messages": [{"id": 1}, {"id": 2}], "more": {"x": [1]}}'
    assert list(told(content, ("messages", "*")).items()) == [
        (("name",), "A"),
        (("messages", 0), {"id": 1}),
        (("messages", 1), {"id": 2}),
        (("more",), {"x": [1]}),
    ]


def test_raw_is_the_exact_bytes_of_a_value():
    content = b'[ {"a" :  1.50e+0} ,\n"\\u00e9\xff" ]'
    assert [one.raw for one in pieces(content, ("*",))] == [b'{"a" :  1.50e+0}', b'"\\u00e9\xff"']


def test_a_value_where_an_array_is_looked_for_is_given_itself():
    assert told('{"messages": 7}', ("messages", "*")) == {("messages",): 7}


def test_a_name_that_stands_twice_is_given_twice():
    assert [one.value for one in pieces('{"a": [1], "a": [2]}', ("a", "*"))] == [1, 2]


def test_a_byte_order_mark_is_passed_over():
    assert told(b"\xef\xbb\xbf[1]", ("*",)) == {(0,): 1}


@pytest.mark.parametrize("content", [b'["\\ud800"]', b'["\xff"]'])
def test_what_is_no_character_is_replaced_in_the_value(content):
    (piece,) = pieces(content, ("*",))
    assert piece.value == "\ufffd"
    assert piece.raw == content[1:-1]


def test_a_value_that_is_nested_too_deep_is_passed_over_and_the_next_is_read():
    deep = "[" * 100_000 + '"]' + "]" * 99_998 + '"' + "]" * 100_000
    first, second = pieces(f'[{deep}, "next"]', ("*",))
    assert (first.value, first.raw) == (None, b"")
    assert first.problem is not None
    assert second.value == "next"


def test_a_value_that_is_too_large_is_passed_over_and_the_next_is_read():
    large = json.dumps(['x\\"]' * 200_000, {"a": "}"}])
    first, second = pieces(f'[{large}, "next"]', ("*",), largest=1_000)
    assert first.problem is not None
    assert second.value == "next"


@every_case(
    "content", ["", " ", "[", '["a"', '["a",', '{"a" 1}', '{"a": 1', "[1 2]", "{1: 2}", "[1,]", '["a', "nothing"]
)
def test_a_document_that_is_damaged_is_told_after_what_could_be_read(content):
    found: list[Piece] = []
    with pytest.raises(ContainerBroken):
        found.extend(walk(io.BytesIO(content.encode()), [("*",)]))


def test_what_stands_before_damage_is_given():
    found: list[Any] = []
    with pytest.raises(ContainerBroken):
        found.extend(one.value for one in walk(io.BytesIO(b"[1, 2, {"), [("*",)]))
    assert found == [1, 2]


@pytest.mark.parametrize("end", ["[1, 2,]", "[1, 2", "[1, 2,", "[1, 2 3]", "[1, 2}", "[1, 2:3]"])
def test_of_a_list_that_is_damaged_all_before_the_damage_is_given(end):
    found = walk(io.BytesIO(f'{{"messages": {end}'.encode()), [("messages", "*")])
    assert next(found).value == 1
    with pytest.raises(ContainerBroken):
        list(found)


def test_what_stands_behind_a_list_is_read_on():
    found = told('{"a": [ ], "b" : [ {"x":1} , 2 ] , "c": 3}', ("a", "*"), ("b", "*"))
    assert list(found.items()) == [(("b", 0), {"x": 1}), (("b", 1), 2), (("c",), 3)]


def test_lists_in_lists_and_objects_in_lists_are_entered_where_they_are_asked_for():
    found = told('[[1, 2], [], {"m": [3, {"y": 4}]}, 5]', ("*", "*"), ("*", "m", "*"))
    assert list(found.items()) == [((0, 0), 1), ((0, 1), 2), ((2, "m", 0), 3), ((2, "m", 1), {"y": 4}), ((3,), 5)]
