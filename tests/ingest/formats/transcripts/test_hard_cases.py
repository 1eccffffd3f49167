from __future__ import annotations

import pytest

from ingest.formats.transcripts.stamps import Stamp, read_stamp
from ingest.formats.transcripts.transcribe import UNREAD, transcribe
from storage.transcription import Box, UnreadRegion
from tests.ingest.formats.transcripts.sketch import BLACK, BLUE, DIM, GREY, WHITE, Sketch

RED = (200, 30, 60)
UNKNOWN = "no engine here has its letters"


def said(transcript):
    return [(one.message.side, one.message.text) for one in transcript.messages]


def unread(sketch, left, top, right, bottom):
    sketch.unread.append(UnreadRegion(box=Box(left=left, top=top, right=right, bottom=bottom), reason=UNKNOWN))


def disc(sketch, left, top, letters="", size=36):
    sketch.draw.ellipse((left, top, left + size, top + size), fill=(194, 104, 61))
    if letters:
        sketch.write(letters, left + size / 2 - 5 * len(letters), top + size / 2 - 8, ink=WHITE, size=16)


def row(sketch, name, time, *texts: str, letters=""):
    """A row as of a channel: a portrait, a name, a time, and text below."""
    disc(sketch, 12, sketch.y, letters)
    wide = sketch.write(name, 62, sketch.y) if name else 0
    if time:
        sketch.write(time, 62 + wide + 10, sketch.y + 3, ink=DIM, size=14)
    sketch.y += 24
    for text in texts:
        sketch.write(text, 62, sketch.y)
        sketch.y += 24
    sketch.y += 16


def test_a_name_in_the_middle_below_a_portrait_with_an_initial_is_the_title():
    sketch = Sketch().status("8:34")
    disc(sketch, 177, 50, "A")
    sketch.write("Ana Ruiz", 155, 92, size=18)
    sketch.y = 140
    sketch.bubble("Is the bus leaving?").bubble("At half past eight", right=True)
    transcript = transcribe([sketch.entry().page()])
    assert transcript.title == "Ana Ruiz"
    assert said(transcript) == [("left", "Is the bus leaving?"), ("right", "At half past eight")]


def test_letters_that_an_engine_makes_of_icons_are_no_title_where_the_name_is_unread():
    sketch = Sketch().status()
    unread(sketch, 90, 46, 200, 66)
    sketch.write("G", 320, 46)
    sketch.write("只", 360, 46)
    sketch.bubble("Is the bus leaving?").bubble("At half past eight", right=True)
    assert transcribe([sketch.entry().page()]).title is None


def test_a_bubble_that_noise_cuts_is_one_message():
    sketch = Sketch().status().title()
    sketch.bubble("Is the bus leaving?")
    top = sketch.y
    sketch.bubble("It is in the folder", "that we share, under", "the list", right=True)
    left = sketch.width - 12 - (20 * 10 + 24)
    for cut in ((4, 0, 8, 53), (4, 50, 116, 53), (112, 50, 116, 90)):  # neither of the two parts holds the other
        place = (left + cut[0], top + cut[1], left + cut[2], top + cut[3])
        sketch.draw.rectangle(place, fill=(70, 160, 255))
    sketch.bubble("Thank you")
    assert said(transcribe([sketch.entry().page()])) == [
        ("left", "Is the bus leaving?"),
        ("right", "It is in the folder that we share, under the list"),
        ("left", "Thank you"),
    ]


@pytest.mark.parametrize("name", ["Ana Ruiz", "Somebody else"])
def test_a_quotation_in_a_box_above_a_bubble_is_no_message(name):
    sketch = Sketch().status().title("Ana Ruiz")
    sketch.bubble("Do we cancel the practice?")
    wide, left = 26 * 10 + 24, 390 - 12 - (26 * 10 + 24)
    sketch.draw.rounded_rectangle((left, sketch.y, left + wide, sketch.y + 62), 12, fill=(236, 236, 236))
    sketch.write(name, left + 12, sketch.y + 8)
    sketch.write("Do we cancel the practice?", left + 12, sketch.y + 34)
    sketch.y += 66
    sketch.bubble("No, we meet in the gym...", right=True)
    transcript = transcribe([sketch.entry().page()])
    assert said(transcript) == [("left", "Do we cancel the practice?"), ("right", "No, we meet in the gym...")]
    assert transcript.messages[1].message.reply_to == f"{name}\nDo we cancel the practice?"


def test_a_quotation_without_a_ground_of_its_own_is_told_by_its_indent():
    sketch = Sketch().status().title()
    top = sketch.y
    sketch.bubble("Do we cancel practice today?")
    sketch.y += 10
    top = sketch.y
    sketch.draw.rounded_rectangle((110, top, 378, top + 92), 12, fill=BLUE)
    sketch.draw.rectangle((122, top + 10, 124, top + 52), fill=WHITE)
    sketch.write("Ana Ruiz", 136, top + 10, ink=WHITE, size=18)
    sketch.write("Do we cancel practice", 136, top + 34, ink=WHITE, size=18)
    sketch.write("No, we meet in the gym", 122, top + 62, ink=WHITE)
    sketch.y = top + 102
    sketch.bubble("Thank you")
    transcript = transcribe([sketch.entry().page()])
    assert said(transcript)[1] == ("right", "No, we meet in the gym")
    assert transcript.messages[1].message.reply_to == "Ana Ruiz\nDo we cancel practice"


def test_the_first_row_that_stands_further_in_is_no_quotation_alone():
    sketch = Sketch().status().title()
    sketch.draw.rounded_rectangle((12, sketch.y, 280, sketch.y + 62), 12, fill=GREY)
    sketch.write("Is the bus leaving", 40, sketch.y + 8)
    sketch.write("at half past eight?", 24, sketch.y + 34)
    sketch.y += 72
    sketch.bubble("It is", right=True)
    transcript = transcribe([sketch.entry().page()])
    assert said(transcript)[0] == ("left", "Is the bus leaving at half past eight?")


def test_portraits_whose_letters_nobody_could_read_do_not_hide_the_names_of_rows():
    sketch = Sketch(height=900).status().title("Board prep")
    for number, name in enumerate(("Helen Brandt", "Jo Petrakis", "Helen Brandt")):
        top = sketch.y
        row(sketch, name, f"Today 7:0{number} AM", "I never said otherwise", "and we all know that")
        if name == "Helen Brandt":  # of the others, the engine saw no letters
            unread(sketch, 20, top + 8, 40, top + 28)
    transcript = transcribe([sketch.entry("Message #board").page()])
    assert [one.message.sender for one in transcript.messages] == ["Helen Brandt", "Jo Petrakis", "Helen Brandt"]
    assert all(one.message.text.startswith("I never said") for one in transcript.messages)


def test_a_name_that_nobody_could_read_ends_the_message_of_the_row_above():
    sketch = Sketch(height=900).status().title("Board prep")
    sketch.y = 180
    for name, text in (("HELEN BRANDT", "I never said otherwise"), ("", "Then we agree"), ("JO PETRAKIS", "Got it")):
        if name:
            sketch.write(name, 16, sketch.y, ink=RED, size=15)
        else:
            unread(sketch, 16, sketch.y, 60, sketch.y + 15)
        sketch.write(text, 36, sketch.y + 22)
        sketch.y += 66
    transcript = transcribe([sketch.entry("Send a chat").page()])
    assert [(one.message.sender, one.message.text) for one in transcript.messages] == [
        ("HELEN BRANDT", "I never said otherwise"),
        (None, "Then we agree"),
        ("JO PETRAKIS", "Got it"),
    ]


def test_a_row_of_unread_words_is_part_of_its_message_and_that_is_said():
    sketch = Sketch(height=900).status().title("Board prep")
    row(sketch, "Helen Brandt", "Today 7:01 AM", "I never said otherwise")
    row(sketch, "Jo Petrakis", "Today 7:02 AM")
    unread(sketch, 62, sketch.y - 16, 260, sketch.y + 4)
    sketch.y += 40
    row(sketch, "Helen Brandt", "Today 7:03 AM", "Got it")
    transcript = transcribe([sketch.entry("Message #board").page()])
    assert [(one.message.sender, one.message.text, "text" in one.inferred) for one in transcript.messages] == [
        ("Helen Brandt", "I never said otherwise", False),
        ("Jo Petrakis", "", True),
        ("Helen Brandt", "Got it", False),
    ]
    assert UNREAD in transcript.notes


def test_a_day_between_rows_is_a_separator_though_times_begin_in_its_column():
    sketch = Sketch(height=900).status().title("Board prep")
    for number in range(5):
        if number == 3:
            sketch.write("March 2, 2026", 144, sketch.y, ink=DIM, size=14)
            sketch.y += 34
        row(sketch, "Jo Petr", "8:08 AM", "I never said otherwise")
    transcript = transcribe([sketch.entry("Message #board").page()])
    assert [one.day for one in transcript.messages] == [None, None, None, "March 2, 2026", "March 2, 2026"]


def test_a_name_in_a_bubble_is_whole_though_an_engine_cut_it_in_words():
    sketch = Sketch().status().title("Grade 4")
    top = sketch.y
    sketch.bubble("Lunch is four dollars", label="Marcus")
    sketch.write("Ebert", 24 + 70, top + 8, ink=(200, 30, 120))
    sketch.bubble("Thank you", right=True)
    first, _ = transcribe([sketch.entry().page()]).messages
    assert (first.message.sender, first.message.text) == ("Marcus Ebert", "Lunch is four dollars")


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("오늘 ㆍ 오전 9:41", Stamp(day="오늘", time="오전 9:41")),
        ("Hoy • 7:29", Stamp(day="Hoy", time="7:29")),
        ("Today・9:41 AM", Stamp(day="Today", time="9:41 AM")),
        ("2 มีนาคม 2569 7:03", Stamp(day="2 มีนาคม 2569", time="7:03")),
        ("จ. 2 มี.ค. 11:15", Stamp(day="จ. 2 มี.ค", time="11:15")),
        ("7:15 АМ", Stamp(time="7:15 АМ")),  # letters of Cyrillic, as an engine reads them
    ],
)
def test_days_and_times_are_told_apart(text, stamp):
    found = read_stamp(text)
    assert found is not None
    assert ((found.day or "").rstrip("."), found.time) == (stamp.day or "", stamp.time)


def test_a_bubble_of_two_letters_stays_a_message():
    sketch = Sketch(canvas=BLACK).status().title()
    sketch.bubble("Is the bus leaving?", avatar=True).bubble("OK", right=True).bubble("Ok", avatar=True)
    assert [text for _, text in said(transcribe([sketch.entry().page()]))] == ["Is the bus leaving?", "OK", "Ok"]
