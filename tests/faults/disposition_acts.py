"""Who does what in one round of dispositions, drawn by chance: one way for each program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention.ports import ContentRule
from tests.faults.disposition_programs import AHEAD, House, Person, Round

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from storage.archive import Archive

    Acts = tuple[Callable[[], object], ...]
    Ways = dict[str, Acts]


def acts_of(house: House, turn: Round, chance: random.Random) -> dict[str, Callable[[Archive], None]]:
    """What each program of a round does, by the name of the program; the choice stands in the round."""
    at_once = chance.random() < 0.25
    persons = {
        "proposer": "olga",
        "rival": "otto",
        "approver": "anna",
        "twin": chance.choice(("ilsa", "theo")),
        "executor": chance.choice(("olga", "otto", "anna")),
        "successor": "otto",
        "holder": "kate",
        "keeper": "kate",
        "clock": "kate",
    }
    at = {program: Person(house, program, name, turn) for program, name in persons.items()}
    ways = {
        "proposer": _proposing(at["proposer"]),
        "rival": _competing(at["rival"]),
        "approver": _approving(at["approver"]),
        "twin": _coming_twice(at["twin"]),
        "executor": _executing(at["executor"], at_once=at_once),
        "successor": _executing(at["successor"], at_once=at_once) | _going_on(at["successor"]),
        "holder": _holding(at["holder"], chance),
        "keeper": _keeping(at["keeper"]),
        "clock": {"jumps": (at["clock"].move_clock,), **dict.fromkeys(map(str, range(5)), ())},
    }
    chosen = {program: chance.choice(list(some)) for program, some in ways.items()}
    turn.ways = f"{chosen} {persons['twin']} {persons['executor']} {at_once}"
    acts = {program: ways[program][way] for program, way in chosen.items()}
    return {program: _one_after_the_other(some) for program, some in acts.items() if some}


def _proposing(olga: Person) -> Ways:
    return {
        "once": (olga.propose,),
        "and approves it": (olga.propose, olga.approve),
        "again": (olga.propose, olga.withdraw, olga.propose),
        "and withdraws": (olga.propose, olga.approve, olga.withdraw),
    }


def _competing(otto: Person) -> Ways:
    return {
        "proposes": (otto.propose,),
        "proposes twice": (otto.propose, otto.propose),
        "approves": (lambda: otto.wait_and(otto.approve),),
        "withdraws": (otto.propose, otto.withdraw, otto.propose),
        "too early": (lambda: otto.propose(AHEAD),),
    }


def _approving(anna: Person) -> Ways:
    return {"approves": (lambda: anna.wait_and(anna.approve), anna.certify)}


def _coming_twice(twin: Person) -> Ways:
    comes: Acts = (lambda: twin.wait_and(twin.approve),)
    if twin.who.name == "theo":
        comes = (lambda: twin.take_token_of("olga"), *comes)
    return {"comes": comes, "stays": comes, "is not there": ()}


def _going_on(service: Person) -> Ways:
    return {"goes on": (lambda: service.wait_and(service.go_on), service.certify)}


def _executing(person: Person, *, at_once: bool) -> Ways:
    def execute() -> bool:
        return person.execute(at_once=at_once)

    return {"executes": (lambda: person.wait_and(execute), person.certify)}


def _holding(kate: Person, chance: random.Random) -> Ways:
    first, _, _ = kate.turn.records
    rules = (ContentRule(id="", records=(first,)), ContentRule(id="", custodian_ids=(kate.turn.custodian_id,)))
    rule = chance.choice(rules)
    return {
        "nothing": (),
        "holds": (lambda: kate.hold(rule, releases=False),),
        "releases": (lambda: kate.hold(rule, releases=True),),
    }


def _keeping(kate: Person) -> Ways:
    _, second, _ = kate.turn.records
    return {
        "nothing": (),
        "puts elsewhere": (lambda: kate.assign(second, "K"),),
        "and back": (lambda: kate.assign(second, "K", "S"),),
        "confirms a date": (lambda: kate.confirm_date(second, withdraws=False),),
        "takes it back": (lambda: kate.confirm_date(second, withdraws=True),),
    }


def _one_after_the_other(acts: Acts) -> Callable[[Archive], None]:
    def all_of_them(_archive: Archive) -> None:
        for act in acts:
            act()

    return all_of_them
