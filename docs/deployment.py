"""A deployment to take pictures of: synthetic surveys in a temporary folder, and what the graph makes of them."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pictures import SEISMIC


@dataclass(frozen=True)
class Deployment:
    """Folders below a root, and the settings that everything runs with.

    Attributes:
        root: holds `landing`, `storage`, and surveys that have not come in yet.
        settings: environment variables.
    """

    root: Path
    settings: Mapping[str, str]

    @property
    def landing(self) -> Path:
        """Where files come in."""
        return self.root / "landing"

    @property
    def storage(self) -> Path:
        """The storage root."""
        return self.root / "storage"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command that works on the deployment."""
        folders = {"SEISMIC_LANDING_DIR": str(self.landing), "SEISMIC_STORAGE_ROOT": str(self.storage)}
        return {**os.environ, **self.settings, **folders}

    def land(self, *options: str) -> None:
        """Make synthetic surveys with labels in the landing folder; options as `seismic survey` takes them."""
        self._survey(self.landing, options)

    def survey_aside(self, *options: str) -> Path:
        """Make one more survey elsewhere; returns its SEG-Y file."""
        folder = Path(tempfile.mkdtemp(dir=self.root))
        self._survey(folder, options)
        (survey,) = folder.glob("*.sgy")
        return survey

    def run(self, settings: Mapping[str, str] | None = None) -> None:
        """`seismic run`, with settings of this run alone."""
        subprocess.run([SEISMIC, "run"], check=True, env={**self.environment, **(settings or {})})

    def _survey(self, folder: Path, options: tuple[str, ...]) -> None:
        subprocess.run([SEISMIC, "survey", folder, *options], check=True)


@contextmanager
def temporary_deployment(settings: Mapping[str, str]) -> Iterator[Deployment]:
    """An empty deployment until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        yield Deployment(Path(folder), settings)
