"""The dates that a record carries, weighed against the date on which the archive took it.

Rule: a minimum runs from the later of the captured and the stated date, a maximum from the earlier, until an
officer confirms one; a stated date that cannot be true is not used, and the notes say why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention.facts import Facts, Moment
from retention.vocabulary import DEFAULT_EVENTS, Trigger

if TYPE_CHECKING:
    from datetime import date


def weigh_moment(
    facts: Facts, trigger: Trigger, *, longest: bool, projecting: bool = False
) -> tuple[date | None, list[str]]:
    """The day of a moment, or None where nothing is known of it, with what was found on the way as sentences.

    Args:
        facts: what is known about the record.
        trigger: one of `vocabulary.MOMENT_TRIGGERS`.
        longest: True weighs for a minimum, False for a maximum.
        projecting: count events that nobody confirmed.
    """
    notes: list[str] = []
    asserted = _asserted(facts, trigger, notes, projecting=projecting)
    captured = facts.captured
    if asserted is None and trigger is Trigger.LAST_ENTRY:
        return None, notes  # capture says nothing about whether the thread went on
    if asserted is None or captured is None:
        chosen = asserted or captured
        return None if chosen is None else chosen.day, notes
    if asserted.confirmed or asserted.day == captured.day:
        return asserted.day, notes
    if captured.confirmed:
        return captured.day, notes
    notes.append(
        f"the {'later' if longest else 'earlier'} of the stated date {asserted.day}"
        f" and the capture {captured.day} counts"
    )
    return (max if longest else min)(asserted.day, captured.day), notes


def _asserted(facts: Facts, trigger: Trigger, notes: list[str], *, projecting: bool) -> Moment | None:
    """The stated date of a moment, or None where none is stated or it cannot be believed."""
    received = facts.received or facts.created
    stated: tuple[Moment | None, ...]
    if trigger is Trigger.CREATED:
        stated = (facts.created,)
    elif trigger is Trigger.RECEIVED_OR_PROVIDED:
        stated = (received, facts.provided)
    elif trigger is Trigger.LAST_ENTRY:
        stated = (facts.last_entry or _last_entry_event(facts, projecting=projecting),)
    else:
        stated = (received,)
    usable: list[Moment] = []
    for moment in stated:
        if moment is None:
            continue
        why = facts.why_unusable(moment)
        if why is None:
            usable.append(moment)
        else:
            notes.append(f"the stated date {moment.day} is not used: {why}")
    return max(usable, key=lambda moment: moment.day) if usable else None


def _last_entry_event(facts: Facts, *, projecting: bool) -> Moment | None:
    days = [
        event.day
        for event in facts.events
        if event.kind in DEFAULT_EVENTS[Trigger.LAST_ENTRY] and (event.confirmed or projecting)
    ]
    return Moment(day=max(days), confirmed=True) if days else None
