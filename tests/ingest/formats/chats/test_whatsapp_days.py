from __future__ import annotations

import io
from typing import BinaryIO
from zoneinfo import ZoneInfo

import pytest

from ingest.formats.chats import whatsapp
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Said, Stated
from ingest.formats.chats.text_lines import LONGEST, batches, script_of
from ingest.formats.chats.whatsapp_days import is_american
from ingest.formats.container import MemberBroken, Remark


def read(days: list[str], zone: str = "America/Los_Angeles", *, day_first: bool | None = None) -> tuple[list[str], str]:
    text = "".join(f"{day}, 18:07 - Ann: hi\n" for day in days).encode()
    export = HeldFiles(files={"_chat.txt": text}, name="_chat.txt", zone=ZoneInfo(zone), day_first=day_first)
    found = list(whatsapp.read(export))
    dates = [one.message.at.date().isoformat() for one in found if isinstance(one, Said) and one.message.at]
    return dates, " ".join(one.text for one in found if isinstance(one, Remark))


def test_one_date_above_twelve_decides_the_whole_file() -> None:
    assert read(["3/4/24", "4/4/24", "13/4/24"]) == (["2024-04-03", "2024-04-04", "2024-04-13"], "")
    assert read(["3/4/24", "4/4/24", "4/13/24"], "Europe/Berlin") == (["2024-03-04", "2024-04-04", "2024-04-13"], "")


def test_the_file_is_believed_before_the_submitter() -> None:
    dates, said = read(["3/4/24", "13/4/24"], day_first=False)
    assert dates == ["2024-04-03", "2024-04-13"]
    assert "whatever was said" in said


@pytest.mark.parametrize(("day_first", "expected"), [(True, "2024-04-03"), (False, "2024-03-04")])
def test_the_submitter_decides_what_the_file_leaves_open(day_first: bool, expected: str) -> None:  # noqa: FBT001
    assert read(["3/4/24"], day_first=day_first) == ([expected], "")


@pytest.mark.parametrize(
    ("zone", "expected", "flag"),
    [("America/Los_Angeles", "2024-03-04", "--day-first"), ("Europe/Berlin", "2024-04-03", "--month-first")],
)
def test_a_guess_follows_the_country_and_says_that_it_is_one(zone: str, expected: str, flag: str) -> None:
    dates, said = read(["3/4/24"], zone)
    assert dates == [expected]
    assert "guess" in said
    assert flag in said


def test_a_guess_keeps_the_messages_in_time_order() -> None:
    dates, said = read(["5/3/24", "8/3/24", "2/4/24"])  # month first: May, August, February
    assert dates == ["2024-03-05", "2024-03-08", "2024-04-02"]
    assert "time order" in said


def test_a_guess_puts_days_close_together() -> None:
    dates, said = read(["1/4/24", "2/4/24", "3/4/24", "4/4/24", "5/4/24"])
    assert dates[0] == "2024-04-01"
    assert "close together" in said


def test_leading_zeros_are_no_american_habit() -> None:
    dates, said = read(["03/04/24"])
    assert dates == ["2024-04-03"]
    assert "leading zeros" in said


def test_dates_that_are_the_same_either_way_need_no_guess() -> None:
    assert read(["4/4/24", "5/5/24"]) == (["2024-04-04", "2024-05-05"], "")


def test_dots_and_dashes_have_the_day_first_unless_the_dates_say_otherwise() -> None:
    assert read(["03.04.24"]) == (["2024-04-03"], "")
    assert read(["03-04-24"]) == (["2024-04-03"], "")
    assert read(["03.04.24", "03.14.24"])[0] == ["2024-03-04", "2024-03-14"]


def test_a_phone_that_was_changed_turns_the_order_once() -> None:
    days = ["28/2/24", "29/2/24", "1/3/24", "3/2/24", "3/3/24", "3/14/24", "3/15/24"]
    dates, said = read(days)
    assert dates == ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02", "2024-03-03", "2024-03-14", "2024-03-15"]
    assert "change places" in said


def test_a_single_date_of_the_other_order_does_not_turn_the_rest() -> None:
    days = ["13/2/24", "14/2/24", "2/15/24", "3/4/24", "13/4/24"]
    assert read(days)[0] == ["2024-02-13", "2024-02-14", "2024-02-15", "2024-04-03", "2024-04-13"]


def test_a_year_of_four_digits_is_known_wherever_it_stands() -> None:
    assert read(["2024/04/03"]) == (["2024-04-03"], "")
    assert read(["2024/13/03"])[0] == ["2024-03-13"]


def test_a_short_year_in_front_is_known_by_the_rest() -> None:
    assert read(["24/01/05", "24/01/17", "24/02/03"])[0] == ["2024-01-05", "2024-01-17", "2024-02-03"]


def test_hijri_and_persian_years_are_not_converted_and_that_is_said() -> None:
    dates, said = read(["15/1/1445", "16/1/1445"])
    assert dates == []
    assert "calendar" in said


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("America/Chicago", True), ("America/Indiana/Knox", True), ("America/Toronto", False), ("Europe/London", False)],
)
def test_american_zones_are_those_of_the_united_states(zone: str, expected: bool) -> None:  # noqa: FBT001
    assert is_american(zone) is expected


class Breaking(io.BytesIO):
    """A member whose bytes end in an error."""

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        if not piece:
            raise MemberBroken("it does not match its checksum")
        return piece


class BrokenFiles(HeldFiles):
    """An export of one damaged file."""

    def open(self, name: str) -> BinaryIO:
        return Breaking(self.files[name])


def test_a_file_that_breaks_gives_what_was_read_and_says_so() -> None:
    export = BrokenFiles(files={"_chat.txt": b"15/01/24, 18:07 - Ann: hi\n15/01/24, 18:08 - Ann: yes\n15/0"})
    found = list(whatsapp.read(export))
    assert [one.message.text for one in found if isinstance(one, Said)] == ["hi", "yes"]
    assert [one.lost for one in found if isinstance(one, Remark)] == [None]


def test_a_message_without_end_is_cut_and_that_is_said() -> None:
    content = b"15/01/24, 18:07 - Ann: " + b"x" * (3 * LONGEST) + b"\n15/01/24, 18:08 - Bob: ok\n"
    found = list(whatsapp.read(HeldFiles(files={"_chat.txt": content})))
    messages = [one.message for one in found if isinstance(one, Said)]
    assert [(one.sender, len(one.raw) <= LONGEST) for one in messages] == [("Ann", True), ("Bob", True)]
    assert any("longer than" in one.text for one in found if isinstance(one, Remark))


def test_a_message_of_many_lines_is_cut_once() -> None:
    content = b"15/01/24, 18:07 - Ann: a\n" + b"yes and no\n" * 200_000 + b"15/01/24, 18:08 - Bob: ok\n"
    found = list(whatsapp.read(HeldFiles(files={"_chat.txt": content})))
    assert [one.count for one in found if isinstance(one, Stated) and one.what == "messages"] == [2]
    assert len([one for one in found if isinstance(one, Said)]) == 2
    assert len([one for one in found if isinstance(one, Remark)]) == 1


class Dripping(io.BytesIO):
    """A stream that gives few bytes at a time, as it may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 7, 7))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_are_the_same_however_the_bytes_arrive(codec: str) -> None:
    text = "Zoë\n\U0001f600 x\r\n\n\u2028 y\nend"
    content = text.encode(codec)
    lines = [line for batch, _ in batches(Dripping(content), script_of(content)) for line in batch]
    assert lines == text.split("\n")
