from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from retention.facts import facts_from, facts_of, local_day, read_facts
from storage.errors import InvalidInput
from storage.records import Channel, Grade, Record, RecordKind, RecordState
from tests.every_case import every_case

ZONE = ZoneInfo("America/Los_Angeles")


def test_a_moment_with_an_offset_is_a_day_of_the_archives_zone():
    assert read_facts('{"created": "2024-01-01T03:00:00+00:00"}', ZONE).created.day == date(2023, 12, 31)


def test_a_moment_without_an_offset_is_taken_as_local():
    assert read_facts('{"created": "2024-01-01T03:00:00"}', ZONE).created.day == date(2024, 1, 1)


def test_sent_is_another_word_for_created():
    assert read_facts('{"sent": "2024-01-01"}', ZONE).created.day == date(2024, 1, 1)


def test_an_event_is_confirmed_unless_it_says_otherwise_and_a_projection_is_not():
    text = (
        '{"events": [{"kind": "closed", "date": "2024-01-01"}, {"kind": "projected_graduation", "date": "2030-06-15"}]}'
    )
    assert [event.confirmed for event in read_facts(text, ZONE).events] == [True, False]


def test_the_end_of_the_calendar_is_a_day_in_every_zone():
    assert local_day(datetime(9999, 12, 31, 23, tzinfo=UTC), ZoneInfo("Pacific/Kiritimati")) == date(9999, 12, 31)
    assert local_day(datetime(1, 1, 1, tzinfo=UTC), ZONE) == date(1, 1, 1)


@every_case(
    "text",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        "{" + '"a":{' * 50_000,
        '{"made": "2024-01-01"}',
        '{"created": "yesterday"}',
        '{"created": 20240101}',
        '{"created": {"date": "2024-01-01", "sure": true}}',
        '{"created": {"date": "2024-01-01", "confirmed": "yes"}}',
        '{"created": "2024-02-30"}',
        '{"created": "99999-01-01"}',
        '{"events": {}}',
        '{"events": [{"kind": "closed"}]}',
        '{"events": [{"kind": "Closed!", "date": "2024-01-01"}]}',
        '{"events": [{"kind": "closed", "date": "2024-01-01", "who": "x"}]}',
        '{"attributes": {"part": null}}',
        '{"attributes": {"Part": "x"}}',
        '{"not_applicable": "closed"}',
        '{"linked_series": 3}',
        '{"parent_kept": "yes"}',
        '{"created": "2024-01-01", "x": "' + "x" * 1_000_000 + '"}',
    ],
)
def test_facts_that_cannot_be_read_are_refused(text):
    with pytest.raises(InvalidInput):
        read_facts(text, ZONE)


def test_more_events_than_anybody_has_are_refused():
    with pytest.raises(InvalidInput):
        facts_from({"events": [{"kind": "closed", "date": "2024-01-01"}] * 1001}, ZONE)


def test_a_record_gives_capture_and_sending_as_local_days():
    record = Record(
        id="rec_1",
        kind=RecordKind.EMAIL,
        submission_id="sub_1",
        custodian_id="cus_1",
        channel=Channel.SMTP,
        captured_at=datetime(2024, 7, 1, 5, tzinfo=UTC),
        sent_at=None,
        series_id=None,
        state=RecordState.ACTIVE,
        grade=Grade.C,
        position=0,
    )
    known = facts_of(record, ZONE)
    assert known.captured.day == date(2024, 6, 30)
    assert known.created is None
    assert known.attribute("kind") == "email"
