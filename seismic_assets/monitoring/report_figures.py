"""Figures of a monitoring report; narrow, so that they can be read on a telephone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.monitoring.report_parts import (
    SEVERITIES,
    DriftSubject,
    FeatureDriftPart,
    PerformancePart,
    PredictionDriftPart,
    WindowPart,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Told apart by readers who do not see red from green.
SEVERITY_COLOURS = {
    "undecided": "#bbbbbb",
    "none": "#56b4e9",
    "low": "#f0e442",
    "medium": "#e69f00",
    "high": "#d55e00",
}
_CALM, _LOUD, _SECOND, _GREY = "#0072b2", "#d55e00", "#e69f00", "#888888"
_WIDTH = 4.8
_MOST_NAMES = 8
_MOST_MAPS = 6
_MOST_BARS = 12


def severity_map(drift: FeatureDriftPart) -> Figure | None:
    """Tiles of every file with places, coloured by the file's severity; None where no places are known.

    Files with the same line numbers are of different surveys: they are drawn on maps of their own, one below the other,
    so that none hides another.
    """
    placed = [each for each in drift.subjects if each.tiles]
    if not placed:
        return None
    maps = _apart(placed)[:_MOST_MAPS]
    figure, panels = _figure(1.0 + 3.4 * len(maps), len(maps))
    for axes, files in zip(np.atleast_1d(panels), maps, strict=True):
        _draw_files(axes, files, named=len(placed) <= _MOST_NAMES)
    shown = {each.severity for files in maps for each in files}
    handles = [_patch(SEVERITY_COLOURS[each]) for each in SEVERITIES if each in shown]
    labels = [each for each in SEVERITIES if each in shown]
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    return figure


def _apart(subjects: Sequence[DriftSubject]) -> list[list[DriftSubject]]:
    """Files shared out so that those of one map do not lie on each other; the worst stand on the first."""
    maps: list[list[DriftSubject]] = []
    for each in sorted(subjects, key=lambda each: -SEVERITIES.index(each.severity)):
        free = next((files for files in maps if not any(_overlap(each, other) for other in files)), None)
        if free is None:
            maps.append([each])
        else:
            free.append(each)
    return maps


def _overlap(one: DriftSubject, other: DriftSubject) -> bool:
    """Whether more than a tenth of the smaller one's rectangle of line numbers is shared."""
    (low, high), (first, last) = _rectangle(one), _rectangle(other)
    shared = np.clip(np.minimum(high, last) - np.maximum(low, first), 0, None) + 1e-9
    return bool(np.prod(shared) > 0.1 * min(np.prod(high - low + 1e-9), np.prod(last - first + 1e-9)))


def _rectangle(subject: DriftSubject) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    places = np.array([(tile.inline, tile.crossline) for tile in subject.tiles], np.float64)
    return places.min(axis=0), places.max(axis=0)


def _draw_files(axes: Any, files: Sequence[DriftSubject], named: bool) -> None:
    for severity in SEVERITIES:
        tiles = [tile for each in files if each.severity == severity for tile in each.tiles]
        if tiles:
            places = [tile.crossline for tile in tiles], [tile.inline for tile in tiles]
            axes.scatter(*places, s=26, marker="s", color=SEVERITY_COLOURS[severity], linewidths=0, label=severity)
    for each in files if named else []:
        middle = np.mean([(tile.crossline, tile.inline) for tile in each.tiles], axis=0)
        axes.annotate(
            _short(each.name),
            middle,
            ha="center",
            va="center",
            fontsize=8,
            bbox={"fc": "white", "alpha": 0.75, "lw": 0},
        )
    axes.set(xlabel="crossline", ylabel="inline")


def distance_map(subject: DriftSubject) -> Figure | None:
    """Tiles of one subject, coloured by how far each is from the reference; None where no places are known."""
    tiles = [tile for tile in subject.tiles if tile.distance is not None]
    if not tiles:
        return None
    figure, axes = _figure(4.2)
    distance = np.array([tile.distance for tile in tiles], np.float64)
    places = [tile.crossline for tile in tiles], [tile.inline for tile in tiles]
    shown = axes.scatter(*places, s=30, marker="s", c=distance, cmap="cividis", vmin=0, vmax=max(3.0, distance.max()))
    figure.colorbar(shown, ax=axes, label="distance from the reference (1: healthy)", shrink=0.9)
    axes.set(xlabel="crossline", ylabel="inline")
    return figure


def features_figure(subject: DriftSubject) -> Figure | None:
    """The farthest features of a subject with both distances; None where none was tested."""
    shown = subject.features[:_MOST_BARS]
    if not shown:
        return None
    figure, axes = _figure(1.4 + 0.34 * len(shown))
    places = np.arange(len(shown))
    colours = [_LOUD if each.drifted else _CALM for each in shown]
    axes.barh(places - 0.2, [each.wasserstein or 0.0 for each in shown], height=0.38, color=colours)
    axes.barh(places + 0.2, [each.ks or 0.0 for each in shown], height=0.38, color=colours, alpha=0.45)
    axes.set_yticks(places, [each.name for each in shown])
    axes.set(xlabel="dark: Wasserstein, in standard deviations;\nlight: Kolmogorov-Smirnov distance")
    axes.invert_yaxis()
    handles = [_patch(_LOUD), _patch(_CALM)]
    figure.legend(handles, ["drifted", "not drifted"], loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    return figure


def class_shares_figure(part: PredictionDriftPart) -> Figure | None:
    """Class shares of the reference and of the subjects that are farthest from it; None where there are none."""
    known = sorted((each for each in part.subjects if each.shares), key=lambda each: -(each.cohens_w or 0.0))
    if not known or not part.reference_shares:
        return None
    rows = [("test", part.reference_shares), *((each.name, each.shares) for each in known[: _MOST_NAMES - 1])]
    classes = list(dict.fromkeys(name for _, shares in rows for name in shares))
    figure, axes = _figure(1.5 + 0.36 * len(rows))
    left = np.zeros(len(rows))
    for index, name in enumerate(classes):
        widths = np.array([shares.get(name, 0.0) for _, shares in rows])
        axes.barh(range(len(rows)), widths, left=left, color=f"C{index % 10}", label=name)
        left += widths
    axes.set_yticks(range(len(rows)), [_short(name) for name, _ in rows])
    axes.set(xlabel="share of the windows", xlim=(0, 1))
    axes.invert_yaxis()
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    return figure


def confidence_figure(part: PredictionDriftPart) -> Figure | None:
    """How far the confidence of each subject is from the test's; None where nothing was decided."""
    known = [each for each in part.subjects if each.confidence_shift is not None and each.decided]
    known.sort(key=lambda each: -abs(each.confidence_shift or 0.0))
    shown = known[:_MOST_BARS]
    if not shown:
        return None
    figure, axes = _figure(1.3 + 0.34 * len(shown))
    axes.barh(
        range(len(shown)),
        [each.confidence_shift or 0.0 for each in shown],
        color=[_LOUD if each.drifted else _CALM for each in shown],
    )
    axes.axvline(0, color=_GREY, linewidth=0.8)
    axes.set_yticks(range(len(shown)), [_short(each.name) for each in shown])
    axes.set(xlabel="shift of the confidence,\nin standard deviations of the test's")
    axes.invert_yaxis()
    return figure


def accuracy_figure(part: PerformancePart) -> Figure | None:
    """Accuracy of what leads the report over time, with its interval, the estimate and the baseline.

    None where no window has one of them.
    """
    leading = next((each for each in part.versions if each.version == part.of), part.total)
    windows = leading.windows if leading is not None else []
    if leading is None or not any(each.accuracy or each.estimated_accuracy is not None for each in windows):
        return None
    figure, axes = _figure(3.4)
    _with_interval(axes, [each for each in windows if each.accuracy])
    _line(axes, windows, lambda each: each.estimated_accuracy, "estimate from confidence", _SECOND, "--")
    if leading.baseline_accuracy is not None:
        axes.axhline(leading.baseline_accuracy, color=_GREY, linewidth=1, linestyle=":", label="in the test")
    axes.set(ylabel="share right", ylim=(0, 1.02))
    _finish_time(figure, axes)
    return figure


def latency_figure(part: PerformancePart) -> Figure | None:
    """Latency of all answered requests over time; None where none was answered."""
    windows = part.total.windows if part.total is not None else []
    if not any(each.latency_p50_ms is not None for each in windows):
        return None
    figure, axes = _figure(3.0)
    _line(axes, windows, lambda each: each.latency_p95_ms, "95 of 100 are faster", _SECOND, "-")
    _line(axes, windows, lambda each: each.latency_p50_ms, "median", _CALM, "-")
    axes.set(ylabel="milliseconds")
    axes.set_ylim(bottom=0)
    _finish_time(figure, axes)
    return figure


def _with_interval(axes: Any, windows: Sequence[WindowPart]) -> None:
    """Points with the ends of their intervals; the whole range where a window says nothing of its own."""
    known = [(_middle(each), each.accuracy) for each in windows if each.accuracy is not None]
    if not known:
        return
    values = np.array([accuracy.value for _, accuracy in known])
    low = np.array([0.0 if accuracy.low is None else accuracy.low for _, accuracy in known])
    high = np.array([1.0 if accuracy.high is None else accuracy.high for _, accuracy in known])
    spans = [np.maximum(values - low, 0), np.maximum(high - values, 0)]
    times = [time for time, _ in known]
    axes.errorbar(times, values, yerr=spans, fmt="o", markersize=4, linewidth=1, color=_CALM, label="where truth came")


def _line(
    axes: Any,
    windows: Sequence[WindowPart],
    figure_of: Callable[[WindowPart], float | None],
    label: str,
    colour: str,
    style: str,
) -> None:
    """A line that is broken where windows are missing."""
    times: list[datetime] = []
    values: list[float] = []
    for before, each in zip([None, *windows], windows, strict=False):
        if before is not None and each.start > before.end:
            times.append(before.end)
            values.append(np.nan)
        found = figure_of(each)
        times.append(_middle(each))
        values.append(np.nan if found is None else found)
    axes.plot(times, values, style, marker=".", markersize=4, linewidth=1.2, color=colour, label=label)


def _finish_time(figure: Figure, axes: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_xlabel("UTC")
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9)


def _figure(height: float, rows: int = 1) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows)


def _patch(colour: str) -> Any:
    from matplotlib.patches import Patch

    return Patch(color=colour)


def _middle(window: WindowPart) -> datetime:
    return window.start + (window.end - window.start) / 2


def _short(name: str) -> str:
    return name if len(name) <= 20 else f"...{name[-18:]}"
