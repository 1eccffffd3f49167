"""Faults of sealed containers: flipped bits, and containers cut, joined, exchanged and passed off as others.

Each fault is tried on every way to open a container: whole, as a stream in pieces of random size, and by ranges.
It counts as caught where `Corrupt` is raised and not one byte was given out that is not in its place. A stream and
a range may give out chunks that stand before, or beside, the damaged one, since those are authentic.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from storage.errors import ArchiveError, Corrupt
from storage.keys import Secret, SlotKind, create_keys, unlock, unlock_with_master
from storage.memory_blobs import MemoryReader
from storage.sealed_ranges import SealedRanges
from storage.sealed_streams import open_pieces
from storage.sealing import CHUNK_BYTES, PREFIX_BYTES, TAG_BYTES, SealKind, header, seal, unseal
from storage.vault import Vault, WrappedKey
from tests.faults.campaign import Campaign, Counts

STEP = CHUNK_BYTES + TAG_BYTES
_PER_CONTAINER = 400


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """A container, what is in it, and as what it is opened."""

    key: bytes
    archive_id: str
    kind: SealKind
    object_id: str
    plain: bytes
    sealed: bytes

    @property
    def start(self) -> int:
        """Where the chunks begin."""
        return len(header(self.kind, self.object_id)) + PREFIX_BYTES

    @property
    def chunks(self) -> list[bytes]:
        """Its sealed chunks."""
        return [self.sealed[at : at + STEP] for at in range(self.start, len(self.sealed), STEP)]

    def joined(self, chunks: list[bytes]) -> bytes:
        """A container of its own header with these chunks."""
        return self.sealed[: self.start] + b"".join(chunks)


def specimen(draw: random.Random, size: int) -> Specimen:
    """A container of random bytes under a random key."""
    key, plain = draw.randbytes(32), draw.randbytes(size)
    kind = draw.choice(list(SealKind))
    archive_id, object_id = f"arc_{draw.randbytes(8).hex()}", f"sub_{draw.randbytes(8).hex()}"
    sealed = seal(key, archive_id=archive_id, kind=kind, object_id=object_id, plain=plain)
    return Specimen(key=key, archive_id=archive_id, kind=kind, object_id=object_id, plain=plain, sealed=sealed)


def _pieces(draw: random.Random, sealed: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(sealed):
        step = draw.choice((1, 7, 100, STEP - 1, STEP, 50_000))
        yield sealed[at : at + step]
        at += step


def complaints(draw: random.Random, one: Specimen, *, intact: int) -> list[str]:
    """What is wrong with how a damaged container is taken; nothing where every way refuses it.

    `one.sealed` is damaged, `one.plain` what was sealed, of which the first `intact` bytes may leave a stream.
    """
    wrong = []
    named = {"archive_id": one.archive_id, "kind": one.kind, "object_id": one.object_id}
    try:
        unseal(one.key, **named, sealed=one.sealed)
        wrong.append("opened whole")
    except Corrupt:
        pass
    given = b""
    try:
        for piece in open_pieces(one.key, **named, sealed=_pieces(draw, one.sealed)):
            given += piece
        wrong.append("opened as a stream")
    except Corrupt:
        pass
    if given != one.plain[: len(given)] or len(given) > intact:
        wrong.append("a stream gave out what is not authentic")
    try:
        ranges = SealedRanges(one.key, **named, sealed=MemoryReader(one.sealed))
        places = range(0, ranges.size + 1, CHUNK_BYTES)
        strange = [at for at in places if ranges.read(at, CHUNK_BYTES) != one.plain[at : at + CHUNK_BYTES]]
        wrong += ["a range gave out what is not authentic" for _ in strange]
        wrong.append("opened by ranges")
    except Corrupt:
        pass
    return wrong


def flips(seed: int, count: int) -> Counts:
    """Single bits flipped: in object containers of one and of several chunks, wrapped keys, and key files."""
    draw = random.Random(seed)
    counted: Counter[str] = Counter()
    failures: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="flips-"))
    try:
        subjects: tuple[tuple[str, Callable[[], Iterator[list[str]]]], ...] = (
            ("objects of one chunk", lambda: _object_flips(draw, draw.randrange(600))),
            ("objects of several chunks", lambda: _object_flips(draw, draw.randrange(CHUNK_BYTES, 3 * CHUNK_BYTES))),
            ("wrapped keys", lambda: _wrapped_flips(draw, folder)),
            ("key files", lambda: _key_file_flips(draw, folder)),
        )
        while counted.total() < count:
            for name, run in subjects:
                for wrong in run():
                    counted[name] += 1
                    failures += [f"{name}, flip {counted[name]} of seed {seed}: {one}" for one in wrong]
                    if counted.total() >= count:
                        break
                if counted.total() >= count:
                    break
    finally:
        shutil.rmtree(folder)
    return Counts(run=counted.total(), failures=tuple(failures), notes=dict(counted))


def _flipped(sealed: bytes, bit: int) -> bytes:
    changed = bytearray(sealed)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _some_bits(draw: random.Random, sealed: bytes) -> list[int]:
    return draw.sample(range(8 * len(sealed)), min(_PER_CONTAINER, 8 * len(sealed)))


def _object_flips(draw: random.Random, size: int) -> Iterator[list[str]]:
    one = specimen(draw, size)
    for bit in _some_bits(draw, one.sealed):
        intact = max(0, bit // 8 - one.start) // STEP * CHUNK_BYTES
        yield complaints(draw, replace(one, sealed=_flipped(one.sealed, bit)), intact=intact)


def _refuses(act: Callable[[], object]) -> list[str]:
    try:
        act()
    except Corrupt:
        return []
    except ArchiveError as error:
        return [f"refused as {type(error).__name__}"]
    return ["opened"]


def _ring(folder: Path) -> Path:
    keys = folder / "keys"
    if not keys.exists():
        create_keys(keys, "arc_flips", [Secret(kind=SlotKind.RECOVERY, content=bytes(32))])
    return keys


def _opened_master(folder: Path) -> bytes:
    return unlock(_ring(folder), Secret(kind=SlotKind.RECOVERY, content=bytes(32))).master


def _wrapped_flips(draw: random.Random, folder: Path) -> Iterator[list[str]]:
    vault = Vault(unlock_with_master(_ring(folder), _opened_master(folder)))
    wrapped = vault.wrap(vault.fresh(f"rec_{draw.randbytes(8).hex()}"), 1)
    for bit in _some_bits(draw, wrapped.wrapped):
        damaged = WrappedKey(wrapped.holder, wrapped.epoch, _flipped(wrapped.wrapped, bit))
        yield _refuses(lambda damaged=damaged: vault.unwrap(damaged))  # type: ignore[misc]


def _key_file_flips(draw: random.Random, folder: Path) -> Iterator[list[str]]:
    keys, master = _ring(folder), _opened_master(folder)
    for name in ("keyring", "epoch/1"):
        path = keys / name
        content = path.read_bytes()
        for bit in draw.sample(range(8 * len(content)), 100):
            path.write_bytes(_flipped(content, bit))
            yield _refuses(lambda: unlock_with_master(keys, master).epoch_key(1))
        path.write_bytes(content)


def splices(seed: int, count: int) -> Counts:
    """Containers cut, joined, exchanged, and passed off as another object, kind, archive or epoch."""
    draw = random.Random(seed)
    counted: Counter[str] = Counter()
    failures: list[str] = []
    acts = list(SPLICES.items())
    while counted.total() < count:
        one = specimen(draw, draw.choice((0, 1, 700, CHUNK_BYTES - 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 5, 60_000)))
        plain = draw.randbytes(len(one.plain))
        named = {"archive_id": one.archive_id, "kind": one.kind, "object_id": one.object_id}
        other = replace(one, plain=plain, sealed=seal(one.key, **named, plain=plain))
        for name, act in acts:
            damaged = act(draw, one, other)
            if damaged is None:
                continue
            counted[name] += 1
            failures += [
                f"{name} of {len(one.plain)} bytes, seed {seed}, number {counted.total()}: {wrong}"
                for wrong in complaints(draw, damaged, intact=_authentic(one, damaged))
            ]
    return Counts(run=counted.total(), failures=tuple(failures), notes=dict(counted))


def _authentic(one: Specimen, damaged: Specimen) -> int:
    """How many plain bytes stand in whole chunks that are still those of the container, in their places."""
    if (one.key, one.archive_id, one.kind, one.object_id) != (
        damaged.key,
        damaged.archive_id,
        damaged.kind,
        damaged.object_id,
    ) or one.sealed[: one.start] != damaged.sealed[: one.start]:
        return 0
    same = 0
    for mine, theirs in zip(one.chunks, damaged.chunks, strict=False):
        if mine != theirs:
            break
        same += 1
    return min(same * CHUNK_BYTES, len(one.plain))


Splice = Callable[[random.Random, Specimen, Specimen], Specimen | None]


def _with(change: Callable[[random.Random, Specimen, Specimen], bytes | None]) -> Splice:
    def act(draw: random.Random, one: Specimen, other: Specimen) -> Specimen | None:
        sealed = change(draw, one, other)
        return None if sealed is None or sealed == one.sealed else replace(one, sealed=sealed)

    return act


def _reordered(draw: random.Random, one: Specimen, _other: Specimen) -> bytes | None:
    chunks = one.chunks
    draw.shuffle(chunks)
    return one.joined(chunks)


def _duplicated(draw: random.Random, one: Specimen, _other: Specimen) -> bytes:
    chunks = one.chunks
    at = draw.randrange(len(chunks))
    return one.joined([*chunks[: at + 1], *chunks[at:]])


def _without_a_chunk(draw: random.Random, one: Specimen, _other: Specimen) -> bytes:
    chunks = one.chunks
    del chunks[draw.randrange(len(chunks))]
    return one.joined(chunks)


def _with_a_foreign_chunk(draw: random.Random, one: Specimen, other: Specimen) -> bytes:
    chunks = one.chunks
    at = draw.randrange(len(chunks))
    chunks[at] = other.chunks[at]
    return one.joined(chunks)


def _header_rewritten(_draw: random.Random, one: Specimen, _other: Specimen) -> Specimen:
    name = one.object_id[:-1] + ("0" if one.object_id[-1] != "0" else "1")
    moved = header(one.kind, name) + one.sealed[len(header(one.kind, one.object_id)) :]
    return replace(one, object_id=name, sealed=moved)


def _another_kind(draw: random.Random, one: Specimen, _other: Specimen) -> Specimen:
    kind = draw.choice([each for each in SealKind if each is not one.kind])
    moved = header(kind, one.object_id) + one.sealed[len(header(one.kind, one.object_id)) :]
    return replace(one, kind=kind, sealed=moved if draw.random() < 0.5 else one.sealed)


SPLICES: dict[str, Splice] = {
    "cut anywhere": _with(lambda draw, one, _: one.sealed[: draw.randrange(len(one.sealed))]),
    "cut at a chunk": _with(lambda draw, one, _: one.joined(one.chunks[: draw.randrange(len(one.chunks))])),
    "cut at the front": _with(lambda draw, one, _: one.sealed[draw.randrange(1, len(one.sealed)) :]),
    "header stripped": _with(lambda _, one, __: one.sealed[len(header(one.kind, one.object_id)) :]),
    "magic stripped": _with(lambda _, one, __: one.sealed[4:]),
    "version raised": _with(lambda _, one, __: one.sealed[:4] + b"\x02" + one.sealed[5:]),
    "bytes added": _with(lambda draw, one, _: one.sealed + draw.randbytes(draw.choice((1, 16, 17, STEP)))),
    "twice in a row": _with(lambda _, one, __: one.sealed + one.sealed),
    "chunks in another order": _with(_reordered),
    "a chunk twice": _with(_duplicated),
    "a chunk left out": _with(_without_a_chunk),
    "a chunk of another": _with(_with_a_foreign_chunk),
    "salt and commitment of another": _with(lambda _, one, other: other.sealed[: one.start] + one.sealed[one.start :]),
    "salt of another": _with(lambda _, one, other: other.sealed[: one.start - 32] + one.sealed[one.start - 32 :]),
    "the chunks of another": _with(lambda _, one, other: one.joined(other.chunks)),
    "an empty last chunk of another": _with(
        lambda _, one, other: one.joined([*one.chunks[:-1], other.chunks[-1][-16:]])
    ),
    "plain bytes": _with(lambda _, one, __: header(one.kind, one.object_id) + one.plain),
    "another object": lambda draw, one, _: replace(one, object_id=f"sub_{draw.randbytes(8).hex()}"),
    "another object, header rewritten": _header_rewritten,
    "another archive": lambda draw, one, _: replace(one, archive_id=f"arc_{draw.randbytes(8).hex()}"),
    "another kind": _another_kind,
    "another epoch": lambda draw, one, _: replace(one, key=draw.randbytes(32)),
}

FLIPS = Campaign(name="bit flips in containers and keys", requires=200_000, quick=5_000, run=flips)
SPLICED = Campaign(name="containers spliced", requires=1_000, quick=100, run=splices)
