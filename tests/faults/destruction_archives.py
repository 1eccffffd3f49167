"""Archives to destroy records in, their files as copies, and the pages of their databases deciphered."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from archiver.wiring import Installation, open_installation
from ingest.depositor import GroupDepositor
from ingest.examiner import Examiner
from ingest.submission import Handover
from storage.keys import unlock
from storage.records import Channel, Description, Envelope, Letterhead, Party, RecordKind
from tests.storage.archives import ACTOR, RECOVERY, custodian, make_archive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest.reading_codec import ReadingRequest
    from storage.archive import Archive

CUSTODIAN = "ada@district.example"
# SQLCipher 4 (zetetic.net/sqlcipher/design): pages of 4,096 bytes end in IV and HMAC-SHA512; page 1 begins with a salt
_PAGE, _SALT, _IV, _MAC = 4096, 16, 16, 64
_LOG_HEADER, _FRAME_HEADER = 32, 24  # sqlite.org/fileformat2.html §4.1, §4.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A record, what it was made of, and the word that only it has."""

    record_id: str
    submission_id: str
    blob_id: str
    word: str


class WordReader:
    """Reads every submission as a mail whose text and subject are its bytes."""

    def read_many(self, requests: Sequence[ReadingRequest]) -> list[Description]:
        return [self._read(request.payload.decode()) for request in requests]

    @staticmethod
    def _read(text: str) -> Description:
        head = Letterhead(sender=Party(name=text, address=f"{text}@home.example"), subject=f"About {text}")
        return Description(kind=RecordKind.EMAIL, original=head, carrier=head, text=f"The {text} flies. {text}")

    def renew(self) -> None:
        pass

    def begin(self, requests: Sequence[ReadingRequest]) -> None:
        pass


class NoSeries:
    def series_for(self, record: object, description: object) -> None:
        del record, description


def in_memory() -> str | None:
    """A folder whose syncs cost nothing, where there is one: these archives need not outlive the machine."""
    place = "/dev/shm"
    return place if os.access(place, os.W_OK) and shutil.disk_usage(place).free > 1 << 29 else None


def open_house(folder: Path) -> Installation:
    return open_installation(folder, unlock(folder / "keys", RECOVERY))


def house_of_words(folder: Path, words: Sequence[str]) -> tuple[Installation, list[Target]]:
    """A new archive with one indexed record for each word, deposited and examined as a channel's."""
    make_archive(folder).close()
    house = open_house(folder)
    archive = house.archive
    owner = custodian(archive, CUSTODIAN)
    deposit(archive, owner, words)
    house.follower().catch_up()
    return house, targets(archive, words)


def deposit(archive: Archive, owner: str, words: Sequence[str]) -> None:
    """Hand in one submission a word and examine them."""
    depositor = GroupDepositor(archive, actor=ACTOR)
    handovers = [
        Handover(
            channel=Channel.CLI,
            account="cli",
            custodian_id=owner,
            envelope=Envelope(submitter=f"{word}@home.example", source=f"{word}.eml"),
            payload=word.encode(),
            kind="email",
        )
        for word in words
    ]
    for start in range(0, len(handovers), 200):
        depositor.deposit_many(handovers[start : start + 200])
    examiner = Examiner(archive, WordReader(), NoSeries(), actor=ACTOR)
    while examiner.examine_waiting():
        pass


def targets(archive: Archive, words: Sequence[str]) -> list[Target]:
    """The records of these words, in their order."""
    found: dict[str, Target] = {}
    after: str | None = None
    while True:
        with archive.store.read() as connection:
            page = archive.catalogue.page_records(connection, after, 500)
            described = archive.catalogue.describe(connection, [one.id for one in page])
            blobs = {
                one.id: blob_id
                for one, blob_id in archive.submissions.get_many(connection, [one.submission_id for one in page])
            }
        if not page:
            return [found[word] for word in words]
        after = page[-1].id
        for one in described:
            word = (one.description.original.subject or "").removeprefix("About ")
            found[word] = Target(
                record_id=one.record.id,
                submission_id=one.record.submission_id,
                blob_id=blobs[one.record.submission_id],
                word=word,
            )


def copy_files(folder: Path, to: Path, *, keys: bool) -> Path:
    """The files of a living archive as a thief or a snapshot takes them, log and shared memory too."""
    names = ["archive.db", "archive.db-wal", "archive.db-shm", "objects", "index", "ledger"]
    to.mkdir()
    for name in [*names, "keys"] if keys else names:
        place = folder / name
        if place.is_dir():
            shutil.copytree(place, to / name)
        elif place.exists():
            shutil.copy(place, to / name)
    return to


def deciphered(path: Path, key: bytes) -> bytes:
    """Every page of a database file, and of its log, free ones too, deciphered without asking SQLite what is live."""
    plain = [_page(page, key, first=at == 0) for at, page in enumerate(_cut(path.read_bytes(), 0, 0))]
    log = path.with_name(path.name + "-wal")
    if log.exists():
        # which page a frame holds stands in its header; the first page's salt is in no other's place
        frames = _cut(log.read_bytes(), _LOG_HEADER, _FRAME_HEADER)
        plain += [_page(frame[_FRAME_HEADER:], key, first=frame[:4] == b"\x00\x00\x00\x01") for frame in frames]
    return b"".join(plain)


def _cut(content: bytes, offset: int, header: int) -> list[bytes]:
    step = header + _PAGE
    return [content[at : at + step] for at in range(offset, len(content) - step + 1, step)]


def _page(page: bytes, key: bytes, *, first: bool) -> bytes:
    end = _PAGE - _IV - _MAC
    cipher = Cipher(AES(key), CBC(page[end : end + _IV])).decryptor()
    return cipher.update(page[_SALT if first else 0 : end]) + cipher.finalize()
