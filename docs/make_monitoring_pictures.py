"""Take the pictures of monitoring that the documents show.

Makes two small synthetic surveys in a temporary folder and trains on three quarters of them. Then the last quarter and
a survey with another wavelet come in without labels, and what is said of them is photographed: the monitoring report,
the map of the drift, and the verdicts on the Dagster page. Needs the extra `browser` (Playwright) and a Chromium,
`/usr/bin/chromium` unless CHROMIUM names another.

Run it from the repository: python docs/make_monitoring_pictures.py
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from dagster_page import dagster_page, greet_nobody
from pictures import IMAGES, SEISMIC, launch, open_page, save
from playwright.sync_api import Browser, sync_playwright

SURVEYS = ["--surveys", "2", "--inlines", "120", "--files", "2", "--samples", "300"]
WITHHELD = "survey_002_001.sgy"
OTHER_WAVELET = ["--seed", "9", "--samples", "300", "--peak-frequency", "16"]
SEARCH = {"SEISMIC_TUNING_TRIALS": "2", "SEISMIC_TUNING_WINDOWS": "3000"}


def main() -> None:
    """Train, let the two files come in, and take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        landing, storage = root / "landing", root / "storage"
        _train(landing, storage, root)
        _let_files_come(landing, storage, root)
        # Without the daemon, which would start the retraining that was asked for.
        with dagster_page(landing, storage, SEARCH, daemon=False) as url, sync_playwright() as playwright:
            browser = launch(playwright)
            _report(browser, storage)
            _verdicts(browser, url)
            browser.close()


def _train(landing: Path, storage: Path, root: Path) -> None:
    subprocess.run([SEISMIC, "survey", landing, *SURVEYS], check=True)
    (landing / WITHHELD).rename(root / "healthy.sgy")
    labels = landing / "labels.yaml"
    labels.write_text("".join(line for line in labels.open() if WITHHELD not in line))
    _run(landing, storage)
    greet_nobody(storage)


def _let_files_come(landing: Path, storage: Path, root: Path) -> None:
    subprocess.run([SEISMIC, "survey", root / "other", *OTHER_WAVELET], check=True)
    (survey,) = (root / "other").glob("*.sgy")
    shutil.move(root / "healthy.sgy", landing)
    shutil.move(survey, landing / "other_wavelet.sgy")
    _run(landing, storage)


def _run(landing: Path, storage: Path) -> None:
    command = [SEISMIC, "run", "--landing-dir", landing, "--storage-root", storage]
    subprocess.run(command, check=True, env={**os.environ, **SEARCH})


def _report(browser: Browser, storage: Path) -> None:
    page = open_page(browser, (storage / "reports" / "monitoring" / "latest.html").as_uri(), 1000, 2000)
    figures = page.get_by_text("Severity by file:").bounding_box()
    save(page.screenshot(clip={"x": 0, "y": 0, "width": 1000, "height": figures["y"]}), "monitoring_report")
    save(page.get_by_alt_text("is far from the reference").screenshot(), "drift_map")


def _verdicts(browser: Browser, url: str) -> None:
    page = open_page(browser, f"{url}/assets/feature_drift", 1900, 1900)
    metadata = page.get_by_role("table").filter(has_text="verdicts").last
    metadata.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    save(metadata.screenshot(), "drift_asset")


if __name__ == "__main__":
    main()
