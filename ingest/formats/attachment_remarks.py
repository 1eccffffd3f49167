"""What is said of the attachments of one record: remarks, reasons, and what they assert of themselves, within limits.

Rule kept: a record has as many remarks as fit into its description, however many attachments it has; what is cut is
said once. Each begins with which attachment it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ingest.formats.attachment_text import AttachmentText

MOST_CHARACTERS: Final = 400_000
_CUT: Final = "there is more to be said of its attachments than can be described"


@dataclass(slots=True)
class AttachmentRemarks:
    """Remarks, and what the attachments assert, as they are gathered; `left` is in characters."""

    notes: list[str] = field(default_factory=list)
    asserted: list[str] = field(default_factory=list)
    left: int = MOST_CHARACTERS

    def take(self, label: str, read: AttachmentText) -> None:
        """Take what was found of an attachment that is called so ("attachment 2")."""
        for place, said in ((self.notes, read.notes), (self.asserted, read.asserted)):
            for one in said:
                if self.left <= 0:
                    return
                self.left -= len(label) + len(one)
                if self.left <= 0:
                    self.notes.append(_CUT)
                    return
                place.append(f"{label}: {one}")
