"""The files of the page, as they lie in the package."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from fastapi import HTTPException, Request, Response

# What a browser lets the page do: nothing from elsewhere, no script or style within its text.
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class StaticFile:
    """A file of the page.

    Attributes:
        content: its bytes.
        media_type: of them.
        etag: a digest of them, quoted.
    """

    content: bytes
    media_type: str
    etag: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Every file of the page by its name, read once."""
    folder = resources.files(__package__) / "static"
    return {
        each.name: _read(each.read_bytes(), _MEDIA_TYPES[suffix])
        for each in folder.iterdir()
        if (suffix := "." + each.name.rpartition(".")[2]) in _MEDIA_TYPES
    }


def static_response(name: str, request: Request) -> Response:
    """A file of the page, or 304 where the browser has it already.

    Only names that exist are looked up, in a table: no path is ever joined from what a client sends.

    Raises:
        HTTPException: 404, there is no such file.
    """
    file = static_files().get(name)
    if file is None:
        raise HTTPException(404, "the page has no such file; open /dashboard")
    headers = {
        "ETag": file.etag,
        # Asked for each time, so that a new version of the service is never shown with scripts of the old.
        "Cache-Control": "no-cache",
        "Content-Security-Policy": PAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if file.etag in known:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)


def _read(content: bytes, media_type: str) -> StaticFile:
    return StaticFile(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
