"""What each stage of the way in costs by itself: one program, one after the other, on messages of the corpus.

Rule: the stages are the product's own functions with the product's own batch sizes, durable where the product is;
so their sum is what one core needs, and the difference to a whole run is what runs side by side. The sandboxed
stage includes the reader's process, which the parent waits for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.examiner import EMAIL
from ingest.formats.email_message import read_email
from ingest.submission import Handover
from search.follower import BATCH as INDEX_BATCH
from search.fts_index import open_fts_index
from search.projection import project
from storage.blobs import SealedObject
from storage.identifiers import Prefix, new_id
from storage.local_blobs import LocalBlobs
from storage.records import Channel, Envelope
from storage.sealing import SealKind, new_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archiver.wiring import Installation

DEPOSIT_BATCH = 64
_ACTOR = "operator:bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: what it is, and the seconds it took for `messages`."""

    name: str
    messages: int
    seconds: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


def _batches(whole: Sequence[bytes], size: int) -> list[Sequence[bytes]]:
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def measure_stages(raws: Sequence[bytes], installation: Installation, scratch: Path) -> list[Stage]:
    """Run every stage over the messages; `installation` is of a fresh archive with one custodian."""
    stages: list[Stage] = []

    def timed(name: str, act: Callable[[], object]) -> None:
        os.sync()
        began = time.perf_counter()
        act()
        stages.append(Stage(name=name, messages=len(raws), seconds=time.perf_counter() - began))

    timed("parse, without sandbox", lambda: [read_email(raw, component_id=None) for raw in raws])
    sealed: list[SealedObject] = []
    archive = installation.archive

    def seal() -> None:
        for raw in raws:
            key, name = archive.store.vault.fresh("bench"), new_id(Prefix.SUBMISSION)
            sealed.append(SealedObject.of(archive.store.vault.seal(key, SealKind.SUBMISSION, name, raw)))

    timed("seal", seal)
    blobs = LocalBlobs(scratch / "objects")
    (scratch / "objects").mkdir()

    def write() -> None:
        for start in range(0, len(sealed), DEPOSIT_BATCH):
            blobs.write(sealed[start : start + DEPOSIT_BATCH])

    timed(f"write and sync, {DEPOSIT_BATCH} at a time", write)
    with archive.store.read() as connection:
        custodian_id = archive.custodians.list(connection)[0].id
    depositor = installation.depositor(_ACTOR)

    def deposit() -> None:
        for number, batch in enumerate(_batches(raws, DEPOSIT_BATCH)):
            depositor.deposit_many(
                [
                    Handover(
                        channel=Channel.CLI,
                        account="bench",
                        custodian_id=custodian_id,
                        envelope=Envelope(submitter="bench", source=f"bench#{number}.{place}"),
                        payload=raw,
                        kind=EMAIL,
                    )
                    for place, raw in enumerate(batch)
                ]
            )

    timed("deposit: seal, write, sync, commit with leaf", deposit)

    def examine() -> None:
        with installation.examiner() as examiner:
            while examiner.examine_waiting():
                pass

    timed("examine: open, read in the sandbox, seal, commit", examine)
    with archive.store.read() as connection:
        ids = [one.id for one in archive.catalogue.page_records(connection, None, len(raws))]
    described = []
    documents = []

    def describe() -> None:
        for start in range(0, len(ids), INDEX_BATCH):
            with archive.store.read() as connection:
                described.extend(archive.catalogue.describe(connection, ids[start : start + INDEX_BATCH]))

    timed("open descriptions", describe)
    timed("analyse", lambda: documents.extend(map(project, described)))
    index = open_fts_index(scratch / "stage.db", new_key(), create=True)

    def insert() -> None:
        for start in range(0, len(documents), INDEX_BATCH):
            index.add(documents[start : start + INDEX_BATCH], start)

    timed(f"insert into the index, {INDEX_BATCH} at a time, durable", insert)
    index.close()
    return stages
