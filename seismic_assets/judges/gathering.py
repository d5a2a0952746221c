"""A sample of the predictions with all that is needed to judge them, read from the lake file by file."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from seismic_assets.judges.sampling import Sampling, candidates, drawn
from seismic_assets.lake import (
    BRONZE_TRACES,
    DATASET_SPLIT,
    TRACE_ATTRIBUTES,
    TRACE_LABELS,
    TRACE_QUALITY,
    Lake,
    Table,
    predictions_table,
)

PROBABILITY = "prob_"
PLACES = ("crossline before", "crossline after", "inline before", "inline after")
_PREDICTIONS = predictions_table(())
_KEY = ("trace_index", "window_index")
_SAMPLE: dict[str, pl.DataType | type[pl.DataType]] = {
    "file_id": pl.String,
    "trace_index": pl.Int64,
    "window_index": pl.Int32,
    "weight": pl.Float64,
    "inline": pl.Int32,
    "crossline": pl.Int32,
    "start_ms": pl.Float32,
    "end_ms": pl.Float32,
    "class_name": pl.String,
    "confidence": pl.Float64,
    "probabilities": pl.List(pl.Float64),
    "classes": pl.List(pl.String),
    "neighbours": pl.List(pl.String),
    "places": pl.List(pl.String),
    "above": pl.String,
    "below": pl.String,
    "windows": pl.Int64,
    "flips": pl.Int64,
    "dead": pl.Boolean,
    "amplitude_ratio": pl.Float64,
    "truth": pl.String,
    "fold": pl.String,
    "model_version": pl.String,
}


def sample_predictions(lake: Lake, sampling: Sampling) -> pl.DataFrame:
    """Draw windows of the predictions, and gather what lies around them.

    Of each file the columns of class and confidence are read, one file at a time; everything else is read of the
    traces that were drawn and those beside them alone.

    Returns:
        A row for each window: its key and `weight` (how many windows it stands for), position and depth, `class_name`
        and `confidence` (null where it has none), `probabilities` of `classes`, the classes of the same window of the
        `neighbours` and where they lie (`places`), of the windows `above` and `below`; of its trace how many `windows`
        have a class, how often it `flips`, whether it is `dead`; the RMS amplitude over the file's robust scale, the
        `truth`, the `fold` that it was in, and the `model_version`. Empty where there are no predictions.
    """
    if not lake.exists(_PREDICTIONS):
        return pl.DataFrame(schema=_SAMPLE)
    file_ids = lake.file_ids(_PREDICTIONS)
    sample = drawn((candidates(_classes(lake, file_id), file_id, sampling) for file_id in file_ids), sampling)
    parts = [_gathered(lake, str(name[0]), part) for name, part in sample.group_by("file_id", maintain_order=True)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=_SAMPLE)


def _classes(lake: Lake, file_id: str) -> pl.DataFrame:
    named = ("trace_index", "window_index", pl.col("predicted_class_name").alias("class_name"), "confidence")
    return _scan(lake, _PREDICTIONS, file_id).select(*named).collect()


def _scan(lake: Lake, table: Table, file_id: str, traces: Sequence[int] | None = None) -> pl.LazyFrame:
    rows = pl.scan_delta(str(lake.path(table))).filter(pl.col("file_id") == file_id)
    return rows if traces is None else rows.filter(pl.col("trace_index").is_in(list(traces)))


def _gathered(lake: Lake, file_id: str, sample: pl.DataFrame) -> pl.DataFrame:
    """The rows of one file's sample."""
    traces = sample["trace_index"].unique().to_list()
    beside = _beside(_headers(lake, file_id), traces)
    wanted = sorted({*traces, *beside["beside"].to_list()})
    predicted = _scan(lake, _PREDICTIONS, file_id, wanted).rename({"predicted_class_name": "class_name"}).collect()
    rows = sample.join(_of_traces(predicted.filter(pl.col("trace_index").is_in(traces))), _KEY, how="left")
    for more in (
        _neighbours(sample, beside, predicted),
        _rows(lake, TRACE_LABELS, file_id, traces, pl.col("class_name").alias("truth")),
        _rows(lake, DATASET_SPLIT, file_id, traces, pl.col("fold")),
        _amplitudes(lake, file_id, traces),
    ):
        rows = rows.join(more, _KEY, how="left")
    dead = _headers(lake, file_id).filter(pl.col("trace_index").is_in(traces)).select("trace_index", "dead")
    rows = rows.join(dead, "trace_index", how="left").with_columns(
        pl.col("neighbours", "places").fill_null(pl.lit([], dtype=pl.List(pl.String))),
        dead=pl.col("dead").fill_null(False),
    )
    return rows.sort(_KEY).select(pl.col(name).cast(kind) for name, kind in _SAMPLE.items())


def _headers(lake: Lake, file_id: str) -> pl.DataFrame:
    """Position of each trace of a file, and whether it is dead or broken; empty without bronze."""
    schema = {"trace_index": pl.Int64, "inline": pl.Int32, "crossline": pl.Int32, "dead": pl.Boolean}
    if not lake.exists(BRONZE_TRACES):
        return pl.DataFrame(schema=schema)
    dead = (pl.col("is_dead") | pl.col("has_nan")).alias("dead")
    return _scan(lake, BRONZE_TRACES, file_id).select("trace_index", "inline", "crossline", dead).collect()


def _beside(headers: pl.DataFrame, traces: Sequence[int]) -> pl.DataFrame:
    """`trace_index`, `place` and `beside`: the traces next to those that were drawn, along both lines.

    Where positions repeat, as in gathers or without geometry, the traces before and after in the file.
    """
    if headers.select("inline", "crossline").is_duplicated().any():
        ordered = headers.sort("trace_index")
        found = {
            "trace before": pl.col("trace_index").shift(1),
            "trace after": pl.col("trace_index").shift(-1),
        }
    else:
        ordered = headers.sort("inline", "crossline")
        along = {"crossline": ("inline", "crossline"), "inline": ("crossline", "inline")}
        found = {
            f"{name} {where}": pl.col("trace_index").shift(step).over(line, order_by=order)
            for name, (line, order) in along.items()
            for where, step in (("before", 1), ("after", -1))
        }
    near = ordered.with_columns(**found).filter(pl.col("trace_index").is_in(list(traces)))
    return near.unpivot(list(found), index="trace_index", variable_name="place", value_name="beside").drop_nulls()


def _neighbours(sample: pl.DataFrame, beside: pl.DataFrame, predicted: pl.DataFrame) -> pl.DataFrame:
    """The classes of the same window of the traces beside; of those that have one."""
    classes = predicted.select(beside="trace_index", window_index="window_index", neighbour="class_name").drop_nulls()
    near = sample.select(_KEY).join(beside, "trace_index").join(classes, ["beside", "window_index"])
    return near.sort(*_KEY, "place").group_by(_KEY, maintain_order=True).agg(neighbours="neighbour", places="place")


def _of_traces(predicted: pl.DataFrame) -> pl.DataFrame:
    """Every window with those above and below, and how often its trace changes its class."""
    names = [name for name in predicted.columns if name.startswith(PROBABILITY)]
    ordered = predicted.sort(_KEY)
    known = pl.col("class_name").drop_nulls()
    return ordered.with_columns(
        above=pl.col("class_name").shift(1).over("trace_index"),
        below=pl.col("class_name").shift(-1).over("trace_index"),
        windows=pl.col("class_name").count().over("trace_index"),
        flips=(known != known.shift(1)).sum().over("trace_index"),
        probabilities=pl.concat_list(pl.col(name).cast(pl.Float64) for name in names),
        classes=pl.lit([name.removeprefix(PROBABILITY) for name in names], dtype=pl.List(pl.String)),
    ).drop("file_id", "true_class", *names)


def _rows(lake: Lake, table: Table, file_id: str, traces: Sequence[int], column: pl.Expr) -> pl.DataFrame:
    """One column of a table by the key, empty where there is no table."""
    name = column.meta.output_name()
    if not lake.exists(table):
        return pl.DataFrame(schema={"trace_index": pl.Int64, "window_index": pl.Int32, name: pl.String})
    rows = _scan(lake, table, file_id, traces).select("trace_index", pl.col("window_index").cast(pl.Int32), column)
    return rows.unique(_KEY).collect()


def _amplitudes(lake: Lake, file_id: str, traces: Sequence[int]) -> pl.DataFrame:
    """RMS amplitude of each window over the robust scale of its file."""
    schema = {"trace_index": pl.Int64, "window_index": pl.Int32, "amplitude_ratio": pl.Float64}
    quality = lake.read(TRACE_QUALITY, [file_id], ["amplitude_scale"])
    scale = quality["amplitude_scale"].drop_nulls().to_list()
    if not scale or not scale[0] > 0 or not lake.exists(TRACE_ATTRIBUTES):
        return pl.DataFrame(schema=schema)
    ratio = pl.col("rms_amplitude").cast(pl.Float64) / scale[0]
    return _rows(lake, TRACE_ATTRIBUTES, file_id, traces, ratio.alias("amplitude_ratio"))
