"""Which of Meta's platforms an export is of, and whose; from names first, from first bytes where names do not tell.

Rule kept: what both platforms write alike is told by what only one of them does, and a file that could be of either is
Messenger's, which always names the participants first. Recognising is cheap: few files are looked into.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.meta_files import MediaFinder, is_page
from ingest.formats.chats.meta_messages import meant
from ingest.formats.chats.meta_pages import boxes, participants_of
from ingest.formats.chats.meta_threads import Owner
from ingest.formats.chats.meta_times import PrintedTimes
from ingest.formats.chats.plain import entries, members
from ingest.formats.container import ContainerBroken, MemberBroken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.formats.chats.model import Export

HEAD: Final = 1 << 16
FEW: Final = 20
"""An export of no more files is looked into whatever they are called."""
_MOST_LOOKED_INTO: Final = 8
_BOTH: Final = 2
_LARGEST_PROFILE: Final = 4 << 20
_FACEBOOK: Final = re.compile(
    r"(?:^|/)(?:your_activity_across_facebook/|your_facebook_activity/|facebook-[^/]+/|comments_and_reactions/comments\.|comments/comments\.(?:json|html)"
    r"|posts/your_posts|messages/(?:e2ee_cutover|archived_threads|filtered_threads|legacy_threads)/)"
)
_INSTAGRAM: Final = re.compile(
    r"(?:^|/)(?:your_instagram_activity/|instagram-[^/]+/|followers_and_following/|content/posts_\d|media/posts_\d|story_sticker_interactions/"
    r"|comments/post_comments|login_and_account_creation/)"
)
_THREAD_MARKS: Final = (b'"messages"', b'"sender_name"', b'"timestamp_ms"')
_E2EE_MARKS: Final = (b'"participants"', b'"threadName"', b'"messages"')
_PAGE_MARKS: Final = (b"_a6-", b"_2lej", b"uiBoxWhite")
_PROFILE: Final = re.compile(r"(?:^|/)(?:profile_information|personal_information)\.json$")
_OWN_COMMENTS: Final = re.compile(r"(?:^|/)comments_and_reactions/comments\.json$")
_USER_NAME: Final = frozenset(
    {
        "username",
        "benutzername",
        "nom d'utilisateur",
        "nombre de usuario",
        "nome de usuário",
        "nome utente",
        "gebruikersnaam",
        "brugernavn",
        "brukernavn",
        "användarnamn",
        "käyttäjänimi",
        "nazwa użytkownika",
        "uživatelské jméno",
        "kullanıcı adı",  # noqa: RUF001 - Turkish
        "имя пользователя",
        "ユーザーネーム",
        "사용자 이름",
        "用户名",
        "用戶名稱",
    }
)


def platforms_of(export: Export) -> frozenset[str]:
    """Whose accounts are in it: "messenger" for any of Facebook's, "instagram"; empty for every other export."""
    found: set[str] = set()
    looked_into: list[str] = []
    for name in export.names:
        if len(found) < _BOTH:
            found.update({"messenger"} if _FACEBOOK.search(name) else {"instagram"} if _INSTAGRAM.search(name) else ())
        if len(looked_into) < _MOST_LOOKED_INTO and is_page(name):
            looked_into.append(name)
    if found:
        return frozenset(found)
    if not looked_into:
        only = len(export.names) == 1
        looked_into = [name for name in loose_files(export) if only or name.endswith((".json", ".html"))]
    heads = [export.head(name, HEAD) for name in looked_into]
    signs = {platform_of_head(head) for head in heads} - {None}
    if not signs and len(export.names) == 1 and _is_conversation(export, heads[0]):
        signs = {"messenger"}
    # without paths that tell, all of it is one account's
    return frozenset({"instagram"} if "instagram" in signs else {"messenger"} if signs else ())


def platform_of_path(name: str, platforms: frozenset[str]) -> str:
    """Whose a file of the export is: as its path tells, Facebook's where there are both and it does not."""
    if len(platforms) == 1:
        return next(iter(platforms))
    return "instagram" if _INSTAGRAM.search(name) else "messenger"


def platform_of_head(head: bytes) -> str | None:
    """The same for one file of messages."""
    if is_e2ee(head):
        return "messenger"
    if is_thread(head):
        owned = b'"original_content_owner"' in head or b"your_instagram_activity/" in head
        return "instagram" if owned or b'"participants"' not in head else "messenger"
    if is_markup(head) and any(mark in head for mark in _PAGE_MARKS):
        return "instagram" if b"_2pim _a6-h" in head or b"your_instagram_activity/" in head else "messenger"
    return None


def _is_conversation(export: Export, head: bytes) -> bool:
    """Whether a page lists participants, and one of them says something that ends with a printed time."""
    if not is_markup(head):
        return False
    page = head.decode("utf-8", "replace")
    times = PrintedTimes(page)
    names = participants_of(page, times)
    try:
        return bool(names) and any(box.heading in names for box in boxes(page, times, MediaFinder(export, "")))
    except MemberBroken:
        return False


def is_thread(head: bytes) -> bool:
    """Whether a file begins as a page of a thread does."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and all(mark in head for mark in _THREAD_MARKS)


def is_e2ee(head: bytes) -> bool:
    """Whether a file begins as a thread from secure storage does."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and all(mark in head for mark in _E2EE_MARKS)


def is_markup(head: bytes) -> bool:
    """Whether a file begins as a page of HTML does."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower().startswith((b"<!doctype html", b"<html"))


def loose_files(export: Export) -> list[str]:
    """The files that may be anything whatever they are called: those at the top, and all of a small export."""
    if len(export.names) <= FEW:
        return list(export.names)
    return [name for name in export.names if name.count("/") <= 1]


def owner_of(export: Export, files: Sequence[str]) -> tuple[Owner, str | None]:
    """The owner as messages name him, and the name that his posts bear; by his profile, else by his own comments."""
    for name in files:
        if _PROFILE.search(name) and export.size(name) <= _LARGEST_PROFILE:
            names, author = _profile(members(_first_value(export, name, ())))
            if names:
                return Owner(names=names), author
    for name in files:
        if _OWN_COMMENTS.search(name):
            for one in entries(members(_first_value(export, name, ("comments_v2", "*"))).get("data")):
                author = meant(members(members(one).get("comment")).get("author")).strip()
                if author:
                    return Owner(names=frozenset({author})), author
    return Owner(), None


def _first_value(export: Export, name: str, path: tuple[str, ...]) -> object:
    """The first value of a document at this path."""
    try:
        with export.open(name) as stream:
            for piece in walk(stream, {path} if path else ()):
                if len(piece.path) == len(path):
                    return piece.value
    except (ContainerBroken, MemberBroken):
        return None  # it is told where the file is read for what it holds
    return None


def _profile(value: dict[str, Any]) -> tuple[frozenset[str], str | None]:
    for key in ("profile_v2", "profile"):
        name = members(members(value.get(key)).get("name"))
        full = meant(name.get("full_name")).strip()
        if full:
            return frozenset({full}), full
    said: dict[str, str] = {}
    for user in entries(value.get("profile_user"))[:1]:
        for label, one in members(members(user).get("string_map_data")).items():
            said[meant(label).lower().replace("\u2019", "'")] = meant(members(one).get("value")).strip()
    author = next((text for label, text in said.items() if label in _USER_NAME and text), None)
    return frozenset(filter(None, said.values())), author
