"""An upload in one request, as a plain form sends it: its files come before anybody knows how large they are.

Rule: what comes is sealed under the upload's own key and has no row, so it is nobody's until the form is whole; then
the upload is begun and committed like any other. Whatever ends before that is removed at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ingest.captions import CAPTION_FIELDS
from ingest.upload import UploadFile, plain_name, read_asked
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.uploading import Uploading

_ORDERS = {"": None, "day": True, "month": False}


class FormUpload:
    """The files of one form, on their way in. Not safe for threads at once."""

    def __init__(self, uploading: Uploading) -> None:
        self._uploading = uploading
        self._uploads = uploading.uploads
        self._section = uploading.installation.settings.uploads
        self._key = self._uploads.fresh()
        self._pieces = self._uploads.pieces(self._key)
        self._files: list[UploadFile] = []
        self._total = 0
        self._is_kept = False

    def take(self, name: str | None, content: bytes) -> None:
        """Begin a file, or go on with the last one where `name` is None.

        Raises:
            InvalidInput: too many files, or too much.
            StorageFull: there is no room for more.
        """
        if name is not None:
            if len(self._files) >= self._section.files:
                raise InvalidInput(f"one form may have {self._section.files} files; hand in less at a time")
            number = len(self._files) + 1
            self._files.append(UploadFile(name=plain_name(name, number), size=0))
        if not content:
            return
        self._total += len(content)
        if self._total > self._section.largest_mb << 20:
            raise InvalidInput(f"one form may have {self._section.largest_mb:,} MiB; hand in less at a time")
        self._uploading.refuse_without_room(len(content))
        last = self._files[-1]
        self._pieces.append(len(self._files) - 1, last.size, content)
        self._files[-1] = replace(last, size=last.size + len(content))

    def commit(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """Hand in what came, with the fields of the form; the answer of `Uploading.commit`.

        Raises:
            InvalidInput: there is no file, or the fields make no sense.
            ArchiveError: as `Uploading.commit`; nothing was taken.
        """
        if not self._files:
            raise InvalidInput("no file was chosen; choose one or more files and send the form again")
        together = fields.get("together") == "yes"
        order = fields.get("order", "")
        if order not in _ORDERS:
            raise InvalidInput("the order of dates is day or month first, or left open")
        asked = {
            "files": [
                {"name": one.name, "size": one.size, "group": "form" if together else None} for one in self._files
            ],
            "custodian": fields.get("custodian", "").strip() or None,
            "caption": {name: fields.get(name, "") for name in CAPTION_FIELDS},
            "day_first": _ORDERS[order],
            "choose": fields.get("choose") == "yes",
        }
        uploading = self._uploading
        about, address = read_asked(asked, submitter=uploading.who.name, most=self._section.files)
        upload = self._uploads.begin(
            about,
            custodian_id=uploading.owner(address),
            actor=uploading.who.actor,
            lasts=timedelta(hours=self._section.hours),
            most=self._section.open,
            request=None,
            key=self._key,
        )
        try:
            answer = uploading.commit(upload.id)
        except BaseException:
            self._uploads.give_up(upload)
            raise
        self._is_kept = True
        return answer

    def close(self) -> None:
        """Remove what nobody handed in; harmless once it was."""
        if not self._is_kept:
            self._uploads.forget(self._key)
