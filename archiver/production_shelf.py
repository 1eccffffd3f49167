"""Productions that the server itself makes into a folder of the settings, and hands out from there as one file.

Rules:

- It makes those that are small enough that somebody may wait for the answer; any other is made by command, into the
  same folder where it is to be handed out.
- A package is handed out to who may produce and may see all that is in it. That it was is an event, written before the
  bytes leave; nothing of it is written anywhere else.
- A package lies under the number of its request and its own, so that nobody says where on the server something lies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.producing import produce, produce_again
from archiver.production_package import package_name
from archiver.production_plan import plan_production
from archiver.production_zip import zipped
from archiver.seeing import hidden_records, note_viewed
from search.disclosure.productions import Productions
from search.disclosure.requests import Requests
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.access import Principal
    from archiver.producing import Wishes
    from archiver.production_plan import Choice
    from archiver.production_ports import Tools
    from archiver.wiring import Installation
    from search.disclosure.request_types import DisclosureRequest

MOST_RECORDS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOut:
    """A package as one ZIP file in pieces, and a harmless name for it."""

    name: str
    pieces: Iterator[bytes]


def told_plan(installation: Installation, who: Principal, name: str, choice: Choice) -> dict[str, Any]:
    """What a production would give, and what stands against it before anything is laid out. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not, or it may not see all of the request's records.
    """
    authorize(who, Act.PRODUCE)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
    plan = plan_production(installation, who, found, choice)
    note_viewed(store, who, found.id)
    return {
        "request": found.number,
        "records": len(plan.records),
        "later": plan.later,
        "reasons": [one.as_json() for one in plan.reasons],
        "warnings": [one.as_json() for one in plan.warnings],
    }


def produce_here(
    installation: Installation, who: Principal, name: str, wishes: Wishes, tools: Tools, *, check: bool = False
) -> dict[str, Any]:
    """Produce into the folder of the settings, as `archiver.producing.produce`.

    Raises:
        InvalidInput: there are more records than somebody waits for, or a wish cannot be.
        NotFound: there is no such request.
        Conflict: the settings name no folder, the request is closed, or somebody produces it just now.
        Denied: this role may not, or it may not see all of the request's records.
    """
    authorize(who, Act.PRODUCE)
    shelf = _shelf(installation)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get_open(connection, name)
        number = Productions(store).next_number(connection, found.id)
    plan = plan_production(installation, who, found, wishes.choice)
    _refuse_many(len(plan.records))
    # the program that looks at files is the settings': nobody names one from afar
    told = produce(
        installation, who, name, _place(shelf, found, number), replace(wishes, scanner=None), tools, check=check
    )
    if told["produced"] and told["production"] != number:
        _place(shelf, found, number).rename(_place(shelf, found, told["production"]))
    return {key: value for key, value in told.items() if key != "folder"}


def produce_here_again(
    installation: Installation, who: Principal, name: str, number: int, tools: Tools
) -> dict[str, Any]:
    """Write a production once more, into the folder of the settings; as `archiver.producing.produce_again`.

    Raises:
        InvalidInput: it has more records than somebody waits for.
        NotFound: there is no such request or production.
        Conflict: the settings name no folder, it lies there already, or it would not be the same any more.
        Denied: this role may not, or it may not see all of the production's records.
    """
    authorize(who, Act.PRODUCE)
    shelf = _shelf(installation)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        _refuse_many(Productions(store).get(connection, found.id, number).records)
    told = produce_again(installation, who, name, number, _place(shelf, found, number), tools)
    return {key: value for key, value in told.items() if key != "folder"}


def open_package(installation: Installation, who: Principal, name: str, number: int) -> HandedOut:
    """A package that lies in the folder of the settings, as one file.

    Raises:
        NotFound: there is no such request or production, it does not lie there, or not all of it may be seen.
        Conflict: the settings name no folder.
        Denied: this role may not.
    """
    authorize(who, Act.PRODUCE)
    store = installation.archive.store
    productions = Productions(store)
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        productions.get(connection, found.id, number)
        records = {one.record_id for one in productions.documents(connection, found.id, number)}
        hidden = hidden_records(connection, who)
    folder = _place(_shelf(installation), found, number)
    if not hidden.isdisjoint(records) or not folder.is_dir() or folder.is_symlink():
        raise NotFound(
            f"production {number} of request {found.number} does not lie here for you; write it again, "
            "or ask who holds the grants of all its records"
        )
    with store.write() as transaction:
        payload = {"package": number}
        transaction.append(EventKind.REQUESTS_VIEWED, actor=who.actor, subjects=(found.id,), payload=payload)
    return HandedOut(name=f"{folder.name}.zip", pieces=zipped(folder, folder.name))


def _shelf(installation: Installation) -> Path:
    folder = installation.settings.disclosure.packages
    if folder is None or not folder.is_dir():
        raise Conflict("no folder for packages is set; name one as packages under [disclosure] in archiver.toml")
    return folder.absolute()


def _place(shelf: Path, found: DisclosureRequest, number: int) -> Path:
    return shelf / package_name(found.number, number)


def _refuse_many(records: int) -> None:
    if records > MOST_RECORDS:
        raise InvalidInput(
            f"{records:,} records would be written; with more than {MOST_RECORDS:,} use: archiver request produce"
        )
