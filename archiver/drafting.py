"""Drafts as their submitters see them: added, listed, chosen from, confirmed, discarded.

Rule: a draft is its submitter's alone: neither an officer nor the system's operator is told of another's, unless it was
his own upload. Before anything is uploaded it is said where nothing may be left out. Whatever a command finds left
behind by one that was interrupted, or over its days, it ends first.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.unpacking_turns import unpacking_limits
from archiver.wiring import SERVICE_ACTOR
from ingest.channels.files import find_items
from ingest.containers import Containers
from ingest.draft import Upload
from ingest.draft_confirming import Confirmer
from ingest.draft_guard import KEEP_EVERYTHING
from ingest.draft_outline import GroupKind, parse_numbers, tallies, tally
from ingest.draft_reading import ReadingTerms, outline_of
from ingest.formats.container_kinds import ContainerKind
from storage.errors import ArchiveError, InvalidInput, NotFound, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archiver.access import Principal
    from archiver.wiring import Installation
    from ingest.channels.files import FoundItem
    from ingest.draft import Draft
    from ingest.draft_confirming import Confirmed
    from ingest.draft_outline import LeftOut, Outline
    from ingest.drafts import Drafts

_READ = (ContainerKind.EXPORT, ContainerKind.ZIP, ContainerKind.TAR)
_NO_EXPORT = "no conversation was recognised in it, so there is nothing to choose; hand it in with: archiver ingest"


def _silent(_: int) -> None:
    """No progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """The drafts of one person, who is allowed to hand in.

    Raises:
        Denied: at making: this role may not.
    """

    installation: Installation
    who: Principal
    drafts: Drafts = field(init=False)

    def __post_init__(self) -> None:
        """Refuse who may not hand in, and tidy up."""
        authorize(self.who, Act.SUBMIT)
        object.__setattr__(self, "drafts", self.installation.drafts())
        with suppress(TemporarilyUnavailable):  # the clock does it as well
            self.drafts.tidy(f"{SERVICE_ACTOR}:drafts")

    def owner(self, address: str | None) -> str:
        """Whose records they will be: the custodian of that address, else one's own.

        Raises:
            InvalidInput: nobody is named.
            NotFound: nobody has this address, or it is not this employee's.
        """
        who = self.who
        if address is None:
            if who.custodian_id:
                return who.custodian_id
            raise InvalidInput("say whose conversations these are with --custodian ADDRESS")
        with self.installation.archive.store.read() as connection:
            found = self.installation.archive.custodians.find(connection, address)
        if found is None or who.sees_only not in (None, found):
            raise NotFound(f"no custodian has the address {address}; add one with: archiver custodian add")
        return found

    def is_held(self, custodian_id: str) -> bool:
        """Whether nothing that is handed in for him may be left out now."""
        with self.installation.archive.store.read() as connection:
            return self.drafts.must_keep(connection, custodian_id)

    def add(
        self, path: Path, custodian_id: str, *, day_first: bool | None = None, progress: Callable[[int], None] = _silent
    ) -> dict[str, Any]:
        """Take an upload and list it.

        Raises:
            InvalidInput: it is not one export, or no reader knows it; nothing of it is kept.
        """
        one = _the_export(path, self.installation.archive.folder)
        kind = one.container
        assert kind is not None
        upload = Upload(
            source=one.source,
            kind=kind.value,
            payload=one.payload,
            custodian_id=custodian_id,
            submitter=self.who.name,
            actor=self.who.actor,
            expires_after=timedelta(days=self.installation.settings.drafts.days),
            day_first=day_first,
        )
        return self.show(self.drafts.add(upload), progress=progress)

    def show(self, draft_id: str, *, progress: Callable[[int], None] = _silent) -> dict[str, Any]:
        """A draft with all that can be chosen.

        Raises:
            NotFound: he has no such draft.
            Conflict: it has ended.
            InvalidInput: no reader knows it; it was destroyed.
        """
        return self._document(self._listed(draft_id, progress))

    def all(self) -> list[dict[str, Any]]:
        """His drafts, oldest first, without what is in them."""
        with self.installation.archive.store.read() as connection:
            found = self.drafts.all(connection, self.who.actor)
        return [self._facts(one) for one in found]

    def choose(self, draft_id: str, *, leave_out: str | None, reason: LeftOut, keep: str | None) -> dict[str, Any]:
        """Mark what is left out, and what is kept after all; what both name is kept.

        Raises:
            NotFound, Conflict: as `show`; or everything must be kept.
            InvalidInput: a number that is none, or nothing is named.
        """
        if leave_out is None and keep is None:
            raise InvalidInput("name what to leave out (--leave-out N[,N...]), or what to keep (--keep N[,N...])")
        draft, outline = self._listed(draft_id, _silent)
        choice = dict(draft.choice)
        if leave_out is not None:
            choice |= dict.fromkeys(parse_numbers(leave_out, outline), reason)
        if keep is not None:
            for place in parse_numbers(keep, outline):
                choice.pop(place, None)
        self.drafts.keep_choice(draft, choice)
        return self._document((replace(draft, choice=choice), outline))

    def confirm(
        self, draft_id: str, *, whole: bool, despite_unread: bool, progress: Callable[[int], None] = _silent
    ) -> tuple[Draft, Confirmed]:
        """Hand in what was chosen, and destroy the rest.

        Raises:
            NotFound, Conflict: as `show`, and as `Confirmer.confirm`.
        """
        installation, actor = self.installation, self.who.actor
        if whole:
            with installation.archive.store.read() as connection:
                draft = self.drafts.get(connection, draft_id, actor)
        else:
            draft, _ = self._listed(draft_id, _silent)
        confirmer = Confirmer(
            archive=installation.archive,
            drafts=self.drafts,
            depositor=installation.depositor(actor),
            containers=Containers(installation.archive, actor=actor),
            terms=self._terms(),
        )
        confirmed = confirmer.confirm(draft, actor=actor, whole=whole, despite_unread=despite_unread, progress=progress)
        return draft, confirmed

    def discard(self, draft_id: str, reason: str) -> dict[str, Any]:
        """Destroy a draft as a whole.

        Raises:
            NotFound, Conflict: as `show`; or everything must be kept.
        """
        with self.installation.archive.store.read() as connection:
            draft = self.drafts.get(connection, draft_id, self.who.actor)
        counts = {} if draft.outline is None else tally(draft.outline, _places(draft.outline))
        self.drafts.discard(draft, self.who.actor, reason, counts)
        return {"id": draft.id, "state": "discarded", "reason": reason, "size": draft.size, **counts}

    def _terms(self) -> ReadingTerms:
        return ReadingTerms(
            limits=unpacking_limits(self.installation),
            zone=self.installation.archive.zone.key,
            allow_unconfined=self.installation.settings.sandbox.allow_unconfined,
        )

    def _listed(self, draft_id: str, progress: Callable[[int], None]) -> tuple[Draft, Outline]:
        """A draft with its outline, which is made now where it was not yet."""
        with self.installation.archive.store.read() as connection:
            draft = self.drafts.get(connection, draft_id, self.who.actor)
        if draft.outline is not None:
            return draft, draft.outline
        content, kind = self.drafts.content(draft), ContainerKind(draft.kind)
        refusal: ArchiveError | None = None
        try:
            outline = outline_of(content, kind, draft.source, draft.told, self._terms(), progress)
            if not outline.conversations:
                why = f" ({outline.unread[0]})" if outline.unread else ""
                refusal = InvalidInput(f"{_NO_EXPORT}{why}")
        except InvalidInput as error:
            refusal = error
        if refusal is not None:
            self.drafts.refuse(draft, self.who.actor, refusal)
        self.drafts.keep_outline(draft, outline)
        return replace(draft, outline=outline), outline

    def _facts(self, draft: Draft) -> dict[str, Any]:
        zone = self.installation.archive.zone
        outline = draft.outline
        kept = None if outline is None else tally(outline, [one for one in _places(outline) if one not in draft.choice])
        return {
            "id": draft.id,
            "source": draft.source,
            "custodian": draft.custodian_id,
            "size": draft.size,
            "received_at": draft.received_at.astimezone(zone).isoformat(timespec="seconds"),
            "expires_at": draft.expires_at.astimezone(zone).isoformat(timespec="seconds"),
            "keep_everything": self.is_held(draft.custodian_id),
            "kept": kept,
            "left_out": {} if outline is None else tallies(outline, draft.choice),
        }

    def _document(self, listed: tuple[Draft, Outline]) -> dict[str, Any]:
        draft, outline = listed
        return self._facts(draft) | {
            "groups": [
                {
                    "number": str(number),
                    "kind": group.kind.value,
                    "platform": group.platform or None,
                    "title": group.title,
                    "messages": group.messages,
                    "entries": [
                        {
                            "number": f"{number}.{at}",
                            "day": None if group.kind is GroupKind.FILES else entry.name or None,
                            "name": entry.name if group.kind is GroupKind.FILES else None,
                            "messages": entry.messages,
                            "left_out": reason.value if (reason := draft.choice.get((number - 1, at - 1))) else None,
                        }
                        for at, entry in enumerate(group.entries, start=1)
                    ],
                }
                for number, group in enumerate(outline.groups, start=1)
            ],
            "aside": outline.aside,
            "unread": list(outline.unread),
        }


def _places(outline: Outline) -> list[tuple[int, int]]:
    return [(number, at) for number, group in enumerate(outline.groups) for at in range(len(group.entries))]


def _the_export(path: Path, own: Path) -> FoundItem:
    """The one export at a path.

    Raises:
        InvalidInput: there is none, or more than one thing.
    """
    found = []
    for one in find_items([path], without=own):
        if one.problem is not None:
            raise InvalidInput(f"{path.name} cannot be taken: {one.problem}")
        found.append(one)
        if len(found) > 1:
            raise InvalidInput("a draft is one export: give its file, or the folder that it was unpacked into")
    if not found:
        raise NotFound("there is nothing to take in there")
    if found[0].container not in _READ:
        raise InvalidInput(_NO_EXPORT)
    return found[0]


def announcement() -> str:
    """What is said before an upload where everything must be kept; names no matter."""
    return f"{KEEP_EVERYTHING}: nothing can be left out of what is uploaded now, and it is handed in as a whole"
