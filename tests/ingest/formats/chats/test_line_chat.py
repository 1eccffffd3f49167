from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from ingest.formats.chats import line_chat, whatsapp
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import ChatMessage, Said, Stated
from ingest.formats.container import Remark
from tests.every_case import every_case

TITLE = "[LINE] Chat history with Jo Lee\nSaved on: 9/26/2026, 11:00\n\n"


def export_of(text: str, zone: str = "America/Los_Angeles") -> HeldFiles:
    return HeldFiles(files={"chat.txt": text.encode()}, name="chat.txt", zone=ZoneInfo(zone))


def told(export: HeldFiles) -> list[ChatMessage]:
    return [one.message for one in line_chat.read(export) if isinstance(one, Said)]


@every_case(
    ("day", "expected"),
    [
        ("Fri, 9/25/2026", "2026-09-25"),
        ("Fri, 25/9/2026", "2026-09-25"),
        ("Mon, 5/10/2026", "2026-10-05"),
        ("2026/9/25(金)", "2026-09-25"),
        ("2026/09/25（五）", "2026-09-25"),
        ("2026/9/25周五", "2026-09-25"),
        ("2026.09.25 Friday", "2026-09-25"),
        ("2026.09.25 金曜日", "2026-09-25"),
        ("2026년 9월 25일 금요일", "2026-09-25"),
    ],
)
def test_every_layout_of_a_day_is_read(day: str, expected: str) -> None:
    export = export_of(f"{TITLE}{day}\n21:03\tJo Lee\thi\n")
    assert line_chat.recognise(export)
    assert [one.at.isoformat() for one in told(export) if one.at] == [f"{expected}T21:03:00"]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("9:03PM", "2026-09-25T21:03:00"),
        ("9:03 PM", "2026-09-25T21:03:00"),
        ("午後9:03", "2026-09-25T21:03:00"),
        ("下午12:10", "2026-09-25T12:10:00"),
        ("오전 12:10", "2026-09-25T00:10:00"),
        ("24:53", "2026-09-26T00:53:00"),
    ],
)
def test_every_layout_of_a_time_is_read(time: str, expected: str) -> None:
    assert [one.at.isoformat() for one in told(export_of(f"{TITLE}2026/9/25(金)\n{time}\tJo\thi\n")) if one.at] == [
        expected
    ]


def test_texts_of_several_lines_lose_their_quotation_marks() -> None:
    export = export_of(
        f'{TITLE}2026/9/25(金)\n21:05\tJo\t"one ""two""\n\nthree"\n21:06\tJo\t"quoted"\n\n2026/9/26(土)\n21:07\tJo\tx\n'
    )
    assert [one.text for one in told(export)] == ['one "two"\n\nthree', '"quoted"', "x"]


def test_the_bytes_from_the_first_day_on_are_all_there() -> None:
    body = '2026/9/25(金)\n21:05\tJo\t"one\ntwo"\n21:06\t\tJo left\n\n2026/9/26(土)\n21:07\tJo\tx'
    for text in (body, body.replace("\n", "\r\n")):
        export = export_of("\ufeff" + TITLE + text)
        joint = next(one.thread.joint for one in line_chat.read(export) if isinstance(one, Said))
        assert joint.join(one.raw for one in told(export)) == text.encode()


def test_two_tabs_make_a_notice() -> None:
    (message,) = told(export_of(f"{TITLE}2026/9/25(金)\n21:12\t\tJo Lee unsent a message.\n"))
    assert (message.system, message.sender, message.deleted) == (True, None, True)


def test_one_column_is_a_notice_too() -> None:
    (message,) = told(export_of(f"{TITLE}2026/9/25(金)\n22:10\t花子がメッセージの送信を取り消しました\n"))
    assert (message.system, message.sender, message.deleted) == (True, None, True)


def test_a_phrase_for_a_file_is_kept_and_says_that_one_is_missing() -> None:
    messages = told(
        export_of(f"{TITLE}2026/9/25(金)\n21:10\tJo\t[Photo]\n21:11\tJo\t[File] plan.pdf\n21:12\tJo\t[sic]\n")
    )
    assert [one.text for one in messages] == ["[Photo]", "[File] plan.pdf", "[sic]"]
    assert [[(two.name, two.media_type, two.present) for two in one.attachments] for one in messages] == [
        [(None, "image/*", False)],
        [("plan.pdf", None, False)],
        [],
    ]


def test_names_of_the_desktop_program_may_hold_spaces() -> None:
    lines = [
        "21:03 Jo Lee hello there",
        "21:04 Ann May yes",
        "21:05 Ann May no",
        "21:06 Ann May well",
        "21:07 Jo Lee ok",
    ]
    export = export_of(TITLE + "2026.09.25 Friday\n" + "\n".join(lines) + "\n")
    assert [(one.sender, one.text) for one in told(export)][:2] == [("Jo Lee", "hello there"), ("Ann May", "yes")]


def test_an_undecided_order_is_guessed_and_said() -> None:
    found = list(line_chat.read(export_of(f"{TITLE}3/4/2026\n21:03\tJo\thi\n")))
    assert any("guess" in one.text for one in found if isinstance(one, Remark))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[LINE] is a messenger\n",
        "2026/9/25\n\nDear all,\n",
        "15/01/24, 18:07 - Ann: hi\n",
        "9:00\topening\n",
        "a\tb\tc\n",
    ],
)
def test_other_files_are_not_claimed(text: str) -> None:
    assert not line_chat.recognise(export_of(text))


def test_a_group_chat_without_a_title_is_claimed() -> None:
    export = export_of("2026.09.25 Friday\n21:03\tJo\thi\n")
    assert line_chat.recognise(export)
    assert not whatsapp.recognise(export)
    assert len(told(export)) == 1


def test_the_kept_chats_have_their_messages(shared_dir) -> None:
    folder = shared_dir / "fixtures/line-chat/spec-derived"
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        export = HeldFiles(files={case["file"]: (folder / case["file"]).read_bytes()}, name=case["file"])
        found = list(line_chat.read(export))
        said = [one for one in found if isinstance(one, Said)]
        spoken = [one.message for one in said if not one.message.system]
        assert said[0].thread.title == case["chat"]
        assert len(spoken) == case["n_messages"]
        assert len(said) - len(spoken) == case.get("system", 0)
        assert [one.count for one in found if isinstance(one, Stated) and one.what == "messages"] == [len(said)]
        for message, (sender, at, text) in zip(spoken, case.get("messages", []), strict=False):
            assert (message.sender, message.at.isoformat()[:16] if message.at else "") == (sender, at)
            assert message.text == text if isinstance(text, str) else message.attachments


DESKTOP = "2026.09.25 Friday\n21:03 Jo Lee hello\nthere\n21:04 Ann yes\n2026.09.26 Saturday\n09:00 Jo Lee bye\n"


def test_the_desktop_program_writes_no_title_and_the_file_is_called_after_the_chat() -> None:
    export = HeldFiles(files={"[LINE]Jo Lee.txt": DESKTOP.encode()}, name="[LINE]Jo Lee.txt")
    assert line_chat.recognise(export)
    found = [one for one in line_chat.read(export) if isinstance(one, Said)]
    assert found[0].thread.title == "Jo Lee"
    assert [(one.message.sender, one.message.text, str(one.message.at)) for one in found] == [
        ("Jo Lee", "hello\nthere", "2026-09-25 21:03:00"),
        ("Ann", "yes", "2026-09-25 21:04:00"),
        ("Jo Lee", "bye", "2026-09-26 09:00:00"),
    ]


def test_a_chat_of_the_desktop_program_is_known_by_its_few_names_but_a_schedule_is_not() -> None:
    chat = "2026.09.25 Friday\n" + "".join(f"09:{one:02} {'Jo' if one % 2 else 'Ann'} word\n" for one in range(8))
    schedule = "2026.09.25 Friday\n" + "".join(f"09:{one:02} Point{one} of the day\n" for one in range(8))
    assert line_chat.recognise(export_of(chat))
    assert not line_chat.recognise(export_of(schedule))


def test_a_date_inside_a_text_of_several_lines_is_no_day() -> None:
    text = (
        '2026/9/25(金)\n21:03\tJo\t"Plan:\n2026/10/3(土)\n10:00 gate\n2026/10/4(日)\nfree"\n21:05\tAnn\tok\n'
        '\n2026/9/26(土)\n09:00\tAnn\t"half a quotation\n\n2026/9/27(日)\n08:00\tJo\tyes\n'
    )
    assert [(one.text, str(one.at)) for one in told(export_of(TITLE + text))] == [
        ("Plan:\n2026/10/3(土)\n10:00 gate\n2026/10/4(日)\nfree", "2026-09-25 21:03:00"),
        ("ok", "2026-09-25 21:05:00"),
        ('"half a quotation', "2026-09-26 09:00:00"),
        ("yes", "2026-09-27 08:00:00"),
    ]


def test_a_date_that_is_written_otherwise_than_the_days_is_text() -> None:
    messages = told(export_of(f"{TITLE}2026/9/25(金)\n21:03\tJo\twhen?\n3.10.2026\n21:04\tAnn\tok\n"))
    assert [(one.text, str(one.at)[:10]) for one in messages] == [
        ("when?\n3.10.2026", "2026-09-25"),
        ("ok", "2026-09-25"),
    ]
