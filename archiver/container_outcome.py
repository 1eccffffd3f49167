"""What became of a submission that is a container: what a receipt, a statement and the page say of it.

Rule: the bytes of a container are kept, so by themselves they are archived; whoever handed them in asks what came out.
One that could not be taken apart to its end has failed for him, and one that is still being taken apart waits. A mail
is a record of its own, whatever it carries: of it only the reason is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.containers import ContainerState, MemberOutcome
from ingest.formats.container_kinds import ContainerKind
from storage.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.containers import Container

_CALLED = {ContainerKind.MAIL: "the export that it carries"}


def outcome_with(outcome: Outcome | None, box: Container | None) -> Outcome | None:
    """The outcome for whoever handed it in; `outcome` is that of the bytes, `box` the container that they are."""
    if box is None or box.kind is ContainerKind.MAIL or outcome is not Outcome.ARCHIVED:
        return outcome
    return {ContainerState.OPEN: None, ContainerState.FAILED: Outcome.FAILED}.get(box.state, outcome)


def reason_with(reason: str | None, box: Container | None, counts: Mapping[str, int] | None = None) -> str | None:
    """What is said beside it: how far it was taken apart, and what of it is missing.

    Args:
        reason: that of the bytes.
        box: the container that they are, None where they are none.
        counts: how many of its members have which outcome, where that was counted.
    """
    if box is None or box.state is ContainerState.NONE:
        return reason
    article = "an" if box.kind.value[0] in "aeiou" else "a"
    what = _CALLED.get(box.kind, f"kept as {article} {box.kind.value}, which")
    came = "" if counts is None else f": {_counted(counts)}"
    if box.state is ContainerState.OPEN:
        return f"{what} is being taken apart"
    if box.state is ContainerState.FAILED:
        return f"{what} could not be taken apart to its end{came}"
    left = f"; differences that nothing explains: {box.findings:,}" if box.findings else ""
    gone = "; the copy itself was destroyed since" if box.state is ContainerState.DESTROYED else ""
    return f"{what} was taken apart{came}{left}{gone}"


def _counted(counts: Mapping[str, int]) -> str:
    came = counts.get(MemberOutcome.TAKEN, 0) + counts.get(MemberOutcome.DUPLICATE, 0)
    broken = counts.get(MemberOutcome.FAILED, 0)
    return f"{came:,} came out" + (f", {broken:,} could not be read" if broken else "")
