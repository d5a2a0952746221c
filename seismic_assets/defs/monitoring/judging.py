"""Files and what was served, judged against the references of the version in production."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import polars as pl
import structlog

from seismic_assets.defs.monitoring.served import SERVED, served_sample
from seismic_assets.defs.progress import Progress
from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.drift import DriftLimits, Sample, feature_drift, prediction_drift
from seismic_assets.frames import (
    FeatureMaker,
    Judged,
    MapScale,
    among_many,
    drift_sample,
    feature_frame,
    frame_of,
    map_scale,
    prediction_frame,
    tile_frame,
    verdict_frame,
)
from seismic_assets.inference import Predictor
from seismic_assets.lake import (
    BRONZE_TRACES,
    DRIFT_TILES,
    DRIFT_VERDICTS,
    FEATURE_DRIFT,
    PREDICTION_DRIFT,
    Lake,
    Table,
)
from seismic_assets.monitoring import MonitoringError
from seismic_assets.registry import Bundle, DriftReferences
from seismic_assets.registry.bundle import DRIFT
from seismic_assets.settings import Settings

_log = structlog.get_logger(__name__)
_TABLES = (DRIFT_VERDICTS, FEATURE_DRIFT, DRIFT_TILES, PREDICTION_DRIFT)
NO_REFERENCE = "the model version carries no drift reference; train it again"


@dataclass(frozen=True)
class Judgement:
    """What became of a round.

    Attributes:
        judged: subjects that were judged now.
        kept: subjects whose verdict stands, as neither they nor the model changed.
        left: subjects that the time did not suffice for.
    """

    judged: int
    kept: int
    left: int


@dataclass(frozen=True)
class Judge:
    """A model version that judges.

    Attributes:
        lake: of the deployment.
        settings: of the deployment.
        bundle: of the version in production.
        references: of the bundle.
        version: of it.
        now: UTC.
    """

    lake: Lake
    settings: Settings
    bundle: Bundle
    references: DriftReferences
    version: str
    now: datetime

    def round(self, progress: Progress) -> Judgement:
        """Judge what is new or changed, and write the tables anew: what is gone is gone from them too.

        Where the minutes of the settings do not suffice, new files come first, and of others the old verdict stays.
        """
        self._mend()
        known = {row["subject"]: row["identity"] for row in self.lake.read(DRIFT_VERDICTS).iter_rows(named=True)}
        identities = self._identities()
        stands = [subject for subject, identity in identities.items() if known.get(subject) == identity]
        kept = len(stands)
        new: dict[str, list[pl.DataFrame]] = {table.name: [] for table in _TABLES}
        due = sorted(identities.keys() - set(stands), key=lambda subject: (subject in known, subject))
        until, done = time.monotonic() + 60 * self.settings.drift_minutes, 0
        while done < len(due) and time.monotonic() < until:
            subject = due[done]
            done += 1
            progress.say(f"drift: {done} of {len(due)} files, {subject}")
            judged = Judged(subject, "file", self.version, identities[subject], self.now)
            self._judge(judged, self._file(subject), new, map_scale(self.lake, subject))
        left = [subject for subject in due[done:] if subject in known]
        try:
            served = served_sample(self.settings, self.bundle, self.version, self.now)
        except MonitoringError as error:  # holds no file back; `serving_performance` tells people
            _log.warning("what was served is not judged, its last verdict stays", reason=str(error))
            served, stands = None, [*stands, SERVED]
        if served is not None:
            judged = Judged(SERVED, SERVED, self.version, self._of(self.now.isoformat()), self.now)
            self._judge(judged, served, new)
        for table in _TABLES:
            self._write(table, [*stands, *left], new[table.name])
        return Judgement(done + (served is not None), kept, len(due) - done)

    def _mend(self) -> None:
        """Begin anew where rows are lost: everything in the tables can be found out again."""
        lost = [table.name for table in _TABLES if not self.lake.is_whole(table)]
        if lost:
            _log.warning("tables of drift have lost files; everything is judged anew", tables=lost)
            forget(self.lake)

    def _judge(
        self, judged: Judged, sample: Sample, new: dict[str, list[pl.DataFrame]], scale: MapScale | None = None
    ) -> None:
        limits = DriftLimits(
            rate=self.settings.drift_false_discoveries,
            ks=self.settings.drift_effect,
            wasserstein=self.settings.drift_effect,
        )
        reference, answers = self.references.features, self.references.predictions
        names = self.bundle.manifest.feature_names
        found = feature_drift(sample, reference, names, limits=limits, with_classic=self.settings.classic_ks)
        new[DRIFT_VERDICTS.name].append(verdict_frame(judged, sample, found, scale))
        new[FEATURE_DRIFT.name].append(feature_frame(judged.subject, found))
        new[DRIFT_TILES.name].append(tile_frame(judged.subject, found, scale))
        if answers is not None and len(sample.features):
            probabilities = replace(sample, features=self._predictor.probabilities(sample.features))
            new[PREDICTION_DRIFT.name].append(
                prediction_frame(judged, prediction_drift(probabilities, answers), answers)
            )

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(self.bundle)

    def _file(self, file_id: str) -> Sample:
        manifest = self.bundle.manifest
        make = FeatureMaker(manifest.window, self.bundle.embedder, manifest.features, manifest.normalise)
        return drift_sample(self.lake, [file_id], make, self.settings.drift_traces)

    def _identities(self) -> dict[str, str]:
        """By file with rows in bronze: what its verdict would follow from."""
        entries = catalogue_entries(self.lake, self.lake.file_ids(BRONZE_TRACES))
        admitted = sorted(file_id for file_id, entry in entries.items() if entry.admitted)
        parts: dict[str, list[str]] = {file_id: [] for file_id in admitted}
        # Of the rows, not of the file: the same file may be read otherwise, as with other header positions.
        for segment in self.lake.segments(BRONZE_TRACES, admitted):
            parts[segment.file_id].append(segment.path.name)
        return {file_id: self._of("/".join(names)) for file_id, names in parts.items()}

    def _of(self, content: str) -> str:
        settings = self.settings
        limits = [settings.drift_traces, settings.drift_false_discoveries, settings.drift_effect, settings.classic_ks]
        identity = [content, self.bundle.content_digest(), self.bundle.manifest.files[DRIFT], limits]
        return hashlib.blake2b(json.dumps(identity).encode(), digest_size=16).hexdigest()

    def _write(self, table: Table, stands: Sequence[str], new: Sequence[pl.DataFrame]) -> None:
        kept = self.lake.read(table).filter(pl.col("subject").is_in(list(stands)))
        rows = pl.concat([kept, *new]).sort(table.key)
        if table is PREDICTION_DRIFT:
            rows = among_many(rows, self.settings.drift_false_discoveries)
        self.lake.replace(table, rows)


def forget(lake: Lake) -> None:
    """Empty the tables: what was found with the references of another version does not hold for this one."""
    for table in _TABLES:
        lake.replace(table, frame_of(table, []))


def worst_first(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Verdicts with the most drifted first."""
    return verdicts.sort(pl.col("drift_ratio").fill_null(-1.0), descending=True)


def severities(verdicts: pl.DataFrame) -> Iterator[tuple[str, int]]:
    """How many subjects have each severity."""
    yield from verdicts.group_by("severity").len().sort("severity").iter_rows()
