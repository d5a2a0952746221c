"""Take the pictures of monitoring that the documents show.

Makes two small synthetic surveys in a temporary folder and trains on three quarters of them. Then the last quarter and
a survey with another wavelet come in without labels, and what is said of them is photographed: the monitoring report,
the map of the drift, and the verdicts on the Dagster page. Needs the extra `browser` (Playwright) and a Chromium,
`/usr/bin/chromium` unless CHROMIUM names another.

Run it from the repository: python docs/make_monitoring_pictures.py
"""

import shutil
from pathlib import Path

from dagster_page import dagster_page
from deployment import Deployment, temporary_deployment
from pictures import IMAGES, launch, open_page, save, settle
from playwright.sync_api import Browser, sync_playwright

SURVEYS = ["--surveys", "2", "--inlines", "120", "--files", "2", "--samples", "300"]
WITHHELD = "survey_002_001.sgy"
OTHER_WAVELET = ["--seed", "9", "--samples", "300", "--peak-frequency", "16"]
# The reports in words and their index are not in these pictures, and take as long as the rest.
SETTINGS = {"SEISMIC_TUNING_TRIALS": "2", "SEISMIC_TUNING_WINDOWS": "3000", "SEISMIC_KNOWLEDGE": "false"}


def main() -> None:
    """Train, let the two files come in, and take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with temporary_deployment(SETTINGS) as deployment:
        healthy = _train(deployment)
        _let_files_come(deployment, healthy)
        # Without the daemon, which would start the retraining that was asked for.
        with dagster_page(deployment, daemon=False) as url, sync_playwright() as playwright:
            browser = launch(playwright)
            _report(browser, deployment.storage)
            _verdicts(browser, url)
            browser.close()


def _train(deployment: Deployment) -> Path:
    """Train without one of the files, which is returned."""
    deployment.land(*SURVEYS)
    withheld = (deployment.landing / WITHHELD).rename(deployment.root / "healthy.sgy")
    labels = deployment.landing / "labels.yaml"
    labels.write_text("".join(line for line in labels.open() if WITHHELD not in line))
    deployment.run()
    return withheld


def _let_files_come(deployment: Deployment, healthy: Path) -> None:
    shutil.move(healthy, deployment.landing)
    shutil.move(deployment.survey_aside(*OTHER_WAVELET), deployment.landing / "other_wavelet.sgy")
    deployment.run()


def _report(browser: Browser, storage: Path) -> None:
    page = open_page(browser, (storage / "reports" / "monitoring" / "latest.html").as_uri(), 1000, 2000)
    figures = page.get_by_text("Severity by file:").bounding_box()
    save(page.screenshot(clip={"x": 0, "y": 0, "width": 1000, "height": figures["y"]}), "monitoring_report")
    save(page.get_by_alt_text("is far from the reference").screenshot(), "drift_map")


def _verdicts(browser: Browser, url: str) -> None:
    page = open_page(browser, f"{url}/assets/feature_drift", 1900, 1900)
    metadata = page.get_by_role("table").filter(has_text="verdicts").last
    metadata.wait_for()
    settle(page)
    save(metadata.screenshot(), "drift_asset")


if __name__ == "__main__":
    main()
