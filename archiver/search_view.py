"""What a search found as people and programs see it: a document a hit, with everything marked that was asked for.

Rule: all that a hit shows is of a record that its reader may see; nothing here looks anything up but the records that
a search has found for him. Marks are pairs of a text and whether it is a hit, never markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from archiver.record_view import name_of, party
from search.leaf_text import said_leaf
from search.marking import BUDGET, Seeker
from search.places import Place, seekers_for, written
from search.projection import project
from search.snippets import Snippet, cut_snippets, mark_line
from search.why import reasons_for
from storage.transcribed import transcribed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo

    from search.queries import Leaf, Query
    from storage.records import DescribedRecord, Description, Party
    from storage.transcriptions import StoredTranscription

MOST_SNIPPETS: Final = 20
_NOTHING: Final = Seeker((), frozenset())
_MOST_BESIDE: Final = 5
_LEAST_BUDGET: Final = BUDGET // 20
_BESIDE: Final = (
    Place.FROM,
    Place.TO,
    Place.CC,
    Place.PARTICIPANT,
    Place.FILENAME,
    Place.CUSTODIAN,
    Place.HASH,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A record that was found, opened, with the newest of what its pictures say and who is known to take part."""

    described: DescribedRecord
    read: StoredTranscription | None
    known: Mapping[str, tuple[Party, ...]]


class HitView:
    """Makes the documents of one answer; what is looked for is made ready once."""

    def __init__(self, query: Query, zone: tzinfo, *, snippets: int, resolved: Callable[[Leaf], Query] | None) -> None:
        """Make ready.

        Args:
            query: as it was asked.
            zone: the archive's, in which days are told.
            snippets: the most pieces of text of a record.
            resolved: what a leaf means that only the catalogue can answer, to say why; None not to say why.
        """
        self._query = query
        self._zone = zone
        self._snippets = snippets
        self._resolved = resolved
        self._seekers = seekers_for(query)
        self._budget = BUDGET

    def hit(self, one: Shown) -> dict[str, Any]:
        """The document of one hit."""
        record = one.described.record
        description = transcribed(one.described.description, None if one.read is None else one.read.transcription)
        original = description.original
        pieces = self._pieces(one.described, description)
        document: dict[str, Any] = {
            "id": record.id,
            "kind": record.kind.value,
            "sent_at": None if record.sent_at is None else record.sent_at.isoformat(),
            "captured_at": record.captured_at.isoformat(),
            "from": name_of(party(original.sender)) if original.sender is not None else None,
            "to": [name_of(party(each)) for each in original.to],
            "subject": original.subject,
            "custodian": one.described.custodian.addresses[0],
            "channel": record.channel.value,
            "platform": description.platform,
            "snippet": pieces[0].as_text() if pieces else "",
            "snippet_parts": _parts(pieces[0]) if pieces else [],
            "snippets": [_parts(piece) for piece in pieces],
            "subject_parts": self._subject(original.subject),
            "beside": list(self._beside(one.described, description)),
        }
        if self._resolved is not None:
            document["why"] = list(self._why(one, description, self._resolved))
        return document

    def _pieces(self, described: DescribedRecord, description: Description) -> tuple[Snippet, ...]:
        """The pieces of text to show; what very long texts cost is shared by all hits of an answer."""
        if not self._snippets:
            return ()
        text = "".join(written(described, description, Place.TEXT))
        budget = max(self._budget, _LEAST_BUDGET)
        self._budget -= len(text)
        seeker = self._seekers.get(Place.TEXT)
        if seeker is None:
            return cut_snippets(text, _NOTHING, most=1)
        return cut_snippets(text, seeker, most=self._snippets, budget=budget)

    def _subject(self, subject: str | None) -> list[list[Any]]:
        seeker = self._seekers.get(Place.SUBJECT)
        marked = None if seeker is None or not subject else mark_line(subject, seeker)
        if marked is None or not marked.has_hit:
            return [[subject, False]] if subject else []
        return _parts(marked)

    def _beside(self, described: DescribedRecord, description: Description) -> Iterator[dict[str, Any]]:
        """What is found beside subject and text: names and addresses of people, names of files."""
        told = 0
        shown = description.original.subject
        for place in (Place.SUBJECT, *_BESIDE):
            seeker = self._seekers.get(place)
            if seeker is None:
                continue
            for text in written(described, description, place):
                marked = None if place is Place.SUBJECT and text == shown else mark_line(text, seeker)
                if marked is None or not marked.has_hit:
                    continue
                yield {"where": place.value, "parts": _parts(marked)}
                told += 1
                if told >= _MOST_BESIDE:
                    return

    def _why(self, one: Shown, description: Description, resolved: Callable[[Leaf], Query]) -> Iterator[dict[str, Any]]:
        document = project(one.described, one.read, one.known)
        for reason in reasons_for(self._query, one.described, description, document, resolved):
            standing = [{"where": each.place, "words": list(each.words)} for each in reason.standing]
            asked = said_leaf(reason.leaf, self._zone)
            yield {"asked": asked if reason.wanted else f"-{asked}", "absent": not reason.wanted, "found": standing}


def _parts(snippet: Snippet) -> list[list[Any]]:
    return [[part.text, part.hit] for part in snippet.parts]
