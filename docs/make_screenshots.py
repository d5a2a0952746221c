"""Take the pictures of the Dagster page and of the report that the documents show.

Makes a small synthetic survey in a temporary folder, runs the graph over it, opens `seismic dev` on the result, drops
one more file without labels into the landing folder for the daemon to take up, and photographs what a person sees.
Needs the extra `browser` (Playwright) and a Chromium, `/usr/bin/chromium` unless CHROMIUM names another.

Run it from the repository: make screenshots
"""

import shutil
import time
from pathlib import Path

from asset_graph import asset_graph
from dagster_page import ask, dagster_page
from deployment import temporary_deployment
from pictures import IMAGES, launch, open_page, save, settle, wait_until
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

SELECTION = '(+key:"predictions" or +key:"monitoring_report") and not (key:"*_settings" or key:"model_decisions")'
GROUPS = ("raw", "bronze", "silver", "features", "model", "evaluation", "monitoring")
QUIET_SECONDS = 20  # a few looks of the sensors
DAEMON_SECONDS = 900  # the reports in words and their index come after the predictions
PROGRESS = """{
  assetNodeOrError(assetKey: {path: ["predictions"]}) { ... on AssetNode { partitionStats { numMaterialized } } }
  runsOrError(filter: {statuses: [QUEUED, STARTING, STARTED]}) { ... on Runs { results { runId } } }
}"""
SURVEY = ["--inlines", "24", "--crosslines", "40", "--samples", "300"]
SETTINGS = {
    "SEISMIC_FEATURE_SET": "extended",
    "SEISMIC_TUNING_TRIALS": "12",
    "SEISMIC_TUNING_WINDOWS": "3000",
    "SEISMIC_ASK_METHOD": "bm25",  # no vectors of documents, which take longer than all the rest; no picture shows them
}


def main() -> None:
    """Make the survey, run it, and take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with temporary_deployment(SETTINGS) as deployment:
        deployment.land("--surveys", "2", *SURVEY)
        unlabelled = deployment.survey_aside("--seed", "9", *SURVEY)
        deployment.run()
        with dagster_page(deployment) as url, sync_playwright() as playwright:
            browser = launch(playwright)
            save(_to_predictions(browser, url), "asset_graph")
            _drop_unlabelled_file(unlabelled, deployment.landing, url)
            _asset_details(browser, url)
            _search(browser, url)
            gate = f"{url}/assets/promotion_gate?view=checks"
            _whole_page(browser, gate, (1900, 1100), "onnx_equals_sklearn", "gate")
            _whole_page(browser, f"{url}/runs", (1400, 1000), "Success", "runs")
            _report(browser, deployment.storage)
            _card(browser, deployment.storage)
            _catalogue(browser, deployment.storage)
            browser.close()


def _to_predictions(browser: Browser, url: str) -> Image.Image:
    """What predictions and the report on them are made from; the whole graph is too large for a picture to be read."""
    return asset_graph(browser, url, (1500, 1700), direction="vertical", selection=SELECTION, unfolded=GROUPS)


def _catalogue(browser: Browser, storage: Path) -> None:
    page = open_page(browser, (storage / "reports" / "features" / "index.html").as_uri(), 1200, 640)
    save(page.screenshot(), "feature_catalogue")


def _drop_unlabelled_file(survey: Path, landing: Path, url: str) -> None:
    """Add a file without labels and wait until the daemon has predicted it."""
    shutil.copy(survey, landing / "unlabelled.sgy")
    quiet_since = time.monotonic()

    def predicted_and_quiet() -> bool:
        nonlocal quiet_since
        answer = ask(url, PROGRESS)
        if answer["runsOrError"]["results"] or answer["assetNodeOrError"]["partitionStats"]["numMaterialized"] < 3:
            quiet_since = time.monotonic()
        return time.monotonic() - quiet_since > QUIET_SECONDS

    wait_until(predicted_and_quiet, "the daemon did not predict the new file", DAEMON_SECONDS)


def _asset_details(browser: Browser, url: str) -> None:
    page = open_page(browser, f"{url}/assets/evaluation_report", 1900, 1250)
    figures = page.get_by_text("[Show Markdown]")
    figures.last.wait_for()
    settle(page)
    save(page.screenshot(), "asset_details")
    figures.last.click()
    page.get_by_alt_text("section").wait_for()
    settle(page)
    save(page.get_by_role("dialog").last.screenshot(), "asset_figure")


def _search(browser: Browser, url: str) -> None:
    page = open_page(browser, f"{url}/assets/tuning_study", 1900, 1250)
    page.get_by_text("[Show Markdown]").last.wait_for()
    settle(page)
    page.get_by_role("row").filter(has_text="history").get_by_text("[Show Markdown]").last.click()
    page.get_by_role("dialog").last.wait_for()
    settle(page)
    save(page.get_by_role("dialog").last.screenshot(), "search")


def _card(browser: Browser, storage: Path) -> None:
    (card,) = (storage / "reports" / "evaluation").glob("v*/model_card.html")
    page = open_page(browser, card.as_uri(), 1100, 1500)
    save(page.screenshot(), "model_card")


def _whole_page(browser: Browser, address: str, size: tuple[int, int], shows: str, name: str) -> None:
    """A page as it stands once a text is on it."""
    page = open_page(browser, address, *size)
    page.get_by_text(shows).first.wait_for()
    settle(page)
    save(page.screenshot(), name)


def _report(browser: Browser, storage: Path) -> None:
    (report,) = (storage / "reports" / "evaluation").glob("v*/index.html")
    page = open_page(browser, report.as_uri(), 1200, 900)
    save(page.screenshot(full_page=True), "report")


if __name__ == "__main__":
    main()
