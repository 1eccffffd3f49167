"""The `archiver` command: gathers the nouns, and turns every error into one sentence and an exit status."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
from traceback import extract_tb
from typing import Any

import click

from archiver.collecting import collect_seldom, loading
from archiver.logs import configure
from archiver.problems import Exit, error_json, problem_of
from ingest.confinement import make_undumpable
from storage.errors import ArchiveError, InvalidInput, StorageFull

# Each module of `archiver.cli` has the one command of its name. Only the one that is asked for is loaded: all of them
# together take a second, also in each program that `serve` starts.
_COMMANDS = {
    "alert": "search_alert",
    "answers": "answers",
    "backup": "backup",
    "batch": "search_batch",
    "container": "container",
    "custodian": "custodian",
    "demo": "demo",
    "doctor": "doctor",
    "disposition": "disposition",
    "draft": "draft",
    "event": "event",
    "frozen": "search_frozen",
    "hits": "search_hits",
    "hold": "hold",
    "imap": "imap_command",
    "index": "index",
    "ingest": "ingest_command",
    "init": "init",
    "key": "key",
    "ledger": "ledger",
    "nonrecord": "nonrecord",
    "notice": "notice",
    "outbox": "outbox",
    "participant": "participant",
    "person": "person",
    "picture": "picture",
    "quarantine": "quarantine",
    "receipt": "receipt",
    "record": "record",
    "recover": "recover",
    "report": "report",
    "request": "request",
    "restrict": "restrict",
    "retention": "retention_command",
    "saved": "search_saved",
    "schedule": "schedule",
    "search": "search_command",
    "serve": "serve",
    "smtp": "smtp",
    "transcript": "transcript",
    "upgrade": "upgrade",
    "user": "user",
    "verify": "verify",
    "worker": "worker",
}


class _Commands(click.Group):
    """A group that loads a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in order."""
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        with loading():
            module = importlib.import_module(f"archiver.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = next(one for one in module.COMMANDS if one.name == cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(importlib.metadata.version("public-records-archiver"), prog_name="archiver")
def cli() -> None:
    """Archive of off-channel public records: takes them in, finds them again, proves it.

    Start with `archiver init --data DIR`, then `archiver custodian add`, then `archiver serve`.
    Every command explains itself with --help; exit statuses are listed in docs/commands.md.
    """
    collect_seldom()  # the command that was asked for is loaded by now


def all_commands() -> dict[str, click.Command]:
    """Every command by its name, loaded."""
    context = click.Context(cli)
    return {name: command for name in _COMMANDS if (command := cli.get_command(context, name)) is not None}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit."""
    os.umask(0o077)
    make_undumpable()
    configure()
    chosen = sys.argv[1:] if arguments is None else arguments
    wants_json = "--json" in chosen
    try:
        status = cli.main(args=chosen, prog_name="archiver", standalone_mode=False)
    except click.exceptions.Abort:
        _complain("interrupted; what was taken before is kept", None, wants_json=wants_json)
        sys.exit(Exit.ERROR)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(Exit.USAGE)
    except click.ClickException as error:
        _complain(error.format_message(), InvalidInput(error.format_message()), wants_json=wants_json)
        sys.exit(Exit.USAGE)
    except ArchiveError as error:
        _complain(error.message, error, wants_json=wants_json)
        sys.exit(problem_of(error).exit)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(Exit.ERROR)
    except OSError as error:
        known = _as_known(error)
        _complain(known.message, known, wants_json=wants_json)
        sys.exit(problem_of(known).exit)
    except Exception as error:  # noqa: BLE001 - a fault of ours is one sentence too; its text may quote content
        fault = ArchiveError(f"this is a fault of the program ({_where(error)}); please report it, nothing was lost")
        _complain(fault.message, fault, wants_json=wants_json)
        sys.exit(Exit.ERROR)
    sys.exit(status if isinstance(status, int) else Exit.DONE)


def _where(error: Exception) -> str:
    last = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename.rsplit('/', 1)[-1]}:{last.lineno}"


def _as_known(error: OSError) -> ArchiveError:
    import errno  # noqa: PLC0415 - only where something failed

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("the disk is full; free some space and try again")
    where = f"{error.filename}: " if error.filename else ""
    if error.errno == errno.EROFS:
        return ArchiveError(f"{where}the file system is read-only; reading leaves an event, too, so mount it writable")
    return ArchiveError(f"{where}{error.strerror or type(error).__name__}")


def _complain(sentence: str, error: ArchiveError | None, *, wants_json: bool) -> None:
    print(f"archiver: {sentence}", file=sys.stderr)
    for line in getattr(error, "__notes__", ()):
        print(line, file=sys.stderr)
    if wants_json and error is not None:
        document: dict[str, Any] = error_json(error)
        print(json.dumps(document, ensure_ascii=False))


if __name__ == "__main__":
    main()
