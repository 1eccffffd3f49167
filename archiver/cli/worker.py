"""`archiver worker`: the programs that `serve` and `ingest` start; not for people."""

from __future__ import annotations

from pathlib import Path

import click

from archiver.worker import WorkerRole
from archiver.worker_program import run_worker


@click.command("worker", hidden=True)
@click.argument("roles", nargs=-1, required=True, type=click.Choice([role.value for role in WorkerRole]))
@click.option("--data", required=True, type=click.Path(path_type=Path))
@click.option("--fd", type=int, help="The listening socket that is inherited.")
@click.option("--first", is_flag=True, help="Do not give way to other programs: a person waits for this one.")
def worker(roles: tuple[str, ...], data: Path, fd: int | None, *, first: bool) -> None:
    """Do one kind of work, or several beside each other, until told to stop."""
    run_worker(roles, data, descriptor=fd if fd is not None else -1, first=first)


COMMANDS = (worker,)
