"""The page for users says what the tools are, and what it shows works."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
from mcp import StdioServerParameters
from mcp.client import Client

from seismic_assets.settings import Settings
from seismic_assets.tools.arguments import REPORT_NAMES
from seismic_assets.tools.starters import STARTERS
from seismic_assets.tools.toolbox import Toolbox
from seismic_assets_tests.commands import SEISMIC, environment
from seismic_assets_tests.tools.serving import over_http, with_client

PAGE = Path(__file__).parents[2] / "docs" / "mcp.md"
ADDRESS = "http://127.0.0.1:8765/mcp"


def pieces(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_page_names_every_tool_with_its_arguments_and_fields_and_every_report(toolbox: Toolbox) -> None:
    text = PAGE.read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE))

    assert list(rows) == list(toolbox.tools)
    for name, tool in toolbox.tools.items():
        arguments, answer = rows[name].split(" | ") if " | " in rows[name] else ("", rows[name])
        assert all(f"`{argument}`" in arguments for argument in tool.schema["properties"])
        assert tool.answers is not None
        named = re.findall(r"`(\w+)`", answer)
        assert named and [field for field in named if f'"{field}"' not in json.dumps(tool.answers)] == []
    assert all(f"`{name}`" in text for name in (*REPORT_NAMES, *STARTERS))


def test_the_example_is_such_a_call_and_such_an_answer(toolbox: Toolbox) -> None:
    _, asked, answered = (json.loads(piece) for piece in pieces("json"))

    tool = toolbox.tools["query_table"]
    jsonschema.validate(asked, tool.schema)
    jsonschema.validate(answered, tool.answers)
    assert answered["row_count"] == len(answered["rows"])


def test_the_configuration_starts_the_tools_of_a_deployment(made: Settings) -> None:
    entry = json.loads(pieces("json")[0])["mcpServers"]["seismic"]
    folders = {"/data/storage": str(made.storage_root), "/data/landing": str(made.landing_dir)}
    search = os.pathsep.join([str(SEISMIC.parent), os.environ["PATH"]])
    server = StdioServerParameters(
        command=entry["command"],
        args=[folders.get(each, each) for each in entry["args"]],
        env={**environment(), "PATH": search},
    )

    async def look(client: Client) -> None:
        assert (await client.call_tool("list_files", {})).structured_content["total"] == 2

    with_client(server, look)


def test_the_program_on_the_page_prints_the_files_in_quarantine(made: Settings) -> None:
    (program,) = pieces("python")
    assert ADDRESS in program and ADDRESS in pieces("sh")[0]

    with over_http(made) as (_, url):
        done = subprocess.run(
            [sys.executable, "-c", program.replace(ADDRESS, url)],
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )

    assert "'broken.sgy'" in done.stdout and "'quarantined': 1" in done.stdout
