"""The asset graph of the Dagster page, as a picture without the page around it."""

import json
from collections.abc import Sequence
from io import BytesIO
from urllib.parse import quote, urlencode

from pictures import open_page, settle
from PIL import Image, ImageOps
from playwright.sync_api import Browser

MARGIN = 16  # pixels left around what is drawn
GRAPH = "[class*=AssetGraphExplorer_svgContainer]"
# Bars and tools of the page lie over the graph; and edges are in the lightest grey, which would vanish on a picture
# that is shown small.
STYLE = f"""
body * {{ visibility: hidden; }}
{GRAPH}, {GRAPH} * {{ visibility: visible; }}
svg path[stroke] {{ stroke: #8a94a3 !important; }}
"""


def asset_graph(
    browser: Browser, url: str, size: tuple[int, int], *, direction: str, selection: str, unfolded: Sequence[str]
) -> Image.Image:
    """A part of the graph, by its groups.

    Args:
        browser: to open the page in.
        url: of the Dagster page.
        size: of the window, which the graph is fitted to; far from it the page draws boxes without their names.
        direction: `vertical`, from top to bottom, or `horizontal`, from left to right.
        selection: of assets, as the page's search takes it.
        unfolded: groups whose assets are shown.
    """
    expanded = ",".join(f"global@global:{group}" for group in unfolded)
    address = f"{url}/asset-groups~{quote(selection, safe='')}?{urlencode({'expanded': expanded})}"
    page = open_page(browser, address, *size, scale=1.5, choices={"asset-graph-direction": json.dumps(direction)})
    graph = page.locator(GRAPH)
    graph.wait_for()
    page.add_style_tag(content=STYLE)
    settle(page)
    return _cropped(graph.screenshot())


def _cropped(png: bytes) -> Image.Image:
    """Without the white around what is drawn."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    left, top, right, bottom = ImageOps.invert(picture).getbbox()
    right, bottom = min(right + MARGIN, picture.width), min(bottom + MARGIN, picture.height)
    return picture.crop((max(left - MARGIN, 0), max(top - MARGIN, 0), right, bottom))
