"""A draft confirmed: what was chosen is deposited as one submission, and the draft has ended, in one transaction.

Rule: submission, container and the draft's end commit together, so that a draft that is killed on the way is either
there as before or confirmed exactly once; its key dies after that commit. Where everything must be kept, or its
submitter says so, the upload is deposited byte for byte; else a selection is (`formats.selection`), in which nothing of
what was left out stands but numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.containers import envelope_kind
from ingest.draft_outline import tallies, tally
from ingest.draft_reading import ChosenContent
from ingest.formats.container_kinds import ContainerKind
from ingest.submission import SELECTED, Deposited, Handover
from storage.errors import Conflict, TemporarilyUnavailable
from storage.events import EventKind
from storage.records import Channel, Envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.containers import Containers
    from ingest.depositor import GroupDepositor
    from ingest.draft import Draft
    from ingest.draft_reading import ReadingTerms
    from ingest.drafts import Drafts
    from storage.archive import Archive
    from storage.transaction import Transaction

_BY = "by the submitter"
_ACCOUNT = "cli"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What became of a draft: the submission that it is now, `fresh` where that is new; `account` as in the ledger."""

    submission_id: str
    fresh: bool
    whole: bool
    account: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmer:
    """Confirms the drafts of one archive."""

    archive: Archive
    drafts: Drafts
    depositor: GroupDepositor
    containers: Containers
    terms: ReadingTerms

    def confirm(
        self,
        draft: Draft,
        *,
        actor: str,
        whole: bool = False,
        despite_unread: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Confirmed:
        """Deposit what was chosen of a draft, or all of it, and end it; only as a whole it need not be listed.

        Raises:
            Conflict: it cannot be confirmed like this; says why and what to do. Nothing was taken.
            StorageFull, TemporarilyUnavailable: not now; the draft is there as before.
            SandboxUnavailable: no child can be started to read it.
        """
        with self.archive.store.read() as connection:
            held = self.drafts.must_keep(connection, draft.custodian_id)
            if held and draft.choice:
                self.drafts.refuse_held(connection, draft)
        whole = whole or held
        chosen = None if whole else self._chosen(draft, despite_unread=despite_unread, progress=progress)
        if whole and draft.choice:
            raise Conflict(
                "something of it is marked to be left out; take that back with: "
                f"archiver draft choose {draft.id} --keep all"
            )
        account = self._account(draft, whole=whole)
        kind = ContainerKind(draft.kind) if whole else ContainerKind.SELECTION

        def end(transaction: Transaction, answers: list[Deposited | Exception]) -> None:
            answer = answers[0]
            if isinstance(answer, Exception):
                raise TemporarilyUnavailable("it could not be stored; try again")
            self.drafts.refuse_changed(transaction, draft)
            if not whole:
                self.drafts.refuse_held(transaction.connection, draft)
            if chosen is not None and chosen.broken:
                account["broken"] = chosen.broken
            self.containers.admit(transaction, answer.submission_id, kind)
            self.drafts.close(transaction, draft.id, EventKind.DRAFT_CONFIRMED, actor, account, answer.submission_id)

        said = draft.told.transport() if whole else ((SELECTED, _BY),)  # slices are read already
        handover = Handover(
            channel=Channel.CLI,
            account=draft.told.account(_ACCOUNT) if whole else _ACCOUNT,
            custodian_id=draft.custodian_id,
            envelope=Envelope(submitter=draft.submitter, source=draft.source, transport=said),
            payload=chosen or self.drafts.content(draft),
            kind=envelope_kind(kind),
        )
        answer = self.depositor.deposit_many([handover], beside=end)[0]
        if isinstance(answer, Exception):
            raise answer
        self.drafts.finish(draft.id, draft.blob_id)
        return Confirmed(
            submission_id=answer.submission_id, fresh=answer.duplicate_of is None, whole=whole, account=account
        )

    def _chosen(self, draft: Draft, *, despite_unread: bool, progress: Callable[[int], None]) -> ChosenContent:
        outline = draft.outline
        assert outline is not None
        if len(draft.choice) == sum(len(one.entries) for one in outline.groups):
            raise Conflict(f"everything of it is left out; end it with: archiver draft discard {draft.id}")
        if outline.unread and not despite_unread:
            raise Conflict(
                f"a part of the upload could not be read, and would be destroyed ({outline.unread[0]}); hand it in "
                "whole with --whole, or let that part go with --despite-unread"
            )
        return ChosenContent(
            content=self.drafts.content(draft),
            kind=ContainerKind(draft.kind),
            source=draft.source,
            told=draft.told,
            outline=outline,
            choice=draft.choice,
            terms=self.terms,
            despite_unread=despite_unread,
            progress=progress,
        )

    @staticmethod
    def _account(draft: Draft, *, whole: bool) -> dict[str, Any]:
        """What is kept and what is not, in numbers."""
        outline = draft.outline
        if outline is None:  # it is handed in whole, and nobody looked into it
            return {"whole": whole, "size": draft.size}
        places = [(number, at) for number, group in enumerate(outline.groups) for at in range(len(group.entries))]
        return {
            "whole": whole,
            "size": draft.size,
            "kept": tally(outline, [one for one in places if one not in draft.choice]),
            "left_out": tallies(outline, draft.choice),
            "aside": 0 if whole else outline.aside,
            "unread": 0 if whole else len(outline.unread),
        }
