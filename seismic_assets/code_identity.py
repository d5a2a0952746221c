"""Which code is running: the commit of the checkout that it lies in, else the version of the package."""

from __future__ import annotations

import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

_HERE = Path(__file__).resolve().parent


@cache
def code_identity() -> str:
    """Forty hexadecimal digits, with `-changed` where files differ from the commit; or `seismic-assets VERSION`."""
    commit = _git("rev-parse", "HEAD")
    if commit is None or _git("ls-files", "--error-unmatch", str(_HERE / "__init__.py")) is None:
        return f"seismic-assets {version('seismic-assets')}"  # another repository may lie around what is installed
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", str(_HERE))
    return f"{commit}-changed" if changed else commit


def _git(*arguments: str) -> str | None:
    """What Git says in the folder of the code; None where it is not there or refuses."""
    try:
        found = subprocess.run(
            ["git", "-C", str(_HERE), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
