"""Take the pictures of the Dagster page and of the report that the documents show.

Makes a small synthetic survey in a temporary folder, runs the graph over it, opens `seismic dev` on the result, drops
one more file without labels into the landing folder for the daemon to take up, and photographs what a person sees.
Needs the extra `browser` (Playwright) and a Chromium, `/usr/bin/chromium` unless CHROMIUM names another.

Run it from the repository: make screenshots
"""

import os
import shutil
import subprocess
import tempfile
import time
from io import BytesIO
from pathlib import Path

from dagster_page import ask, dagster_page, greet_nobody
from pictures import IMAGES, SEISMIC, launch, open_page, save, wait_until
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

DRAWN, MARGIN = 222, 16  # grey below which a pixel is no mere dot of the canvas; pixels left around it
QUIET_SECONDS = 20  # a few looks of the sensors
PROGRESS = """{
  assetNodeOrError(assetKey: {path: ["predictions"]}) { ... on AssetNode { partitionStats { numMaterialized } } }
  runsOrError(filter: {statuses: [QUEUED, STARTING, STARTED]}) { ... on Runs { results { runId } } }
}"""
SURVEY = ["--inlines", "24", "--crosslines", "40", "--samples", "300"]
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
        with dagster_page(landing, storage, SEARCH) as url, sync_playwright() as playwright:
            browser = launch(playwright)
            _asset_graph(browser, url)
            _drop_unlabelled_file(root / "more", landing, url)
            _asset_details(browser, url)
            _search(browser, url)
            gate = f"{url}/assets/promotion_gate?view=checks"
            _whole_page(browser, gate, (1900, 1100), "onnx_equals_sklearn", "gate")
            _whole_page(browser, f"{url}/runs", (1400, 1000), "Success", "runs")
            _report(browser, storage)
            _card(browser, storage)
            _catalogue(browser, storage)
            browser.close()


def _catalogue(browser: Browser, storage: Path) -> None:
    page = open_page(browser, (storage / "reports" / "features" / "index.html").as_uri(), 1200, 640)
    save(page.screenshot(), "feature_catalogue")


def _make_deployment(landing: Path, storage: Path, more: Path) -> None:
    subprocess.run([SEISMIC, "survey", landing, "--surveys", "2", *SURVEY], check=True)
    subprocess.run([SEISMIC, "survey", more, "--seed", "9", *SURVEY], check=True)
    subprocess.run(
        [SEISMIC, "run", "--landing-dir", landing, "--storage-root", storage],
        check=True,
        env={**os.environ, **SEARCH},
    )
    greet_nobody(storage)


def _drop_unlabelled_file(source: Path, landing: Path, url: str) -> None:
    """Add a file without labels and wait until the daemon has predicted it."""
    (survey,) = source.glob("*.sgy")
    shutil.copy(survey, landing / "unlabelled.sgy")
    quiet_since = time.monotonic()

    def predicted_and_quiet() -> bool:
        nonlocal quiet_since
        answer = ask(url, PROGRESS)
        if answer["runsOrError"]["results"] or answer["assetNodeOrError"]["partitionStats"]["numMaterialized"] < 3:
            quiet_since = time.monotonic()
        return time.monotonic() - quiet_since > QUIET_SECONDS

    wait_until(predicted_and_quiet, "the daemon did not predict the new file", 300)


def _asset_graph(browser: Browser, url: str) -> None:
    # So high that the page's tools lie below the graph, which is as wide as the window.
    page = open_page(browser, f"{url}/asset-groups", 1300, 2000, scale=1.5)
    page.locator("[aria-label='panel_show_right']").click()
    page.get_by_text("silver", exact=True).last.wait_for()
    page.add_style_tag(content=DARKER_EDGES)
    page.wait_for_timeout(2000)  # laid out, drawn and fitted to the window, without a sign of its end
    page.keyboard.press("Alt+e")  # expand all groups
    page.get_by_text("predictions", exact=True).last.wait_for()
    page.wait_for_timeout(3000)
    save(_cropped(page.screenshot(clip={"x": 68, "y": 112, "width": 1232, "height": 1530})), "asset_graph")


def _asset_details(browser: Browser, url: str) -> None:
    page = open_page(browser, f"{url}/assets/evaluation_report", 1900, 1250)
    figures = page.get_by_text("[Show Markdown]")
    figures.last.wait_for()
    page.wait_for_timeout(2000)
    save(page.screenshot(), "asset_details")
    figures.last.click()
    page.get_by_alt_text("section").wait_for()
    page.wait_for_timeout(1000)
    save(page.get_by_role("dialog").last.screenshot(), "asset_figure")


def _search(browser: Browser, url: str) -> None:
    page = open_page(browser, f"{url}/assets/tuning_study", 1900, 1250)
    page.get_by_text("[Show Markdown]").last.wait_for()
    page.wait_for_timeout(2000)
    page.get_by_role("row").filter(has_text="history").get_by_text("[Show Markdown]").last.click()
    page.get_by_role("dialog").last.wait_for()
    page.wait_for_timeout(1000)
    save(page.get_by_role("dialog").last.screenshot(), "search")


def _card(browser: Browser, storage: Path) -> None:
    (card,) = (storage / "reports" / "evaluation").glob("v*/model_card.html")
    page = open_page(browser, card.as_uri(), 1100, 1500)
    save(page.screenshot(), "model_card")


def _whole_page(browser: Browser, address: str, size: tuple[int, int], shows: str, name: str) -> None:
    """A page as it stands once a text is on it."""
    page = open_page(browser, address, *size)
    page.get_by_text(shows).first.wait_for()
    page.wait_for_timeout(2000)
    save(page.screenshot(), name)


def _report(browser: Browser, storage: Path) -> None:
    (report,) = (storage / "reports" / "evaluation").glob("v*/index.html")
    page = open_page(browser, report.as_uri(), 1200, 900)
    save(page.screenshot(full_page=True), "report")


def _cropped(png: bytes) -> Image.Image:
    """Without the empty canvas around what is drawn."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    left, top, right, bottom = picture.convert("L").point(lambda grey: 255 * (grey < DRAWN)).getbbox()
    right, bottom = min(right + MARGIN, picture.width), min(bottom + MARGIN, picture.height)
    return picture.crop((max(left - MARGIN, 0), max(top - MARGIN, 0), right, bottom))


if __name__ == "__main__":
    main()
