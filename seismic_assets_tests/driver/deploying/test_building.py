"""Engines as programs on a path that answer, or do not."""

from pathlib import Path

import pytest

from seismic_assets.driver.deploying.building import build_images, container_engine, source_folder
from seismic_assets.releasing import StepFailedError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def add(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_without_a_program_there_is_no_engine(programs: Path) -> None:
    assert container_engine() is None


def test_a_client_whose_engine_does_not_answer_is_none(programs: Path) -> None:
    add(programs, "docker", "echo 'Cannot connect to the daemon' >&2; exit 1")

    assert container_engine() is None


def test_the_first_engine_that_answers_is_taken(programs: Path) -> None:
    add(programs, "docker", "exit 1")
    add(programs, "podman", "exit 0")

    assert container_engine() == "podman"


def test_both_targets_are_built_with_the_tag(programs: Path, tmp_path: Path) -> None:
    add(programs, "podman", f'echo "$@" >> {tmp_path}/said')

    sentence = build_images("podman", tmp_path, "abc")

    assert sentence == "built seismic-assets-pipeline:abc and seismic-assets-api:abc"
    assert (tmp_path / "said").read_text().splitlines() == [
        f"build --target {target} --tag seismic-assets-{target}:abc {tmp_path}" for target in ("pipeline", "api")
    ]


def test_a_build_that_fails_says_the_last_line_of_the_engine(programs: Path, tmp_path: Path) -> None:
    add(programs, "podman", "echo 'step 1' >&2; echo 'no space left on device' >&2; exit 3")

    with pytest.raises(StepFailedError, match=r"`podman build` failed \(no space left on device\)"):
        build_images("podman", tmp_path, "abc")


def test_the_checkout_is_where_the_code_lies() -> None:
    assert source_folder() == ROOT
