"""What a letterhead does not print stays null, whatever else is there."""

from __future__ import annotations

import random
import re

import pytest

from ingest.formats.forward_languages.lexicon import LEXICON
from ingest.formats.forwarded import find_forward
from ingest.formats.forwarded_lines import label_of
from tests.corpus.forward_grid import Generated, generated

GRID = tuple(generated())
SEED = 20220406


def _without(case: Generated, meaning: str) -> str:
    """The text without the line of one label."""
    lines = case.text.split("\n")
    found = [label_of(line.lstrip("> ")) for line in lines]
    place = next(place for place, one in enumerate(found) if one is not None and one[0] == meaning)
    return "\n".join(lines[:place] + lines[place + 1 :])


@pytest.mark.parametrize("meaning", ["from", "to", "cc", "date", "subject"])
def test_a_line_that_is_missing_leaves_its_field_null_and_the_others_right(meaning: str):
    read = 0
    for case in GRID:
        if meaning == "cc" and not case.cc:
            continue
        whole, found = find_forward(case.text, case.subject), find_forward(_without(case, meaning), case.subject)
        assert whole is not None
        if found is None:
            assert case.client.startswith("outlook"), case.name  # a bare block needs its lines to be told from prose
            continue
        read += 1
        head, full = found.original, whole.original
        fields = {"from": head.sender, "to": head.to, "cc": head.cc, "date": head.date, "subject": head.subject}
        expected = {"from": full.sender, "to": full.to, "cc": full.cc, "date": full.date, "subject": full.subject}
        expected[meaning] = () if meaning in ("to", "cc") else None
        assert fields == expected, case.name
    assert read > len(GRID) // 4


def test_every_value_that_is_read_stands_in_the_text():
    print(f"seed {SEED}")  # noqa: T201 - a failure must be repeatable
    chance = random.Random(SEED)
    for case in GRID:
        for _ in range(3):
            lines = case.text.split("\n")
            for _ in range(chance.randint(1, 4)):
                chosen = chance.randrange(len(lines))
                if chance.random() < 0.5:
                    lines.insert(chance.randrange(len(lines)), lines.pop(chosen))
                else:
                    lines[chosen] = lines[chosen][: chance.randint(0, len(lines[chosen]))]
            text = "\n".join(lines)
            found = find_forward(text, case.subject)
            for link in found.chain if found is not None else ():
                head = link.letterhead
                for party in (*([head.sender] if head.sender else []), *head.to, *head.cc):
                    assert party.address is None or party.address in text, (case.name, text)
                    assert party.name is None or party.name.split()[0] in text, (case.name, text)
                assert head.subject is None or head.subject.split()[0] in f"{text}{case.subject}", (case.name, text)
                if head.date is not None:
                    assert head.date[2:4] in _european(text), (case.name, text)  # a year may be printed with two digits


def _european(text: str) -> str:
    return re.sub(r"\d", lambda digit: str(int(digit[0])), text)


def test_labels_of_all_languages_agree():
    assert len(LEXICON.languages) >= 28
    assert {meaning for meaning, _ in LEXICON.labels.values()} == {"from", "to", "cc", "date", "subject", "other"}
