"""Records and receipts over HTTP: the documents of the command contract, and the bytes of one component."""

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from archiver.api.problems import json_answer
from archiver.api.security import SignedIn
from archiver.downloads import open_component
from archiver.employee_view import record_for
from archiver.reading import show_record
from archiver.receipts import receipt


def record(request: Request, principal: SignedIn, record_id: str) -> Response:
    """One record; the view is an event of the ledger."""
    document = show_record(request.app.state.installation, principal, record_id, boxes=True)
    return json_answer(record_for(principal, document))


def submission_receipt(request: Request, principal: SignedIn, submission_id: str) -> Response:
    """The receipt of one submission, with a proof that verifies offline."""
    return json_answer(receipt(request.app.state.installation, principal, submission_id))


def component(request: Request, principal: SignedIn, record_id: str, component_id: str) -> Response:
    """The bytes of one component, always as a download of no particular type: nothing of a record is run here."""
    download = open_component(request.app.state.installation, principal, record_id, component_id)
    # an ASCII name needs no RFC 8187 form, and one of the characters below needs no quoting
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in download.name)
    # With the length said before, an answer that breaks off at damage cannot be taken for the whole (RFC 9112 §8).
    return StreamingResponse(
        download.pieces,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{plain}"', "Content-Length": str(download.size)},
    )
