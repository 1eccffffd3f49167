from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ingest.formats.transcripts.transcribe import LEFT_OUT, UNREAD, transcribe
from storage.transcription import Box, Page, TextLine, UnreadRegion
from tests.ingest.formats.transcripts.sketch import BLACK, DIM, WHITE, Sketch


def talk(**more: int):
    sketch = Sketch(**more).status().title()
    sketch.centre("Today 9:41 AM")
    sketch.bubble("Is the bus leaving at 8", "or at half past?")
    sketch.bubble("Half past eight.", right=True)
    sketch.bubble("Thank you")
    return sketch.entry()


def said(transcript):
    return [(one.message.side, one.message.text) for one in transcript.messages]


def test_bubbles_become_messages_in_order_with_their_sides():
    assert said(transcribe([talk().page()])) == [
        ("left", "Is the bus leaving at 8 or at half past?"),
        ("right", "Half past eight."),
        ("left", "Thank you"),
    ]


@pytest.mark.parametrize("size", [(320, 640), (390, 844), (820, 1180)])
def test_sides_do_not_depend_on_the_size_of_the_screen(size):
    transcript = transcribe([talk(width=size[0], height=size[1]).page()])
    assert [side for side, _ in said(transcript)] == ["left", "right", "left"]


def test_a_compressed_picture_reads_the_same():
    page, pixels = talk().page()
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "JPEG", quality=35)
    rough = np.asarray(Image.open(held).convert("RGB"), dtype=np.uint8)
    assert said(transcribe([(page, rough)])) == said(transcribe([(page, pixels)]))


def test_a_dark_picture_reads_as_a_light_one():
    sketch = Sketch(canvas=BLACK)
    sketch.write("9:52", 25, 12, ink=WHITE)
    sketch.write("Ana Ruiz", 90, 46, ink=WHITE)
    sketch.bubble("Is the bus leaving?", fill=(38, 38, 41), ink=WHITE)
    sketch.bubble("Yes", right=True)
    transcript = transcribe([sketch.entry().page()])
    assert said(transcript) == [("left", "Is the bus leaving?"), ("right", "Yes")]


def test_the_title_names_the_other_of_two_and_says_that_it_was_concluded():
    first, second, _ = transcribe([talk().page()]).messages
    assert (first.message.sender, first.inferred) == ("Ana Ruiz", ("sender",))
    assert (second.message.sender, second.inferred) == (None, ())


def test_bars_give_title_and_clock_and_no_message():
    transcript = transcribe([talk().page()])
    assert (transcript.title, transcript.status_time, transcript.group) == ("Ana Ruiz", "9:52", False)


def test_a_separator_gives_day_and_time_as_printed_and_no_moment_without_a_date():
    first, second, _ = transcribe([talk().page()]).messages
    assert (first.day, first.time, first.message.at) == ("Today", "9:41 AM", None)
    assert (second.day, second.time) == ("Today", None)


def test_a_full_date_and_a_time_make_a_moment_without_offset():
    sketch = Sketch().status().title()
    sketch.centre("March 2, 2026")
    sketch.bubble("Practice moved", time="3:05 PM")
    sketch.bubble("Which gym?", right=True, time="3:06 PM")
    transcript = transcribe([sketch.entry().page()])
    assert [one.message.at for one in transcript.messages] == ["2026-03-02T15:05:00", "2026-03-02T15:06:00"]


def test_a_time_in_a_bubble_is_no_text_of_it():
    sketch = Sketch().status().title()
    sketch.bubble("Practice moved", time="3:05 PM").bubble("I will be there", right=True, time="3:06 PM")
    transcript = transcribe([sketch.entry().page()])
    assert [(one.message.text, one.time) for one in transcript.messages] == [
        ("Practice moved", "3:05 PM"),
        ("I will be there", "3:06 PM"),
    ]


def test_a_time_that_somebody_writes_stays_text():
    sketch = Sketch().status().title()
    sketch.bubble("When does the bus go?").bubble("The bus goes at", "8:15 sharp or at", "9:30", right=True)
    assert said(transcribe([sketch.entry().page()]))[1] == ("right", "The bus goes at 8:15 sharp or at 9:30")


def test_names_in_bubbles_make_a_group_and_hold_for_a_run():
    sketch = Sketch().status().title("Volleyball", "3 members")
    sketch.bubble("Practice moved", label="Coach Dan", time="3:05 PM")
    sketch.bubble("Bring both jerseys", time="3:05 PM")
    sketch.bubble("I will", right=True, time="3:06 PM")
    sketch.bubble("Who has the key?", label="Priya N", time="3:07 PM")
    transcript = transcribe([sketch.entry("Message").page()])
    assert transcript.group is True
    assert [(one.message.sender, one.inferred) for one in transcript.messages] == [
        ("Coach Dan", ()),
        ("Coach Dan", ("sender",)),
        (None, ()),
        ("Priya N", ()),
    ]


def test_names_above_bubbles_are_senders_and_no_messages():
    sketch = Sketch().status().title("Volleyball")
    sketch.aside("Coach Dan", left=60).bubble("Practice moved to the gym", avatar=True)
    sketch.bubble("Thanks", right=True)
    sketch.aside("Priya N", left=60).bubble("Who has the key?", avatar=True)
    transcript = transcribe([sketch.entry().page()])
    assert [one.message.sender for one in transcript.messages] == ["Coach Dan", None, "Priya N"]


def test_marks_below_bubbles_are_no_messages():
    sketch = talk()
    sketch.bubble("See you", right=True).aside("Delivered", right=True)
    assert said(transcribe([sketch.page()]))[-1] == ("right", "See you")


def test_what_a_message_answers_to_is_kept_apart():
    sketch = Sketch().status().title()
    sketch.bubble("Who has the key?")
    sketch.bubble("I have it, see you at noon", right=True, quote=["Ana Ruiz", "Who has the key?"])
    answer = transcribe([sketch.entry().page()]).messages[1].message
    assert (answer.text, answer.reply_to) == ("I have it, see you at noon", "Ana Ruiz\nWho has the key?")


def test_a_notice_of_a_deleted_message_is_no_text():
    sketch = talk()
    sketch.bubble("This message was deleted", ink=DIM)
    last = transcribe([sketch.page()]).messages[-1].message
    assert (last.deleted, last.text, last.side) == (True, "", "left")


def test_what_happens_to_a_group_is_a_notice_of_the_application():
    sketch = talk()
    sketch.centre("Priya N. added Tom Okafor")
    last = transcribe([sketch.page()]).messages[-1].message
    assert (last.system, last.side, last.text) == (True, "center", "Priya N. added Tom Okafor")


def test_dots_of_somebody_who_writes_are_no_message():
    sketch = talk()
    sketch.bubble("...")
    assert len(transcribe([sketch.page()]).messages) == 3


def test_nothing_of_the_keyboard_and_no_draft_is_a_message():
    sketch = Sketch().status().title()
    sketch.bubble("Is the bus leaving?").bubble("I will ask", right=True)
    top = sketch.keyboard()
    sketch.entry("I think we should", ink=BLACK, bottom=top - 6)
    transcript = transcribe([sketch.page()])
    assert said(transcript) == [("left", "Is the bus leaving?"), ("right", "I will ask")]
    assert transcript.draft is True


def test_an_empty_entry_field_is_no_draft():
    assert transcribe([talk().page()]).draft is False


def test_the_last_bubble_of_a_cropped_picture_is_no_entry_field():
    sketch = Sketch(height=420, y=20)
    sketch.centre("Today 9:41 AM")
    sketch.bubble("Is the bus leaving at half past?").bubble("Yes it is", right=True)
    sketch.y = 360
    sketch.bubble("And where does it leave from?", right=True)
    assert len(transcribe([sketch.page()]).messages) == 3


def test_rows_with_names_and_times_are_messages_without_bubbles():
    sketch = Sketch().status().title("# volleyball", "3 members")
    for name, time, texts in (
        ("Coach Dan", "3:05 PM", ["Practice moved to the", "north gym for today"]),
        ("Priya N", "3:11 PM", ["Who has the key?"]),
        ("Tom Okafor", "3:20 PM", ["I have it"]),
    ):
        sketch.draw.ellipse((12, sketch.y, 48, sketch.y + 36), fill=(80, 120, 170))
        sketch.write(f"{name} Today at {time}", 64, sketch.y)
        for number, text in enumerate(texts):
            sketch.write(text, 64, sketch.y + 26 + number * 24)
        sketch.y += 50 + 24 * len(texts)
    transcript = transcribe([sketch.entry("Message #volleyball").page()])
    assert [(one.message.sender, one.time, " ".join(one.message.text.split())) for one in transcript.messages] == [
        ("Coach Dan", "3:05 PM", "Practice moved to the north gym for today"),
        ("Priya N", "3:11 PM", "Who has the key?"),
        ("Tom Okafor", "3:20 PM", "I have it"),
    ]
    assert transcript.app == "discord"


def test_the_entry_field_and_colours_tell_the_application_with_reasons():
    transcript = transcribe([talk().page()])
    assert transcript.app == "imessage"
    assert "the entry field says so" in transcript.app_reasons


def test_no_application_is_guessed_from_little():
    sketch = Sketch().status().title()
    sketch.bubble("Is the bus leaving?", fill=(200, 220, 90)).bubble("Yes", right=True, fill=(90, 60, 20))
    transcript = transcribe([sketch.entry("").page()])
    assert (transcript.app, transcript.app_reasons) == (None, ())


def test_a_letter_on_paper_is_no_conversation():
    sketch = Sketch(width=800, height=1100, canvas=(250, 248, 240))
    for number in range(20):
        sketch.write("Dear parents, the meeting will be held at the school", 80, 100 + number * 40)
    assert transcribe([sketch.page()]) is None


def test_a_web_page_with_cards_is_no_conversation():
    sketch = Sketch(width=1000, height=800)
    for row in range(3):
        sketch.draw.rectangle((60, 80 + row * 200, 940, 240 + row * 200), fill=(240, 240, 245))
        sketch.write("School board agenda and minutes of the meeting", 90, 110 + row * 200)
        sketch.write("Read the whole agenda of the regular meeting", 90, 150 + row * 200)
    assert transcribe([sketch.page()]) is None


def test_a_page_without_lines_or_pixels_is_no_conversation():
    page, pixels = Sketch().page()
    assert transcribe([(page, pixels)]) is None
    assert transcribe([(talk().page()[0], None)]) is None


def test_pages_that_show_none_are_left_out_and_said():
    transcript = transcribe([talk().page(), Sketch().page("p2")])
    assert len(transcript.messages) == 3
    assert LEFT_OUT in transcript.notes


def test_words_that_nobody_could_read_still_are_a_message():
    sketch = talk()
    top = sketch.y
    sketch.bubble("xxxxxxxxxx")
    line = sketch.lines.pop()
    sketch.unread.append(UnreadRegion(box=line.box, reason="no engine here has the letters", script="Hebr"))
    transcript = transcribe([sketch.page()])
    assert transcript.messages[-1].message.text == ""
    assert transcript.messages[-1].box.top <= top + 2
    assert UNREAD in transcript.notes


def test_a_picture_in_a_bubble_is_an_attachment_without_a_name():
    sketch = talk()
    sketch.draw.rounded_rectangle((12, sketch.y, 220, sketch.y + 190), 12, fill=(233, 233, 235))
    noise = np.random.default_rng(7).integers(0, 255, (140, 196, 3), dtype=np.uint8)
    sketch.image.paste(Image.fromarray(noise), (18, sketch.y + 6))
    sketch.write("The gym today", 24, sketch.y + 155)
    last = transcribe([sketch.page()]).messages[-1].message
    assert last.text == "The gym today"
    assert [(one.present, one.name) for one in last.attachments] == [(True, None)]


def test_an_arabic_interface_has_the_owner_on_the_left():
    sketch = Sketch().status()
    sketch.write("منى", 270, 46)
    sketch.centre("اليوم")
    sketch.bubble("هل الحافلة تغادر الثامنة؟", right=True, fill=(233, 233, 235), ink=BLACK)
    sketch.bubble("نعم", fill=(11, 132, 255), ink=WHITE)
    transcript = transcribe([sketch.entry("رسالة").page()])
    assert [(one.message.side, one.message.sender) for one in transcript.messages] == [("right", "منى"), ("left", None)]


def test_boxes_outside_the_pixels_are_not_followed():
    page, pixels = talk().page()
    wild = TextLine(text="far away", box=Box(left=5_000, top=9_000, right=6_000, bottom=9_040))
    more = Page(component="p1", number=1, width=page.width, height=page.height, lines=(*page.lines, wild))
    assert said(transcribe([(more, pixels)])) == said(transcribe([(page, pixels)]))


def test_the_same_pages_give_the_same_transcript():
    assert transcribe([talk().page()]) == transcribe([talk().page()])
