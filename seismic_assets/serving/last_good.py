"""The last model that was served, kept on disk: a service that starts while the registry is down goes on with it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import structlog

from seismic_assets.registry import Bundle, BundleError, load_bundle, write_bundle

_log = structlog.get_logger(__name__)
_POINTER = "last_good.json"


class LastGood:
    """One bundle below a folder; several processes may save and load it at the same time.

    It is kept for one source: what was served as `production` is no answer to who asks for version 2.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._folder = folder
        self._source = source

    def save(self, version: str, bundle: Bundle) -> None:
        """Keep a bundle in place of the one before; a failure is logged, as the service itself works."""
        try:
            self._save(version, bundle)
        except (OSError, BundleError) as error:
            _log.warning("the last good model cannot be kept", folder=str(self._folder), reason=str(error))

    def load(self) -> tuple[str, Bundle] | None:
        """The version and the bundle that were kept last for this source, or None where there is none.

        Raises:
            BundleError: what was kept is damaged.
        """
        try:
            kept = json.loads((self._folder / _POINTER).read_text())
            version, name, source = str(kept["version"]), str(kept["folder"]), str(kept["source"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{self._folder / _POINTER} cannot be read ({error}); delete it") from error
        return (version, load_bundle(self._folder / Path(name).name)) if source == self._source else None

    def _save(self, version: str, bundle: Bundle) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"model-{bundle.content_digest()}"
        if not _is_intact(self._folder / name):
            shutil.rmtree(self._folder / name, ignore_errors=True)
            self._write(self._folder / name, bundle)
        self._point_to(version, name)
        for other in self._folder.glob("model-*"):
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)

    def _point_to(self, version: str, name: str) -> None:
        handle, path = tempfile.mkstemp(dir=self._folder, prefix=".writing-", suffix=".json")
        try:
            with os.fdopen(handle, "w") as file:
                json.dump({"version": version, "folder": name, "source": self._source}, file)
            Path(path).replace(self._folder / _POINTER)
        finally:
            Path(path).unlink(missing_ok=True)

    def _write(self, folder: Path, bundle: Bundle) -> None:
        scratch = Path(tempfile.mkdtemp(dir=self._folder, prefix=".writing-"))
        try:
            write_bundle(
                scratch,
                bundle.manifest,
                embedder=bundle.embedder,
                feature_mean=bundle.feature_mean,
                feature_scale=bundle.feature_scale,
                graphs=bundle.graphs,
                reference=bundle.reference,
                trained_on={},  # which traces were trained on is of no use to a service
            )
            if not folder.exists():
                scratch.rename(folder)
        except OSError:
            # Another process was faster; what it wrote is the same.
            if not (folder / "manifest.json").exists():
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _is_intact(folder: Path) -> bool:
    """Whether a bundle lies there whole: a power cut may have left half of one."""
    try:
        load_bundle(folder)
    except BundleError:
        return False
    return True
