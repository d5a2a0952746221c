"""A split, or the one sentence that says why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.split import KEY, spatial_split
from seismic_assets.survey.split_checks import leakage

_EMPTY = {
    "file_id": pl.String,
    "trace_index": pl.Int64,
    "window_index": pl.Int32,
    "inline": pl.Int32,
    "crossline": pl.Int32,
    "class": pl.Int32,
    "block": pl.String,
    "fold": pl.String,
}


@dataclass(frozen=True)
class SplitOutcome:
    """What became of the labelled windows.

    Attributes:
        frame: their key, position, class, block and fold; empty when they cannot be split.
        labelled: how many there are.
        problem: why they cannot be split and what to do; empty when they can.
        leaking: traces too close to a fold they must not know; 0 is clean.
        areas: a line each: files, block and buffer in traces.
    """

    frame: pl.DataFrame
    labelled: int
    problem: str = ""
    leaking: int = 0
    areas: tuple[str, ...] = ()

    @property
    def nothing_to_train_on(self) -> bool:
        """No labelled window at all, which is no mistake."""
        return self.labelled == 0


def split_or_say_why(
    windows: pl.DataFrame,
    *,
    block: int | None,
    buffer: int,
    seed: int,
    min_windows_per_class: int,
    class_names: Sequence[str],
) -> SplitOutcome:
    """Split labelled windows as `spatial_split` does; what stops it is part of the result, not an exception."""
    empty = pl.DataFrame(schema=_EMPTY)
    if windows.is_empty():
        return SplitOutcome(
            empty,
            0,
            "nothing to train on: no window of any file has a class; "
            "put a labels.yaml that matches their traces beside the SEG-Y files",
        )
    try:
        split = spatial_split(
            windows,
            block=block,
            buffer=buffer,
            seed=seed,
            min_windows_per_class=min_windows_per_class,
            class_names=class_names,
        )
    except SurveyError as error:
        return SplitOutcome(empty, windows.height, str(error))
    return SplitOutcome(
        frame=split.frame.select(list(_EMPTY)).sort(KEY),
        labelled=windows.height,
        leaking=leakage(split.frame, split.buffers),
        areas=tuple(str(area) for area in split.areas),
    )
