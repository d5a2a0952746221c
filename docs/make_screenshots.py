"""Take the pictures of the Dagster page and of the report that the documents show.

Makes a small synthetic survey in a temporary folder, runs the graph over it, opens `seismic dev` on the result, drops
one more file without labels into the landing folder for the daemon to take up, and photographs what a person sees.
Needs the extra `browser` (Playwright) and a Chromium, `/usr/bin/chromium` unless CHROMIUM names another.

Run it from the repository: make screenshots
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
SEISMIC = Path(sys.executable).parent / "seismic"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
LARGEST = 300_000
DRAWN, MARGIN = 222, 16  # grey below which a pixel is no mere dot of the canvas; pixels left around it
QUIET_SECONDS = 20  # a few looks of the sensors
PROGRESS = """{
  assetNodeOrError(assetKey: {path: ["predictions"]}) { ... on AssetNode { partitionStats { numMaterialized } } }
  runsOrError(filter: {statuses: [QUEUED, STARTING, STARTED]}) { ... on Runs { results { runId } } }
}"""
SURVEY = ["--inlines", "24", "--crosslines", "40", "--samples", "300"]
# What the Dagster page remembers of a person's choices: the menu folded, the graph from top to bottom.
CHOICES = {"dagster-nav-collapsed": "true", "asset-graph-direction": '"vertical"'}
# The page draws edges in the lightest grey; on a picture that is shown small they would vanish.
DARKER_EDGES = "svg path[stroke] { stroke: #8a94a3 !important; }"
SEARCH = {"SEISMIC_FEATURE_SET": "extended", "SEISMIC_TUNING_TRIALS": "12", "SEISMIC_TUNING_WINDOWS": "3000"}


def main() -> None:
    """Make the survey, run it, and take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        landing, storage = root / "landing", root / "storage"
        _make_deployment(landing, storage, root / "more")
        with _dagster_page(landing, storage) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
            _asset_graph(browser, url)
            _drop_unlabelled_file(root / "more", landing, url)
            _asset_details(browser, url)
            _search(browser, url)
            gate = f"{url}/assets/promotion_gate?view=checks"
            _whole_page(browser, gate, (1900, 1100), "onnx_equals_sklearn", "gate")
            _whole_page(browser, f"{url}/runs", (1400, 1000), "Success", "runs")
            _report(browser, storage)
            _card(browser, storage)
            browser.close()


def _make_deployment(landing: Path, storage: Path, more: Path) -> None:
    subprocess.run([SEISMIC, "survey", landing, "--surveys", "2", *SURVEY], check=True)
    subprocess.run([SEISMIC, "survey", more, "--seed", "9", *SURVEY], check=True)
    subprocess.run(
        [SEISMIC, "run", "--landing-dir", landing, "--storage-root", storage],
        check=True,
        env={**os.environ, **SEARCH},
    )
    # Dagster greets a new user with a letter to subscribe to, which would lie over every picture.
    with (storage / "dagster" / "dagster.yaml").open("a") as configuration:
        configuration.write("\nnux:\n  enabled: false\n")


@contextmanager
def _dagster_page(landing: Path, storage: Path) -> Iterator[str]:
    """`seismic dev` on a free port until the block ends; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [SEISMIC, "dev", "--landing-dir", landing, "--storage-root", storage, "--port", str(port)]
    environment = {**os.environ, **SEARCH, "SEISMIC_SENSOR_INTERVAL_S": "5", "SEISMIC_SETTLE_SECONDS": "0"}
    with (storage / "dev.log").open("w") as log:
        # A session of its own, so that the daemon and the code server end with it.
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_until(lambda: _answers(url), "the Dagster page did not come up", 120)
            yield url
        finally:
            os.killpg(server.pid, signal.SIGINT)
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def _drop_unlabelled_file(source: Path, landing: Path, url: str) -> None:
    """Add a file without labels and wait until the daemon has predicted it."""
    (survey,) = source.glob("*.sgy")
    shutil.copy(survey, landing / "unlabelled.sgy")
    quiet_since = time.monotonic()

    def predicted_and_quiet() -> bool:
        nonlocal quiet_since
        answer = _ask(url, PROGRESS)
        if answer["runsOrError"]["results"] or answer["assetNodeOrError"]["partitionStats"]["numMaterialized"] < 3:
            quiet_since = time.monotonic()
        return time.monotonic() - quiet_since > QUIET_SECONDS

    _wait_until(predicted_and_quiet, "the daemon did not predict the new file", 300)


def _ask(url: str, query: str) -> dict:
    request = urllib.request.Request(
        f"{url}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.load(answer)["data"])


def _answers(url: str) -> bool:
    try:
        return "workspaceOrError" in _ask(url, "{workspaceOrError {__typename}}")
    except OSError:
        return False


def _wait_until(true: Callable[[], bool], otherwise: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{otherwise} within {seconds:.0f} s")
        time.sleep(1)


def _open(browser: Browser, address: str, width: int, height: int, scale: float = 1.0) -> Page:
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
    context.add_init_script(
        "if (location.protocol.startsWith('http'))"
        f" for (const [key, value] of Object.entries({json.dumps(CHOICES)})) localStorage.setItem(key, value);"
    )
    page = context.new_page()
    page.goto(address)
    return page


def _asset_graph(browser: Browser, url: str) -> None:
    page = _open(browser, f"{url}/asset-groups", 1300, 1500, scale=1.5)
    page.locator("[aria-label='panel_show_right']").click()
    page.get_by_text("silver", exact=True).last.wait_for()
    page.add_style_tag(content=DARKER_EDGES)
    page.wait_for_timeout(2000)  # laid out, drawn and fitted to the window, without a sign of its end
    page.keyboard.press("Alt+e")  # expand all groups
    page.get_by_text("predictions", exact=True).last.wait_for()
    page.wait_for_timeout(3000)
    _save(page.screenshot(clip={"x": 68, "y": 112, "width": 1186, "height": 1388}), "asset_graph", crop=True)


def _asset_details(browser: Browser, url: str) -> None:
    page = _open(browser, f"{url}/assets/evaluation_report", 1900, 1250)
    figures = page.get_by_text("[Show Markdown]")
    figures.last.wait_for()
    page.wait_for_timeout(2000)
    _save(page.screenshot(), "asset_details")
    figures.last.click()
    page.get_by_alt_text("section").wait_for()
    page.wait_for_timeout(1000)
    _save(page.get_by_role("dialog").last.screenshot(), "asset_figure")


def _search(browser: Browser, url: str) -> None:
    page = _open(browser, f"{url}/assets/tuning_study", 1900, 1250)
    page.get_by_text("[Show Markdown]").last.wait_for()
    page.wait_for_timeout(2000)
    page.get_by_role("row").filter(has_text="history").get_by_text("[Show Markdown]").last.click()
    page.get_by_role("dialog").last.wait_for()
    page.wait_for_timeout(1000)
    _save(page.get_by_role("dialog").last.screenshot(), "search")


def _card(browser: Browser, storage: Path) -> None:
    (card,) = (storage / "reports" / "evaluation").glob("v*/model_card.html")
    page = _open(browser, card.as_uri(), 1100, 1500)
    _save(page.screenshot(), "model_card")


def _whole_page(browser: Browser, address: str, size: tuple[int, int], shows: str, name: str) -> None:
    """A page as it stands once a text is on it."""
    page = _open(browser, address, *size)
    page.get_by_text(shows).first.wait_for()
    page.wait_for_timeout(2000)
    _save(page.screenshot(), name)


def _report(browser: Browser, storage: Path) -> None:
    (report,) = (storage / "reports" / "evaluation").glob("v*/index.html")
    page = _open(browser, report.as_uri(), 1200, 900)
    _save(page.screenshot(full_page=True), "report")


def _save(png: bytes, name: str, *, crop: bool = False) -> None:
    """Save a screenshot, if asked for without the empty canvas around what is drawn.

    A palette of 256 colours looks the same and takes a third of the bytes.
    """
    path = IMAGES / f"{name}.png"
    picture = Image.open(BytesIO(png)).convert("RGB")
    if crop:
        left, top, right, bottom = picture.convert("L").point(lambda grey: 255 * (grey < DRAWN)).getbbox()
        right, bottom = min(right + MARGIN, picture.width), min(bottom + MARGIN, picture.height)
        picture = picture.crop((max(left - MARGIN, 0), max(top - MARGIN, 0), right, bottom))
    picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path}: {size / 1000:.0f} kB")
    if size > LARGEST:
        raise ValueError(f"{path} has {size:,} bytes, more than {LARGEST:,}; take a smaller picture")


if __name__ == "__main__":
    main()
