"""Bluesky: a repository of the AT Protocol as a CAR file, or unpacked into JSON files as its tools write it.

Rule kept: what the repository's own tree (Merkle search tree, MST) names is what it holds; an entry without its block
is missing and is counted so. A record's bytes are its block, and bytes that are not what their identifier says are
reported. Posts and reposts are posts; records of other kinds that carry a text are posts of that kind; likes, follows
and settings say nothing and stay in the export only. Direct messages are never in a repository.

Sources: atproto.com specifications "Repository" and "Data Model"; the lexicon app.bsky.feed.post. `createdAt` is what
the writer's program said.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats import bluesky_listed
from ingest.formats.chats.bluesky_record import NOTHING_SAID, Owner, said_of
from ingest.formats.chats.car_blocks import Link, Malformed, blocks, digest_of, is_archive, value_of
from ingest.formats.chats.file_by_file import base_name, folder_of, one_by_one
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import Said, Stated
from ingest.formats.chats.plain import entries, members, named
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

READER: Final = "bluesky 1"
_CAR_TYPE: Final = "application/vnd.ipld.dag-cbor"
_NODE: Final = b"\xa2\x61e"  # a map of two whose first key is "e": only a node of the tree is that
_COMMIT: Final = b"\x63did"
_FILE: Final = re.compile(r"(?:^|/)((?:[a-z][a-zA-Z0-9-]{0,62}\.){2,6}[a-zA-Z]{1,63})/([A-Za-z0-9._:~-]{1,512})\.json")
_MOST_ENTRIES: Final = 600_000  # about 150 MB while they wait for their blocks
_LOST: Final = "a record of the repository could not be read"
_MISSING: Final = "records that the repository names, whose blocks are not in it"
_ALTERED: Final = "blocks whose bytes are not those that their identifiers state, taken as they are"


@dataclass(slots=True)
class _Tree:
    """What the tree says: the path of each record by its identifier, and how many records say nothing.

    `twins` are further paths of records that are equal byte for byte.
    """

    owner: Owner
    paths: dict[bytes, str] = field(default_factory=dict)
    twins: dict[bytes, list[str]] = field(default_factory=dict)
    count: int = 0
    others: int = 0
    dropped: int = 0
    altered: int = 0


def recognise(export: Export) -> bool:
    """Whether there is a repository, packed or unpacked."""
    return (
        bool(_archives(export))
        or next(_unpacked(export), None) is not None
        or next(bluesky_listed.files(export), None) is not None
    )


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All posts; see `model.ExportFormat`."""
    yield from one_by_one((name, _car(export, name)) for name in _archives(export))
    yield from _folders(export)
    unpacked = {name for name, _, _ in _unpacked(export)}
    listed = (name for name in bluesky_listed.files(export) if name not in unpacked)
    yield from one_by_one((name, bluesky_listed.read(export, name)) for name in listed)


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    match = _FILE.search(name)
    if match is not None and match[1].startswith(NOTHING_SAID):
        return "it is a like, a follow or a setting, and holds no post"
    if base_name(name) in ("_commit.json", "_identity.json", "self.json", "preferences.json"):
        return "it describes the account and holds no posts"
    return None


def _archives(export: Export) -> list[str]:
    names = export.names
    likely = names if len(names) == 1 else [name for name in names if name.lower().endswith(".car")]
    found = []
    for name in likely[:50]:
        head = export.head(name)
        if is_archive(head) and (_COMMIT in head or b"app.bsky." in head):
            found.append(name)
    return found


def _unpacked(export: Export) -> Iterator[tuple[str, str, str]]:
    """Files that are called as an unpacked repository calls them: name, collection and record key."""
    for name in export.names:
        match = _FILE.search(name)
        if match is not None and b'"$type"' in export.head(name, 4096):
            yield name, match[1], match[2]


def _car(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    tree = _Tree(owner=Owner(path=name))
    broken: ContainerBroken | MemberBroken | None = None
    try:
        for block in blocks(export.open(name)):
            _learn(block.content, tree)
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield Stated(what="messages", count=tree.count, path=name)
    try:
        for block in blocks(export.open(name)):
            path = tree.paths.pop(block.cid, None)
            if path is None:
                continue
            for one in (path, *tree.twins.pop(block.cid, ())):
                yield _said(block.content, one, tree, block.problem, block.cid)
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield from _remarks(tree, name)
    if broken is not None:
        raise broken


def _remarks(tree: _Tree, name: str) -> Iterator[Remark]:
    """What is to be said of a repository once its blocks are through."""
    missing = len(tree.paths) + sum(map(len, tree.twins.values()))
    if missing:
        yield Remark(text=f"{_MISSING}: {missing}", path=name, lost=missing)
    if tree.dropped:
        yield Remark(text="the repository names more records than can be read", path=name, lost=tree.dropped)
    if tree.altered:
        yield Remark(text=f"{_ALTERED}: {tree.altered}", path=name)
    yield from _others(tree.others, name)


def _others(count: int, path: str) -> Iterator[Remark]:
    if count:
        text = f"records that say nothing, such as likes and follows, and stay in the export only: {count}"
        yield Remark(text=text, path=path)


def _learn(content: bytes, tree: _Tree) -> None:
    """Take the paths that a node of the tree names, and the owner from the commit."""
    is_node = content.startswith(_NODE)
    if not is_node and _COMMIT not in content[:400]:
        return
    try:
        value = members(value_of(content))
    except Malformed:
        return  # a record is met again when it is read; a node's records are not to be had, which the counts tell
    if not is_node:
        if ("data" in value and "rev" in value) or "prev" in value:
            tree.owner.did = tree.owner.did or named(value.get("did"))
        return
    before = b""
    for entry in map(members, entries(value.get("e"))):
        shared, rest, link = entry.get("p"), entry.get("k"), entry.get("v")
        if type(shared) is not int or type(rest) is not bytes or type(link) is not Link:
            continue
        before = before[: max(shared, 0)] + rest[:2048]
        path = before.decode("utf-8", "replace")
        if path.startswith(NOTHING_SAID):
            tree.others += 1
        elif link.content in tree.paths:
            tree.twins.setdefault(link.content, []).append(path)  # the same words in the same millisecond
            tree.count += 1
        elif len(tree.paths) < _MOST_ENTRIES:
            tree.paths[link.content] = path
            tree.count += 1
        else:
            tree.dropped += 1


def _said(content: bytes, path: str, tree: _Tree, problem: str | None, cid: bytes) -> Said | Remark:
    if problem:
        return Remark(text=problem, path=tree.owner.path, lost=1)
    try:
        record = value_of(content)
    except Malformed:
        return Remark(text=_LOST, path=tree.owner.path, lost=1)
    if type(record) is not dict:
        return Remark(text=_LOST, path=tree.owner.path, lost=1)
    stated = digest_of(cid)
    tree.altered += stated is not None and stated != hashlib.sha256(content).digest()
    collection, _, key = path.partition("/")
    return said_of(record, collection, key, content, tree.owner, media_type=_CAR_TYPE)


def _folders(export: Export) -> Iterator[Said | Stated | Remark]:
    """An unpacked repository: a file a record."""
    count = others = 0
    owners: dict[str, Owner] = {}
    blobs = {base_name(name).split(".", 1)[0]: name for name in export.names if base_name(name).startswith("baf")}
    for name, collection, key in _unpacked(export):
        if collection.startswith(NOTHING_SAID):
            others += 1
            continue
        count += 1
        root = folder_of(folder_of(name).rstrip("/"))
        owner = owners.get(root)
        if owner is None:
            owner = owners[root] = Owner(path=name, did=_did(export, root), blobs=blobs)
        try:
            piece = next(walk(export.open(name)))
        except (ContainerBroken, MemberBroken, StopIteration) as problem:
            yield Remark(text=f"{_LOST}: {problem}", path=name, lost=1)
            continue
        if type(piece.value) is not dict:
            yield Remark(text=piece.problem or _LOST, path=name, lost=1)
            continue
        yield said_of(piece.value, collection, key, piece.raw, owner, media_type="application/json")
    if count:
        yield Stated(what="messages", count=count)
    yield from _others(others, "")


def _did(export: Export, root: str) -> str | None:
    """Whose repository it is: from its commit, else from the name of its folder."""
    commit = root + "_commit.json"
    if export.has(commit):
        try:
            told: Any = next(walk(export.open(commit))).value
        except (ContainerBroken, MemberBroken, StopIteration):
            told = None
        did = named(members(told).get("did"))
        if did:
            return did
    folder = base_name(root.rstrip("/"))
    return folder if folder.startswith("did:") else None
