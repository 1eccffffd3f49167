"""Students: who a record is about, the ground on which it leaves, the rows of 34 CFR 99.32, and whom a parent sees."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from retention.subjects import SubjectClass, SubjectFacts, Subjects
from search.disclosure.kept_text import text_digest
from search.disclosure.other_students import found_in, other_students, still_standing
from search.disclosure.redaction import (
    Part,
    Pattern,
    Place,
    Redaction,
    RedactionState,
    Region,
    Regions,
    Span,
    Unit,
    Words,
)
from search.disclosure.release_types import ClosedPart, PagesPart, RecordParts, SeenLine, TextPart
from search.disclosure.request_terms import Closing
from search.disclosure.requests import Requests
from search.disclosure.rosters import Roster, RosterEntry, RosterRole
from search.disclosure.student_grounds import disclosure_grounds
from search.disclosure.student_requests import StudentRequests
from search.disclosure.students import ALL_OTHERS, NO_RECORD, Students
from storage.errors import Conflict, InvalidInput, NotFound
from tests.search.disclosure.follow_scene import ANN, Followed, followed

if TYPE_CHECKING:
    from retention.subjects import Subject
    from storage.archive import Archive

RECORDS = ["rec_1", "rec_2", "rec_3"]
SAID = "Ann Poe sits beside Robert Fox and Lee, Mia."


class School:
    """A request and the students of a register."""

    def __init__(self, archive: Archive, **options: str) -> None:
        self.archive = archive
        self.request: Followed = followed(archive, **options)
        self.students = Students(archive.store)
        register = Subjects(archive.store)
        facts = [
            SubjectFacts(about=SubjectClass.PERSON, kind="student", ref=ref, name=name)
            for ref, name in (("S-1001", "Ann Poe"), ("S-1002", "Robert Fox"))
        ]
        ids = [one for one, _ in register.keep(facts, actor=ANN)]
        with archive.store.read() as connection:
            self.subjects: list[Subject] = list(register.open(connection, ids).values())
        self.ann, self.robert = ids

    def link(self, record: str, student: str) -> None:
        self.students.link(self.request.id, record, student, suggested=False, actor=ANN)

    def ground(self, ground: str, student: str = ALL_OTHERS, **more: str) -> None:
        self.students.state_ground(self.request.id, student, ground, actor=ANN, **more)

    def produce(self, production: str = "1") -> int:
        with self.archive.store.write() as transaction:
            what = {"rec_1": "LAKE-000001 to LAKE-000002"}
            return self.students.record_disclosures(
                transaction, self.request.id, production, RECORDS, what=what, actor=ANN
            )

    def produce_and_fail(self) -> None:
        with self.archive.store.write() as transaction:
            self.students.record_disclosures(transaction, self.request.id, "1", RECORDS, what={}, actor=ANN)
            raise InvalidInput("the gate refused it")

    def linked(self) -> dict[str, tuple[str, ...]]:
        with self.archive.store.read() as connection:
            return self.students.linked(connection, self.request.id, RECORDS)


@pytest.fixture
def school(archive: Archive) -> School:
    return School(archive, profile="IL")


def test_a_record_is_linked_to_a_student_once_and_the_link_is_taken_back(school: School) -> None:
    school.link("rec_1", school.ann)
    assert school.linked() == {"rec_1": (school.ann,)}
    with pytest.raises(Conflict):
        school.link("rec_1", school.ann)
    school.students.unlink(school.request.id, "rec_1", school.ann, actor=ANN)
    assert school.linked() == {}
    with pytest.raises(NotFound):
        school.students.unlink(school.request.id, "rec_1", school.ann, actor=ANN)
    school.link("rec_1", school.ann)
    with school.archive.store.read() as connection:
        assert school.students.requests_about(connection, school.ann) == [school.request.id]


def test_without_a_ground_nothing_about_a_student_is_disclosed(school: School) -> None:
    school.link("rec_1", school.ann)
    with pytest.raises(Conflict, match=r"34 CFR 99\.31"):
        school.produce()
    with school.archive.store.read() as connection:
        assert school.students.disclosures(connection, school.ann) == []


def test_a_row_says_who_got_what_and_why_for_each_record_and_student(school: School) -> None:
    school.link("rec_1", school.ann)
    school.link("rec_2", school.ann)
    school.link("rec_2", school.robert)
    school.ground("court", party="Superior Court", interest="Order 12 of 3 March")
    assert school.produce() == 3
    with school.archive.store.read() as connection:
        rows = school.students.disclosures(connection, school.ann)
        assert [one.record_id for one in school.students.disclosures(connection, school.robert)] == ["rec_2"]
        (sealed,) = connection.execute(
            text("SELECT sealed_row FROM student_disclosures WHERE record_id = 'rec_1'")
        ).one()
    assert [(one.record_id, one.party, one.ground, one.what) for one in rows] == [
        ("rec_1", "Superior Court", "court", "LAKE-000001 to LAKE-000002"),
        ("rec_2", "Superior Court", "court", ""),
    ]
    assert rows[0].interest == "Order 12 of 3 March"
    assert b"Superior" not in sealed


def test_a_row_is_of_its_production_and_goes_with_it(school: School) -> None:
    school.link("rec_1", school.ann)
    school.ground("court", party="Court", interest="Order")
    with pytest.raises(InvalidInput):
        school.produce_and_fail()
    with school.archive.store.read() as connection:
        assert school.students.disclosures(connection, school.ann) == []
    assert (school.produce("1"), school.produce("2")) == (1, 1)


def test_the_grounds_of_99_32_d_leave_no_row(school: School) -> None:
    school.link("rec_1", school.ann)
    without = [one.id for one in disclosure_grounds().values() if not one.row and one.id != "own"]
    assert {"school_official", "consent", "directory", "secret_subpoena"} <= set(without)
    for ground in without:
        school.ground(ground)
        assert school.produce() == 0, ground


def test_the_ground_of_a_student_goes_before_that_of_all_others(school: School) -> None:
    school.link("rec_1", school.ann)
    school.link("rec_1", school.robert)
    school.ground("court", party="Court", interest="Order")
    school.ground("consent", school.ann)
    assert school.produce() == 1


def test_a_ground_that_leaves_a_row_needs_who_and_why(school: School) -> None:
    with pytest.raises(InvalidInput, match="--party"):
        school.ground("audit")
    with pytest.raises(InvalidInput, match="--interest"):
        school.ground("audit", party="State auditor")
    with pytest.raises(InvalidInput, match="there is no ground"):
        school.ground("curiosity")
    with pytest.raises(InvalidInput, match="--student"):
        school.ground("own")


def test_who_asks_is_who_gets_it_where_nobody_else_is_named(archive: Archive) -> None:
    school = School(archive, profile="IL", name="Kim Poe")
    school.link("rec_1", school.ann)
    school.ground("dependent", interest="Parent of a dependent student")
    school.produce()
    with archive.store.read() as connection:
        assert school.students.disclosures(connection, school.ann)[0].party == "Kim Poe"


def test_a_parent_s_request_leaves_no_row_of_his_child_nor_of_others_who_cannot_be_told(school: School) -> None:
    school.link("rec_1", school.ann)
    school.link("rec_1", school.robert)
    school.ground("own", school.ann)
    with school.archive.store.read() as connection:
        assert school.students.own(connection, school.request.id) == (school.ann,)
    assert school.produce() == 0


def closed(school: School) -> int:
    """Close the request; how many rows of requests without a disclosure that wrote."""
    requests, refused = Requests(school.archive.store), StudentRequests(school.archive.store)
    with school.archive.store.write() as transaction:
        found = requests.close_in(transaction, school.request.id, Closing.DENIED, actor=ANN)
        return refused.record_in(transaction, found, actor=ANN)


def asked(school: School, student: str) -> list[tuple[str, str | None]]:
    with school.archive.store.read() as connection:
        return [(one.party, one.interest) for one in StudentRequests(school.archive.store).of(connection, student)]


def test_who_asked_for_a_student_and_got_nothing_stands_in_the_student_s_record(archive: Archive) -> None:
    school = School(archive, profile="IL", name="Kim Press")
    school.link(NO_RECORD, school.ann)
    school.link("rec_2", school.robert)
    school.ground("juvenile", school.robert, party="Juvenile Court", interest="Case 9")
    assert closed(school) == 2
    assert asked(school, school.ann) == [("Kim Press", None)]
    assert asked(school, school.robert) == [("Juvenile Court", "Case 9")]
    with archive.store.read() as connection:
        assert school.students.disclosures(connection, school.ann) == []
        assert school.students.linked(connection, school.request.id, RECORDS) == {"rec_2": (school.robert,)}
        rows = connection.execute(text("SELECT sealed_row FROM student_disclosures")).scalars()
        assert all(b"Kim" not in one and b"Juvenile" not in one for one in rows)


def test_of_whom_something_was_disclosed_there_is_no_row_beside_it(school: School) -> None:
    school.link("rec_1", school.ann)
    school.ground("court", party="Court", interest="Order")
    school.produce()
    assert closed(school) == 0


@pytest.mark.parametrize("ground", [one.id for one in disclosure_grounds().values() if not one.row])
def test_requests_that_99_32_d_exempts_leave_no_row_and_one_that_tells_of_nobody_does(
    school: School, ground: str
) -> None:
    school.link("rec_1", school.ann)
    school.link("rec_2", school.robert)
    school.ground(ground, school.ann)
    of_robert = int(ground != "own")  # of whom nothing is stated; a parent did not ask for him
    assert closed(school) == int(ground == "deidentified") + of_robert


def test_a_request_that_is_closed_a_second_time_has_one_row(school: School) -> None:
    school.link(NO_RECORD, school.ann)
    with pytest.raises(Conflict):
        school.link(NO_RECORD, school.ann)
    assert closed(school) == 1
    with school.archive.store.write() as transaction:
        Requests(school.archive.store).reopen_in(transaction, school.request.id, actor=ANN)
    school.ground("court", party="Court", interest="Order")
    assert closed(school) == 1
    assert asked(school, school.ann) == [("Court", "Order")]


ROSTER = Roster(
    entries=(
        RosterEntry(name="Poe, Ann", role=RosterRole.STUDENT, number="S-1001", aliases=("Annie Poe",)),
        RosterEntry(name="Mia Lee", role=RosterRole.STUDENT, number="S-1003"),
        RosterEntry(name="Sam Hill", role=RosterRole.STAFF),
    )
)
TEXT = TextPart(place=Place(part=Part.TEXT), title="Text", text=SAID)


def redaction(
    where: Words | Pattern | Regions, state: RedactionState = RedactionState.FINAL, place: Place = TEXT.place
) -> Redaction:
    codes = ("OTHERS",) if state is RedactionState.FINAL else ()
    return Redaction(id="1", record_id="rec_1", place=place, where=where, codes=codes, state=state)


def words(*said: str) -> Words:
    spans = tuple(Span(start=SAID.index(one), end=SAID.index(one) + len(one)) for one in said)
    return Words(spans=spans, text_digest=text_digest(SAID))


def standing(*marks: Redaction, parts: tuple[TextPart | PagesPart | ClosedPart, ...] = (TEXT,)) -> list[str]:
    pretended = Roster(entries=(*ROSTER.entries, RosterEntry(name="Robert Fox", role=RosterRole.STUDENT)))
    others = Roster(entries=tuple(one for one in pretended.entries[1:] if one.role is RosterRole.STUDENT))
    found = still_standing(RecordParts(record_id="rec_1", parts=parts), marks, others, roster=pretended)
    return sorted(one.words for one in found)


def test_others_are_the_students_of_roster_and_register_but_not_the_child_nor_staff(school: School) -> None:
    others = other_students(ROSTER, school.subjects, [school.ann])
    assert others.names == ("Mia Lee", "Robert Fox")
    found = found_in(RecordParts(record_id="rec_1", parts=(TEXT,)), others)
    assert sorted(one.words for one in found) == ["Lee, Mia", "Robert Fox"]
    assert other_students(ROSTER, school.subjects, [school.robert]).names == (
        "Poe, Ann",
        "Annie Poe",
        "Mia Lee",
        "Ann Poe",
    )


def test_an_own_child_that_only_the_roster_names_by_his_number_is_not_among_others(school: School) -> None:
    listed = Roster(entries=(RosterEntry(name="Anna Poe-Smith", role=RosterRole.STUDENT, number="s1001"),))
    assert other_students(listed, school.subjects, [school.ann]).names == ("Robert Fox",)


def test_a_name_stands_until_a_final_redaction_takes_it_out_in_whichever_way() -> None:
    assert standing() == ["Lee, Mia", "Robert Fox"]
    assert standing(redaction(words("Robert Fox"), RedactionState.DRAFT)) == ["Lee, Mia", "Robert Fox"]
    assert standing(redaction(words("Robert Fox"))) == ["Lee, Mia"]
    assert standing(redaction(Pattern(words=("Robert Fox", "Lee, Mia")))) == []
    assert standing(redaction(words("Robert", "Lee, Mia"))) == []
    other = Words(spans=(Span(start=0, end=5),), text_digest="0" * 64)
    assert standing(redaction(other)) == ["Lee, Mia", "Robert Fox"]


def test_names_on_pages_are_found_and_what_cannot_be_read_is_left_to_people() -> None:
    place = Place(part=Part.COMPONENT, component="cmp_1")
    line = SeenLine(page=1, left=10, top=10, right=60, bottom=20, text="Robert Fox")
    page = PagesPart(
        place=place, title="File", media_type="application/pdf", unit=Unit.POINTS, sizes=((612, 792),), lines=(line,)
    )
    closed = ClosedPart(place=place, title="File", media_type="audio/mpeg", reason="sound")
    assert standing(parts=(page, closed)) == ["Robert Fox"]
    whole = Regions(regions=(Region(page=1, left=9, top=9, right=61, bottom=21),), unit=Unit.POINTS)
    half = Regions(regions=(Region(page=1, left=9, top=9, right=40, bottom=21),), unit=Unit.POINTS)
    drawn = redaction(whole, place=place)
    assert standing(replace(drawn, state=RedactionState.DRAFT), parts=(page,)) == ["Robert Fox"]
    assert standing(redaction(half, place=place), parts=(page,)) == ["Robert Fox"]
    assert standing(drawn, parts=(page,)) == []
