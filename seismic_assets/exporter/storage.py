"""The disk of the storage root, and what the lake takes of it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily

from seismic_assets.exporter.errors import NothingYetError, SourceError
from seismic_assets.exporter.parts import Look
from seismic_assets.objects import Place
from seismic_assets.objects.files import size_below

# A walk over every file of the lake; the figure moves slowly.
_SECONDS_BETWEEN_WALKS = 60.0


class StorageSource:
    """Free and used bytes of the disk, and the bytes of the lake with all that replaced versions left."""

    def __init__(self, storage_root: Path, lake: Place) -> None:
        """Prepare; neither folder need be there yet."""
        self._storage_root = storage_root
        self._lake = lake
        self._lake_bytes: int | None = None
        self._walked_at = 0.0

    def look(self) -> Look:
        """The metrics.

        Raises:
            NothingYetError: there is no storage root yet.
            SourceError: the disk or the lake cannot be read.
        """
        try:
            usage = shutil.disk_usage(self._storage_root)
            self._walk()
        except FileNotFoundError as error:
            raise NothingYetError(f"there is no storage root {self._storage_root} yet") from error
        except OSError as error:
            raise SourceError(
                f"the disk of {self._storage_root} cannot be read ({error.filename}: {error.strerror}); fix the rights "
                "or mount it"
            ) from error
        metrics = [
            GaugeMetricFamily("seismic_pipeline_storage_free_bytes", "Free on the storage root's disk.", usage.free),
            GaugeMetricFamily("seismic_pipeline_storage_used_bytes", "Used on the storage root's disk.", usage.used),
        ]
        if self._lake_bytes is not None:
            metrics.append(
                GaugeMetricFamily(
                    "seismic_pipeline_lake_bytes", "Bytes of the lake, replaced versions too.", self._lake_bytes
                )
            )
        return Look(metrics)

    def _walk(self) -> None:
        now = time.monotonic()
        if self._lake_bytes is None or now - self._walked_at >= _SECONDS_BETWEEN_WALKS:
            self._lake_bytes = _size_of_lake(self._lake)
            self._walked_at = now


def _size_of_lake(lake: Place) -> int | None:
    """Bytes of the lake; None before it is there."""
    if isinstance(lake, Path):
        return _size(lake) if lake.is_dir() else None
    return size_below(lake) or None


def _size(folder: Path) -> int:
    """Bytes of all files below a folder; what vanishes meanwhile is passed over."""
    size = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        size += _size_of(entry)
        except FileNotFoundError:
            continue
    return size


def _size_of(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
