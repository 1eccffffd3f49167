"""Properties and tables of an Outlook data file ([MS-PST] §2.3), on top of its nodes.

Rule kept: a heap, a B-tree on it, a property context and a table are read from bytes that are already in memory, each
place checked against its end; what does not fit raises `MemberBroken` and harms nothing else. A property whose value
cannot be found is left out and counted.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.container import MemberBroken
from ingest.formats.mapi import FIXED_SIZES, Properties

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.pst_nodes import Node, NodeDatabase

MAX_HEAP: Final = 64 << 20
MAX_VALUE: Final = 64 << 20
MAX_ROWS: Final = 20_000
MAX_RECORDS: Final = 100_000
_MAX_LEVELS: Final = 8
_HEAP, _PROPERTIES, _TABLE, _TREE = 0xEC, 0xBC, 0x7C, 0xB5
_NODE_TYPE: Final = 0x1F
_INLINE: Final = 4  # bytes of a value that stands where its place would
_DAMAGED: Final = "its properties lie in a part of the file that is damaged"


@dataclass(frozen=True, slots=True)
class _Heap:
    """A heap on a node (§2.3.1): its blocks, and the subnodes that hold what is too large for it."""

    database: NodeDatabase
    blocks: tuple[bytes, ...]
    subnodes: dict[int, Node] = field(repr=False)
    root: int
    kind: int

    def allocated(self, place: int) -> bytes:
        """The bytes of one allocation by its HID (§2.3.1.1)."""
        index, number = place >> 5 & 0x7FF, place >> 16
        if number >= len(self.blocks) or not index:
            raise MemberBroken(_DAMAGED)
        block = self.blocks[number]
        page_map = _number(block, 0, 2)
        count = _number(block, page_map, 2)
        if index > count:
            raise MemberBroken(_DAMAGED)
        start, end = (_number(block, page_map + 4 + 2 * one, 2) for one in (index - 1, index))
        if not start <= end <= len(block):
            raise MemberBroken(_DAMAGED)
        return block[start:end]

    def value(self, place: int) -> bytes:
        """The bytes that a HNID stands for (§2.3.3.2): in the heap, or a subnode."""
        if not place:
            return b""
        if place & _NODE_TYPE == 0:
            return self.allocated(place)
        if place not in self.subnodes:
            raise MemberBroken(_DAMAGED)
        return self.database.content(self.subnodes[place], MAX_VALUE)


def read_properties(database: NodeDatabase, node: Node) -> tuple[Properties, int]:
    """The property context of a node (§2.3.3), and how many of its properties could not be read."""
    heap = _heap(database, node, _PROPERTIES)
    values: dict[int, tuple[int, bytes]] = {}
    lost = 0
    for record in _records(heap, heap.root, 2, 6):
        tag, kind, place = struct.unpack("<HHI", record)
        size = FIXED_SIZES.get(kind)
        try:
            if size is not None and size <= _INLINE:
                values.setdefault(tag, (kind, record[4 : 4 + size]))
            else:
                values.setdefault(tag, (kind, heap.value(place)))
        except MemberBroken:
            lost += 1
    return Properties(values=values), lost


def read_table(database: NodeDatabase, node: Node) -> Iterator[Properties]:
    """The rows of a table (§2.3.4), each as properties; at most 20,000."""
    heap = _heap(database, node, _TABLE)
    head = heap.allocated(heap.root)
    if len(head) < 22 or head[0] != _TABLE or 22 + 8 * head[1] > len(head):  # noqa: PLR2004 - bytes of TCINFO
        raise MemberBroken(_DAMAGED)
    presence, width = _number(head, 6, 2), _number(head, 8, 2)
    rows_at = _number(head, 14, 4)
    columns = [struct.unpack_from("<HHHBB", head, 22 + 8 * one) for one in range(head[1])]
    if not width or presence > width:
        raise MemberBroken(_DAMAGED)
    count = 0
    for block in _row_blocks(heap, rows_at):
        for start in range(0, len(block) - width + 1, width):
            count += 1
            if count > MAX_ROWS:
                return
            yield _row(heap, block[start : start + width], presence, columns)


def _row(heap: _Heap, row: bytes, presence: int, columns: list[tuple[int, ...]]) -> Properties:
    values: dict[int, tuple[int, bytes]] = {}
    for kind, tag, place, size, bit in columns:
        present = presence + bit // 8
        if present >= len(row) or place + size > len(row) or not row[present] & 0x80 >> bit % 8:
            continue
        raw = row[place : place + size]
        if kind not in FIXED_SIZES:
            try:
                raw = heap.value(int.from_bytes(raw[:4], "little"))
            except MemberBroken:
                continue
        values.setdefault(tag, (kind, raw))
    return Properties(values=values)


def _row_blocks(heap: _Heap, place: int) -> Iterator[bytes]:
    """The rows in pieces that no row crosses (§2.3.4.4)."""
    if not place:
        return
    if place & _NODE_TYPE == 0:
        yield heap.allocated(place)
    elif place in heap.subnodes:
        yield from heap.database.blocks(heap.subnodes[place])
    else:
        raise MemberBroken(_DAMAGED)


def _heap(database: NodeDatabase, node: Node, kind: int) -> _Heap:
    blocks: list[bytes] = []
    size = 0
    for block in database.blocks(node):
        size += len(block)
        if size > MAX_HEAP:
            raise MemberBroken(_DAMAGED)
        blocks.append(block)
    if not blocks or len(blocks[0]) < 12 or blocks[0][2] != _HEAP or blocks[0][3] != kind:  # noqa: PLR2004 - its head
        raise MemberBroken(_DAMAGED)
    root = _number(blocks[0], 4, 4)
    return _Heap(database, tuple(blocks), database.subnodes(node), root, kind)


def _records(heap: _Heap, place: int, key: int, size: int) -> Iterator[bytes]:
    """The leaf records of a B-tree on a heap (§2.3.2), each its key and its bytes."""
    head = heap.allocated(place)
    if len(head) < 8 or head[0] != _TREE or head[1] != key or head[2] != size:  # noqa: PLR2004 - bytes of BTHHEADER
        raise MemberBroken(_DAMAGED)
    level = head[3]
    if level > _MAX_LEVELS:
        raise MemberBroken(_DAMAGED)
    waiting = [(_number(head, 4, 4), level)]
    count = 0
    while waiting:
        here, level = waiting.pop()
        content = heap.allocated(here) if here else b""
        width = key + (size if level == 0 else 4)
        for start in range(0, len(content) - width + 1, width):
            count += 1
            if count > MAX_RECORDS:
                raise MemberBroken(_DAMAGED)
            if level:
                waiting.append((_number(content, start + key, 4), level - 1))
            else:
                yield content[start : start + width]


def _number(content: bytes, place: int, size: int) -> int:
    if place + size > len(content):
        raise MemberBroken(_DAMAGED)
    return int.from_bytes(content[place : place + size], "little")
