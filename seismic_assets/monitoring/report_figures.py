"""Figures of a monitoring report; narrow, so that they can be read on a telephone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from seismic_assets.monitoring.report_parts import (
    DriftSubject,
    PerformancePart,
    PredictionDriftPart,
    WindowPart,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CALM, _LOUD, _SECOND, _GREY = "#0072b2", "#d55e00", "#e69f00", "#888888"
_WIDTH = 4.8
_MOST_SHARES = 8
_MOST_BARS = 12
_LONGEST_NAME = 21


def features_figure(subject: DriftSubject) -> Figure | None:
    """The farthest features of a subject with both distances; None where none was tested."""
    shown = subject.features[:_MOST_BARS]
    if not shown:
        return None
    figure, axes = narrow_figure(1.4 + 0.34 * len(shown))
    places = np.arange(len(shown))
    colours = [_LOUD if each.drifted else _CALM for each in shown]
    axes.barh(places - 0.2, [each.wasserstein or 0.0 for each in shown], height=0.38, color=colours)
    axes.barh(places + 0.2, [each.ks or 0.0 for each in shown], height=0.38, color=colours, alpha=0.45)
    axes.set_yticks(places, [each.name for each in shown])
    axes.set(xlabel="dark: Wasserstein, in standard deviations;\nlight: Kolmogorov-Smirnov distance")
    axes.invert_yaxis()
    names = {_LOUD: "drifted", _CALM: "not drifted"}
    add_legend(figure, {name: colour for colour, name in names.items() if colour in colours}, columns=2)
    return figure


def class_shares_figure(part: PredictionDriftPart) -> Figure | None:
    """Class shares of the reference and of the subjects that are farthest from it; None where there are none."""
    known = sorted((each for each in part.subjects if each.shares), key=lambda each: -(each.cohens_w or 0.0))
    if not known or not part.reference_shares:
        return None
    rows = [("test", part.reference_shares), *((each.name, each.shares) for each in known[: _MOST_SHARES - 1])]
    classes = list(dict.fromkeys(name for _, shares in rows for name in shares))
    figure, axes = narrow_figure(1.5 + 0.36 * len(rows))
    left = np.zeros(len(rows))
    for index, name in enumerate(classes):
        widths = np.array([shares.get(name, 0.0) for _, shares in rows])
        axes.barh(range(len(rows)), widths, left=left, color=f"C{index % 10}", label=name)
        left += widths
    axes.set_yticks(range(len(rows)), [short_name(name) for name, _ in rows])
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
    figure, axes = narrow_figure(1.3 + 0.34 * len(shown))
    axes.barh(
        range(len(shown)),
        [each.confidence_shift or 0.0 for each in shown],
        color=[_LOUD if each.drifted else _CALM for each in shown],
    )
    axes.axvline(0, color=_GREY, linewidth=0.8)
    axes.set_yticks(range(len(shown)), [short_name(each.name) for each in shown])
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
    figure, axes = narrow_figure(3.4)
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
    figure, axes = narrow_figure(3.0)
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


def _middle(window: WindowPart) -> datetime:
    return window.start + (window.end - window.start) / 2


def narrow_figure(height: float, rows: int = 1) -> tuple[Figure, Any]:
    """A figure of a report, `height` in inches, and its axes: an array of them where there are several rows."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows)


def add_legend(figure: Figure, colours: Mapping[str, str], columns: int = 3) -> None:
    """A legend above the axes: a colour by name."""
    from matplotlib.patches import Patch

    handles = [Patch(color=colour) for colour in colours.values()]
    figure.legend(handles, list(colours), loc="outside upper center", ncols=columns, frameon=False, fontsize=9)


def short_name(name: str) -> str:
    """A file's name by its end, where it is long."""
    return name if len(name) <= _LONGEST_NAME else f"...{name[-_LONGEST_NAME + 3 :]}"
