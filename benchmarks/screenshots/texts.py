"""The languages by tag, and the English talks and words."""

from __future__ import annotations

from typing import Final

from benchmarks.screenshots import texts_latin, texts_others
from benchmarks.screenshots.model import Said, Talk, Words

_ENGLISH_WORDS: Final = Words(
    language="en",
    script="Latn",
    clock="{hour12}:{minute} {half}",
    today="Today",
    yesterday="Yesterday",
    weekday="Mon, Mar 2",
    date="March 2, 2026",
    typing="{name} is typing…",
    placeholder="Message",
    delivered="Delivered",
    read="Read",
    deleted="This message was deleted",
    edited="Edited",
    joined="{name} joined the conversation",
    you="You",
    members="6 members",
    online="Active now",
    suggestions=("I", "The", "Thanks"),
    keys=("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    space="space",
    draft="Actually let me ask the office fir",
)

_ENGLISH: Final = (
    Talk(
        people=("Dana Whitlock", "Marcus Ebert", "Priya Raman"),
        group="Grade 4 team",
        said=(
            Said(who=1, text="Morning! Is the field trip to the water plant still on for Thursday?"),
            Said(who=0, text="Yes, the bus leaves at 8:15 from the north lot.", reaction="👍"),
            Said(who=2, text="I still need 3 permission slips from room 214."),
            Said(
                who=0,
                text="Please call the families today. Ana's mother changed her number, the new one is 555-0142.",
                quote=1,
            ),
            Said(who=1, text="Will do"),
            Said(who=1, text="Also the nurse asked for the list of allergies before noon 🙏"),
            Said(who=0, text="It is in the shared folder: https://files.lakeview.example/trips/list-4b", new_day=True),
            Said(who=3, text="Thank you!! That saved me an hour.", reaction="❤️"),
            Said(who=0, text="Wrong link, sorry", deleted=True),
            Said(who=2, text="Lunch is $4.50 for each student, so $112.50 altogether.", edited=True),
            Said(who=0, text="Can you bring cash? The cafeteria's card reader is broken again."),
            Said(who=1, text="Sure. See you at 7:50."),
        ),
    ),
    Talk(
        people=("Coach Lindgren", "Tasha Moore", "Vic Alvarado"),
        group="Track & Field Boosters",
        said=(
            Said(who=0, text="Did anybody lock the equipment shed last night?"),
            Said(who=1, text="I thought you did"),
            Said(who=2, text="", picture=True),
            Said(who=2, text="This is what I found at 6 this morning. Two hurdles and the timer are gone."),
            Said(who=0, text="OK"),
            Said(who=0, text="I'll write the report for Mr. Osei. Nobody touches anything until he has seen it!"),
            Said(who=1, text="Do we cancel practice?", new_day=True),
            Said(who=0, text="No. Practice is at 3:30 in the gym, and parents pick up at 5.", quote=1),
            Said(who=3, text="My daughter says the lock was already broken on Friday."),
            Said(who=0, text="Please put that in an email to me, with the time when she saw it.", reaction="👍"),
            Said(who=3, text="ok 👍"),
            Said(who=1, text="Thanks, everyone."),
        ),
    ),
    Talk(
        people=("Helen Brandt", "Jo Petrakis", "Sam Idowu"),
        group="Board prep (staff)",
        said=(
            Said(who=1, text="Are you free to talk about item 7 before the meeting?"),
            Said(who=0, text="Not by phone. What about it?"),
            Said(who=1, text="The roofing bid. Two of three came in over 1.2 million and the third is from Kessler."),
            Said(who=0, text="Then it goes back out. I don't want to see his name on the agenda until legal says so."),
            Said(who=2, text="Legal said yes on Tuesday, I have the memo here (page 3)."),
            Said(who=0, text="Send it to the whole group please", quote=1),
            Said(who=2, text="Done", reaction="👍"),
            Said(who=0, text="Got it."),
            Said(who=3, text="For the minutes: we can't decide anything in this chat.", new_day=True),
            Said(who=0, text="Agreed; that's what the open session is for. 7 pm, room B."),
            Said(who=1, text="I never said otherwise", edited=True),
            Said(who=0, text="Good. Bring 12 copies of the budget, double-sided, and last month's sign-in sheet."),
            Said(who=2, text="Will there be coffee? ☕"),
            Said(who=0, text="Yes."),
        ),
    ),
)

WORDS: Final = {one.language: one for one in (_ENGLISH_WORDS, *texts_latin.WORDS, *texts_others.WORDS)}
TALKS: Final = {"en": _ENGLISH, **texts_latin.TALKS, **texts_others.TALKS}
