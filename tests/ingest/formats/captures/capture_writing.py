"""WARC and WACZ files written field by field, so that each of them can lie."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import struct
import zipfile

import zstandard

PAGE = """<!doctype html><html><head><title>{title}</title><meta charset="utf-8"></head><body>
<h1>{title}</h1>{body}</body></html>"""
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
URL = "https://www.facebook.com/district/posts/1"


def page(title="Snow day", body="<p>School is closed.</p>") -> bytes:
    return PAGE.format(title=title, body=body).encode()


def sha1(content: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()


def http(body: bytes, media_type="text/html; charset=utf-8", status="200 OK", **fields: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([*head, "", ""]).encode() + body


def chunked(body: bytes, size=7) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"


def record(
    kind: str,
    block: bytes,
    url: str | None = URL,
    date="2024-03-01T20:00:00Z",
    version="1.1",
    length: int | None = None,
    **fields: str,
) -> bytes:
    lines = [f"WARC/{version}", f"WARC-Type: {kind}", f"WARC-Date: {date}"]
    lines += [] if url is None else [f"WARC-Target-URI: {url}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    lines.append(f"Content-Length: {len(block) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + block + b"\r\n\r\n"


def response(body: bytes, url=URL, media_type="text/html; charset=utf-8", status="200 OK", **fields: str) -> bytes:
    warc = {name: fields.pop(name) for name in [*fields] if name.startswith("WARC") or name in ("date", "length")}
    block = http(body, media_type, status, **fields)
    return record("response", block, url, Content_Type="application/http;msgtype=response", **warc)


def zipped_records(*records: bytes) -> bytes:
    return b"".join(gzip.compress(one) for one in records)


def zstandard_frames(*records: bytes, dictionary: bytes | None = None) -> bytes:
    """Each record a frame of its own; the dictionary, as it is to stand there, in a frame before them."""
    made = None if dictionary is None else zstandard.ZstdCompressionDict(_plain(dictionary))
    frames = [zstandard.ZstdCompressor(dict_data=made).compress(one) for one in records]
    return (b"" if dictionary is None else skipped_frame(dictionary, 0x184D2A5D)) + b"".join(frames)


def skipped_frame(content: bytes, magic=0x184D2A50) -> bytes:
    return struct.pack("<II", magic, len(content)) + content


def repeated(byte: bytes, blocks: int) -> bytes:
    """A Zstandard frame of so many blocks of 128 KiB, four bytes each (RFC 8878 §3.1.1.2)."""
    block = struct.pack("<I", (1 << 17) << 3 | 1 << 1)[:3] + byte
    last = struct.pack("<I", (1 << 17) << 3 | 1 << 1 | 1)[:3] + byte
    return bytes.fromhex("28b52ffd0038") + block * (blocks - 1) + last


def _plain(dictionary: bytes) -> bytes:
    is_packed = dictionary.startswith(bytes.fromhex("28b52ffd"))
    return zstandard.ZstdDecompressor().decompress(dictionary) if is_packed else dictionary


def wacz(
    warcs: dict[str, bytes],
    pages: list[dict[str, object]] | None = None,
    *,
    package: dict[str, object] | None = None,
    spoil: str | None = None,
    signed: dict[str, object] | None = None,
    deflated=False,
    more: dict[str, bytes] | None = None,
) -> bytes:
    files = {f"archive/{name}": content for name, content in warcs.items()}
    files["indexes/index.cdx.gz"] = gzip.compress(b"com,facebook)/ 2024\n")
    if pages is not None:
        lines = [{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}, *pages]
        files["pages/pages.jsonl"] = b"\n".join(json.dumps(one).encode() for one in lines) + b"\n"
    files |= more or {}
    listed = [
        {"name": name, "path": name, "hash": f"sha256:{hashlib.sha256(one).hexdigest()}", "bytes": len(one)}
        for name, one in files.items()
    ]
    listed = [one if one["path"] != spoil else one | {"hash": "sha256:" + "0" * 64} for one in listed]
    stated = {"profile": "data-package", "wacz_version": "1.1.1", "resources": listed} if package is None else package
    files["datapackage.json"] = json.dumps(stated).encode()
    if signed is not None:
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(files['datapackage.json']).hexdigest()}"}
        files["datapackage-digest.json"] = json.dumps(digest | signed).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()
