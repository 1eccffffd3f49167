"""Numbers of pages and what is decided of a record as a digest; numbers in the archive go on without a gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from search.disclosure.production_types import NumberedDocument, check_prefix, page_number, read_page_number, state_of
from search.disclosure.productions import NewProduction, Productions
from search.disclosure.release_types import Leaves
from search.disclosure.request_terms import Received, RequestTerms
from search.disclosure.request_types import Intake
from search.disclosure.requests import Requests
from search.disclosure.review_rows import Decision
from storage.errors import Conflict, InvalidInput, NotFound
from tests.storage.archives import make_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.archive import Archive

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE = NumberedDocument(
    record_id="rec_a",
    component=None,
    leaves=Leaves.WHOLE,
    first_page=1,
    last_page=3,
    state=state_of(Decision.RELEASE, ()),
)


@pytest.mark.parametrize(("text", "read"), [("LAKE-000017", ("LAKE", 17)), ("A-2026-1234567", ("A-2026", 1_234_567))])
def test_a_number_is_read_as_it_is_written(text: str, read: tuple[str, int]) -> None:
    assert read_page_number(text) == read
    assert page_number(*read) == text


@pytest.mark.parametrize(
    "text", ["", "LAKE", "LAKE-17", "LAKE-0000017", "LAKE-000000", "-000017", "LAKE-00001x", "L/A-000017"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_page_number(text)


@pytest.mark.parametrize("prefix", ["", "1A", "A-", "A--B", "A B", "A.B", "../A", "É", "A" * 25])
def test_what_cannot_stand_in_a_file_name_is_no_prefix(prefix: str) -> None:
    with pytest.raises(InvalidInput):
        check_prefix(prefix)


def test_the_state_of_a_record_is_another_with_each_thing_that_is_decided_otherwise() -> None:
    states = [
        state_of(Decision.RELEASE, ()),
        state_of(Decision.WITHHOLD, ()),
        state_of(Decision.REDACT, ("7(1)(b)",)),
        state_of(Decision.REDACT, ("7(1)(b)", "7(1)(c)")),
        state_of(Decision.REDACT, ("7(1)(b)",), [b"one"]),
        state_of(Decision.REDACT, ("7(1)(b)",), [b"one", b"two"]),
    ]
    assert len(set(states)) == len(states)
    assert state_of(Decision.REDACT, (), [b"two", b"one"]) == state_of(Decision.REDACT, (), [b"one", b"two"])


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    made = make_archive(tmp_path_factory.mktemp("numbers") / "archive")
    yield made
    made.close()


@pytest.fixture
def request_id(archive: Archive) -> str:
    requests = Requests(archive.store)
    intake = Intake(profile="IL", received_at=AT, how=Received.FORM, zone=archive.zone)
    prepared = requests.prepare(RequestTerms(text="All of it", title="All"), intake)
    with archive.store.write() as transaction:
        return requests.open_in(transaction, prepared, actor="usr_olive").id


def made(archive: Archive, request_id: str, number: int, *documents: NumberedDocument, prefix: str = "LAKE") -> Any:
    productions = Productions(archive.store)
    new = NewProduction(
        request_id=request_id,
        number=number,
        prefix=prefix,
        instalment=None,
        made_at=AT,
        documents=documents,
        about={"production": number},
    )
    sealed = productions.seal(new, {"letter.txt": b"Dear"})
    with archive.store.write() as transaction:
        return productions.record_in(transaction, new, sealed, actor="usr_olive")


def after(one: NumberedDocument, pages: int, **others: Any) -> NumberedDocument:
    return replace(one, first_page=one.last_page + 1, last_page=one.last_page + pages, **others)


def test_pages_go_on_over_productions_and_requests(archive: Archive, request_id: str) -> None:
    productions = Productions(archive.store)
    attached = after(ONE, 2, component="cmp_a")
    first = made(archive, request_id, 1, ONE, attached)
    assert (first.first, first.last, first.records, first.documents) == ("LAKE-000001", "LAKE-000005", 1, 2)
    for wrong in (ONE, replace(ONE, first_page=7, last_page=7)):
        with pytest.raises(Conflict, match="numbers"):
            made(archive, request_id, 2, wrong)
    with pytest.raises(Conflict, match="gap"):
        made(archive, request_id, 2, after(attached, 1), replace(ONE, first_page=9, last_page=9))
    with archive.store.read() as connection:
        assert productions.next_page(connection, "LAKE") == 6
        assert productions.next_page(connection, "OTHER") == 1
        assert productions.about(connection, first) == {"production": 1}
        assert productions.papers(connection, first) == {"letter.txt": b"Dear"}
        assert [one.record_id for one in productions.documents(connection, request_id, 1)] == ["rec_a", "rec_a"]
        assert productions.of_page(connection, "LAKE", 5)[1].component == "cmp_a"
        with pytest.raises(NotFound):
            productions.of_page(connection, "LAKE", 6)
        told = archive.ledger.payload(connection, first.position)
        assert told is not None
        assert (told["first_page"], told["last_page"], told["sha256"]) == (1, 5, first.sha256)


def test_a_production_names_its_records_and_is_asked_back_once(archive: Archive, request_id: str) -> None:
    one = made(archive, request_id, 1, replace(ONE, record_id="rec_b"), prefix="OAK")
    with archive.store.read() as connection:
        kinds = [event.event.kind.value for event in archive.ledger.events_about(connection, ["rec_b"])]
        given = Productions(archive.store).given(connection, request_id)
    assert kinds == ["request.records_produced"]
    assert (given["rec_b"].production, given["rec_b"].clawed_back) == (1, False)
    back = Productions(archive.store).claw_back(
        request_id, [(1, replace(ONE, record_id="rec_b"))], "mistake", actor="usr_olive"
    )
    with archive.store.read() as connection:
        assert Productions(archive.store).given(connection, request_id)["rec_b"].clawed_back
        assert [other.reason for other in Productions(archive.store).clawbacks(connection, request_id)] == ["mistake"]
    assert back.number == one.number == 1
