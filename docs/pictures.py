"""What the scripts that take pictures have in common: the browser, and how a picture is saved."""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Collection, Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Playwright, Request

IMAGES = Path(__file__).parent / "images"
SEISMIC = Path(sys.executable).parent / "seismic"
LARGEST = 200_000
TICKING = 1500  # pixels that may go on changing: countdowns and clocks, wherever they stand
STILL_SECONDS = 3  # without a change: what was to load and to be laid out is there
PATIENCE_SECONDS = 120
_CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
_CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
# What the Dagster page remembers of a person's choices: the menu is folded.
_CHOICES = {"dagster-nav-collapsed": "true"}


def launch(playwright: Playwright) -> Browser:
    """The installed Chromium."""
    return playwright.chromium.launch(executable_path=_CHROMIUM, args=_CHROMIUM_ARGS)


def open_page(
    browser: Browser,
    address: str,
    width: int,
    height: int,
    scale: float = 1.0,
    choices: Mapping[str, str] | None = None,
) -> Page:
    """A page that has loaded and settled, in a window of its own.

    Args:
        browser: to open it in.
        address: of the page.
        width: of the window, in pixels of the page.
        height: of the window.
        scale: pixels of the picture for one of the page.
        choices: a person's choices of the Dagster page, as its local storage holds them.

    Raises:
        TimeoutError: it goes on loading or changing.
    """
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
    kept = json.dumps({**_CHOICES, **(choices or {})})
    context.add_init_script(
        "if (location.protocol.startsWith('http'))"
        f" for (const [key, value] of Object.entries({kept})) localStorage.setItem(key, value);"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    pending: set[Request] = set()

    # Functions of their own: Playwright keeps something at them, which a built-in one does not take.
    def asked(request: Request) -> None:
        pending.add(request)

    def over(request: Request) -> None:
        pending.discard(request)

    page.on("request", asked)
    page.on("requestfinished", over)
    page.on("requestfailed", over)
    page.goto(address)
    settle(page, pending)
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


def settle(page: Page, pending: Collection[Request] = ()) -> None:
    """Wait until a page looks the same for some seconds: what it lays out and draws has no other sign of its end.

    Args:
        page: to look at.
        pending: requests that are not answered yet; while there are any, it is not done.

    Raises:
        TimeoutError: it goes on changing.
    """
    seen, since = None, time.monotonic()

    def is_still() -> bool:
        nonlocal seen, since
        now = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
        if pending or seen is None or _changed(seen, now):
            since = time.monotonic()
        seen = now
        return time.monotonic() - since >= STILL_SECONDS

    wait_until(is_still, f"{page.url} did not settle", PATIENCE_SECONDS)


def _changed(before: Image.Image, after: Image.Image) -> bool:
    difference = ImageChops.difference(before, after).convert("L")
    return difference.width * difference.height - difference.histogram()[0] > TICKING


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
