"""An uploaded file on disk, for as long as it is needed."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
from fastapi import HTTPException, Request

from seismic_assets.serving.body import chunks, in_time

_WRITTEN_AT_ONCE = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT}


@asynccontextmanager
async def uploaded_file(request: Request, most: int, seconds: float, folder: Path | None = None) -> AsyncIterator[Path]:
    """The body of a request as a file, which is gone when the block ends; memory holds a megabyte of it.

    Args:
        request: whose body has not been read.
        most: bytes; a larger body is refused by its header or as it arrives.
        seconds: within which it is to be here.
        folder: where the file lies; None for the machine's temporary folder.

    Raises:
        HTTPException: 413, it is too large; 400, it is empty or cut off; 408, it is too slow; 507, the disk is full.
    """
    with await _on_disk(partial(tempfile.NamedTemporaryFile, prefix="upload-", suffix=".sgy", dir=folder)) as file:
        waiting, size = bytearray(), 0
        async with in_time(seconds):
            async for chunk in chunks(request, most):
                waiting += chunk
                size += len(chunk)
                if len(waiting) >= _WRITTEN_AT_ONCE:
                    await _on_disk(file.write, bytes(waiting))
                    waiting.clear()
        if size == 0:
            raise HTTPException(400, "the request has no body; send the bytes of a SEG-Y file")
        await _on_disk(file.write, bytes(waiting))
        await _on_disk(file.flush)
        yield Path(file.name)


async def _on_disk(action: Callable[..., Any], *arguments: bytes) -> Any:
    """Do something to a file without holding up the event loop."""
    try:
        return await anyio.to_thread.run_sync(action, *arguments)
    except OSError as error:
        why = "has no room for the file" if error.errno in _FULL else "cannot write the file"
        raise HTTPException(507, f"the service {why} on its disk; try again later, or tell its operator") from error
