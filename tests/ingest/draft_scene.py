"""Drafts for tests: the upload of a chat, and what its submitter does with it."""

from __future__ import annotations

from datetime import timedelta

from ingest.containers import Containers
from ingest.depositor import GroupDepositor
from ingest.draft import Upload
from ingest.draft_confirming import Confirmer
from ingest.draft_outline import LeftOut, parse_numbers
from ingest.draft_reading import ReadingTerms, outline_of
from ingest.formats.container_kinds import ContainerKind
from ingest.unpacking_limits import UnpackingLimits
from tests.ingest.zip_writing import Planned, build

ACTOR, OTHER = "usr_ada", "usr_bob"
SECRET = "my surgery is tomorrow"
CHAT = (
    "[3/5/24, 9:01:02 AM] Jane Doe: The bus is late\n[3/5/24, 9:02:02 AM] Pat Roe: walrus\n"
    f"[3/15/24, 9:02:02 AM] Pat Roe: {SECRET}\n[3/16/24, 9:02:02 AM] Pat Roe: done <attached: 1.jpg>\n"
)
BYTES = CHAT.encode()
WEEK = timedelta(days=7)


def upload(owner, content=BYTES, kind=ContainerKind.EXPORT, source="chat.txt"):
    return Upload(
        source=source,
        kind=kind.value,
        payload=content,
        custodian_id=owner,
        submitter="Ada",
        actor=ACTOR,
        expires_after=WEEK,
    )


def get(archive, drafts, draft_id, actor=ACTOR):
    with archive.store.read() as connection:
        return drafts.get(connection, draft_id, actor)


def terms(archive):
    return ReadingTerms(limits=UnpackingLimits(), zone=archive.zone.key)


def listed(archive, drafts, draft_id):
    draft = get(archive, drafts, draft_id)
    outline = outline_of(drafts.content(draft), ContainerKind(draft.kind), draft.source, draft.told, terms(archive))
    drafts.keep_outline(draft, outline)
    return get(archive, drafts, draft_id)


def leave_out(archive, drafts, draft, numbers):
    drafts.keep_choice(draft, dict.fromkeys(parse_numbers(numbers, draft.outline), LeftOut.PERSONAL))
    return get(archive, drafts, draft.id)


def confirmer(archive, drafts):
    return Confirmer(
        archive=archive,
        drafts=drafts,
        depositor=GroupDepositor(archive, actor=ACTOR),
        containers=Containers(archive, actor=ACTOR),
        terms=terms(archive),
    )


def leaves(archive, kind):
    with archive.store.read() as connection:
        size = archive.ledger.head(connection).size
        told = [archive.ledger.event_at(connection, position) for position in range(size)]
        return [(one.event, archive.ledger.payload(connection, one.position)) for one in told if one.event.kind is kind]


def files_of(archive):
    """Bytes and keys of drafts that lie there."""
    lying = [*(archive.folder / "drafts").rglob("*"), *(archive.folder / "keys" / "draft").glob("*")]
    return [path for path in lying if path.is_file()]


def a_broken_zip():
    return build(
        Planned(name=b"_chat.txt", content=CHAT.encode()),
        Planned(name=b"1.jpg", content=b"\xff\xd8\xff picture"),
        Planned(name=b"2.jpg", content=b"\xff\xd8\xff another", flags=1),
    )
