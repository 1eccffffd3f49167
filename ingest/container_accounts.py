"""The account of one container: what it declares against what came out, by count and by name. Pure.

Rule: a difference is a finding unless something explains it. A member that came out broken is accounted for; a folder
that holds another number than it declares is not; what a reader says is missing is not either, and where nobody knows
how much, that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.channels.files import printable_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.formats.container import Declared, Remark

_LONGEST = 10_000


def account_of(
    declared: Declared,
    remarks: Sequence[Remark],
    counts: Mapping[str, int],
    came: Mapping[str, int],
    reason: str | None,
) -> dict[str, Any]:
    """The account as it is sealed.

    Args:
        declared: what the container says that it holds.
        remarks: what its reader says of no single member.
        counts: how many members have which outcome.
        came: how many came out of each folder.
        reason: why it was not taken apart to its end, None where it was.
    """
    met = sum(counts.values())
    lost = sum(note.lost or 0 for note in remarks)
    findings = [f"members are missing: {note.text}" for note in remarks if note.lost != 0]
    folders: list[list[Any]] = []
    if reason is not None:
        findings.append(f"it was not taken apart to its end: {reason}")
    else:
        if declared.count is not None and declared.count != met + lost:
            findings.append(f"it declares {declared.count:,} members, and {met:,} came out")
        paths = [(printable_name(one.path), one.count) for one in declared.folders]
        folders = [[path, count, came.get(path, 0)] for path, count in paths if count != came.get(path, 0)]
        if folders:
            findings.append(f"folders hold another number of members than they declare: {len(folders):,}")
        findings += [
            f"it holds {one.held:,} {one.what}, and {one.taken:,} came out"
            for one in declared.tallies
            if one.held is not None and one.held != one.taken + one.missing
        ]
    return {
        "reason": reason,
        "declared": declared.count,
        "members": met,
        **counts,
        "folders": folders[:_LONGEST],
        "tallies": [[one.what, one.held, one.taken, one.missing] for one in declared.tallies],
        "remarks": [[note.text, printable_name(note.path), note.lost] for note in remarks[:_LONGEST]],
        "findings": findings[:_LONGEST],
    }
