"""What GitHub runs: it is valid, safe by zizmor's rules, and names only what is there."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from seismic_assets.validation import workflow_text
from seismic_assets_tests.commands import seismic

ROOT = Path(__file__).parents[2]
WORKFLOWS = [*sorted((ROOT / ".github/workflows").glob("*.yml")), ROOT / "seismic_assets/validation/workflow.yml"]
DEPENDABOT = ROOT / ".github/dependabot.yml"
_PINNED = re.compile(r"[\w-]+/[\w/-]+@[0-9a-f]{40}")


def beside(program: str) -> Path:
    return Path(sys.executable).with_name(program)


def called(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)


def document(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in document(path)["jobs"].values():
        yield from job["steps"]


def scripts() -> list[str]:
    return [step["run"] for path in WORKFLOWS for step in steps(path) if "run" in step]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_valid(path: Path) -> None:
    result = called(beside("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", path)

    assert result.returncode == 0, result.stdout


def test_what_dependabot_is_told_is_valid() -> None:
    result = called(beside("check-jsonschema"), "--builtin-schema", "vendor.dependabot", DEPENDABOT)

    assert result.returncode == 0, result.stdout
    assert {each["package-ecosystem"] for each in document(DEPENDABOT)["updates"]} == {
        "pip",
        "github-actions",
        "docker",
    }


def test_zizmor_finds_nothing_unsafe() -> None:
    result = called(beside("zizmor"), "--offline", *WORKFLOWS, DEPENDABOT)

    assert result.returncode == 0, result.stdout
    assert "No findings" in result.stdout + result.stderr


def test_zizmor_would_find_what_is_unsafe(tmp_path: Path) -> None:
    unsafe = (ROOT / ".github/workflows/ci.yml").read_text().replace("persist-credentials: false", "fetch-depth: 1")
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/ci.yml").write_text(unsafe)

    assert called(beside("zizmor"), "--offline", tmp_path / ".github/workflows/ci.yml").returncode != 0


def test_the_matrix_is_of_the_versions_that_the_package_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {each.rsplit(" ", 1)[1] for each in project["classifiers"] if re.search(r":: 3\.\d+$", each)}
    matrix = document(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    (lowest,) = [each for each in project["dependencies"] if each.startswith("scikit-learn")]

    assert set(matrix["python"]) == named
    assert matrix["sklearn"] == [lowest.partition(">=")[2], "newest"]


def test_the_images_are_both_targets() -> None:
    for name in ("ci", "release"):
        job = document(ROOT / f".github/workflows/{name}.yml")["jobs"]["image"]
        assert job["strategy"]["matrix"]["target"] == ["pipeline", "api"]


def test_every_make_target_is_there() -> None:
    named = {target for script in scripts() for target in re.findall(r"\bmake ([a-z][\w-]*)", script)}

    assert {"lint", "test", "docs", "audit", "sbom", "release-notes"} <= named <= make_targets()


def test_targets_of_a_matrix_are_there() -> None:
    matrix = document(ROOT / ".github/workflows/ci.yml")["jobs"]["slow"]["strategy"]["matrix"]

    assert set(matrix["target"]) <= make_targets()


def test_every_script_that_a_step_runs_is_there_and_may_be_run() -> None:
    named = {name for script in scripts() for name in re.findall(r"(?<!\S)(\.?[\w]+/[\w./-]+)", script)}
    own = {name for name in named if not name.startswith(("/", "$"))}

    assert ".ci/packages" in own
    for name in own:
        assert (ROOT / name).is_file() and (ROOT / name).stat().st_mode & 0o111, name


def test_every_benchmark_of_the_night_is_there_and_speaks_json() -> None:
    matrix = document(ROOT / ".github/workflows/nightly.yml")["jobs"]["benchmark"]["strategy"]["matrix"]

    for name in matrix["benchmark"]:
        assert '"--json"' in (ROOT / "benchmarks" / f"{name}.py").read_text()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_commit_with_its_version_beside(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())

    assert used
    for each in used:
        action, _, version = each.partition(" # ")
        assert _PINNED.fullmatch(action) and re.fullmatch(r"v\d+\.\d+\.\d+", version), each


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    used = {each for path in WORKFLOWS for each in re.findall(r"uses: (.*)", path.read_text())}

    assert len(used) == len({each.partition("@")[0] for each in used})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_right_and_a_job_no_more_than_it_needs(path: Path) -> None:
    writing = {
        (name, right)
        for name, job in document(path)["jobs"].items()
        for right, value in job["permissions"].items()
        if value != "read"
    }

    assert document(path)["permissions"] == {}
    assert writing == ({("image", "packages"), ("publish", "contents")} if path.stem == "release" else set())


def test_what_writes_waits_for_a_person() -> None:
    jobs = document(ROOT / ".github/workflows/release.yml")["jobs"]

    assert {name for name, job in jobs.items() if job.get("environment") == "release"} == {"image", "publish"}


def test_the_command_prints_the_workflow_that_is_shipped() -> None:
    result = seismic("validate", "--workflow")

    assert result.returncode == 0
    assert result.stdout == workflow_text() == (ROOT / "seismic_assets/validation/workflow.yml").read_text()
    assert "seismic validate" in result.stdout or 'seismic" validate' in result.stdout
