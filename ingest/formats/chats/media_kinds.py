"""Media types by the end of a file's name, where an export says none: those that phones and platforms write.

Rule kept: no table of the machine is opened, as Python's own `mimetypes` does at first use; what is not known is None.
"""

from __future__ import annotations

from typing import Final

_TYPES: Final = {
    "3gp": "video/3gpp",
    "aac": "audio/aac",
    "avif": "image/avif",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "heic": "image/heic",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "m4v": "video/x-m4v",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/opus",
    "pdf": "application/pdf",
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "txt": "text/plain",
    "vcf": "text/vcard",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def media_type_of(name: str) -> str | None:
    """The media type that files of such a name have; None where the name does not tell."""
    _, dot, ending = name.rpartition(".")
    return _TYPES.get(ending.lower()) if dot else None
