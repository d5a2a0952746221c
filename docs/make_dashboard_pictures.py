"""Take the pictures of the service's page that the documents show.

Makes two small synthetic surveys in a temporary folder, runs the graph over them, serves the model that it promotes,
and photographs the page at work: light, dark and on a phone. Needs the extra `browser` (Playwright) and a Chromium,
`/usr/bin/chromium` unless CHROMIUM names another.

Run it from the repository: python docs/make_dashboard_pictures.py
"""

import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployment import Deployment, temporary_deployment
from pictures import IMAGES, SEISMIC, free_port, launch, save, wait_until
from playwright.sync_api import Browser, Page, sync_playwright

SURVEY = ["--inlines", "20", "--crosslines", "120", "--samples", "400"]
SETTINGS = {"SEISMIC_TUNING_TRIALS": "4", "SEISMIC_TUNING_WINDOWS": "3000", "SEISMIC_KNOWLEDGE": "false"}
WIDE = {"viewport": {"width": 1400, "height": 1000}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
RECORDED_MS = 2500  # until a prediction is in the history
START_SECONDS = 60


def main() -> None:
    """Train a model, serve it, and take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with temporary_deployment(SETTINGS) as deployment:
        deployment.land("--surveys", "2", *SURVEY)
        survey = deployment.survey_aside("--seed", "9", *SURVEY)
        deployment.run()
        with _service(deployment) as url, sync_playwright() as playwright:
            browser = launch(playwright)
            _light(browser, url, survey)
            _dark(browser, url, survey)
            _phone(browser, url)
            browser.close()


@contextmanager
def _service(deployment: Deployment) -> Iterator[str]:
    """`seismic serve` on a free port until the block ends; yields its address."""
    port = free_port()
    server = subprocess.Popen([SEISMIC, "serve", "--port", str(port)], env=deployment.environment)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _healthy(url), "the service did not come up", START_SECONDS)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5):
            return True
    except OSError:
        return False


def _light(browser: Browser, url: str, survey: Path) -> None:
    page = _open(browser, url, **WIDE)
    page.get_by_role("button", name="Try a sample").click()
    page.locator("#synthetic").wait_for()
    _choose_line(page, survey, 12)
    page.locator("#section").hover(position={"x": 420, "y": 260})
    page.wait_for_timeout(RECORDED_MS)
    save(page.screenshot(full_page=True), "dashboard")


def _dark(browser: Browser, url: str, survey: Path) -> None:
    page = _open(browser, url, color_scheme="dark", **WIDE)
    _choose_line(page, survey, 6)
    page.get_by_role("radio", name="Confidence").check()
    page.get_by_role("radio", name="Red-white-blue").check()
    page.wait_for_timeout(RECORDED_MS)
    save(page.screenshot(full_page=True), "dashboard_dark")


def _phone(browser: Browser, url: str) -> None:
    page = _open(browser, url, **PHONE)
    page.get_by_role("button", name="Try a sample").click()
    page.locator("#result").wait_for()
    page.locator("#result").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('result').scrollIntoView()")
    page.wait_for_timeout(RECORDED_MS)
    save(page.screenshot(), "dashboard_phone")


def _choose_line(page: Page, survey: Path, number: int) -> None:
    page.set_input_files("#file", survey)
    page.locator("#result-name", has_text=survey.name).wait_for()
    page.get_by_label("Inline", exact=True).select_option(index=number)
    page.locator("#result-facts", has_text="120 shown").wait_for()


def _open(browser: Browser, url: str, **options: object) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(f"{url}/dashboard")
    page.locator("#model-state", has_text="ready").wait_for()
    return page


if __name__ == "__main__":
    main()
