"""Faults of the ledger: proofs for all sizes up to 512, and histories that somebody changed.

Proofs are made by the archive from its stored hashes and checked three times: by the steps of RFC 9162 §2.1.3.2 and
§2.1.4.2 that the offline verifier takes, by the recursion that defines proofs (§2.1.3.1, §2.1.4.1) written down here
once more, and, drawn by the seed, as documents by the offline verifier itself. Each is also changed in one place, and
must then be refused by both.

A history counts as caught where anything that an outsider or a start asks says so: the walk over the ledger, the tiles
against the checkpoint, or the anchors. Whoever can sign and rewrite everything in the archive's folder is caught by the
anchors alone.
"""

from __future__ import annotations

import functools
import json
import random
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from storage.anchors import FileAnchor, Standing, judge, survey
from storage.bundle_check import check_document
from storage.checkpoints import Checkpoint, sign, verify
from storage.errors import ArchiveError
from storage.events import EventKind
from storage.ledger_rows import stored_hashes
from storage.merkle import (
    EMPTY_ROOT,
    ROW_LEVELS,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from storage.tables import ledger_head, ledger_leaves, ledger_nodes
from storage.tiles import Tiles, check_tiles
from tests.faults.campaign import Campaign, Counts
from tests.storage.archives import ACTOR, flip, make_archive
from tests.storage.test_tiles import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.archive import Archive

_LARGEST = 512
_LEAVES = 700
_DOCUMENTS = 200


def _filled(folder: Path, leaves: int) -> Archive:
    archive = make_archive(folder)
    with archive.store.write() as transaction:
        for number in range(leaves - 1):
            transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR, subjects=(f"rec_{number}",))
    archive.ledger.publish_checkpoint()
    return archive


def _leaves(archive: Archive) -> list[bytes]:
    with archive.store.read() as connection:
        query = select(ledger_leaves.c.leaf).order_by(ledger_leaves.c.position)
        return [bytes(one) for one in connection.execute(query).scalars()]


# The definitions of RFC 9162 once more, by recursion


def _split(width: int) -> int:
    half = 1
    while half * 2 < width:
        half *= 2
    return half


def defined_root(hashes: Sequence[bytes]) -> bytes:
    """MTH of §2.1.1, over leaf hashes."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    middle = _split(len(hashes))
    return node_hash(defined_root(hashes[:middle]), defined_root(hashes[middle:]))


def root_by_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that PATH of §2.1.3.1 leads to; None where the path has another length."""
    if size == 1 or not path:
        return leaf if size == 1 and not path else None
    middle = _split(size)
    if index < middle:
        left, right = root_by_path(leaf, index, middle, path[:-1]), path[-1]
    else:
        left, right = path[-1], root_by_path(leaf, index - middle, size - middle, path[:-1])
    return None if left is None or right is None else node_hash(left, right)


def roots_by_subproof(
    old: int, size: int, path: list[bytes], old_root: bytes, *, whole: bool
) -> tuple[bytes, bytes] | None:
    """Both roots that SUBPROOF of §2.1.4.1 leads to; None where it has another length."""
    if old == size:
        if whole:
            return None if path else (old_root, old_root)
        return (path[0], path[0]) if len(path) == 1 else None
    if not path:
        return None
    middle = _split(size)
    if old <= middle:
        inner = roots_by_subproof(old, middle, path[:-1], old_root, whole=whole)
        return None if inner is None else (inner[0], node_hash(inner[1], path[-1]))
    inner = roots_by_subproof(old - middle, size - middle, path[:-1], old_root, whole=False)
    return None if inner is None else (node_hash(path[-1], inner[0]), node_hash(path[-1], inner[1]))


def _changed(draw: random.Random, path: list[bytes]) -> list[bytes]:
    """A path that is another one."""
    kind = draw.randrange(4) if path else 1
    at = draw.randrange(len(path)) if path else 0
    if kind == 0:
        return [*path[:at], flip(path[at], draw.randrange(32), 1 << draw.randrange(8)), *path[at + 1 :]]
    if kind == 1:
        return [*path[:at], draw.randbytes(32), *path[at:]]
    if kind == 2:
        return [*path[:at], *path[at + 1 :]]
    other = (at + 1) % len(path)
    swapped = list(path)
    swapped[at], swapped[other] = swapped[other], swapped[at]
    return swapped if swapped != path else [*path, path[0]]


def run_proofs(seed: int, count: int) -> Counts:
    """Pairs (position, size): the leaf's inclusion, and the consistency of the tree that ends with it."""
    draw = random.Random(seed)
    failures: list[str] = []
    pairs = [(index, size) for size in range(1, _LARGEST + 1) for index in range(size)]
    chosen = draw.sample(pairs, min(count, len(pairs)))
    refused = documents = 0
    with tempfile.TemporaryDirectory() as scratch:
        archive = _filled(Path(scratch) / "archive", _LARGEST)
        hashes = [leaf_hash(leaf) for leaf in _leaves(archive)]
        roots = [defined_root(hashes[:size]) for size in range(_LARGEST + 1)]
        try:
            with archive.store.read() as connection:
                subtree = functools.cache(stored_hashes(connection, _LARGEST).subtree)
                for index, size in chosen:
                    wrong = _wrong_proofs(draw, hashes, roots, index, size, subtree)
                    failures += [f"leaf {index} of {size}: {one}" for one in wrong]
                    refused += 2
            for index, size in chosen[:_DOCUMENTS]:
                failures += _wrong_documents(draw, archive, index, size)
                documents += 1
        finally:
            archive.close()
    notes = {"changed proofs refused": refused, "documents": documents, "sizes": len({size for _, size in chosen})}
    return Counts(run=len(chosen), distinct=len(chosen), failures=tuple(failures), notes=notes)


def _wrong_proofs(
    draw: random.Random,
    hashes: list[bytes],
    roots: list[bytes],
    index: int,
    size: int,
    subtree: Callable[[int, int], bytes],
) -> list[str]:
    wrong: list[str] = []
    leaf, root, old = hashes[index], roots[size], index + 1
    path = inclusion_proof(index, size, subtree)
    if not verify_inclusion(leaf, index, size, path, root) or root_by_path(leaf, index, size, path) != root:
        wrong.append("its inclusion is not proved")
    other = _changed(draw, path)
    if verify_inclusion(leaf, index, size, other, root) or root_by_path(leaf, index, size, other) == root:
        wrong.append("a changed path is accepted")
    if verify_inclusion(draw.randbytes(32), index, size, path, root):
        wrong.append("another leaf is accepted")
    if size > 1 and verify_inclusion(leaf, (index + draw.randrange(1, size)) % size, size, path, root):
        wrong.append("another place is accepted")
    proof = consistency_proof(old, size, subtree)
    both = roots_by_subproof(old, size, proof, roots[old], whole=True)
    if not verify_consistency(old, size, proof, roots[old], root) or both != (roots[old], root):
        wrong.append("its consistency is not proved")
    other = _changed(draw, proof)
    if verify_consistency(old, size, other, roots[old], root):
        wrong.append("a changed proof of consistency is accepted")
    if verify_consistency(old, size, proof, draw.randbytes(32), root):
        wrong.append("another older root is accepted")
    if verify_consistency(old, size, proof, roots[old], draw.randbytes(32)):
        wrong.append("another newer root is accepted")
    return wrong


def _wrong_documents(draw: random.Random, archive: Archive, index: int, size: int) -> list[str]:
    """The same pair as documents, for the offline verifier with nothing but the key line."""
    ledger, key = archive.ledger, archive.ledger.public_key()
    with archive.store.read() as connection:
        proof = ledger.prove(connection, index).to_json()
        hashes = stored_hashes(connection, size)
        path = [one.hex() for one in consistency_proof(index + 1, size, hashes.subtree)]
        notes = [_signed(archive, _leaves(archive)[:one]) for one in (index + 1, size)]
    consistency = {"type": "consistency", "old": index + 1, "new": size, "path": path}
    consistency |= {"old_checkpoint": notes[0].decode(), "new_checkpoint": notes[1].decode()}
    wrong: list[str] = []
    for document in ({"type": "proof", **proof}, consistency):
        document["key"] = key
        if check_document(json.dumps(document).encode(), key).faults:
            wrong.append(f"leaf {index} of {size}: the offline verifier refuses the {document['type']}")
        changed = [one.hex() for one in _changed(draw, [bytes.fromhex(one) for one in document["path"]])]
        if not check_document(json.dumps({**document, "path": changed}).encode(), key).faults:
            wrong.append(f"leaf {index} of {size}: the offline verifier takes a changed {document['type']}")
    return wrong


def _signed(archive: Archive, leaves: Sequence[bytes]) -> bytes:
    """What somebody who holds the archive's keys can sign: any head."""
    root = Frontier().append([leaf_hash(leaf) for leaf in leaves])[0].root()
    head = Checkpoint(origin=archive.ledger.origin, size=len(leaves), root=root)
    return sign(head, archive.keyring.signing_key)


# Histories


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An archive with a ledger, its tiles, its checkpoint and an anchor elsewhere, as they should be."""

    archive: Archive
    anchor: FileAnchor
    leaves: list[bytes]
    files: dict[Path, bytes]

    def detected(self) -> bool:
        """Whether anything that is asked says that this is not what it was."""
        ledger = self.archive.ledger
        try:
            if ledger.check()[1]:
                return True
            note = ledger.published_checkpoint()
            head = None if note is None else verify(note, ledger.public_key())
            if head is None or check_tiles(ledger.folder, head):
                return True
            with self.archive.store.read() as connection:
                seen = survey([self.anchor], ledger.public_keys(connection))
                return any(one.standing is Standing.BROKEN for one in judge(connection, ledger, seen))
        except ArchiveError:
            return True

    def put_back(self) -> None:
        """Everything as it should be."""
        write_rows(self.archive, self.leaves)
        folder = self.archive.ledger.folder
        for path in folder.rglob("*"):
            if path.is_file() and path not in self.files:
                path.unlink()
        for path, content in self.files.items():
            if not path.exists() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


def write_rows(archive: Archive, leaves: Sequence[bytes]) -> None:
    """A ledger of these leaves in the database, every stored hash and the head fitting."""
    frontier, completed = Frontier().append([leaf_hash(leaf) for leaf in leaves])
    rows = [
        {"position": at, "kind": "record.viewed", "leaf": leaf, "hash": leaf_hash(leaf)}
        for at, leaf in enumerate(leaves)
    ]
    nodes = [{"level": at, "number": number, "hash": one} for at, number, one in completed if at % ROW_LEVELS == 0]
    with archive.store.read() as connection:  # not `write`, which refuses a damaged head
        connection.execute(delete(ledger_leaves))
        connection.execute(delete(ledger_nodes))
        connection.execute(insert(ledger_leaves), rows)
        if nodes:
            connection.execute(insert(ledger_nodes), nodes)
        connection.execute(update(ledger_head).values(size=frontier.size, frontier=frontier.encode()))


def other_history(draw: random.Random, leaves: Sequence[bytes]) -> tuple[str, list[bytes]]:
    """A history that is another one: edited, shortened, in another order, with more or less in it."""
    changed = list(leaves)
    at, other = draw.sample(range(1, len(leaves)), 2)
    kind = draw.choice(["edit", "delete", "reorder", "insert", "duplicate", "truncate"])
    if kind == "edit":
        changed[at] = flip(changed[at], draw.randrange(len(changed[at])), 1 << draw.randrange(8))
    elif kind == "delete":
        del changed[at]
    elif kind == "reorder":
        changed[at], changed[other] = changed[other], changed[at]
    elif kind == "insert":
        changed.insert(at, draw.randbytes(200))
    elif kind == "duplicate":
        changed.insert(at, changed[other])
    else:
        del changed[at:]
    return kind, changed


def _in_one_place(draw: random.Random, scene: Scene) -> str:
    """A change of rows that nothing else was made to fit."""
    place = ledger_leaves.c.position
    at, other = draw.sample(range(len(scene.leaves)), 2)
    leaf = scene.leaves[at]
    edited = flip(leaf, draw.randrange(len(leaf)), 1 << draw.randrange(8))
    statements: dict[str, Any] = {
        "leaf": update(ledger_leaves).where(place == at).values(leaf=edited),
        "leaf and hash": update(ledger_leaves).where(place == at).values(leaf=edited, hash=leaf_hash(edited)),
        "hash": update(ledger_leaves).where(place == at).values(hash=draw.randbytes(32)),
        "row gone": delete(ledger_leaves).where(place == at),
        "rows cut": delete(ledger_leaves).where(place >= at),
        "row moved": update(ledger_leaves).where(place == at).values(position=len(scene.leaves) + other),
        "stored hash": update(ledger_nodes).where(ledger_nodes.c.number == at % 2).values(hash=draw.randbytes(32)),
        "stored hash gone": delete(ledger_nodes).where(ledger_nodes.c.number == at % 2),
        "head": update(ledger_head).values(size=len(scene.leaves) - 1 - at),
        "frontier": update(ledger_head).values(frontier=draw.randbytes(32 * len(scene.leaves).bit_count())),
    }
    kind = draw.choice(list(statements))
    with scene.archive.store.write() as transaction:
        transaction.connection.execute(statements[kind])
    return f"rows: {kind}"


def _rows_rewritten(draw: random.Random, scene: Scene) -> str:
    """The whole database fits; checkpoint and tiles are those before."""
    kind, leaves = other_history(draw, scene.leaves)
    write_rows(scene.archive, leaves)
    return f"database: {kind}"


def _all_rewritten(draw: random.Random, scene: Scene) -> str:
    """Database, tiles and checkpoint fit, signed with the archive's own key."""
    kind, leaves = other_history(draw, scene.leaves)
    write_rows(scene.archive, leaves)
    folder = scene.archive.ledger.folder
    for path in scene.files:
        path.unlink()
    rows = Rows(0)
    rows.all = leaves
    rows.publish(folder, 0, len(leaves))
    (folder / "checkpoint").write_bytes(_signed(scene.archive, leaves))
    return f"everything: {kind}"


def _rolled_back(draw: random.Random, scene: Scene) -> str:
    """The archive as it was, with the checkpoint and tiles of that time."""
    size = draw.randrange(1, len(scene.leaves))
    write_rows(scene.archive, scene.leaves[:size])
    folder = scene.archive.ledger.folder
    for path in scene.files:
        path.unlink()
    rows = Rows(0)
    rows.all = scene.leaves[:size]
    Tiles(folder).publish(rows, 0, size, rows.checkpoint().root)
    (folder / "checkpoint").write_bytes(_signed(scene.archive, rows.all))
    return "rollback"


def _tile_changed(draw: random.Random, scene: Scene) -> str:
    """One tile is changed, cut, exchanged or gone."""
    tiles = [path for path in scene.files if "tile" in path.parts[len(scene.archive.ledger.folder.parts) :]]
    path, other = draw.sample(sorted(tiles), 2)
    content = scene.files[path]
    kind = draw.choice(["bit", "cut", "grown", "gone", "exchanged"])
    if kind == "bit":
        path.write_bytes(flip(content, draw.randrange(len(content)), 1 << draw.randrange(8)))
    elif kind == "cut":
        path.write_bytes(content[: draw.randrange(len(content))])
    elif kind == "grown":
        path.write_bytes(content + draw.randbytes(draw.choice([1, 32, 100])))
    elif kind == "gone":
        path.unlink()
    else:
        path.write_bytes(scene.files[other])
        other.write_bytes(content)
    return f"tile: {kind}"


def _checkpoint_changed(draw: random.Random, scene: Scene) -> str:
    """The published checkpoint says something else, or nothing."""
    path = scene.archive.ledger.folder / "checkpoint"
    content = scene.files[path]
    kind = draw.choice(["bit", "cut", "size", "junk"])
    if kind == "bit":
        signed_part = content.index(b"\n\n") + 1
        path.write_bytes(flip(content, draw.randrange(signed_part), 1 << draw.randrange(8)))
    elif kind == "cut":
        path.write_bytes(content[: draw.randrange(len(content) - 1)])
    elif kind == "size":
        at = len(scene.leaves)
        path.write_bytes(content.replace(b"\n%d\n" % at, b"\n%d\n" % draw.randrange(at)))
    else:
        path.write_bytes(draw.randbytes(draw.randrange(300)))
    return f"checkpoint: {kind}"


_FAULTS = (_in_one_place, _rows_rewritten, _all_rewritten, _rolled_back, _tile_changed, _checkpoint_changed)


def run_histories(seed: int, count: int) -> Counts:
    """Changed ledgers, one after the other, each put back afterwards."""
    draw = random.Random(seed)
    failures: list[str] = []
    kinds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        archive = _filled(Path(scratch) / "archive", _LEAVES)
        anchor = FileAnchor(Path(scratch) / "anchor")
        note = archive.ledger.published_checkpoint()
        assert note is not None
        anchor.keep(note, verify(note, archive.ledger.public_key()))
        folder = archive.ledger.folder
        files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}
        scene = Scene(archive=archive, anchor=anchor, leaves=_leaves(archive), files=files)
        try:
            scene.put_back()
            if scene.detected():
                failures.append("a ledger that nobody changed is called changed")
            for number in range(count):
                kind = _FAULTS[number % len(_FAULTS)](draw, scene)
                kinds[kind] += 1
                if not scene.detected():
                    failures.append(f"fault {number} was not noticed: {kind}")
                scene.put_back()
            if scene.detected():
                failures.append("the campaign did not put everything back")
        finally:
            archive.close()
    return Counts(run=count, failures=tuple(failures), notes=dict(sorted(kinds.items())))


PROOFS = Campaign(name="ledger proofs", requires=131_328, quick=500, run=run_proofs)
HISTORIES = Campaign(name="ledger histories", requires=1_200, quick=12, run=run_histories)
