"""Fill holes in trace headers: nearest traces first, the column's median where there are none."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

INTEGER_COLUMNS = ("inline", "crossline", "cdp", "offset")
COORDINATE_COLUMNS = ("cdp_x", "cdp_y")
RUN_LENGTH = 4096
"""Traces among which nearest ones are looked for; holes of a longer file are filled run by run, in file order."""


@dataclass(frozen=True)
class ColumnImputation:
    """What was done to one header column.

    Attributes:
        missing: Traces without a value.
        imputed_by_knn: How many of them got the mean of their nearest traces.
        imputed_by_median: How many of them got the column's median.
        absent: The column is empty throughout and left as it is.
        zero_is_a_number: Zeros were kept, because most values are zero or zero continues the numbering.
    """

    missing: int
    imputed_by_knn: int
    imputed_by_median: int
    absent: bool
    zero_is_a_number: bool


@dataclass(frozen=True)
class ImputedHeaders:
    """Headers without holes.

    Attributes:
        values: (n,) per column: int32 for numbers, float64 for coordinates.
        report: What was done, per column.
    """

    values: dict[str, NDArray[np.generic]]
    report: dict[str, ColumnImputation]


def impute_headers(headers: pl.DataFrame | Mapping[str, ArrayLike], neighbours: int = 2) -> ImputedHeaders:
    """Fill missing inline, crossline, CDP, offset and coordinates, in file order.

    A value is missing if it is NaN, or 0 in a column where most are not, unless 0 simply continues the numbering
    (inlines from 0, offsets through 0). The nearest traces are those with similar other headers and trace index,
    each scaled to unit variance; numbers are rounded.

    Args:
        headers: (n,) values of any of `INTEGER_COLUMNS` and `COORDINATE_COLUMNS`; other columns are ignored.
        neighbours: Nearest traces whose mean fills a hole.

    Returns:
        The columns that were given, complete unless absent.
    """
    raw = {
        name: np.array(headers[name], dtype=np.float64)
        for name in (*INTEGER_COLUMNS, *COORDINATE_COLUMNS)
        if name in headers
    }
    genuine_zero = {name: _zero_is_a_number(values) for name, values in raw.items()}
    holes = {name: np.isnan(values) | ((values == 0) & (not genuine_zero[name])) for name, values in raw.items()}
    absent = {name: not np.nan_to_num(values).any() for name, values in raw.items()}
    present = [name for name in raw if not absent[name]]

    nearest = _nearest_means({name: np.where(holes[name], np.nan, raw[name]) for name in present}, neighbours)
    values: dict[str, NDArray[np.generic]] = {}
    report = {}
    for name, column in raw.items():
        hole = holes[name] & (not absent[name])
        by_knn = hole & ~np.isnan(nearest[name]) if name in nearest else np.zeros_like(hole)
        by_median = hole & ~by_knn
        filled = np.nan_to_num(column) if absent[name] else column.copy()
        if by_knn.any():
            filled[by_knn] = nearest[name][by_knn]
        if by_median.any():
            filled[by_median] = np.median(column[~hole])
        values[name] = np.rint(filled).astype(np.int32) if name in INTEGER_COLUMNS else filled
        report[name] = ColumnImputation(
            int(hole.sum()), int(by_knn.sum()), int(by_median.sum()), absent[name], genuine_zero[name]
        )
    return ImputedHeaders(values, report)


def _zero_is_a_number(values: NDArray[np.float64]) -> bool:
    """Whether zeros belong to the numbering: they prevail, or they stand one step from it where it reaches them."""
    known = values[~np.isnan(values)]
    zero = known == 0
    if not zero.any() or zero.all():
        return False
    if zero.mean() >= 0.5:
        return True
    distinct = np.unique(known[~zero])
    if len(distinct) < 2:
        return False
    step = np.diff(distinct).min() * (1 + 1e-9)
    if np.abs(distinct).min() > step:
        return False
    # A hole among inlines 1..500 also lies one step from inline 1; a real inline 0 has inline 1 beside it.
    edges = np.flatnonzero(zero[1:] != zero[:-1])
    beside = np.where(zero[edges], known[edges + 1], known[edges])
    return bool((np.abs(beside) <= step).mean() >= 0.5)


def _nearest_means(columns: dict[str, NDArray[np.float64]], neighbours: int) -> dict[str, NDArray[np.float64]]:
    """For columns with holes (NaN): the mean of the nearest traces, NaN where a run has too few to ask."""
    holed = [name for name, values in columns.items() if np.isnan(values).any()]
    if not holed:
        return {}
    table = np.stack(list(columns.values()), axis=1)
    result = np.full_like(table, np.nan)
    for start in range(0, len(table), RUN_LENGTH):
        run = slice(start, start + RUN_LENGTH)
        result[run] = _nearest_means_of_run(table[run], neighbours)
    return {name: result[:, position] for position, name in enumerate(columns) if name in holed}


def _nearest_means_of_run(table: NDArray[np.float64], neighbours: int) -> NDArray[np.float64]:
    from sklearn.impute import KNNImputer

    result = np.full_like(table, np.nan)
    known = (~np.isnan(table)).sum(axis=0)
    usable = np.flatnonzero(known >= neighbours)
    incomplete = np.isnan(table[:, usable]).any(axis=1)
    if not len(usable) or not incomplete.any():
        return result
    order = np.arange(len(table), dtype=np.float64)[:, None]
    features = np.hstack([order, table[:, usable]])
    centre, spread = np.nanmean(features, axis=0), np.nanstd(features, axis=0)
    spread[spread == 0] = 1.0
    scaled = (features - centre) / spread
    imputer = KNNImputer(n_neighbors=neighbours).fit(scaled)
    filled = imputer.transform(scaled[incomplete]) * spread + centre
    rows = np.flatnonzero(incomplete)
    result[np.ix_(rows, usable)] = filled[:, 1:]
    return result
