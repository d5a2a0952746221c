"""Take the pictures of the reports in words and of questions that the documents show.

Makes two small synthetic surveys in a temporary folder and runs the graph over them; then a survey comes in whose
amplitudes are in another unit. What is made of that without any language model is photographed: the report on the
quality of the data, the group `knowledge` on the Dagster page, and `seismic ask` in a terminal. Needs the extra
`browser` (Playwright) and a Chromium, `/usr/bin/chromium` unless CHROMIUM names another.

Run it from the repository: python docs/make_language_pictures.py
"""

import shlex
import shutil
import subprocess
from io import StringIO
from pathlib import Path

from asset_graph import asset_graph
from dagster_page import dagster_page
from deployment import Deployment, temporary_deployment
from pictures import IMAGES, SEISMIC, launch, open_page, save
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from rich.text import Text

SURVEY = ["--inlines", "24", "--crosslines", "40"]
OTHER_UNIT = ["--seed", "9", "--gain", "20"]
SETTINGS = {"SEISMIC_TUNING_TRIALS": "0"}
# The first state is there to be compared with: nobody asks about it, and vectors take longer than all the rest.
WITHOUT_VECTORS = {"SEISMIC_ASK_METHOD": "bm25"}
QUESTION = "What should be done about a file of another amplitude scale?"
COLUMNS = 122
TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; }}
pre {{ display: inline-block; margin: 0; padding: 14px; font: 13px/1.16 "DejaVu Sans Mono", monospace; }}
</style><pre style="color: {foreground}">{code}</pre>"""


def main() -> None:
    """Run the graph before and after the third survey came in, and take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with temporary_deployment(SETTINGS) as deployment:
        deployment.land("--surveys", "2", *SURVEY)
        deployment.run(WITHOUT_VECTORS)
        shutil.move(deployment.survey_aside(*OTHER_UNIT, *SURVEY), deployment.landing / "other_unit.sgy")
        deployment.run()
        with dagster_page(deployment, daemon=False) as url, sync_playwright() as playwright:
            browser = launch(playwright)
            _quality_report(browser, deployment.storage)
            _answer(browser, deployment)
            save(_knowledge(browser, url), "knowledge_group")
            browser.close()


def _knowledge(browser: Browser, url: str) -> Image.Image:
    """The group and what it is made from: one step up, by groups."""
    selection = '1+group:"knowledge"'
    return asset_graph(browser, url, (1700, 1300), direction="horizontal", selection=selection, unfolded=["knowledge"])


def _quality_report(browser: Browser, storage: Path) -> None:
    """From the verdict to the figures of all files."""
    page = open_page(browser, (storage / "reports" / "insights" / "quality_report.html").as_uri(), 900, 2000, scale=1.5)
    second_table = page.get_by_role("table").nth(1).bounding_box()
    save(page.screenshot(clip={"x": 0, "y": 0, "width": 900, "height": second_table["y"]}), "quality_report")


def _answer(browser: Browser, deployment: Deployment) -> None:
    """A question and all that is printed to it, in the colours of a light terminal."""
    command = ["ask", QUESTION, "--k", "3"]
    terminal = {**deployment.environment, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1"}
    printed = subprocess.run(
        [SEISMIC, *command], check=True, env=terminal, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text(f"$ seismic {shlex.join(command)}", style="bold"), soft_wrap=True)
    console.print(Text.from_ansi(printed.stdout.rstrip()), soft_wrap=True)
    html = console.export_html(theme=DEFAULT_TERMINAL_THEME, code_format=TERMINAL, inline_styles=True)
    page = open_page(browser, "about:blank", 1200, 1000, scale=1.5)
    page.set_content(html)
    save(page.locator("pre").screenshot(), "ask")


if __name__ == "__main__":
    main()
