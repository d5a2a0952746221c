"""Where the traces of a file lie, accumulated block by block."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy.headers import TraceHeaders
from seismic_assets.segy.positions import PositionTally

_AXES = ("inline", "crossline", "cdp", "offset")
_LONGEST = 1 << 20
_MOST_DISTINCT = 100_000


@dataclass(frozen=True)
class Geometry:
    """Where the traces lie.

    Attributes:
        kind: `3D`, `2D` (no inline/crossline numbers, or a single line) or `none`.
        inline, crossline, cdp, offset: (first, last) of the numbers found, in order of size.
        inlines, crosslines, offsets: how many different numbers.
        inline_step, crossline_step: greatest common step between the numbers; 0 for a single one.
        x, y: (smallest, largest) coordinate with the scalar applied.
        traces_per_position: largest number of traces that share inline and crossline.
        missing_positions: positions of the inline/crossline grid without a trace.
        repeated_traces: traces that repeat the inline, crossline and offset of another.
        unplaced_traces: traces whose inline, crossline and coordinates are all zero.
        sorting: `inline` or `crossline` (the numbers that stay while the other runs), `none`.
        coordinate_misfit: root mean square distance between the coordinates and the straight grid through them, in
            the unit of the coordinates; None where there is no grid to fit.
        bin_size: smaller spacing of the fitted grid between neighbouring positions, same unit; None likewise.
    """

    kind: str
    inline: tuple[int, int]
    crossline: tuple[int, int]
    cdp: tuple[int, int]
    offset: tuple[int, int]
    inlines: int
    crosslines: int
    offsets: int
    inline_step: int
    crossline_step: int
    x: tuple[float, float]
    y: tuple[float, float]
    traces_per_position: int
    missing_positions: int
    repeated_traces: int
    unplaced_traces: int
    sorting: str
    coordinate_misfit: float | None
    bin_size: float | None


@dataclass
class _Axis:
    """Smallest, largest and distinct values of one header.

    Values are marked in an array from a base on, which is much faster than to unite sets. An axis whose values lie
    further apart than the array may be long is no axis of a grid: its values are united, up to a number.
    """

    distinct: bool = True  # whether values are counted, or only their span is of interest
    low: int = 2**31
    high: int = -(2**31)
    _base: int = 0
    _marks: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    _united: NDArray[np.int64] | None = None

    def add(self, numbers: NDArray[np.integer]) -> None:
        self.low, self.high = min(self.low, int(numbers.min())), max(self.high, int(numbers.max()))
        if not self.distinct:
            return
        if self._united is None and self.high - self.low >= _LONGEST:
            self._united = self._marked()
        if self._united is None:
            self._reach()
            self._marks[numbers.astype(np.int64) - self._base] = True
        elif len(self._united) <= _MOST_DISTINCT:
            self._united = np.union1d(self._united, numbers)

    def merge(self, other: _Axis) -> None:
        if self.distinct and len(other.values):
            self.add(other.values)
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    def _reach(self) -> None:
        """Make the marks reach from the smallest value to the largest, with room to grow."""
        if len(self._marks) and self._base <= self.low and self.high < self._base + len(self._marks):
            return
        room = min(self.high - self.low + 1024, _LONGEST)
        marks = np.zeros(self.high - self.low + 1 + 2 * room, np.bool_)
        base = self.low - room
        marks[self._base - base : self._base - base + len(self._marks)] |= self._marks
        self._base, self._marks = base, marks

    def _marked(self) -> NDArray[np.int64]:
        return np.flatnonzero(self._marks).astype(np.int64) + self._base

    @property
    def values(self) -> NDArray[np.int64]:
        return self._marked() if self._united is None else self._united

    @property
    def span(self) -> tuple[int, int]:
        return self.low, self.high

    @property
    def step(self) -> int:
        values = self.values
        return int(np.gcd.reduce(np.diff(values))) if len(values) > 1 else 0


@dataclass
class _GridFit:
    """Least squares of coordinates on inline and crossline, x = a + b inline + c crossline, by its normal equations."""

    products: NDArray[np.float64] = field(default_factory=lambda: np.zeros((5, 5)))
    origin: NDArray[np.float64] = field(default_factory=lambda: np.zeros(4))

    def add(self, headers: TraceHeaders, placed: NDArray[np.bool_]) -> None:
        located = placed & ((headers.cdp_x != 0) | (headers.cdp_y != 0))
        if not located.any():
            return
        names = ("inline", "crossline", "cdp_x", "cdp_y")
        rows = np.stack([getattr(headers, name)[located].astype(np.float64) for name in names], axis=1)
        if self.products[0, 0] == 0:
            self.origin = rows[0]  # near the data, so that the products keep their digits
        rows = np.concatenate([np.ones((len(rows), 1)), rows - self.origin], axis=1)
        self.products += rows.T @ rows

    def merge(self, other: _GridFit) -> None:
        if self.products[0, 0] == 0:
            self.products, self.origin = other.products, other.origin
            return
        # A row [1, r - o'] is [1, r - o] times this matrix.
        shift = np.eye(5)
        shift[0, 1:] = other.origin - self.origin
        self.products = self.products + shift.T @ other.products @ shift

    def solve(self, inline_step: int, crossline_step: int) -> tuple[float | None, float | None]:
        """Root mean square misfit, and the spacing of the grid; None where positions do not span a plane."""
        count = self.products[0, 0]
        normal, right, squares = self.products[:3, :3], self.products[:3, 3:], self.products[3:, 3:]
        if count < 4 or min(inline_step, crossline_step) == 0 or np.linalg.matrix_rank(normal) < 3:
            return None, None
        solution = np.linalg.solve(normal, right)
        rest = float(np.trace(squares) - np.trace(right.T @ solution))
        spacing = np.hypot(solution[1:, 0], solution[1:, 1]) * [inline_step, crossline_step]
        return float(np.sqrt(max(rest, 0.0) / count)), float(spacing.min())


@dataclass
class GeometryTally:
    """Takes the headers of a file, block by block and in order."""

    traces: int = 0
    unplaced: int = 0
    _axes: dict[str, _Axis] = field(default_factory=lambda: {name: _Axis(name != "cdp") for name in _AXES})
    _x: tuple[float, float] = (np.inf, -np.inf)
    _y: tuple[float, float] = (np.inf, -np.inf)
    _positions: PositionTally = field(default_factory=PositionTally)
    _moves: NDArray[np.int64] = field(default_factory=lambda: np.zeros(2, np.int64))
    _first: tuple[int, int] | None = None
    _last: tuple[int, int] | None = None
    _grid: _GridFit = field(default_factory=_GridFit)

    def add(self, headers: TraceHeaders) -> None:
        """Take consecutive traces into account."""
        if len(headers.inline) == 0:
            return
        self.traces += len(headers.inline)
        for name, axis in self._axes.items():
            axis.add(getattr(headers, name))
        self._x = (min(self._x[0], float(headers.cdp_x.min())), max(self._x[1], float(headers.cdp_x.max())))
        self._y = (min(self._y[0], float(headers.cdp_y.min())), max(self._y[1], float(headers.cdp_y.max())))
        placed = (headers.inline != 0) | (headers.crossline != 0)
        self.unplaced += int((~placed & (headers.cdp_x == 0) & (headers.cdp_y == 0)).sum())
        self._positions.add(headers.inline, headers.crossline, headers.offset)
        self._count_moves(headers)
        self._grid.add(headers, placed)

    def _count_moves(self, headers: TraceHeaders) -> None:
        """From trace to trace, whether the crossline alone changes, or the inline alone."""
        inline, crossline = headers.inline, headers.crossline
        first, last = ((int(inline[place]), int(crossline[place])) for place in (0, -1))
        self._moves += _moves(inline, crossline)
        if self._last is not None:
            self._moves += _moves(*np.array([self._last, first]).T)
        self._first, self._last = self._first or first, last

    def merge(self, other: GeometryTally) -> None:
        """Take the tally of the traces that follow into account."""
        if other.traces == 0:
            return
        self.traces += other.traces
        self.unplaced += other.unplaced
        for name, axis in self._axes.items():
            axis.merge(other._axes[name])
        self._x = (min(self._x[0], other._x[0]), max(self._x[1], other._x[1]))
        self._y = (min(self._y[0], other._y[0]), max(self._y[1], other._y[1]))
        self._positions.merge(other._positions)
        self._moves = self._moves + other._moves
        if self._last is not None and other._first is not None:
            self._moves += _moves(*np.array([self._last, other._first]).T)
        self._first, self._last = self._first or other._first, other._last
        self._grid.merge(other._grid)

    def finish(self) -> Geometry:
        """The geometry of the traces taken so far, at least one."""
        inline, crossline, cdp, offset = (self._axes[name] for name in _AXES)
        inlines, crosslines = len(inline.values), len(crossline.values)
        places = self._positions.finish()
        numbered = max(inlines, crosslines) > 1 or inline.high != 0 or crossline.high != 0
        misfit, bin_size = self._grid.solve(inline.step, crossline.step)
        return Geometry(
            kind=_kind(inlines, crosslines, cdp),
            inline=inline.span,
            crossline=crossline.span,
            cdp=cdp.span,
            offset=offset.span,
            inlines=inlines,
            crosslines=crosslines,
            offsets=len(offset.values),
            inline_step=inline.step,
            crossline_step=crossline.step,
            x=self._x,
            y=self._y,
            traces_per_position=places.most,
            missing_positions=_grid_size(inline, crossline) - places.distinct if numbered and places.zeros == 0 else 0,
            repeated_traces=places.repeated if numbered else 0,
            unplaced_traces=self.unplaced,
            sorting=_sorting(self._moves, inlines, crosslines),
            coordinate_misfit=misfit,
            bin_size=bin_size,
        )


def _moves(inline: NDArray, crossline: NDArray) -> NDArray[np.int64]:
    """How often, from trace to trace, the crossline alone changes, and how often the inline alone."""
    moved_inline, moved_crossline = inline[1:] != inline[:-1], crossline[1:] != crossline[:-1]
    return np.array([(moved_crossline & ~moved_inline).sum(), (moved_inline & ~moved_crossline).sum()], np.int64)


def _grid_size(inline: _Axis, crossline: _Axis) -> int:
    sizes = [(axis.high - axis.low) // axis.step + 1 if axis.step else 1 for axis in (inline, crossline)]
    return sizes[0] * sizes[1]


def _kind(inlines: int, crosslines: int, cdp: _Axis) -> str:
    if inlines > 1 and crosslines > 1:
        return "3D"
    return "2D" if max(inlines, crosslines) > 1 or cdp.low != cdp.high else "none"


def _sorting(moves: NDArray[np.int64], inlines: int, crosslines: int) -> str:
    if inlines <= 1 and crosslines <= 1:
        return "none"
    if moves[0] == moves[1]:
        return "none"
    return "inline" if moves[0] > moves[1] else "crossline"
