"""The class of every labelled window of a file, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import polars as pl

from seismic_assets.attributes import WindowGrid
from seismic_assets.frames.silver import usable_rows, window_keys
from seismic_assets.labels import FileLabels, LabelConfig, SourceMatch, window_classes

_POSITION = ("inline", "crossline", "cdp_x", "cdp_y")


def label_frames(
    blocks: Iterable[pl.DataFrame], labels: FileLabels, config: LabelConfig, grid: WindowGrid, cover: float
) -> Iterator[pl.DataFrame]:
    """Labelled windows of usable traces, a frame for each block of bronze rows that holds any.

    Args:
        blocks: bronze rows of one file, in order; their samples are not needed.
        labels: the file's labels.
        config: class names and window rules.
        grid: how traces are cut.
        cover: share of a window that labelled samples must cover.
    """
    names = np.asarray(config.classes)
    for block in map(usable_rows, blocks):
        if block.height == 0:
            continue
        num_samples = int(block["num_samples"][0])
        starts = grid.starts(num_samples)
        classes = window_classes(
            labels.sample_classes(block["trace_index"].to_numpy()),
            starts,
            grid.resolve(num_samples).samples or num_samples,
            num_classes=len(names),
            min_cover=cover,
            rules=config.window_rule,
        ).ravel()
        labelled = classes >= 0
        yield pl.DataFrame(
            {
                **window_keys(block["trace_index"].to_numpy(), len(starts)),
                **{name: np.repeat(block[name].to_numpy(), len(starts)) for name in _POSITION},
                "class": classes.astype(np.int32),
                "class_name": names[np.maximum(classes, 0)],
                "source": labels.source,
            }
        ).filter(pl.lit(pl.Series(labelled)))


def match_frame(matches: Sequence[SourceMatch], problem: str = "") -> pl.DataFrame:
    """How much of each source met a file; a single row with the problem when the labels of the file were refused."""
    rows: list[tuple[str, str, int, int, str]] = [
        (match.source.name, match.source.kind, match.samples, match.outside, "") for match in matches
    ]
    if problem:
        rows = [("", "", 0, 0, problem)]
    schema = {"source": pl.String, "kind": pl.String, "samples": pl.Int64, "outside": pl.Int64, "problem": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
