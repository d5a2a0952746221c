"""What the scripts that take pictures have in common: the browser, and how a picture is saved."""

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright

IMAGES = Path(__file__).parent / "images"
SEISMIC = Path(sys.executable).parent / "seismic"
LARGEST = 300_000
_CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
_CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
# What the Dagster page remembers of a person's choices: the menu folded, the graph from top to bottom.
_CHOICES = {"dagster-nav-collapsed": "true", "asset-graph-direction": '"vertical"'}


def launch(playwright: Playwright) -> Browser:
    """The installed Chromium."""
    return playwright.chromium.launch(executable_path=_CHROMIUM, args=_CHROMIUM_ARGS)


def open_page(browser: Browser, address: str, width: int, height: int, scale: float = 1.0) -> Page:
    """A page in a window of its own, with a person's choices of the Dagster page."""
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
    context.add_init_script(
        "if (location.protocol.startsWith('http'))"
        f" for (const [key, value] of Object.entries({json.dumps(_CHOICES)})) localStorage.setItem(key, value);"
    )
    page = context.new_page()
    page.goto(address)
    return page


def save(picture: bytes | Image.Image, name: str) -> None:
    """Save a PNG; a palette of 256 colours looks the same and takes a third of the bytes.

    Raises:
        ValueError: it is too large for a document.
    """
    path = IMAGES / f"{name}.png"
    image = Image.open(BytesIO(picture)) if isinstance(picture, bytes) else picture
    palette = image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path}: {size / 1000:.0f} kB")
    if size > LARGEST:
        raise ValueError(f"{path} has {size:,} bytes, more than {LARGEST:,}; take a smaller picture")


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], otherwise: str, seconds: float) -> None:
    """Look every second.

    Raises:
        TimeoutError: it did not become true in time.
    """
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{otherwise} within {seconds:.0f} s")
        time.sleep(1)
