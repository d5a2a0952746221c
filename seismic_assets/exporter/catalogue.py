"""The files of the landing folder as the catalogue has them: known, admitted, quarantined."""

from __future__ import annotations

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from prometheus_client.core import GaugeMetricFamily

from seismic_assets.exporter.errors import NothingYetError, SourceError
from seismic_assets.exporter.parts import Look
from seismic_assets.lake import SEGY_CATALOGUE
from seismic_assets.objects import Place
from seismic_assets.objects.delta import Mark, log_mark
from seismic_assets.objects.files import listed


class CatalogueSource:
    """Counts of files; the catalogue's column `admitted` is read again when the table has another version."""

    def __init__(self, lake: Place) -> None:
        """Prepare; `lake` is the folder of the tables, and need not be there yet."""
        self._folder = lake / SEGY_CATALOGUE.name
        self._mark: Mark | None = None
        self._known = self._admitted = 0

    def look(self) -> Look:
        """The metrics.

        Raises:
            NothingYetError: there is no catalogue yet.
            SourceError: it cannot be read.
        """
        folder = self._folder
        try:
            mark = log_mark(folder)
            if mark != self._mark:
                # By pyarrow: it raises where polars panics on a damaged part.
                admitted = DeltaTable(str(folder)).to_pyarrow_table(columns=["admitted"])["admitted"].to_pylist()
                self._known, self._admitted, self._mark = len(admitted), admitted.count(True), mark
        except FileNotFoundError as error:
            if not listed(folder):
                raise NothingYetError(f"there is no catalogue {folder} yet; `seismic run` makes it") from error
            raise self._unreadable(error) from error
        except (DeltaError, OSError, ValueError, KeyError) as error:
            raise self._unreadable(error) from error
        return Look(
            [
                _files("known", "Files in the landing folder.", self._known),
                _files("admitted", "Files that the pipeline takes.", self._admitted),
                _files("quarantined", "Files that it refuses.", self._known - self._admitted),
            ]
        )

    def _unreadable(self, error: Exception) -> SourceError:
        self._mark = None
        return SourceError(
            f"the catalogue {self._folder} cannot be read ({type(error).__name__}); restore it, or delete it and run "
            "again"
        )


def _files(name: str, description: str, count: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"seismic_pipeline_files_{name}", description, count)
