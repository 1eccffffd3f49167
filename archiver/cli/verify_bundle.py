"""`archiver verify bundle`: a receipt, a proof or an export checked offline: no archive, no passphrase, no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from storage.bundle_check import check_bundle
from storage.bundle_verdict import read_key
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.command("bundle")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option("--key", metavar="FILE", help="File with the archive's public key line, or the line itself.")
@click.option("--file", "original", type=click.Path(path_type=Path), help="Your own copy of what a receipt is for.")
@command
def bundle(session: Session, path: Path, key: str | None, original: Path | None) -> None:
    """Check a receipt, proof, exported record, production, bag or checkpoint, with nothing but a key.

    Without --key only inner consistency is checked, and the fingerprint to compare is printed. Exit status 6
    where something does not hold.
    """
    verdict = check_bundle(path, None if key is None else read_key(key), original)
    session.show(verdict.to_json(), verdict.as_text())
    if verdict.faults:
        exit_with(Exit.FINDINGS)


def hand_down() -> bool:
    """Whether `bundle` follows; then what all commands share, given before it, is meant for it.

    Raises:
        InvalidInput: an option that only the check of an archive has was given before it.
    """
    context = click.get_current_context()
    following = context.invoked_subcommand
    if following is None:
        return False
    given = [name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    known = {parameter.name for parameter in bundle.params}
    if not known.issuperset(given):
        raise InvalidInput("--all and --sample check an archive; verify bundle takes a PATH, --key and --file")
    context.default_map = {following: {name: context.params[name] for name in given}}
    return True
