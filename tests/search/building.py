"""Records and queries made for tests: by hand, or many from a seed."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from search.projection import project
from search.query_language import parse_query
from storage.records import (
    Channel,
    Component,
    ComponentRole,
    Conversation,
    Custodian,
    DescribedRecord,
    Description,
    Forward,
    ForwardMethod,
    Grade,
    Letterhead,
    Message,
    Party,
    Record,
    RecordKind,
    RecordState,
)

if TYPE_CHECKING:
    from search.queries import Query

ZONE = ZoneInfo("America/Los_Angeles")
TODAY = date(2025, 4, 9)
CAPTURED = datetime(2025, 4, 1, 12, tzinfo=UTC)
CUSTODIAN = Custodian(
    id="cus_1", name="Dana Rivera", addresses=("dana@district.example", "dana.r@home.example"), since=CAPTURED
)

_SAID = (
    "budget budgets budgeting school schools board meeting met roof roofing bus 12 2025 the a and or not AND OR NOT "
    "c++ clk_get(NULL) naïve Überraschung Straße café 日本語 日本 学校 ไทย 🎉 👍🏽 #Budget #budget_2025 @dana "
    "don't e-mail x.y@z.example https://z.example/a?b=c running run ran über oficina oficinas écoles école"
)
_WORDS = _SAID.split()
_ASKED = (
    "budget budgets budg* scho* school run 12 the and or c++ naive uberraschung strasse cafe café 日本 日本語 本語 "
    "🎉 👍 #budget #Budget_2025 @dana dana e-mail mail z.example https://z.example clk_get(NULL) don't oficina ecole "
    "exact:budget exact:runs exact:schools subject:budget subject:scho* text:roof filename:roof filename:plan* "
    "from:ana from:ana@z.example to:ben cc:cleo participant:dana correspondent:ana custodian:rivera from:z.example "
    '"school board" "the budget" "board meeting" subject:"school board" exact:"school boards" kind:email kind:post '
    "channel:cli channel:smtp platform:signal lang:en lang:ja has:attachment before:2025-02-01 after:2025-02 "
    "on:2025-03-05 sent:2025-03 captured:2025-04 sent:[2025-01-15 to 2025-02-20] 2025-01-10..2025-03-03 nowhere "
    "b*get sch??l* *ing subject:*oo? budgt~ shcool~1 exact:roofng~2 /sch.*/ from:/an./ /[a-z]+[0-9]+/ size:<1kB size:0 "
    '"school board"~3 "meeting the"~5 exact:"budget roof"~2 "the roof"* #bud* participant:da?a'
)
ASKED = tuple(part for part in re.findall(r'(?:[a-z]+:)?(?:"[^"]*"(?:~[0-9]|[*])?|\[[^\]]*\]|\S+)', _ASKED))
_PEOPLE = (
    Party(name="Ana Ortiz", address="ana@z.example"),
    Party(name="Ben", address="ben@district.example"),
    Party(name=None, address="cleo@z.example"),
    Party(name="Dana Rivera", address="dana@district.example"),
    Party(name="@dana", address=None),
)


def parse(text: str) -> Query:
    """A query as asked on 9 April 2025 in California."""
    return parse_query(text, today=TODAY, zone=ZONE)


def described(number: int = 1, **changes: Any) -> DescribedRecord:
    """A record; `changes` are members of its description, of its facts, or `components` by file name."""
    facts = {name: changes.pop(name) for name in ("kind", "channel", "captured_at", "position") if name in changes}
    sent_at = changes.get("sent_at")
    names, given = changes.pop("names", ()), changes.pop("components", ())
    description = Description(
        kind=facts.get("kind", RecordKind.EMAIL),
        components=tuple(given)
        + tuple(
            Component(
                id=f"cmp_{number}_{place}",
                role=ComponentRole.ATTACHMENT,
                media_type="application/pdf",
                name=name,
                size=1,
                sha256=f"{number:032x}{place:032x}",
            )
            for place, name in enumerate(names)
        ),
        **changes,
    )
    return DescribedRecord(
        record=Record(
            id=f"rec_{number:06}",
            kind=facts.get("kind", RecordKind.EMAIL),
            submission_id=f"sub_{number:06}",
            custodian_id=CUSTODIAN.id,
            channel=facts.get("channel", Channel.CLI),
            captured_at=facts.get("captured_at", CAPTURED),
            sent_at=sent_at,
            series_id=None,
            state=RecordState.ACTIVE,
            grade=Grade.B,
            position=facts.get("position", number),
        ),
        description=description,
        custodian=CUSTODIAN,
    )


def document(number: int = 1, **changes: Any):
    """The index document of such a record."""
    return project(described(number, **changes))


def mail(subject: str = "", sender: Party | None = None, to=(), cc=()) -> Letterhead:
    """A letterhead."""
    return Letterhead(subject=subject, sender=sender, to=tuple(to), cc=tuple(cc))


def generated_records(seed: int, count: int) -> list[DescribedRecord]:
    """Records of all kinds from few words, so that most queries match some and not others."""
    chance = random.Random(seed)

    def line(most: int) -> str:
        return " ".join(chance.choices(_WORDS, k=chance.randint(0, most)))

    found = []
    for number in range(count):
        people = chance.sample(_PEOPLE, k=3)
        sent_at = None
        if chance.random() < 0.7:
            sent_at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=6 * chance.randint(0, 400))
        kind = chance.choice((RecordKind.EMAIL, RecordKind.CONVERSATION, RecordKind.POST))
        talk = kind is RecordKind.CONVERSATION
        found.append(
            described(
                number,
                kind=kind,
                channel=chance.choice((Channel.CLI, Channel.SMTP)),
                captured_at=CAPTURED + timedelta(days=chance.randint(0, 3)),
                sent_at=sent_at,
                original=mail(line(5), people[0], people[1:2], people[2:3] if chance.random() < 0.5 else ()),
                carrier=mail(line(3), _PEOPLE[3]) if chance.random() < 0.3 else None,
                forward=Forward(method=ForwardMethod.INLINE, comment=line(4)) if chance.random() < 0.2 else Forward(),
                text="\n".join(line(9) for _ in range(chance.randint(0, 4))),
                platform="Signal" if talk else None,
                conversation=Conversation(title=line(2), participants=("Cleo", "Dana"), day="2025-03-05", zone="UTC")
                if talk
                else None,
                messages=(Message(at=None, sender="Ana", text=line(3)),) if talk else (),
                names=("roof plan.pdf", "budgets.xlsx") if chance.random() < 0.3 else (),
                unsearchable=("attachment 1: encrypted",) if chance.random() < 0.1 else (),
            )
        )
    return found


def generated_queries(seed: int, count: int) -> list[str]:
    """Queries of every operator over those words."""
    chance = random.Random(seed)

    def one(depth: int) -> str:
        if depth == 0 or chance.random() < 0.3:
            return chance.choice(("", "", "", "-")) + chance.choice(ASKED)
        joint = chance.choice((" ", " AND ", " OR ", " OR ", " AND NOT "))
        inner = joint.join(one(depth - 1) for _ in range(chance.randint(2, 3)))
        return f"{chance.choice(('', '', 'NOT ', '-'))}({inner})"

    return [one(chance.randint(0, 3)) for _ in range(count)]
