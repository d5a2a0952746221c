"""The images: what a linter says of the Dockerfile, and what must be true of each target."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from seismic_assets_tests.extras import require

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAGES = {
    found[2]: found[0]
    for found in re.finditer(r"^FROM (\S+) AS (\S+)\n(?:(?!FROM ).*\n?)*", DOCKERFILE, flags=re.MULTILINE)
}
TARGETS = ("api", "pipeline")


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        require("hadolint", "dev")

    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_has_an_account_without_rights_and_a_health_check(target: str) -> None:
    stage = STAGES[target]

    assert re.findall(r"^USER (\S+)$", stage, flags=re.MULTILINE) == ["10001:10001"]
    assert len(re.findall(r"^HEALTHCHECK ", stage, flags=re.MULTILINE)) == 1
    assert 'LABEL org.opencontainers.image.title="' in stage
    # Build tools and caches stay behind.
    assert stage.startswith("FROM base ")
    assert re.findall(r"^COPY (\S+)", stage, flags=re.MULTILINE) == [f"--from={target}-packages"]


def test_the_base_is_pinned_and_of_the_usual_registry() -> None:
    (image,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE, flags=re.MULTILINE)

    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", image)


def test_extras_that_images_install_exist() -> None:
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {stage: set(re.findall(r"--extra (\S+)", STAGES[f"{stage}-packages"])) for stage in TARGETS}

    assert named["api"] < named["pipeline"] <= set(known)
    assert {"postgres", "redis", "s3", "kubernetes", "ray"} <= named["pipeline"]


def test_only_what_is_named_reaches_the_build() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        word for each in re.findall(r"^COPY ((?!--from).+) \S+$", DOCKERFILE, re.MULTILINE) for word in each.split()
    }

    assert lines[0] == "*"
    assert copied == {each.split("/")[0] for each in let_in}


def test_every_page_that_the_package_takes_along_reaches_the_build() -> None:
    taken = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert {re.sub(r"docs/\w+\.md", "docs", each) for each in taken["force-include"]} <= {"README.md", "docs"}


def test_what_links_of_the_package_lead_to_reaches_the_build() -> None:
    led_to = {path.resolve().relative_to(ROOT) for path in (ROOT / "seismic_assets").rglob("*") if path.is_symlink()}

    copied = {word for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE) for word in line.split()}

    assert led_to
    assert {each.as_posix() for each in led_to} <= copied
