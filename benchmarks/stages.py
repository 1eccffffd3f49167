"""What each stage of the way in costs by itself: one program, one after the other, on messages of the corpus.

Rule: the stages are the product's own functions with the product's own batch sizes, durable where the product is;
so their sum is what one core needs, and the difference to a whole run is what runs side by side. The sandboxed
stage includes the reader's process, which the parent waits for.
"""

from __future__ import annotations

import os
import time
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
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from archiver.wiring import Installation
    from search.documents import IndexDocument
    from storage.records import DescribedRecord

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


def measure_stages(raws: Sequence[bytes], installation: Installation, scratch: Path) -> list[Stage]:
    """Run every stage over the messages; `installation` is of a fresh archive with one custodian."""
    way = _Way(raws, installation, scratch)
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("parse, without sandbox", way.parse),
        ("seal", way.seal),
        (f"write and sync, {DEPOSIT_BATCH} at a time", way.write),
        ("deposit: seal, write, sync, commit with leaf", way.deposit),
        ("examine: open, read in the sandbox, seal, commit", way.examine),
        ("open descriptions", way.describe),
        ("analyse", way.analyse),
        (f"insert into the index, {INDEX_BATCH} at a time, durable", way.insert),
    )
    stages: list[Stage] = []
    for name, step in steps:
        os.sync()  # what the stage before wrote must not be paid for here
        began = time.perf_counter()
        step()
        stages.append(Stage(name=name, messages=len(raws), seconds=time.perf_counter() - began))
    return stages


class _Way:
    """The stages as steps, each taking what the ones before left."""

    def __init__(self, raws: Sequence[bytes], installation: Installation, scratch: Path) -> None:
        self._raws = raws
        self._installation = installation
        self._archive = installation.archive
        self._scratch = scratch
        self._sealed: list[SealedObject] = []
        self._described: list[DescribedRecord] = []
        self._documents: list[IndexDocument] = []

    def parse(self) -> None:
        for raw in self._raws:
            read_email(raw, component_id=None)

    def seal(self) -> None:
        vault = self._archive.store.vault
        for raw in self._raws:
            name = new_id(Prefix.SUBMISSION)
            self._sealed.append(SealedObject.of(vault.seal(vault.fresh(name), SealKind.SUBMISSION, name, raw)))

    def write(self) -> None:
        (self._scratch / "objects").mkdir()
        blobs = LocalBlobs(self._scratch / "objects")
        for start in range(0, len(self._sealed), DEPOSIT_BATCH):
            blobs.write(self._sealed[start : start + DEPOSIT_BATCH])

    def deposit(self) -> None:
        depositor = self._installation.depositor(_ACTOR)
        for batch in self._handovers():
            depositor.deposit_many(batch)

    def _handovers(self) -> Iterator[list[Handover]]:
        with self._archive.store.read() as connection:
            custodian_id = self._archive.custodians.list(connection)[0].id
        for start in range(0, len(self._raws), DEPOSIT_BATCH):
            yield [
                Handover(
                    channel=Channel.CLI,
                    account="bench",
                    custodian_id=custodian_id,
                    envelope=Envelope(submitter="bench", source=f"bench#{start + place}"),
                    payload=raw,
                    kind=EMAIL,
                )
                for place, raw in enumerate(self._raws[start : start + DEPOSIT_BATCH])
            ]

    def examine(self) -> None:
        with self._installation.examiner() as examiner:
            while examiner.examine_waiting():
                pass

    def describe(self) -> None:
        catalogue = self._archive.catalogue
        with self._archive.store.read() as connection:
            ids = [one.id for one in catalogue.page_records(connection, None, len(self._raws))]
        for start in range(0, len(ids), INDEX_BATCH):
            with self._archive.store.read() as connection:
                self._described += catalogue.describe(connection, ids[start : start + INDEX_BATCH])

    def analyse(self) -> None:
        key = self._archive.keyring.digest_key
        self._documents = [project(one, key=key) for one in self._described]

    def insert(self) -> None:
        index = open_fts_index(self._scratch / "stage.db", new_key(), create=True)
        for start in range(0, len(self._documents), INDEX_BATCH):
            index.add(self._documents[start : start + INDEX_BATCH], start)
        index.close()
