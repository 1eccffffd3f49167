"""Better evidence beside what pictures show: message by message, and from the other side. Pure.

Rule: the grade of a record stays what it is; that of the better one is shown beside each message that it holds. Where
the texts are not equal, that is said: an engine may have misread it, or the picture may not show what was written.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.evidence import Evidence


def with_evidence(
    document: dict[str, Any], evidence: Sequence[Evidence], shown_by: Sequence[Evidence]
) -> dict[str, Any]:
    """The document of a record with its links; `evidence` has the best first."""
    found = document | {
        "evidence": [_line(one) for one in evidence],
        "shown_by": [_line(one) for one in shown_by],
    }
    if not evidence or document["transcription"] is None or document["transcription"]["transcript"] is None:
        return found
    best: dict[int, dict[str, Any]] = {}
    for one in evidence:
        for shown, held, equal in one.pairs:
            linked = {"record": one.record_id, "grade": one.grade.value, "message": held, "equal": equal}
            best.setdefault(shown, linked)
    transcript = document["transcription"]["transcript"]
    messages = matched_messages(transcript["messages"], best)
    if document["messages"] == transcript["messages"]:
        found["messages"] = messages
    found["transcription"] = document["transcription"] | {"transcript": transcript | {"messages": messages}}
    return found


def matched_messages(messages: Sequence[dict[str, Any]], best: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages of a transcript, each with the record that holds it, and how it matches."""
    return [
        one | {"matched": best[place]["record"], "match": best[place]} if place in best else one
        for place, one in enumerate(messages)
    ]


def evidence_lines(document: dict[str, Any]) -> list[str]:
    """Links for people, on a terminal."""
    lines = [f"better     {_words(one)}" for one in document["evidence"]]
    lines += [f"pictured   {one['record']}: shows {one['matched']:,} of these messages" for one in document["shown_by"]]
    return lines


def _words(one: dict[str, Any]) -> str:
    differing = one["matched"] - one["equal"]
    differ = f"; {differing:,} of them differ in some letters: compare them" if differing else ""
    return (
        f"{one['record']} ({one['kind']}, grade {one['grade']}) holds {one['matched']:,} of {one['of']:,} "
        f"messages{differ}"
    )


def _line(one: Evidence) -> dict[str, Any]:
    counted = Counter(equal for _, _, equal in one.pairs)
    return {
        "record": one.record_id,
        "kind": one.kind.value,
        "grade": one.grade.value,
        "matched": len(one.pairs),
        "equal": counted[True],
        "of": one.shown,
    }
