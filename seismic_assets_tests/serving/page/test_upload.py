import errno
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from fastapi import HTTPException, Request

from seismic_assets.serving.page import upload
from seismic_assets.serving.page.upload import uploaded_file


def request_of(*parts: bytes, length: int | None = None, cut: bool = False) -> Request:
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.disconnect"} if cut else {"type": "http.request", "body": b"", "more_body": False})
    given = iter(messages)

    async def receive() -> dict:
        return next(given)

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def content_of(request: Request, folder: Path, most: int = 100) -> bytes:
    async def read() -> bytes:
        async with uploaded_file(request, most, 5, folder) as path:
            assert path.parent == folder
            return path.read_bytes()

    return anyio.run(read)


def refusal(request: Request, folder: Path, most: int = 100) -> HTTPException:
    with pytest.raises(HTTPException) as caught:
        content_of(request, folder, most)
    assert list(folder.iterdir()) == []
    return caught.value


def test_a_body_is_a_file_for_a_while(tmp_path: Path) -> None:
    assert content_of(request_of(b"seis", b"mic"), tmp_path) == b"seismic"
    assert list(tmp_path.iterdir()) == []


def test_a_long_body_goes_to_disk_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "_WRITTEN_AT_ONCE", 4)

    assert content_of(request_of(b"abc", b"def", b"gh"), tmp_path) == b"abcdefgh"


def test_a_body_that_says_that_it_is_too_large_is_not_read(tmp_path: Path) -> None:
    assert refusal(request_of(length=101), tmp_path).status_code == 413


def test_a_body_that_grows_too_large_is_refused(tmp_path: Path) -> None:
    assert refusal(request_of(b"x" * 60, b"x" * 60), tmp_path).status_code == 413


def test_an_empty_body_is_refused(tmp_path: Path) -> None:
    assert "send the bytes of a SEG-Y file" in refusal(request_of(), tmp_path).detail


def test_a_body_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    assert refusal(request_of(b"abc", cut=True), tmp_path).status_code == 400


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(upload.anyio.to_thread, "run_sync", full)

    assert refusal(request_of(b"abc"), tmp_path).status_code == 507


def test_a_slow_body_is_given_up(tmp_path: Path) -> None:
    async def never() -> dict:
        await anyio.sleep_forever()
        raise AssertionError

    request = Request({"type": "http", "method": "POST", "headers": []}, never)

    async def read() -> AsyncIterator[None]:
        async with uploaded_file(request, 100, 0.01, tmp_path):
            raise AssertionError

    with pytest.raises(HTTPException) as caught:
        anyio.run(read)
    assert caught.value.status_code == 408
