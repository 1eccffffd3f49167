"""An archive with a custodian, and a way to put records into it without examining anything."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from search.tables import index_generations
from storage.identifiers import Prefix, new_id
from storage.records import Channel, Description, Envelope, Grade, Record, RecordKind, RecordState


class Writer:
    """Archives records whose text is given."""

    def __init__(self, archive) -> None:
        self.archive = archive
        self.custodian = archive.custodians.add("dana@district.example", name="Dana", actor="operator:test")

    def archive_texts(self, *texts: str) -> list[str]:
        archive, ids = self.archive, []
        epoch = archive.store.current_epoch()
        for text in texts:
            prepared = archive.submissions.prepare(
                channel=Channel.CLI,
                account=new_id(Prefix.EVENT),
                custodian_id=self.custodian.id,
                envelope=Envelope(),
                kind=None,
                payload=text.encode(),
                epoch=epoch,
                received_at=datetime.now(UTC),
                actor="operator:test",
            )
            record = Record(
                id=new_id(Prefix.RECORD),
                kind=RecordKind.EMAIL,
                submission_id=prepared.submission.id,
                custodian_id=self.custodian.id,
                channel=Channel.CLI,
                captured_at=datetime.now(UTC),
                sent_at=None,
                series_id=None,
                state=RecordState.ACTIVE,
                grade=Grade.C,
                position=-1,
            )
            ready = archive.catalogue.prepare(
                record,
                Description(kind=RecordKind.EMAIL, text=text),
                key=archive.store.vault.unwrap(prepared.key),
                stored=(),
                epoch=epoch,
                actor="operator:test",
            )
            with archive.store.write() as transaction:
                archive.submissions.add(transaction, [prepared])
                archive.catalogue.add(transaction, [ready])
            ids.append(record.id)
        return ids

    def damage(self, record_id: str) -> None:
        """Flip what a record says, as a bad disk would."""
        with self.archive.store.write() as transaction:
            transaction.connection.exec_driver_sql(
                "UPDATE descriptions SET sealed_description = zeroblob(length(sealed_description)) WHERE record_id = ?",
                (record_id,),
            )


@pytest.fixture
def writer(archive):
    with archive.store.write() as transaction:
        index_generations.create(transaction.connection, checkfirst=True)
    return Writer(archive)
