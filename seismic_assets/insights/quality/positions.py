"""Where the traces of each file lie, from the header columns alone, a row a file."""

from __future__ import annotations

import polars as pl

HEADER_COLUMNS = ("file_id", "trace_index", "inline", "crossline", "cdp", "cdp_x", "cdp_y", "start_ms")
_IRREGULAR = 0.25  # whole metres, as headers often hold, move a step of 6 m by a sixth
_JUMP = 10.0
POSITION_SCHEMA: dict[str, type[pl.DataType]] = {
    "file_id": pl.String,
    "traces": pl.Int64,
    "numbered": pl.Int64,
    "with_cdp": pl.Int64,
    "located": pl.Int64,
    "inlines": pl.Int64,
    "crosslines": pl.Int64,
    "positions": pl.Int64,
    "places": pl.Int64,
    "x_min": pl.Float64,
    "x_max": pl.Float64,
    "y_min": pl.Float64,
    "y_max": pl.Float64,
    "start_ms": pl.Float64,
    "spacing": pl.Float64,
    "line_spacing": pl.Float64,
    "steps": pl.Int64,
    "irregular_steps": pl.Int64,
    "jumps": pl.Int64,
}
"""Columns of `positions_of`."""


def positions_of(headers: pl.DataFrame) -> pl.DataFrame:
    """Figures of the positions of each file.

    Args:
        headers: the `HEADER_COLUMNS` of `bronze_traces`, of whole files.

    Returns:
        A row a file, of `POSITION_SCHEMA`: `numbered`: traces with an inline or crossline number; `located`: with
        coordinates, that is finite ones that are not both 0; `positions`, `places`: different inline/crossline (else
        CDP) numbers and different coordinates among located traces; `x_min` to `y_max`: of located traces; `spacing`,
        `line_spacing`: median distance between neighbours by a step of their numbers, along a line and from line to
        line, null where there is none (of a single line the first is known); `steps`: pairs of neighbours;
        `irregular_steps`: of them those off the median by more than a quarter, `jumps`: by more than a factor of ten.
    """
    if headers.is_empty():
        return pl.DataFrame(schema=POSITION_SCHEMA)
    located = _located(headers)
    figures = headers.group_by("file_id").agg(
        pl.len().alias("traces"),
        ((pl.col("inline") != 0) | (pl.col("crossline") != 0)).sum().alias("numbered"),
        (pl.col("cdp") != 0).sum().alias("with_cdp"),
        pl.col("inline").n_unique().alias("inlines"),
        pl.col("crossline").n_unique().alias("crosslines"),
        pl.col("start_ms").median().alias("start_ms"),
    )
    steps = pl.concat([_steps(located, "crossline", "inline"), _steps(located, "inline", "crossline")])
    along, across = (_spacing(steps, axis) for axis in ("crossline", "inline"))
    joined = figures.join(_places(located), on="file_id", how="left")
    for spacing, name in ((along, "spacing"), (across, "line_spacing")):
        joined = joined.join(spacing.rename({"usual": name}), on="file_id", how="left")
    joined = joined.join(_regularity(steps), on="file_id", how="left")
    joined = joined.with_columns(spacing=pl.coalesce("spacing", "line_spacing"))  # a single crossline runs over inlines
    counts = [name for name, kind in POSITION_SCHEMA.items() if kind is pl.Int64]
    filled = joined.with_columns(pl.col(counts).fill_null(0))
    return filled.select(pl.col(name).cast(kind) for name, kind in POSITION_SCHEMA.items()).sort("file_id")


def _located(headers: pl.DataFrame) -> pl.DataFrame:
    """Traces with coordinates; files without line numbers are one line, numbered by CDP, else in their order."""
    x, y = pl.col("cdp_x"), pl.col("cdp_y")
    inline, crossline, cdp = pl.col("inline"), pl.col("crossline"), pl.col("cdp")
    alone = (inline.n_unique().over("file_id") == 1) & (crossline.n_unique().over("file_id") == 1)
    along = pl.when(cdp.n_unique().over("file_id") > 1).then(cdp.cast(pl.Int64)).otherwise(pl.col("trace_index"))
    numbers = pl.when(alone).then(along).otherwise(crossline.cast(pl.Int64)).alias("crossline")
    kept = headers.with_columns(numbers).filter(x.is_finite() & y.is_finite() & ((x != 0) | (y != 0)))
    return kept.select("file_id", inline.cast(pl.Int64), crossline, x, y)


def _places(located: pl.DataFrame) -> pl.DataFrame:
    return located.group_by("file_id").agg(
        pl.len().alias("located"),
        pl.struct("inline", "crossline").n_unique().alias("positions"),
        pl.struct("cdp_x", "cdp_y").n_unique().alias("places"),
        pl.col("cdp_x").min().alias("x_min"),
        pl.col("cdp_x").max().alias("x_max"),
        pl.col("cdp_y").min().alias("y_min"),
        pl.col("cdp_y").max().alias("y_max"),
    )


def _steps(located: pl.DataFrame, along: str, line: str) -> pl.DataFrame:
    """Distance by a step of the number `along` between neighbours on the same `line`, a row a pair."""
    ordered = located.sort("file_id", line, along)
    same = (pl.col("file_id") == pl.col("file_id").shift()) & (pl.col(line) == pl.col(line).shift())
    far = (pl.col("cdp_x").diff() ** 2 + pl.col("cdp_y").diff() ** 2).sqrt()
    number = pl.col(along).diff()
    pairs = ordered.select("file_id", step=far / number, axis=pl.lit(along), neighbours=same & (number > 0))
    return pairs.filter("neighbours").drop("neighbours")


def _spacing(steps: pl.DataFrame, axis: str) -> pl.DataFrame:
    of_axis = steps.filter(pl.col("axis") == axis)
    return of_axis.group_by("file_id").agg(pl.col("step").median().alias("usual"))


def _regularity(steps: pl.DataFrame) -> pl.DataFrame:
    usual = pl.col("step").median().over("file_id", "axis")
    step = pl.col("step")
    off = ((step - usual).abs() > _IRREGULAR * usual).alias("irregular_steps")
    jump = ((usual > 0) & ((step > _JUMP * usual) | (step * _JUMP < usual))).alias("jumps")
    return (
        steps.with_columns(off, jump)
        .group_by("file_id")
        .agg(pl.len().alias("steps"), pl.col("irregular_steps").sum(), pl.col("jumps").sum())
    )
