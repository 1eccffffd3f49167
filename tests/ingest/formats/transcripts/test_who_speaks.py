"""Names, and what stands around them: roles, numbers, portraits, days that were glued to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.formats.transcripts.transcribe import transcribe
from tests.ingest.formats.transcripts.sketch import DIM, WHITE, Sketch

ROSE = (200, 30, 120)
BROWN, VIOLET = (194, 104, 61), (142, 107, 191)


def told(transcript):
    return [(one.message.sender, one.message.text) for one in transcript.messages]


def row(sketch, name, time, *texts: str, portrait=None):
    if portrait:
        sketch.draw.ellipse((12, sketch.y, 48, sketch.y + 36), fill=portrait)
    wide = sketch.write(name, 62, sketch.y)
    if time:
        sketch.write(time, 62 + wide + 10, sketch.y + 3, ink=DIM, size=14)
    sketch.y += 24
    for text in texts:
        sketch.write(text, 62, sketch.y)
        sketch.y += 24
    sketch.y += 16


@pytest.mark.parametrize("beside", ["Admin", "+1 (360) 555-0133", "owner"])
def test_a_role_or_a_number_beside_a_name_is_no_text(beside):
    sketch = Sketch().status().title("Grade 4")
    top = sketch.y
    sketch.bubble("I can help carry all of that equipment", label="Pete Novak")
    sketch.write(beside, 230, top + 10, ink=DIM, size=14)
    sketch.bubble("Thank you", right=True)
    assert told(transcribe([sketch.entry().page()]))[0] == ("Pete Novak", "I can help carry all of that equipment")


@pytest.mark.parametrize("name", ["~Pete Novak", "\u223cPete Novak", "~ Pete Novak"])
def test_the_sign_of_somebody_unknown_is_no_part_of_a_name(name):
    sketch = Sketch().status().title("Grade 4").bubble("I can help with that", label=name)
    sketch.bubble("Thank you", right=True)
    assert told(transcribe([sketch.entry().page()]))[0][0] == "Pete Novak"


def test_a_day_that_an_engine_glued_to_a_name_is_none_of_it():
    sketch = Sketch(height=900).status().title("Board prep")
    row(sketch, "Sofia MarínAyer", "11:09", "Who is fetching them?", portrait=BROWN)
    row(sketch, "Jo Petrakis", "Ayer 11:11", "I am at the small gate", portrait=VIOLET)
    row(sketch, "Sofia MarínHoy", "8:40", "Then all is well", portrait=BROWN)
    transcript = transcribe([sketch.entry("Message #board").page()])
    assert [one.message.sender for one in transcript.messages] == ["Sofia Marín", "Jo Petrakis", "Sofia Marín"]
    assert [one.day for one in transcript.messages] == ["Ayer", "Ayer", "Hoy"]


def cut_rows(*later: tuple[str, tuple[int, int, int]]):
    """Rows above which the page's edge cut a name, its portrait left; `later` are the names and portraits below."""
    sketch = Sketch(height=900).status().title("Jo Petrakis")
    sketch.draw.line((0, 88, 390, 88), fill=(200, 200, 200))
    sketch.y = 100
    sketch.draw.ellipse((12, sketch.y - 4, 48, sketch.y + 32), fill=BROWN)
    sketch.write("I thought that you did", 62, sketch.y)
    sketch.y += 50
    for number, (name, portrait) in enumerate(later):
        row(sketch, name, f"7:0{number} AM", "Nobody touches anything", portrait=portrait)
    return transcribe([sketch.entry("Message @jo").page()])


def test_of_two_people_the_portrait_says_whose_the_first_row_is_and_that_is_said():
    first = cut_rows(("r.calder", VIOLET), ("Jo Petrakis", BROWN), ("r.calder", VIOLET)).messages[0]
    assert (first.message.sender, first.inferred) == ("Jo Petrakis", ("sender",))


def test_a_row_whose_name_is_cut_is_nobodys_where_portraits_do_not_tell():
    first = cut_rows(("r.calder", BROWN), ("Jo Petrakis", BROWN), ("r.calder", BROWN)).messages[0]
    assert first.message.sender is None


def test_a_row_whose_name_is_cut_is_nobodys_among_three():
    first = cut_rows(("r.calder", VIOLET), ("Jo Petrakis", BROWN), ("Helen Brandt", (60, 140, 110))).messages[0]
    assert first.message.sender is None


def test_an_initial_beside_dots_of_somebody_typing_is_no_message():
    sketch = Sketch().status().title("Ana Ruiz")
    sketch.bubble("Is the bus leaving?").bubble("At half past eight", right=True)
    sketch.draw.ellipse((12, sketch.y, 48, sketch.y + 36), fill=BROWN)
    sketch.write("A", 25, sketch.y + 9, ink=WHITE, size=18)
    sketch.draw.rounded_rectangle((56, sketch.y - 2, 120, sketch.y + 38), 12, fill=(233, 233, 235))
    assert [text for _, text in told(transcribe([sketch.entry().page()]))] == [
        "Is the bus leaving?",
        "At half past eight",
    ]


def test_a_time_that_ends_a_wrapped_text_is_text():
    sketch = Sketch().status().title("Grade 4")
    sketch.bubble("We have been waiting since", "7:40", label="Sofia")
    digits = sketch.lines.pop()  # lower than a line with strokes above and below
    low = replace(digits.box, top=digits.box.top + 2, bottom=digits.box.bottom - 2)
    sketch.lines.append(replace(digits, box=low))
    sketch.bubble("The bus is coming", right=True)
    first = transcribe([sketch.entry().page()]).messages[0]
    assert (first.message.text, first.time) == ("We have been waiting since 7:40", None)


def test_initials_of_several_people_above_a_name_are_no_title():
    sketch = Sketch().status()
    for x in (160, 196):
        sketch.draw.ellipse((x, 38, x + 34, 72), fill=(160, 165, 175))
    sketch.write("KM JD", 166, 46, ink=WHITE, size=18)
    sketch.write("Grade Parents", 140, 76, size=16)
    sketch.y = 120
    sketch.bubble("Is the bus leaving?").bubble("At half past eight", right=True)
    assert transcribe([sketch.entry().page()]).title == "Grade Parents"


@pytest.mark.parametrize("mark", ["и", "ии"])
def test_what_an_engine_makes_of_marks_of_delivery_is_no_text(mark):
    sketch = Sketch().status().title("Ольга")
    sketch.bubble("Точно состоится?", time="7:34").bubble("Да, от ворот", right=True, time=f"7:37 {mark}")
    last = transcribe([sketch.entry("Сообщение").page()]).messages[-1]
    assert (last.message.text, last.time) == ("Да, от ворот", "7:37")
