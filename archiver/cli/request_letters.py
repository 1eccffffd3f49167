"""`archiver request letter` and `exemptions`: what is written to a requester, and the log of what is kept back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.cli.words_from_files import private_list
from archiver.exemption_log_pdf import exemption_log_pdf
from archiver.exemption_logging import log_of_request
from archiver.request_letters import looked_at, make_letter, note_letter
from search.disclosure.exemption_log import log_csv, log_text
from search.disclosure.letter_templates import LetterKind
from storage.errors import Conflict, InvalidInput
from storage.files import write_pieces

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from archiver.request_letters import MadeLetter

_NEW_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("letter")
@click.argument("request")
@click.argument("kind", type=click.Choice([one.value for one in LetterKind]), metavar="KIND")
@click.option("--file", "path", type=_NEW_FILE, metavar="FILE", help="New file, .pdf or .txt; otherwise it is printed.")
@click.option("--text-only", is_flag=True, help="Write text, whatever the file is called.")
@private_list("--fill", "What belongs in a field; repeatable.", name="fills", metavar="NAME=TEXT")
@click.option("--final", is_flag=True, help="Refuse a letter that has blanks.")
@click.option("--draft", is_flag=True, help="Look at it only: nothing is noted of the request.")
@command
def letter(
    session: Session,
    request: str,
    kind: str,
    path: Path | None,
    *,
    text_only: bool,
    fills: tuple[str, ...],
    final: bool,
    draft: bool,
) -> None:
    """Write a letter from its template, and note it with its SHA-256. KIND is one of these:

    \b
    acknowledgement extension clarification fee_estimate cover determination no_records closing clawback
    """  # noqa: D301, D415 - \b is click's mark for text that keeps its lines
    who = session.principal(Act.KEEP_REQUESTS)
    if final and draft:
        raise InvalidInput("a letter is final or a draft; leave one of --final and --draft out")
    as_pdf = _is_pdf(path) and not text_only
    made = make_letter(
        session.installation,
        who,
        request,
        LetterKind(kind),
        fills=dict(map(_filled, fills)),
        as_pdf=as_pdf,
        final=final,
        draft=draft,
    )
    _hand_over(path, made.content)
    if draft:
        looked_at(session.installation, who, made)
    else:
        note_letter(session.installation, who, made)
    session.show(made.document(noted=not draft), _told(made, path))
    for name, what in made.document(noted=not draft)["blanks"].items():
        session.note(f"blank: {what}; fill it with --fill {name}=TEXT")
    for citation in made.unverified:
        session.note(f"not verified, ask counsel: {citation}")


@click.command("exemptions")
@click.argument("request")
@click.option("--csv", "csv_path", type=_NEW_FILE, metavar="FILE", help="New file for the log as CSV.")
@click.option("--pdf", "pdf_path", type=_NEW_FILE, metavar="FILE", help="New file for the log as PDF.")
@click.option("--parties", is_flag=True, help="Say sender and recipients, too.")
@click.option("--count-pages", is_flag=True, help="Count the pages of what is withheld; each is laid out for it.")
@command
def exemptions(
    session: Session,
    request: str,
    csv_path: Path | None,
    pdf_path: Path | None,
    *,
    parties: bool,
    count_pages: bool,
) -> None:
    """Make the log of what is withheld or released in part: ground, law, factual basis, and who decided."""
    who = session.principal(Act.SEE_REQUESTS)
    installation = session.installation
    found, log = log_of_request(installation, who, request, with_parties=parties, count_pages=count_pages)
    made_on = installation.archive.store.clock().astimezone(installation.archive.zone).date().isoformat()
    written = []
    if csv_path is not None:
        written.append(_hand_over(csv_path, log_csv(log)))
    if pdf_path is not None:
        agency = installation.settings.agency.name
        paper = exemption_log_pdf(log, agency=agency, request=found.number, made_on=made_on)
        written.append(_hand_over(pdf_path, paper))
    document = {"request": found.number, "made_on": made_on, **log.document()}
    session.show(document, "\n".join([log_text(log), *filter(None, written)]))


def _is_pdf(path: Path | None) -> bool:
    if path is None or path.suffix.lower() == ".txt":
        return False
    if path.suffix.lower() != ".pdf":
        raise InvalidInput("a letter is written to a file that ends in .pdf or .txt")
    return True


def _filled(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise InvalidInput("write --fill NAME=TEXT")
    return name.strip(), value


def _hand_over(path: Path | None, content: bytes) -> str:
    """Write a new file; what is told of it."""
    if path is None:
        return ""
    if path.exists():
        raise Conflict(f"{path} exists; name a file that does not")
    return f"{path}: {write_pieces(path, [content]):,} bytes"


def _told(made: MadeLetter, path: Path | None) -> str:
    if path is None:
        return f"{made.written.subject}\n\n{made.written.text.rstrip()}"
    return f"{path}: {len(made.content):,} bytes, SHA-256 {made.sha256}"


LETTERS = (letter, exemptions)
