"""The page for users says what the tools are."""

import json
import re
from pathlib import Path

from seismic_assets.settings import Settings
from seismic_assets.tools.arguments import REPORT_NAMES
from seismic_assets.tools.toolbox import Toolbox

PAGE = Path(__file__).parents[2] / "docs" / "mcp.md"


def test_the_page_names_every_tool_with_its_arguments_and_every_report(tmp_path: Path) -> None:
    text = PAGE.read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", text, re.MULTILINE))

    tools = Toolbox(Settings(landing_dir=tmp_path / "landing", storage_root=tmp_path / "storage")).tools

    assert list(rows) == list(tools)
    for name, tool in tools.items():
        assert all(f"`{argument}`" in rows[name] for argument in tool.schema["properties"])
    assert all(f"`{name}`" in text for name in REPORT_NAMES)


def test_the_pieces_of_json_on_the_page_are_json() -> None:
    pieces = [json.loads(piece) for piece in re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)]

    assert pieces[0]["mcpServers"]["seismic"]["args"][0] == "mcp"
    assert len(pieces) == 3
