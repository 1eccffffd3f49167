"""Requests of disclosure over HTTP, for tests: sent with the token of a role, the status checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Role
from storage.records import Description, Letterhead, Message, Party, RecordKind
from tests.archiver.web_site import OWN, add_record

if TYPE_CHECKING:
    from tests.archiver.web_site import Made, Site

ASKED = "All messages about the stadium lights."
RECEIVED = "2026-03-09T10:00:00-07:00"


def post(site: Site, path: str, body: Any, role: Role = Role.OFFICER, *, status: int = 201) -> Any:
    """Send a body and return the document of the answer."""
    with site.client(role) as client:
        answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def look(site: Site, path: str, role: Role = Role.OFFICER, *, status: int = 200) -> Any:
    """Ask for a document."""
    answer = site.get(f"/api/v1{path}", role)
    assert answer.status_code == status, answer.text
    return answer.json()


def opened(site: Site, **more: Any) -> Any:
    """A request under the law of Illinois, received on a Monday."""
    body = {"how": "email", "text": ASKED, "profile": "IL", "received_at": RECEIVED}
    return post(site, "/requests", {**body, **more})


def posted(site: Site, text: str) -> Made:
    """Archive a page of a site: what is said on it can be marked without a child that reads a file."""
    said = Message(at="2026-03-02T14:05:00-08:00", sender="Pat Rivera", text=text)
    head = Letterhead(sender=Party(name="Pat Rivera", address=None), subject="A page")
    described = Description(kind=RecordKind.PAGE, text=text, original=head, messages=(said,))
    return add_record(site.installation, site.custodians[OWN], described)
