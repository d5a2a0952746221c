"""Maps of a monitoring report: where the tiles of files lie, and how far they are from the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.monitoring.report_figures import add_legend, narrow_figure, short_name
from seismic_assets.monitoring.report_parts import SEVERITIES, DriftSubject, FeatureDriftPart, Tile

if TYPE_CHECKING:
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

# Told apart by readers who do not see red from green.
SEVERITY_COLOURS = {
    "undecided": "#bbbbbb",
    "none": "#56b4e9",
    "low": "#f0e442",
    "medium": "#e69f00",
    "high": "#d55e00",
}
_MOST_NAMES = 8
_MOST_MAPS = 6
_FULL = 0.5
_BY_GAPS = 0.4
_NAME_HEIGHT = 0.1


def severity_map(drift: FeatureDriftPart) -> Figure | None:
    """Tiles of every file with places, coloured by the file's severity; None where no places are known.

    Files with the same line numbers are of different surveys: they are drawn on maps of their own, one below the other,
    so that none hides another.
    """
    placed = [each for each in drift.subjects if each.tiles]
    if not placed:
        return None
    maps = _apart(placed)[:_MOST_MAPS]
    figure, panels = narrow_figure(1.0 + 3.4 * len(maps), len(maps))
    for axes, files in zip(np.atleast_1d(panels), maps, strict=True):
        _draw_files(axes, files, named=len(placed) <= _MOST_NAMES)
    shown = {each.severity for files in maps for each in files}
    add_legend(figure, {each: SEVERITY_COLOURS[each] for each in SEVERITIES if each in shown})
    return figure


def distance_map(subject: DriftSubject) -> Figure | None:
    """Tiles of one subject, coloured by how far each is from the reference; None where no places are known."""
    tiles = [tile for tile in subject.tiles if tile.distance is not None]
    if not tiles:
        return None
    figure, axes = narrow_figure(4.2)
    distance = np.array([tile.distance for tile in tiles], np.float64)
    shown = _squares(_places(tiles), array=distance, cmap="cividis")
    shown.set_clim(0, max(3.0, distance.max()))
    axes.add_collection(shown)
    axes.margins(0.02)
    figure.colorbar(shown, ax=axes, label="distance from the reference (1: healthy)", shrink=0.9)
    axes.set(xlabel="crossline", ylabel="inline")
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
    shared = np.clip(np.minimum(high, last) - np.maximum(low, first), 0, None)
    return bool(np.prod(shared) > 0.1 * min(np.prod(high - low), np.prod(last - first)))


def _rectangle(subject: DriftSubject) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and largest crossline and inline that the tiles reach to."""
    places = _places(subject.tiles)
    half = _sides(places) / 2
    return places.min(axis=0) - half, places.max(axis=0) + half


def _draw_files(axes: Any, files: Sequence[DriftSubject], named: bool) -> None:
    """The tiles of files that do not lie on each other, the worst last."""
    for severity in SEVERITIES:
        for each in files:
            if each.severity == severity:
                axes.add_collection(_squares(_places(each.tiles), facecolor=SEVERITY_COLOURS[severity], label=severity))
    axes.margins(0.03, _NAME_HEIGHT)
    axes.autoscale_view()
    for each in files if named else []:
        _name(axes, each, [other for other in files if other is not each])
    axes.set(xlabel="crossline", ylabel="inline")


def _name(axes: Any, subject: DriftSubject, others: Sequence[DriftSubject]) -> None:
    """Above the rectangle; below it where another file lies above, and to the right where one lies below too."""
    from matplotlib.patheffects import withStroke

    low, high = _rectangle(subject)
    room = _NAME_HEIGHT * np.ptp(axes.get_ylim())
    beside = [(first[1], last[1]) for first, last in map(_rectangle, others) if first[0] < high[0] and last[0] > low[0]]
    middle = (low + high) / 2
    spots = {
        "bottom": ((middle[0], high[1]), (0, 2), (high[1], high[1] + room)),
        "top": ((middle[0], low[1]), (0, -2), (low[1] - room, low[1])),
    }
    place, aside, upright = (high[0], middle[1]), (3, 0), "center"
    for its, (spot, gap, (start, end)) in reversed(spots.items()):
        if not any(first < end and last > start for first, last in beside):
            place, aside, upright = spot, gap, its
    axes.annotate(
        short_name(subject.name),
        place,
        aside,
        textcoords="offset points",
        ha="left" if upright == "center" else "center",
        va=upright,
        fontsize=8,
        path_effects=[withStroke(linewidth=2, foreground="white")],
    )


def _places(tiles: Sequence[Tile]) -> NDArray[np.float64]:
    """(b, 2) crossline and inline of the middle of each tile."""
    return np.array([(tile.crossline, tile.inline) for tile in tiles], np.float64)


def _squares(places: NDArray[np.float64], **options: Any) -> PolyCollection:
    """A rectangle for each tile, as large as its place."""
    from matplotlib.collections import PolyCollection

    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2
    return PolyCollection(
        list(places[:, None] + corners * _sides(places)), linewidths=0.3, edgecolors="white", **options
    )


def _sides(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2,) how far apart neighbouring tiles are along each axis: tiles of that size fill the area.

    Of a large file some tiles only are looked at, scattered over it: they are drawn larger, so that they can be seen.
    """
    gaps = np.array([_gap(places[:, axis]) for axis in (0, 1)])
    sides = np.where(gaps > 0, gaps, gaps.max() or 1.0)
    area = np.prod(np.ptp(places, axis=0) + sides)
    covered = len(places) * np.prod(sides) / area
    return np.asarray(sides * max(1.0, np.sqrt(_FULL / covered)))


def _gap(middles: NDArray[np.float64]) -> float:
    """The usual distance of neighbouring rows of tiles; 0 where there is one row.

    Of the whole length 0.4 lie in smaller gaps: where traces are missing the middles of one row differ a little, a row
    at an edge may be narrow, and parts of a file may be far apart.
    """
    gaps = np.sort(np.diff(np.unique(middles)))
    if len(gaps) == 0:
        return 0.0
    return float(gaps[np.searchsorted(np.cumsum(gaps), _BY_GAPS * gaps.sum())])
