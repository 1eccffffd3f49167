"""What is to be done for a request, as acts of who keeps requests: added, given to somebody, finished.

Rule: a task goes to a user who may see requests, so that nobody is told of one by a task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.requesting import show_request, user_who_sees
from search.disclosure.request_tasks import RequestTasks

if TYPE_CHECKING:
    from datetime import date

    from archiver.access import Principal
    from archiver.wiring import Installation


def add_task(
    installation: Installation, who: Principal, name: str, text: str, *, user: str | None, due: date | None
) -> dict[str, Any]:
    """Put something to be done beside a request; then as `show_request`.

    Raises:
        NotFound: there is no such request or user.
        InvalidInput: nothing is said, or the user's role may not see requests.
        Conflict: the request is closed.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    user_id = None if user is None else user_who_sees(installation, user)
    RequestTasks(installation.archive.store).add(name, text, user_id=user_id, due=due, actor=who.actor)
    return show_request(installation, who, name, seen=False)


def finish_task(installation: Installation, who: Principal, name: str, number: int) -> dict[str, Any]:
    """Say that a task is done; then as `show_request`.

    Raises:
        NotFound: there is no such request or task.
        Conflict: it is done already.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    RequestTasks(installation.archive.store).finish(name, number, actor=who.actor)
    return show_request(installation, who, name, seen=False)
