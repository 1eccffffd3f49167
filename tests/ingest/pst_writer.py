"""Writes the smallest Outlook data files that hold an attached message ([MS-PST]), for tests of our own nodes."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

MESSAGE = 0x200024
ATTACHMENT = 0x8025
OBJECT_NODE = 0x200124
RECIPIENTS = 0x692
INTERNAL = 2


@dataclass
class PstWriter:
    """Unicode (version 23) or ANSI (14) files of one page per tree, not encoded."""

    ansi: bool = False
    blocks: dict[int, bytes] = field(default_factory=dict)
    nodes: dict[int, tuple[int, int]] = field(default_factory=dict)
    next_block: int = 4

    @property
    def word(self) -> str:
        return "I" if self.ansi else "Q"

    def add(self, content: bytes, *, internal: bool = False) -> int:
        block_id = self.next_block | (INTERNAL if internal else 0)
        self.next_block += 4
        self.blocks[block_id] = content
        return block_id

    def tree(self, contents: list[bytes]) -> int:
        """A node of several blocks (XBLOCK)."""
        ids = [self.add(one) for one in contents]
        head = struct.pack("<BBHI", 1, 1, len(ids), sum(map(len, contents)))
        return self.add(head + struct.pack(f"<{len(ids)}{self.word}", *ids), internal=True)

    def subnodes(self, entries: dict[int, tuple[int, int]]) -> int:
        head = struct.pack("<BBH", 2, 0, len(entries)) + (b"" if self.ansi else b"\0" * 4)
        listed = b"".join(struct.pack(f"<3{self.word}", nid, *entries[nid]) for nid in sorted(entries))
        return self.add(head + listed, internal=True)

    def file(self) -> bytes:
        head = bytearray(564)
        head[:12] = b"!BDN" + b"\0" * 4 + b"SM" + struct.pack("<H", 14 if self.ansi else 23)
        body = bytearray(head.ljust(1024, b"\0"))
        places: dict[int, tuple[int, int]] = {}
        for block_id, content in self.blocks.items():
            places[block_id] = (len(body), len(content))
            body += content + b"\0" * (-len(content) % 64)
        leaf = "<IIHH" if self.ansi else "<QQHH4x"
        blocks = [struct.pack(leaf, one, *places[one], 2) for one in sorted(places)]
        node = "<IIII" if self.ansi else "<QQQI4x"
        nodes = [struct.pack(node, nid, *self.nodes[nid], 0) for nid in sorted(self.nodes)]
        roots = []
        for entries in (nodes, blocks):
            roots += [0, len(body)]
            space, width = (496, len(entries[0])) if self.ansi else (488, len(entries[0]))
            page = b"".join(entries).ljust(space, b"\0")
            assert len(page) == space, "more entries than one page holds"
            body += (page + bytes([len(entries), space // width, width, 0])).ljust(512, b"\0")
        struct.pack_into(f"<4{self.word}", body, 184 if self.ansi else 216, *roots)
        return bytes(body)


def heap(kind: int, allocations: list[bytes], root: int) -> bytes:
    """A heap of one block (§2.3.1): allocation n has the HID n << 5, counted from 1."""
    content = b"".join(allocations)
    offsets = [12]
    for one in allocations:
        offsets.append(offsets[-1] + len(one))
    page_map = struct.pack("<HH", len(allocations), 0) + struct.pack(f"<{len(offsets)}H", *offsets)
    return struct.pack("<HBBI4x", 12 + len(content), 0xEC, kind, root) + content + page_map


def properties(values: dict[int, tuple[int, bytes | int]]) -> bytes:
    """A property context (§2.3.3); a value longer than four bytes stands in the heap, or in the subnode it numbers."""
    allocations = [b"", b""]
    records = b""
    for tag in sorted(values):
        kind, raw = values[tag]
        if isinstance(raw, int):
            place = struct.pack("<I", raw)
        elif kind in (2, 3, 11):
            place = raw.ljust(4, b"\0")
        else:
            allocations.append(raw)
            place = struct.pack("<I", len(allocations) << 5)
        records += struct.pack("<HH", tag, kind) + place
    allocations[0] = struct.pack("<BBBBI", 0xB5, 2, 6, 0, 2 << 5)
    allocations[1] = records
    return heap(0xBC, allocations, 1 << 5)


def table(rows: list[dict[int, tuple[int, bytes]]]) -> bytes:
    """A table (§2.3.4) whose columns are those of the first row."""
    tags = sorted(rows[0])
    allocations = [b"", b""]
    width, columns, matrix = 8, b"", b""
    for bit, tag in enumerate(tags):
        columns += struct.pack("<HHHBB", rows[0][tag][0], tag, width, 4, bit)
        width += 4
    presence, width = width, width + 1
    for number, row in enumerate(rows):
        cells = struct.pack("<II", number, 0)
        for tag in tags:
            kind, raw = row[tag]
            if kind == 3:
                cells += raw
            else:
                allocations.append(raw)
                cells += struct.pack("<I", len(allocations) << 5)
        matrix += cells + bytes([0xFF])
    allocations[1] = matrix
    head = struct.pack("<BB4HIII", 0x7C, len(tags), presence, presence, presence, width, 0, 2 << 5, 0)
    allocations[0] = head + columns
    return heap(0x7C, allocations, 1 << 5)


def text(value: str) -> tuple[int, bytes]:
    return 0x1F, value.encode("utf-16-le")


def number(value: int) -> tuple[int, bytes]:
    return 3, struct.pack("<I", value)
