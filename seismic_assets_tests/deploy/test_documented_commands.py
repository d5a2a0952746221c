"""Commands that the pages run in a container or a pod: the command line takes them."""

import re
import shlex

import pytest
import typer

from seismic_assets.cli.main import app
from seismic_assets_tests.deploy.programs import DEPLOY

_IN_CODE = re.compile(r"(?:exec|run --rm --no-deps) (?:code|deployment/seismic-assets-code --) (seismic .+)")


def documented() -> list[tuple[str, str]]:
    """Page and command."""
    pages = {name: (DEPLOY.parent / "docs" / name).read_text() for name in ("deployment.md", "kubernetes.md")}
    joined = {name: re.sub(r"\\\n\s*", "", text) for name, text in pages.items()}
    return [(name, command) for name, text in joined.items() for command in _IN_CODE.findall(text)]


def test_both_pages_deploy_and_back_up() -> None:
    found = {(page, command.split()[1]) for page, command in documented()}

    assert found >= {(page, word) for page in ("deployment.md", "kubernetes.md") for word in ("deploy", "backup")}


@pytest.mark.parametrize(("page", "command"), documented())
def test_a_command_of_a_page_is_taken(page: str, command: str) -> None:
    _, name, *words = shlex.split(command)
    known = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]

    with known.make_context(name, words):  # parses, and refuses options that it has not
        pass
