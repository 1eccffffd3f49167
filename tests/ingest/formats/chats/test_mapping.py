"""Tables read by a description of their columns: what is described, what is wrong in a description, hostile tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.mapped import mapped
from ingest.formats.chats.mapping import LARGEST, MappingError, read_mapping
from ingest.formats.chats.model import Said
from ingest.formats.chats.registry import formats_of
from ingest.formats.container import ContainerBroken
from tests.every_case import every_case

from .accounts import altered, cut, dumped, reading

CSV = """
format = "csv"
platform = "remind"
owner = "Jane Doe"

[time]
column = "Sent"
format = "%m/%d/%Y %I:%M %p"

[columns]
sender = "From"
to = "To"
text = "Message"
conversation = "Class"
attachments = "File"
"""
TABLE = (
    b"Class,From,To,Sent,Message,File,Read by\r\n"
    b'Math 7,Jane Doe,All,09/05/2025 07:15 AM,"Quiz, tomorrow",quiz.pdf,3\r\n'
    b"Math 7,Bo Li,Jane Doe,09/05/2025 7:20 PM,Thanks,,\r\n"
    b'Math 8,Bo Li,Jane Doe,soon,"Hi ""you""",,1\r\n'
)
JSON = """
format = "json"
platform = "chatty"
messages = "rooms.*.log.*"

[time]
column = "when.ms"
format = "milliseconds"

[columns]
sender = ["who.first", "who.last"]
text = "body"
conversation = "../key"
title = "../name"
id = "id"
attachments = "files.*.path"
deleted = "gone"
"""
ROOMS = {
    "rooms": [
        {"key": "r1", "name": "Staff", "log": [
            {"id": 7, "when": {"ms": 1700000000000}, "who": {"first": "Ana", "last": "Diaz"}, "body": "hello",
             "files": [{"path": "a/x.png"}, {"path": "gone.png"}], "mood": "fine"},
            {"id": 8, "when": {"ms": "1700000000500"}, "who": {"first": "Bo"}, "body": "", "gone": True},
        ]},
        {"key": "r2", "log": [{"id": 9, "when": {"ms": 0}, "body": ["one", "two"]}]},
    ]
}  # fmt: skip


def described(toml: str):
    return mapped(toml.encode())


def test_a_table_is_read_as_it_is_described():
    made = reading(described(CSV), {"in/x.csv": TABLE, "in/quiz.pdf": b"%PDF", "in/other.bin": b"1"})
    first, second, third = made.said
    assert (first.thread.key, first.thread.platform, first.thread.participants) == (
        "Math 7",
        "remind",
        ("Jane Doe", "All"),
    )
    assert first.thread is second.thread
    assert (first.message.text, first.message.side, second.message.side) == ("Quiz, tomorrow", "right", "left")
    times = [one.message.at and one.message.at.isoformat() for one in made.said]
    assert times == ["2025-09-05T07:15:00", "2025-09-05T19:20:00", None]
    assert [one.entry for one in first.message.attachments] == ["in/quiz.pdf"]
    assert third.message.raw == b'Math 8,Bo Li,Jane Doe,soon,"Hi ""you""",,1'
    assert [one.message.unmapped for one in made.said] == [("Read by",), (), ("Read by",)]
    assert made.stated == {"messages": 3}
    assert [one.text.rpartition(" ")[2] for one in made.remarks] == ["1"]  # the time that is none


def test_a_document_is_read_as_it_is_described():
    made = reading(described(JSON), {"x.json": dumped(ROOMS), "a/x.png": b"png"})
    assert [(one.thread.key, one.thread.title) for one in made.said] == [
        ("r1", "Staff"),
        ("r1", "Staff"),
        ("r2", "r2"),
    ]
    assert [one.sender for one in made.messages] == ["Ana Diaz", "Bo", None]
    assert made.texts == ["hello", "", "one\ntwo"]
    assert [one.at for one in made.messages] == [
        datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        datetime(2023, 11, 14, 22, 13, 20, 500_000, tzinfo=UTC),
        None,
    ]
    assert [(one.name, one.entry) for one in made.messages[0].attachments] == [
        ("x.png", "a/x.png"),
        ("gone.png", None),
    ]
    assert [one.deleted for one in made.messages] == [False, True, False]
    assert made.messages[0].unmapped == ("mood",)
    assert made.messages[0].raw == dumped(ROOMS["rooms"][0]["log"][0])


def test_what_a_star_stands_for_is_a_name():
    toml = 'format = "json"\nplatform = "p"\nmessages = "*.*"\n[time]\ncolumn = "t"\nformat = "seconds"\n'
    toml += '[columns]\ntext = "x"\nconversation = "@1"\n'
    made = reading(described(toml), {"a.json": dumped({"Ana": [{"t": 1700000000, "x": "1"}], "Bo": [{"x": "2"}]})})
    assert [one.thread.key for one in made.said] == ["Ana", "Bo"]


def test_a_table_without_a_header_is_named_by_places():
    toml = 'format = "csv"\nplatform = "p"\nheader = false\nskip_rows = 1\ndelimiter = "|"\n[time]\ncolumn = "#1"\n'
    toml += 'format = "iso"\nzone = "-08:00"\n[columns]\ntext = "#3"\nsender = "#2"\n'
    made = reading(described(toml), {"a.txt": b"made by x\n2024-01-05T10:00|Bo|hi|odd\n2024-01-05T10:00Z|Bo|ho\n"})
    zone = timezone(-timedelta(hours=8))
    assert [one.at for one in made.messages] == [
        datetime(2024, 1, 5, 10, tzinfo=zone),
        datetime(2024, 1, 5, 10, tzinfo=UTC),
    ]
    assert (made.texts, made.messages[0].unmapped) == (["hi", "ho"], ("#4",))


def test_a_place_may_be_named_beside_names():
    made = reading(described(CSV.replace('"Message"', '"#5"')), {"x.csv": TABLE})
    assert made.texts == ["Quiz, tomorrow", "Thanks", 'Hi "you"']
    assert made.messages[0].unmapped == ("Read by",)


def test_a_pattern_without_an_hour_tells_a_day():
    made = reading(
        described(CSV.replace(" %I:%M %p", "")), {"x.csv": TABLE.replace(b" 07:15 AM", b"").replace(b" 7:20 PM", b"")}
    )
    assert [(one.at, one.day) for one in made.messages] == [(None, "2025-09-05"), (None, "2025-09-05"), (None, "")]


def test_times_in_two_columns_are_one():
    toml = CSV.replace('column = "Sent"', 'column = ["Day", "Hour"]')
    table = b"Class,From,To,Day,Hour,Message,File\nA,B,C,09/05/2025,07:15 AM,x,\n"
    (one,) = reading(described(toml), {"x.csv": table}).messages
    assert str(one.at) == "2025-09-05 07:15:00"


def test_a_column_that_is_not_there_is_said_with_its_key():
    made = reading(described(CSV.replace('"From"', '"Sender"')), {"x.csv": TABLE})
    assert made.said == []
    (remark,) = made.remarks
    assert remark.lost is None
    assert "no column 'Sender', which columns.sender of the mapping names" in remark.text


def test_a_document_without_messages_there_is_said():
    made = reading(described(JSON.replace("rooms.*.log", "room.*.log")), {"x.json": dumped(ROOMS)})
    assert [(one.lost, "where the mapping says" in one.text) for one in made.remarks] == [(None, True)]


def test_of_an_archive_only_the_files_that_are_named_are_read():
    export = HeldFiles(files={"a/X.CSV": TABLE, "b.txt": b"1", "c.csv.bak": b"1"})
    assert len(reading(described(CSV), export).said) == 3
    assert export.opened == {"a/X.CSV"}
    made = reading(described(CSV), {"b.txt": b"1", "c.bin": b""})
    assert [one.lost for one in made.remarks] == [None]


def test_the_reader_of_another_description_is_another_reader():
    assert described(CSV).READER != described(JSON).READER
    assert described(CSV).READER == described(CSV).READER


def test_a_description_goes_before_every_format_that_is_known():
    export = HeldFiles(files={"chat.json": dumped(ROOMS)})
    assert [one.READER for one in formats_of(export, JSON.encode())] == [described(JSON).READER]
    with pytest.raises(ContainerBroken, match="the mapping that was given with it is wrong: format"):
        formats_of(export, b"format = 3")


@every_case(
    ("change", "said"),
    [
        (('"csv"', '"xls"'), 'format: say format = "csv"'),
        (('platform = "remind"', ""), "platform: give the service's name"),
        (('"remind"', '"Re mind"'), "platform: give the service's name"),
        (('text = "Message"', ""), "columns.text: name the column"),
        (('text = "Message"', "text = 3"), "columns.text: give a text in quotes"),
        (('text = "Message"', "text = []"), "columns.text: give one text in quotes, or a list"),
        (('sender = "From"', 'sendr = "From"'), "columns.sendr: there is no such key"),
        (('owner = "Jane Doe"', 'ownr = "Jane Doe"'), "ownr: there is no such key"),
        (("[columns]", "[colums]"), "colums: there is no such key"),
        (('column = "Sent"', ""), "time.column: name the column"),
        (('format = "%m/%d/%Y %I:%M %p"', ""), "time.format: say iso"),
        (("%m/%d/%Y %I:%M %p", "%H:%M"), "time.format: '%H:%M' is none"),
        (("%m/%d/%Y %I:%M %p", "DD.MM.YYYY"), "time.format: 'DD.MM.YYYY' is none"),
        (("%m/%d/%Y %I:%M %p", "%m/%d/%Q"), "time.format: '%m/%d/%Q' is none"),
        (("[columns]", 'zone = "PST"\n[columns]'), "time.zone: say zone"),
        (("[columns]", 'zone = "+99:00"\n[columns]'), "time.zone: say zone"),
        (("[time]", 'messages = "*"\n[time]'), "messages: this is not for files of the format csv"),
        (("[time]", 'encoding = "utf-9"\n[time]'), "encoding: 'utf-9' is no encoding"),
        (("[time]", 'delimiter = ";;"\n[time]'), "delimiter: give the one character"),
        (("[time]", "skip_rows = -1\n[time]"), "skip_rows: give how many"),
        (("[time]", 'html = "yes"\n[time]'), "html: say true or false"),
        (("[time]", "header = false\n[time]"), "Sent: without a header columns are named by their place"),
        (("[time]", "[time"), "it is no TOML"),
        (("[time]", "x = " + "[" * 5000 + "\n[time]"), "it is n"),
        (("remind", "x" * LARGEST), "a description has at most"),
    ],
)
def test_a_wrong_description_is_refused_with_its_key_and_what_is_right(change: tuple[str, str], said: str):
    with pytest.raises(MappingError) as caught:
        read_mapping(CSV.replace(*change).encode())
    assert said in str(caught.value)


def test_a_path_to_messages_ends_in_a_star():
    with pytest.raises(MappingError, match="messages: give the path"):
        read_mapping(JSON.replace("rooms.*.log.*", "rooms").encode())
    with pytest.raises(MappingError, match="it is not in UTF-8"):
        read_mapping(b'format = "\xff"')


def test_hostile_tables_end_in_messages_or_remarks():
    reader = described(CSV)
    for content in cut(TABLE * 3, seed=51, rounds=300):
        made = reading(reader, {"x.csv": content})
        assert made.broken is None
        assert len(made.said) + made.lost == made.stated["messages"]


def test_hostile_documents_end_in_messages_or_remarks():
    reader = described(JSON)
    for one in altered(json.loads(json.dumps(ROOMS)), seed=52, rounds=400):
        made = reading(reader, {"x.json": dumped(one)})
        assert made.broken is None
        assert len(made.said) + made.lost == made.stated["messages"]
    for content in cut(dumped(ROOMS), seed=53):
        found = list(reader.read(HeldFiles(files={"x.json": content})))
        assert all(isinstance(one.message.text, str) for one in found if isinstance(one, Said))
