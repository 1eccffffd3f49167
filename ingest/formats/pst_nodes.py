"""The node database of an Outlook data file ([MS-PST] §2.2): nodes by number, their bytes, and the nodes inside them.

Rule kept: nothing that the file says is believed without a bound: B-trees are walked down a limited number of levels,
lists of blocks hold a limited number of entries, and a place outside of the file is an error. Reads nothing but what
is asked for. Both layouts of the format, ANSI (version 14 and 15) and Unicode (23), with no encoding of the bytes or
the "compressible" one (§5.1); the 4-KiB pages of later .ost files are not published and are refused.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.container import MemberBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES: Final = 8192
MAX_NODE: Final = 1 << 31
"""Bytes of one node at most; the format allows no more ([MS-PST] §2.2.2.8.3.2)."""
MAX_SUBNODES: Final = 200_000
_MAX_LEVELS: Final = 8
_MAX_BLOCKS: Final = 1_100_000  # of 2 kB at least, for a node of the largest size
_DAMAGED: Final = "it lies in a part of the file that is damaged"
_INTERNAL: Final = 2  # bit of a block id: it holds the structure of the file and is not encoded (§2.2.2.2)
_DATA_TREE, _SUBNODE_TREE = 1, 2
_PLAIN, _PERMUTED = 0, 1
# What an encoded byte stands for: the constant mpbbI of [MS-PST] §5.1.
_DECODED: Final = bytes.fromhex(
    "47f1b4e60b6a7248854e9eebe2f89453e0bba002e85a09abdbe3bac67cc310dd39059630f53760828cc9134a6b1df3fb"
    "8f2697ca911701c4322d6e3195ffd923d1005e79dc443b1a28c5615720903d83b943be67d2464276c06d5b7eb20f1629"
    "3ca903540dda5ddff6b7c762cd8d06d3695c86d614f7a56675acb1e94521700c879f74a4224c6fbf1f56aa2eb3783350"
    "b0a392bccf191ca763cb1e4d3e4b1b9b4fe7f0eead3ab55904ea40552551e57a893868527bfc27aed7bdfa07f4cc8e5f"
    "ef359c842b15d5773449b6120a7f7188fd9d18417d93d8582ccefe24afdeb836c8a180a69998a82f0e816573e4c2a28a"
    "d4e111d0088b2af2ed9a643fc16cf9ec"
)


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its number, the block or tree that holds its bytes, and the tree of its subnodes (0 for none)."""

    number: int
    content: int
    subnodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where things stand in one of the two layouts; sizes and offsets in bytes (§2.2.2.6, §2.2.2.7.7)."""

    number: str
    roots: int
    encoding: int
    entries: int
    key: int
    block: struct.Struct
    node: struct.Struct
    inner: struct.Struct
    subnode: struct.Struct
    sub_inner: struct.Struct
    list_at: int
    block_content: int


_UNICODE: Final = _Layout(
    number="Q", roots=216, encoding=513, entries=488, key=8, block=struct.Struct("<QQHH4x"),
    node=struct.Struct("<QQQI4x"), inner=struct.Struct("<QQQ"), subnode=struct.Struct("<QQQ"),
    sub_inner=struct.Struct("<QQ"), list_at=8, block_content=8176,
)  # fmt: skip
_ANSI: Final = _Layout(
    number="I", roots=184, encoding=461, entries=496, key=4, block=struct.Struct("<IIHH"),
    node=struct.Struct("<IIII"), inner=struct.Struct("<III"), subnode=struct.Struct("<III"),
    sub_inner=struct.Struct("<II"), list_at=4, block_content=8180,
)  # fmt: skip
_VERSIONS: Final = {14: _ANSI, 15: _ANSI, 23: _UNICODE}


class NodeDatabase:
    """Nodes of one file.

    Raises:
        MemberBroken: from every method, where the file is of a layout that is not known, or damaged.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        head = self._read(0, 564)
        layout = _VERSIONS.get(int.from_bytes(head[10:12], "little"))
        if head[:4] != b"!BDN" or layout is None:
            raise MemberBroken("the file is of a version whose attached messages cannot be opened")
        self._layout = layout
        self._encoding = head[layout.encoding]
        if self._encoding not in (_PLAIN, _PERMUTED):
            raise MemberBroken("the file is encoded in a way whose attached messages cannot be opened")
        width = layout.key
        fields = struct.unpack_from(f"<4{layout.number}", head, layout.roots)
        self._nodes, self._blocks = fields[1], fields[3]
        self.block_content = layout.block_content
        self._width = width

    def node(self, number: int) -> Node:
        """The node of that number, of all that stand by themselves."""
        entry = self._find(self._nodes, number, self._layout.node)
        return Node(number, entry[1], entry[2])

    def subnodes(self, parent: Node) -> dict[int, Node]:
        """The nodes inside of a node by their number (§2.2.2.8.3.3)."""
        found: dict[int, Node] = {}
        waiting = [parent.subnodes] if parent.subnodes else []
        seen: set[int] = set()
        while waiting:
            block_id = waiting.pop()
            if block_id in seen or len(seen) > MAX_SUBNODES:
                raise MemberBroken(_DAMAGED)
            seen.add(block_id)
            block = self._block(block_id)
            kind, level, count = self._list_head(block, _SUBNODE_TREE)
            shape = self._layout.sub_inner if level else self._layout.subnode
            for entry in self._entries(block, shape, count):
                if level:
                    waiting.append(entry[1])
                else:
                    number = entry[0] & 0xFFFFFFFF
                    found[number] = Node(number, entry[1], entry[2])
            if len(found) > MAX_SUBNODES:
                raise MemberBroken(_DAMAGED)
            del kind
        return found

    def blocks(self, node: Node) -> Iterator[bytes]:
        """The bytes of a node, block by block, decoded."""
        waiting = [(node.content, _MAX_LEVELS)]
        count = size = 0
        while waiting:
            block_id, levels = waiting.pop()
            count += 1
            if not levels or count > _MAX_BLOCKS:
                raise MemberBroken(_DAMAGED)
            if block_id == 0:
                continue
            block = self._block(block_id)
            if block_id & _INTERNAL:
                _, _, entries = self._list_head(block, _DATA_TREE)
                if 8 + entries * self._width > len(block):
                    raise MemberBroken(_DAMAGED)
                inner = struct.unpack_from(f"<{entries}{self._layout.number}", block, 8)
                waiting += [(one, levels - 1) for one in reversed(inner)]
                continue
            size += len(block)
            if size > MAX_NODE:
                raise MemberBroken(_DAMAGED)
            yield block

    def content(self, node: Node, limit: int) -> bytes:
        """The bytes of a node at once.

        Raises:
            MemberBroken: there are more than `limit`.
        """
        pieces: list[bytes] = []
        size = 0
        for piece in self.blocks(node):
            size += len(piece)
            if size > limit:
                raise MemberBroken(f"it has a property of more than {limit} bytes")
            pieces.append(piece)
        return b"".join(pieces)

    def _block(self, block_id: int) -> bytes:
        """One block, decoded where it is not internal; the lowest bit of an id means nothing (§2.2.2.2)."""
        entry = self._find(self._blocks, block_id & ~1, self._layout.block)
        content = self._read(entry[1], min(entry[2], BLOCK_BYTES))
        if len(content) < entry[2]:
            raise MemberBroken(_DAMAGED)
        if self._encoding == _PERMUTED and not block_id & _INTERNAL:
            return content.translate(_DECODED)
        return content

    def _find(self, root: int, key: int, leaf: struct.Struct) -> tuple[int, ...]:
        """The entry of a B-tree with that key (§2.2.2.7.7)."""
        place, layout = root, self._layout
        for _ in range(_MAX_LEVELS):
            page = self._read(place, 512)
            if len(page) < 512:  # noqa: PLR2004 - bytes of a page
                raise MemberBroken(_DAMAGED)
            count, _, width, level = page[layout.entries : layout.entries + 4]
            shape = layout.inner if level else leaf
            if width < shape.size or count * width > layout.entries:
                raise MemberBroken(_DAMAGED)
            found = None
            for number in range(count):
                entry = shape.unpack_from(page, number * width)
                own = entry[0] & ~1 if leaf is layout.block else entry[0]
                if own > key:
                    break
                found = entry
            if found is None:
                break
            if not level:
                if (found[0] & ~1 if leaf is layout.block else found[0] & 0xFFFFFFFF) == key:
                    return found
                break
            place = found[2]
        raise MemberBroken(_DAMAGED)

    def _list_head(self, block: bytes, kind: int) -> tuple[int, int, int]:
        if len(block) < 8 or block[0] != kind:  # noqa: PLR2004 - bytes of its head
            raise MemberBroken(_DAMAGED)
        return block[0], block[1], int.from_bytes(block[2:4], "little")

    def _entries(self, block: bytes, shape: struct.Struct, count: int) -> Iterator[tuple[int, ...]]:
        start = self._layout.list_at
        if start + count * shape.size > len(block):
            raise MemberBroken(_DAMAGED)
        for number in range(count):
            yield shape.unpack_from(block, start + number * shape.size)

    def _read(self, place: int, size: int) -> bytes:
        try:
            self._source.seek(place)
            return self._source.read(size)
        except (OSError, ValueError, OverflowError) as error:
            raise MemberBroken(_DAMAGED) from error
