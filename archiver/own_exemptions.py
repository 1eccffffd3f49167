"""The list of exemptions as officers keep it: those of the shipped laws, and the agency's own beside them.

Rules:

- Only grounds that are offered can be decided with; whatever explains a decision knows the retired ones too.
- Officers keep the agency's own; those of a shipped law are changed by nobody.
- How often a ground is used is counted from what is decided now, over all requests.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from archiver.access import Act, authorize
from search.disclosure.jurisdictions import profile_ids, shipped_profile
from search.disclosure.own_exemptions import NewExemption, OwnExemptions
from search.disclosure.review_tables import review_records
from search.disclosure.tables import disclosure_requests
from storage.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.jurisdictions import Profile
    from search.disclosure.own_exemptions import OwnExemption


def law_in_force(
    installation: Installation, profile_id: str, connection: Connection | None = None, *, retired: bool = False
) -> Profile:
    """A law with the grounds that the agency offers beside it.

    Args:
        installation: the archive.
        profile_id: whose law.
        connection: what to read over; one of its own where it is None.
        retired: whether retired grounds belong to it too, for what explains decisions.

    Raises:
        NotFound: there is no such profile.
    """
    law = shipped_profile(profile_id)
    own = _own(installation)
    if connection is not None:
        return own.in_force(connection, law, retired=retired)
    with installation.archive.store.read() as read:
        return own.in_force(read, law, retired=retired)


def list_exemptions(installation: Installation, who: Principal, profile_id: str | None = None) -> dict[str, Any]:
    """Every ground that can be named, or could be once: of one law, or of all that are known.

    Each is told with where it comes from and how many decisions that stand now name it.

    Raises:
        NotFound: there is no such profile.
        Denied: this role may not see requests.
    """
    authorize(who, Act.SEE_REQUESTS)
    laws = [shipped_profile(one) for one in ([profile_id] if profile_id else profile_ids())]
    chosen = laws[0].id if profile_id else None
    with installation.archive.store.read() as connection:
        own = _own(installation).all(connection, chosen)
        used = _used(connection)
    names = {one.actor: one.name for one in installation.users.list()}
    lines = [
        {
            "code": ground.code,
            "title": ground.title,
            "citation": ground.citation,
            "source": ground.source,
            "profile": law.id,
            "confidence": ground.confidence.value,
            "used": used[law.id, ground.code],
            "retired": False,
        }
        for law in laws
        for ground in law.exemptions
    ]
    return {"profile": chosen, "exemptions": [*lines, *(exemption_line(one, used, names, chosen) for one in own)]}


def add_exemption(installation: Installation, who: Principal, new: NewExemption) -> dict[str, Any]:
    """Offer a ground of the agency's own from now on. An event.

    Raises:
        InvalidInput, NotFound, Conflict: see `search.disclosure.own_exemptions.OwnExemptions.add`.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_EXEMPTIONS)
    return _told(installation, _own(installation).add(new, actor=who.actor))


def change_exemption(
    installation: Installation,
    who: Principal,
    number: int,
    *,
    title: str | None = None,
    citation: str | None = None,
    offered: bool = False,
) -> dict[str, Any]:
    """Word a ground of the agency's own otherwise, or offer it again. An event.

    Raises:
        InvalidInput, NotFound, Conflict: see `search.disclosure.own_exemptions.OwnExemptions.change`.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_EXEMPTIONS)
    own = _own(installation)
    return _told(installation, own.change(number, actor=who.actor, title=title, citation=citation, offered=offered))


def retire_exemption(installation: Installation, who: Principal, number: int) -> dict[str, Any]:
    """Offer a ground of the agency's own no more; what was decided with it stays. An event.

    Raises:
        NotFound, Conflict: see `search.disclosure.own_exemptions.OwnExemptions.retire`.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_EXEMPTIONS)
    return _told(installation, _own(installation).retire(number, actor=who.actor))


def number_of(installation: Installation, who: Principal, code: str) -> int:
    """The number of a ground of the agency's own, by its code.

    Raises:
        NotFound: it has none of that code.
        Denied: this role may not see requests.
    """
    authorize(who, Act.SEE_REQUESTS)
    wanted = " ".join(code.split()).casefold()
    with installation.archive.store.read() as connection:
        found = next((one for one in _own(installation).all(connection) if one.code.casefold() == wanted), None)
    if found is None:
        raise NotFound(f"the agency has no exemption {code[:40]!r} of its own; see: archiver request exemption list")
    return found.number


def _own(installation: Installation) -> OwnExemptions:
    return OwnExemptions(installation.archive.store, installation.archive.ledger)


def _used(connection: Connection) -> Counter[tuple[str, str]]:
    """How many decisions stand on each ground, by law and code."""
    about = review_records.c
    query = select(disclosure_requests.c.profile, about.codes, func.count().label("number"))
    query = query.join(disclosure_requests, disclosure_requests.c.id == about.request_id).where(about.codes != "")
    used: Counter[tuple[str, str]] = Counter()
    for row in connection.execute(query.group_by(disclosure_requests.c.profile, about.codes)):
        for code in row.codes.split("\n"):
            used[row.profile, code] += row.number
    return used


def _told(installation: Installation, one: OwnExemption) -> dict[str, Any]:
    with installation.archive.store.read() as connection:
        used = _used(connection)
    return exemption_line(one, used, {user.actor: user.name for user in installation.users.list()}, None)


def exemption_line(
    one: OwnExemption, used: Counter[tuple[str, str]], names: dict[str, str], profile_id: str | None
) -> dict[str, Any]:
    """An exemption of the agency as it is listed; `used` are the decisions on each ground, by law and code."""
    ground = one.as_ground()
    laws = {one.profile, profile_id} - {None}  # another law may have a ground of its own with this code
    count = sum(number for (law, code), number in used.items() if code == one.code and laws <= {law})
    return {
        "code": one.code,
        "title": one.title,
        "citation": one.citation,
        "source": ground.source,
        "profile": one.profile,
        "confidence": ground.confidence.value,
        "used": count,
        "retired": one.retired,
        "number": one.number,
        "version": one.version,
        "changed_at": one.at.isoformat(),
        "changed_by": names.get(one.actor, one.actor),
    }
