"""Forwards that were collected after the reader was written, with the facts their text states.

What each mail program prints (its words, its order, its marks, its dates) follows samples in public mailing lists,
tests, templates and translations, or general knowledge of the program; the people, addresses, subjects and texts are
invented. The facts were written down before the reader saw a case.

The tables are `held_out/*.txt`, a line of introduction and then the cases::

    @@ name / language          or  @@ name / language / html
    @mail the mail's own subject
    @forwards nothing           and no further facts
    @from name | address
    @to name | address; name | address
    @cc, @date, @subject, @comment
    @body unstated
    @text
    the text, up to the next case

A fact that is left out is the one of `HeldOut`; one that is empty is stated as none. White space of the comment and
the body is not a fact, because HTML has none of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Parties = tuple[tuple[str | None, str | None], ...]
GROUPS = ("desktop", "outlook", "web_and_phone", "html", "nothing_forwarded", "second_round")
_FOLDER = Path(__file__).parent / "held_out"


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """One case; `date` as the reader writes dates, a `body` of None is not stated."""

    group: str
    name: str
    language: str
    html: bool = False
    text: str = ""
    mail: str = "Fwd: Boiler visit, room 12"
    forwards: bool = True
    sender: Parties = (("Marta Quill", "marta.quill@oakhollow.example"),)
    to: Parties = (("Jonas Pell", "jonas.pell@district.example"),)
    cc: Parties = ()
    date: str | None = "2026-03-05T14:07:00"
    subject: str | None = "Boiler visit, room 12"
    comment: str | None = None
    body: str | None = "The inspector comes on Tuesday. Please leave the side door open."


def held_out() -> Iterator[HeldOut]:
    """All cases, by group."""
    for group in GROUPS:
        whole = (_FOLDER / f"{group}.txt").read_text(encoding="utf-8")
        for part in f"\n{whole}".split("\n@@ ")[1:]:
            yield _case(group, part)


def _case(group: str, part: str) -> HeldOut:
    facts, _, text = part.partition("\n@text\n")
    title, *lines = facts.split("\n")
    name, language, *kind = title.split(" / ")
    case = HeldOut(group=group, name=name, language=language, html=kind == ["html"], text=text)
    known = {field.name for field in fields(HeldOut)}
    for line in lines:
        key, _, value = line.removeprefix("@").partition(" ")
        if key in ("from", "to", "cc"):
            case = replace(case, **{"sender" if key == "from" else key: _parties(value)})
        elif key == "forwards":
            case = replace(case, forwards=False)
        elif key == "body":
            case = replace(case, body=None)
        elif key in known:
            case = replace(case, **{key: value or None})
        else:
            raise ValueError(f"{group}: {name}: {key} is no fact")
    return case


def _parties(value: str) -> Parties:
    parties = (one.split(" | ") if " | " in one else one.strip().split("|") for one in value.split("; ") if one)
    return tuple((name.strip("| ") or None, address.strip() or None) for name, address in parties)
