"""The `seismic` command as a person runs it: a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

SEISMIC = Path(sys.executable).with_name("seismic")


def environment(**settings: str) -> dict[str, str]:
    """This environment with settings by their name in lower case."""
    return {**os.environ, "COLUMNS": "160", **{f"SEISMIC_{name.upper()}": value for name, value in settings.items()}}


def seismic(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [SEISMIC, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**settings),
        timeout=500,
    )


def run(landing: Path, storage: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """`seismic run --json`."""
    return seismic("run", "--json", "--landing-dir", landing, "--storage-root", storage, **settings)
