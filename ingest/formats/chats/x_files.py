"""Media of an X archive: which files belong to which post or message, by the number that begins their names.

Rule kept (X's README.txt): a file is called ``<id>-<rest>`` and lies in the folder of its kind; ``rest`` is the last
part of the address that the post names. All files of an id belong to it; an address without a file is a medium that
is missing and is named as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.media_kinds import media_type_of
from ingest.formats.chats.model import Media
from ingest.formats.chats.plain import entries, members, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FOLDERS: Final = {
    "tweets_media": "post",
    "tweet_media": "post",
    "community_tweet_media": "post",
    "deleted_tweets_media": "post",
    "deleted_tweet_media": "post",
    "twitter_circle_tweet_media": "post",
    "direct_messages_media": "message",
    "direct_message_media": "message",
    "direct_messages_group_media": "message",
    "direct_message_group_media": "message",
}
_KINDS: Final = {"photo": "image/jpeg", "video": "video/mp4", "animated_gif": "video/mp4"}
_NONE: Final[tuple[Media, ...]] = ()


def last_part(address: str) -> str:
    """The file name in an address, without what follows a question mark."""
    return address.split("?", 1)[0].rsplit("/", 1)[-1]


class MediaFiles:
    """The media files of an export by kind ("post", "message") and number."""

    def __init__(self, names: Sequence[str]) -> None:
        self._by_id: dict[tuple[str, str], list[str]] = {}
        self.count = 0
        for name in names:
            folder, _, last = name.rpartition("/")
            kind = _FOLDERS.get(folder.rsplit("/", 1)[-1])
            number, dash, _ = last.partition("-")
            if kind and dash and number.isascii() and number.isdigit():
                self._by_id.setdefault((kind, number), []).append(name)
                self.count += 1

    def of(self, kind: str, number: str, addresses: Sequence[tuple[str, str | None]]) -> tuple[Media, ...]:
        """All media of a post or message: what its files are, then what it names and has no file for.

        Args:
            kind: "post" or "message".
            number: its id.
            addresses: what it names, each with its media type where that is told.
        """
        found = self._by_id.get((kind, number), ())
        if not found and not addresses:
            return _NONE
        named = dict(addresses)
        made = []
        here = set()
        for entry in found:
            rest = entry.rsplit("/", 1)[-1].split("-", 1)[1]
            here.add(rest)
            made.append(
                Media(name=entry.rsplit("/", 1)[-1], media_type=media_type_of(rest) or named.get(rest), entry=entry)
            )
        made.extend(
            Media(name=rest, media_type=media_type_of(rest) or kind_told)
            for rest, kind_told in named.items()
            if rest not in here
        )
        return tuple(made)


def of_post(entities: dict[str, Any], extended: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """What a post names: each photo once, of a video the variant of the best rate, which is the one X puts in."""
    for one in entries(extended.get("media")) or entries(entities.get("media")):
        medium = members(one)
        kind = words(medium.get("type"))
        variants = [members(each) for each in entries(members(medium.get("video_info")).get("variants"))]
        best = max(variants, key=_rate, default={})
        address = words(best.get("url")) or words(medium.get("media_url_https")) or words(medium.get("media_url"))
        if address:
            yield last_part(address), words(best.get("content_type")) or _KINDS.get(kind)


def _rate(variant: dict[str, Any]) -> int:
    digits = words(variant.get("bitrate"))
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 15 else -1  # noqa: PLR2004 - bits a second
