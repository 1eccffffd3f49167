"""What is no text does not hold a name by chance, and a name that is hidden in it is found."""

from __future__ import annotations

import base64
import random

import pytest

from search.disclosure.production_gate import SetGate
from search.disclosure.production_gate_types import GivenKind, Rule
from tests.search.disclosure.set_leaks import NAME as SECRET
from tests.search.disclosure.test_production_gate import document, gate_of, rules, text


def test_digests_ids_and_pictures_do_not_hold_a_name_by_chance():
    order = random.Random(3)  # seed 3
    letters = "aeionrst"
    shorts = tuple("".join(order.choices(letters, k=3)) + " " + order.choice(letters) for _ in range(150))
    words = ["".join(order.choices(letters, k=6)) for _ in range(150)]
    numbers = ["".join(order.choices("0123456789", k=6)) for _ in range(150)]
    gate = SetGate()
    gate.take("rec_1", [document("rec_1", *shorts, *words, *numbers)], roster=shorts)
    digests = [order.randbytes(32) for _ in range(4_000)]
    told = "\n".join(f'"sha256": "{one.hex()}", "node": "{base64.b64encode(one).decode()}"' for one in digests)
    ids = "\n".join("rec_01" + "".join(order.choices("0123456789abcdefghjkmnpqrstvwxyz", k=24)) for _ in range(500))
    gate.check(text(f"{told}\n{ids}", None, "manifest.json"))
    gate.check(text(order.randbytes(200_000), "rec_2", "natives/A-2.jpg", kind=GivenKind.NATIVE))
    prose = " ".join("".join(order.choices("bcdfghjklmpquvwxyz", k=9)) for _ in range(3_000))
    gate.check(text(prose, "rec_1"))
    assert gate.report().refusals == ()
    gate.check(text(f"{told}\nsaid by {shorts[0]}", None, "manifest.json"))
    assert not gate.report().passed


def test_moments_do_not_hold_a_number_by_chance_and_their_days_are_read():
    gate = SetGate()
    gate.take("rec_1", [document("rec_1", "528-10-3551", "2011-03-04")])
    gate.check(
        text(
            '"at": "2026-11-22T15:28:10.355130+00:00", "local": "2026-11-22T09:28:10.3551-06:00"', None, "proofs.jsonl"
        )
    )
    assert gate.report().refusals == ()
    gate.check(text('"born": "2011-03-04T00:00:00Z"', None, "manifest.json"))
    assert not gate.report().passed


@pytest.mark.parametrize(
    "said",
    [
        base64.b64encode(f"to {SECRET} of 12 Elm St, Lake.".ljust(32).encode()).decode(),
        f"about-{SECRET.replace(' ', '_')}-and-the-dismissal-of-2026",
        f"rec_{SECRET.lower().replace(' ', '')}0123456789xyz",
        f"{SECRET} ".ljust(32, ".").encode().hex(),
    ],
)
def test_what_looks_like_a_digest_and_says_a_name_is_refused(said):
    gate = gate_of()
    gate.check(text(f'"node": "{said}"'))
    assert not gate.report().passed


def test_a_native_picture_with_a_name_in_it_is_refused():
    noise = random.Random(4).randbytes(50_000)  # seed 4
    for hidden in (f"Title {SECRET} (c)".encode(), SECRET.encode("utf-16-le"), SECRET.encode("utf-16-be")):
        gate = gate_of()
        gate.check(text(noise + hidden + noise, "rec_2", "natives/A-2.jpg", kind=GivenKind.NATIVE))
        assert rules(gate.report()) == {Rule.OTHER_RECORD}
