"""`archiver request redact` and `roster`: what is left out of records that are given in part."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command
from archiver.cli.words_from_files import private_list
from archiver.redacting import add_marks, change_marks, mark_everywhere, remove_marks, settle_marks, undo_marks
from archiver.redaction_links import linked_occurrences, linked_text, suggest_marks, suggestions_text
from archiver.redaction_view import list_marks, list_steps, marked_text, marks_text, parts_text, show_marked, show_parts
from archiver.roster import load_roster, read_roster_file, show_roster
from search.disclosure.mark_orders import BY_KIND, MarkOrder
from search.disclosure.redaction import Found
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session

_KINDS = click.Choice([one.value for one in BY_KIND])


@click.group()
def redact() -> None:
    """What is left out of records that are given in part. In this order:

    \b
    1. suggest, parts   what may have to go, and where it stands
    2. add              mark it by words, by kind, by characters or by region; drafts first
    3. show, list       the record as it would leave
    4. linked           where else in the request the same stands
    5. final            make drafts final; the record is then decided to be redacted
    change, remove, undo   mend what was marked
    """  # noqa: D301, D415 - \b is click's mark for text that keeps its lines


@redact.command("parts")
@click.argument("request")
@click.argument("record")
@command
def parts(session: Session, request: str, record: str) -> None:
    """Show the parts of a record that can be marked: texts, and pages with the words on them."""
    document = show_parts(session.installation, session.principal(Act.SEE_REQUESTS), request, record)
    session.show(document, parts_text(document))


@redact.command("add")
@click.argument("request")
@click.argument("record", required=False)
@private_list("--words", "Wherever these words stand; repeatable.", name="words")
@click.option("--find", "kinds", multiple=True, type=_KINDS, help="Whatever is of this kind; repeatable.")
@click.option("--span", nargs=3, metavar="PART START END", help="Characters of a part, END not among them.")
@click.option(
    "--region", nargs=6, metavar="PART PAGE LEFT TOP RIGHT BOTTOM", help="A region of a page, in the part's unit."
)
@click.option("--part", metavar="PART", help="Look for words and kinds in this part only.")
@click.option("--keep-only", is_flag=True, help="Keep what is named, and take the rest of the part out.")
@click.option("--code", "codes", multiple=True, metavar="CODE", help="The ground; repeatable.")
@click.option("--label", default="", metavar="TEXT", help="What is printed in its place; the grounds otherwise.")
@click.option("--final", is_flag=True, help="Final at once; the record is decided to be redacted.")
@click.option("--everywhere", is_flag=True, help="In every record of the request.")
@command
def add(
    session: Session,
    request: str,
    record: str | None,
    words: tuple[str, ...],
    kinds: tuple[str, ...],
    span: tuple[str, str, str] | None,
    region: tuple[str, str, str, str, str, str] | None,
    part: str | None,
    codes: tuple[str, ...],
    label: str,
    *,
    keep_only: bool,
    final: bool,
    everywhere: bool,
) -> None:
    """Mark what is left out of a record, or of every record of a request."""
    who = session.principal(Act.REVIEW)
    if (record is None) != everywhere:
        raise InvalidInput("name a record, or say --everywhere")
    order = MarkOrder(
        words=words,
        kinds=tuple(map(Found, kinds)),
        span=None if not span else (span[0], _whole(span[1]), _whole(span[2])),
        region=None if not region else (region[0], _whole(region[1]), *_sides(region[2:])),
        part=part,
        codes=codes,
        label=label,
        keep_only=keep_only,
    )
    if record is not None:
        document = add_marks(session.installation, who, request, record, order, final=final)
        text = f"step {document['step']}: {document['found']:,} places marked"
        unread = [f"Nobody can read: {one}" for one in document["unread"]]
        session.show(document, "\n".join([text, *unread]))
        return
    with counting(session, "records read") as progress:
        document = mark_everywhere(session.installation, who, request, order, final=final, progress=progress)
    text = f"{document['found']:,} places in {document['records']:,} of {document['read']:,} records marked"
    steps = f"steps {', '.join(map(str, document['steps']))}"
    unread = [f"{one}  has parts that cannot be read" for one in document["unread"]]
    session.show(document, "\n".join([f"{text}, {steps}", *unread]))


@redact.command("list")
@click.argument("request")
@click.argument("record", required=False)
@click.option("--steps", "as_steps", is_flag=True, help="The steps that were made, instead.")
@click.option("--after", default="", metavar="ID", help="From behind this record on.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Records to show.")
@command
def list_(session: Session, request: str, record: str | None, after: str, limit: int, *, as_steps: bool) -> None:
    """List the marks of a record, or which records have any and what is unfinished."""
    who = session.principal(Act.SEE_REQUESTS)
    if as_steps:
        steps = list_steps(session.installation, who, request)
        session.show(steps, "\n".join(map(_step_line, steps)) or "No step yet.")
        return
    document = list_marks(session.installation, who, request, record, after=after, limit=limit)
    session.show(document, marks_text(document))


@redact.command("show")
@click.argument("request")
@click.argument("record")
@command
def show(session: Session, request: str, record: str) -> None:
    """Show a record as it would leave: what is final is gone, drafts stand in brackets."""
    document = show_marked(session.installation, session.principal(Act.SEE_REQUESTS), request, record)
    session.show(document, marked_text(document))


@redact.command("final")
@click.argument("request")
@click.argument("records", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every record that has drafts and is not kept back.")
@click.option("--code", "codes", multiple=True, metavar="CODE", help="The ground of drafts that have none; repeatable.")
@command
def final_(
    session: Session, request: str, records: tuple[str, ...], codes: tuple[str, ...], *, everything: bool
) -> None:
    """Make drafts final. The records are decided to be redacted, on the grounds of their marks."""
    who = session.principal(Act.REVIEW)
    if everything == bool(records):
        raise InvalidInput("name records, or say --all")
    document = settle_marks(session.installation, who, request, None if everything else records, codes)
    session.show(document, _done(document))


@redact.command("change")
@click.argument("request")
@click.argument("record")
@click.argument("ids", nargs=-1, required=True, metavar="REDACTION...")
@click.option("--code", "codes", multiple=True, metavar="CODE", help="The grounds from now on; repeatable.")
@click.option("--label", metavar="TEXT", help="What is printed in its place from now on.")
@command
def change(
    session: Session, request: str, record: str, ids: tuple[str, ...], codes: tuple[str, ...], label: str | None
) -> None:
    """Give marks of a record other grounds or another label."""
    who = session.principal(Act.REVIEW)
    if not codes and label is None:
        raise InvalidInput("say what is changed: --code or --label")
    document = change_marks(session.installation, who, request, record, ids, codes=codes or None, label=label)
    session.show(document, _done(document))


@redact.command("remove")
@click.argument("request")
@click.argument("record")
@click.argument("ids", nargs=-1, required=True, metavar="REDACTION...")
@command
def remove(session: Session, request: str, record: str, ids: tuple[str, ...]) -> None:
    """Remove marks of a record, drafts and final ones alike."""
    document = remove_marks(session.installation, session.principal(Act.REVIEW), request, record, ids)
    session.show(document, _done(document))


@redact.command("undo")
@click.argument("request")
@click.argument("step", type=int)
@command
def undo(session: Session, request: str, step: int) -> None:
    """Take a step of redaction back; its records are marked as before it."""
    document = undo_marks(session.installation, session.principal(Act.REVIEW), request, step)
    session.show(document, _done(document))


@redact.command("linked")
@click.argument("request")
@click.argument("record")
@click.option("--mark", is_flag=True, help="Make drafts of all that is not marked yet, on the record's grounds.")
@command
def linked(session: Session, request: str, record: str, *, mark: bool) -> None:
    """Show where else in the request the same strings stand that are marked in a record."""
    who = session.principal(Act.REVIEW if mark else Act.SEE_REQUESTS)
    with counting(session, "records read") as progress:
        document = linked_occurrences(session.installation, who, request, record, mark=mark, progress=progress)
    session.show(document, linked_text(document))


@redact.command("suggest")
@click.argument("request")
@click.argument("records", nargs=-1)
@click.option("--kind", "kinds", multiple=True, type=_KINDS, help="Look for this kind only; repeatable.")
@click.option("--add", multiple=True, type=_KINDS, help="Make drafts of what is found of this kind; repeatable.")
@click.option("--after", default="", metavar="ID", help="From behind this record on.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Records to read.")
@command
def suggest(
    session: Session,
    request: str,
    records: tuple[str, ...],
    kinds: tuple[str, ...],
    add: tuple[str, ...],
    after: str,
    limit: int,
) -> None:
    """Suggest words that look private, each with its reason. Nothing is marked by itself."""
    who = session.principal(Act.REVIEW if add else Act.SEE_REQUESTS)
    with counting(session, "records read") as progress:
        document = suggest_marks(
            session.installation,
            who,
            request,
            records,
            kinds=tuple(map(Found, kinds)),
            add=tuple(map(Found, add)),
            after=after,
            limit=limit,
            progress=progress,
        )
    session.show(document, suggestions_text(document))


@click.group()
def roster() -> None:
    """The list of students and staff by which names are found in records."""


@roster.command("load")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@command
def roster_load(session: Session, file: Path) -> None:
    """Load a table with the columns name, role (student, staff), aliases and student_id; it replaces the last one."""
    who = session.principal(Act.KEEP_REQUESTS)
    document = load_roster(session.installation, who, read_roster_file(file))
    text = f"roster {document['version']}: {document['students']:,} students, {document['staff']:,} staff"
    session.show(document, text)


@roster.command("show")
@click.option("--names", is_flag=True, help="Also who is on the one that holds.")
@command
def roster_show(session: Session, *, names: bool) -> None:
    """Show which rosters were loaded, and how many each lists."""
    document = show_roster(session.installation, session.principal(Act.SEE_REQUESTS), names=names)
    lines = [
        f"{one['version']:>4}  {one['at'][:16]}  {one['students']:,} students, {one['staff']:,} staff  ({one['by']})"
        for one in document["versions"]
    ]
    people = document.get("people", [])
    lines += [f"{one['role']:<8}{one['name']}  {'; '.join(one['aliases'])}".rstrip() for one in people]
    session.show(document, "\n".join(lines) or "No roster yet; load one with: archiver request roster load")


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > len("100000000"):
        raise InvalidInput(f"{text[:20]!r} is no whole number")
    return int(text)


def _sides(texts: tuple[str, ...]) -> tuple[float, float, float, float]:
    try:
        left, top, right, bottom = (float(one) for one in texts)
    except ValueError as error:
        raise InvalidInput("left, top, right and bottom are numbers; see the sizes in: request redact parts") from error
    return left, top, right, bottom


def _done(document: dict[str, Any]) -> str:
    return f"step {document['step']}: {document['records']:,} records"


def _step_line(one: dict[str, Any]) -> str:
    back = f" of step {one['takes_back']}" if one["takes_back"] else ""
    return f"{one['step']:>5}  {one['at'][:16]}  {one['kind']}{back}, {one['records']:,} records  ({one['by']})"


REDACT = (redact, roster)
