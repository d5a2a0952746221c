"""What is brought to other machines: a wheel, and images where an engine is at hand."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import seismic_assets
from seismic_assets.releasing import StepFailedError

_TARGETS = ("pipeline", "api")
_ENGINES = (("docker", "info"), ("podman", "info"))
_SECONDS, _SECONDS_TO_ANSWER = 3600, 10


def source_folder() -> Path | None:
    """The checkout that this code lies in; None where the package was installed."""
    folder = Path(seismic_assets.__file__).resolve().parents[1]
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return None
    return folder if project.get("name") == "seismic-assets" else None


def container_engine() -> str | None:
    """A program that builds images and whose engine answers; None without one."""
    for program, question in _ENGINES:
        if shutil.which(program) and _answers(program, question):
            return program
    return None


def build_wheel(source: Path, into: Path) -> str:
    """Build the wheel of a checkout.

    Raises:
        StepFailedError: it cannot be built.
    """
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise StepFailedError("the wheel cannot be built without uv; pip install uv, or give --skip-build")
    into.mkdir(parents=True, exist_ok=True)
    _run([uv, "build", "--quiet", "--wheel", "--out-dir", str(into), str(source)])
    (wheel,) = into.glob("*.whl")
    return f"built {wheel}"


def build_images(engine: str, source: Path, tag: str) -> str:
    """Build the images of a checkout, a target each.

    Raises:
        StepFailedError: one cannot be built.
    """
    names = [f"seismic-assets-{target}:{tag}" for target in _TARGETS]
    for target, name in zip(_TARGETS, names, strict=True):
        _run([engine, "build", "--target", target, "--tag", name, str(source)])
    return f"built {' and '.join(names)}"


def _answers(program: str, question: str) -> bool:
    try:
        done = subprocess.run([program, question], capture_output=True, check=False, timeout=_SECONDS_TO_ANSWER)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, capture_output=True, text=True, check=True, timeout=_SECONDS)
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout or "").strip().splitlines()
        raise StepFailedError(f"`{' '.join(command[:2])}` failed ({said[-1] if said else error.returncode})") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StepFailedError(f"`{' '.join(command[:2])}` failed ({error})") from error
