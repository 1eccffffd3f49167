"""A request to be followed, in an archive whose clock a test sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from search.disclosure.request_terms import Closing, Received, RequestTerms
from search.disclosure.request_types import Intake
from search.disclosure.requests import Requests

if TYPE_CHECKING:
    from search.disclosure.request_types import DisclosureRequest, RequestEvent
    from storage.archive import Archive

ANN = "usr_ann"
ZONE = ZoneInfo("America/Chicago")


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A request; `at` sets the archive's clock."""

    archive: Archive
    requests: Requests
    id: str

    def at(self, day: int, month: int = 3) -> datetime:
        moment = datetime(2026, month, day, 18, tzinfo=UTC)
        self.archive.store.clock = lambda: moment
        return moment

    @property
    def stands(self) -> DisclosureRequest:
        with self.archive.store.read() as connection:
            return self.requests.get(connection, self.id)

    @property
    def events(self) -> list[RequestEvent]:
        with self.archive.store.read() as connection:
            return self.requests.events(connection, self.id)

    def close(self, closing: Closing = Closing.DENIED) -> None:
        with self.archive.store.write() as transaction:
            self.requests.close_in(transaction, self.id, closing, actor=ANN)


def followed(archive: Archive, profile: str = "WI", *, name: str | None = None) -> Followed:
    moment = datetime(2026, 3, 9, 18, tzinfo=UTC)
    archive.store.clock = lambda: moment
    requests = Requests(archive.store)
    intake = Intake(profile=profile, received_at=moment, how=Received.EMAIL, zone=ZONE)
    prepared = requests.prepare(RequestTerms(text="Everything", title="", name=name), intake)
    with archive.store.write() as transaction:
        found = requests.open_in(transaction, prepared, actor=ANN)
    return Followed(archive=archive, requests=requests, id=found.id)
