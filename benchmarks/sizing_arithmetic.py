"""What a survey of any size costs, from figures measured on a small one: arithmetic alone, nothing is run or read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Stage:
    """A step that goes trace by trace.

    Attributes:
        name: of its asset.
        cpu_seconds: processor time of one thread over the measured survey.
        bytes: its table took for it.
        parts: files of that table.
        log_bytes: of that table's log, for one commit.
    """

    name: str
    cpu_seconds: float
    bytes: int
    parts: int
    log_bytes: int


@dataclass(frozen=True)
class Measured:
    """What one run measured.

    Attributes:
        traces, samples, windows: of the survey; windows of a trace.
        segy_bytes: of its file.
        stages: in their order.
        peak_mb: largest resident memory of the process that did them.
        assets_a_file: of the graph, so many records a file has in Dagster's history.
        event_seconds: to record that a file's asset was made, in SQLite; of the fastest tenth of many.
        event_seconds_postgres: the same in PostgreSQL; None where there was none to try.
        event_bytes: that such a record takes on disk in SQLite.
        listing_seconds: to list a file of the landing folder.
        opening_seconds: to open a table of `opened_parts` parts from its log.
        opened_parts: of that table.
        split_bytes: that a labelled window takes in memory while the windows of a fit are drawn.
    """

    traces: int
    samples: int
    windows: int
    segy_bytes: int
    stages: tuple[Stage, ...]
    peak_mb: float
    assets_a_file: int
    event_seconds: float
    event_seconds_postgres: float | None
    event_bytes: float
    listing_seconds: float
    opening_seconds: float
    opened_parts: int
    split_bytes: float

    @classmethod
    def of(cls, document: Mapping[str, object]) -> Measured:
        """As it was written down."""
        fields = dict(document)
        stages = fields.pop("stages")
        assert isinstance(stages, Sequence)
        return cls(**fields, stages=tuple(Stage(**each) for each in stages))  # type: ignore[arg-type]

    def rate(self, stage: Stage) -> float:
        """Traces a second that one core makes."""
        return self.traces / stage.cpu_seconds


@dataclass(frozen=True)
class Survey:
    """What is asked about.

    Attributes:
        traces: of it.
        traces_a_file: of each of its SEG-Y files; the last may have fewer.
    """

    traces: int
    traces_a_file: int

    @property
    def files(self) -> int:
        """SEG-Y files."""
        return math.ceil(self.traces / self.traces_a_file)


def core_hours(measured: Measured, survey: Survey) -> dict[str, float]:
    """Hours of one core by stage: as many times the measured ones as there are more traces."""
    times = survey.traces / measured.traces
    return {stage.name: stage.cpu_seconds * times / SECONDS_AN_HOUR for stage in measured.stages}


def history_hours(measured: Measured, survey: Survey) -> float:
    """Hours that recording the assets of every file in Dagster's history takes: one by one, whatever the cores.

    By the slower of the databases that were measured.
    """
    slower = max(measured.event_seconds, measured.event_seconds_postgres or 0.0)
    return records(measured, survey) * slower / SECONDS_AN_HOUR


def records(measured: Measured, survey: Survey) -> int:
    """Records of made assets in Dagster's history."""
    return survey.files * measured.assets_a_file


def hours_on(measured: Measured, survey: Survey, cores: int) -> float:
    """Hours with some cores, if files are shared out evenly and nothing waits; what is one after the other is added.

    A file is computed by the cores of one machine, which share its parts.
    """
    return sum(core_hours(measured, survey).values()) / cores + history_hours(measured, survey)


def cores_for(measured: Measured, survey: Survey, deadline_hours: float) -> int | None:
    """Fewest cores that are done by a deadline; None where the history alone takes longer.

    Raises:
        ValueError: the deadline is not above 0.
    """
    if deadline_hours <= 0:
        raise ValueError("the deadline is above 0 hours")
    left = deadline_hours - history_hours(measured, survey)
    return None if left <= 0 else math.ceil(sum(core_hours(measured, survey).values()) / left)


def bytes_by_table(measured: Measured, survey: Survey) -> dict[str, float]:
    """Bytes of the SEG-Y files and of each table: as many times the measured ones as there are more traces."""
    times = survey.traces / measured.traces
    return {"SEG-Y": measured.segy_bytes * times, **{stage.name: stage.bytes * times for stage in measured.stages}}


def parts_of(measured: Measured, survey: Survey, stage: Stage) -> int:
    """Files of a table: parts are cut by traces within a SEG-Y file, and each file has one at least."""
    traces_a_part = measured.traces / stage.parts
    return survey.files * max(1, math.ceil(min(survey.traces_a_file, survey.traces) / traces_a_part))


def opening_seconds(measured: Measured, parts: int) -> float:
    """Seconds to open a table of so many parts, in proportion to the measured one."""
    return measured.opening_seconds * parts / measured.opened_parts


def log_bytes(measured: Measured, parts: int, stage: Stage) -> float:
    """Bytes of the log that names so many parts."""
    return stage.log_bytes * parts / stage.parts


def split_gigabytes(measured: Measured, survey: Survey, labelled: float) -> float:
    """Memory in GB to draw the windows of a fit where a share of all windows is labelled."""
    return survey.traces * measured.windows * labelled * measured.split_bytes / 1e9


def labelled_share(measured: Measured, survey: Survey, memory_gb: float) -> float:
    """Share of the windows that may be labelled for the drawing to fit into some memory; 1 at most."""
    return min(1.0, memory_gb / split_gigabytes(measured, survey, 1.0))
