"""What the amplitudes of files are divided by."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from seismic_assets.lake import TRACE_QUALITY, Lake


def amplitude_scales(lake: Lake, file_ids: Sequence[str], normalise: str) -> dict[str, float]:
    """Amplitude scale of files from the quality table, by file id; empty where amplitudes are not normalised.

    Args:
        lake: of the deployment.
        file_ids: the files; one that was not read, or has no amplitude but zero, is scaled by 1.
        normalise: `none` or `robust`.
    """
    if normalise == "none":
        return {}
    rows = lake.read(TRACE_QUALITY, file_ids, ["file_id", "amplitude_scale"]).filter(pl.col("amplitude_scale") > 0)
    return dict.fromkeys(file_ids, 1.0) | dict(rows.iter_rows())
