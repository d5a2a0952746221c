"""The frames that the agents judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from seismic_assets.insights.quality.errors import QualityInputError

READ = pl.col("status") == "read"


@dataclass(frozen=True)
class QualityInputs:
    """What is known of the files, a frame each.

    Attributes:
        quality: rows of `trace_quality`.
        catalogue: rows of `segy_catalogue`.
        positions: a row of `positions_of` a file.
        classes: labelled windows by `file_id`, `class_name`.
        folds: labelled windows by `fold`, `class`.
        windows: how many windows there are, labelled or not; 0 where none were cut yet.
        history: rows of `quality_history`, the oldest first.
        problems: why a frame could not be had, a sentence by its name.
    """

    quality: pl.DataFrame
    catalogue: pl.DataFrame
    positions: pl.DataFrame
    classes: pl.DataFrame
    folds: pl.DataFrame
    history: pl.DataFrame
    windows: int = 0
    problems: Mapping[str, str] = field(default_factory=dict)

    def take(self, name: str, *columns: str) -> pl.DataFrame:
        """A frame that has some columns.

        Raises:
            QualityInputError: it could not be had, or lacks a column.
        """
        if name in self.problems:
            raise QualityInputError(self.problems[name])
        frame: pl.DataFrame = getattr(self, name)
        missing = [each for each in columns if each not in frame.columns]
        if missing:
            raise QualityInputError(f"the frame {name} lacks {', '.join(missing)}; materialise its asset again")
        return frame

    def read_files(self) -> pl.DataFrame:
        """Rows of `trace_quality` of the files that were read; what is not finite among the amplitudes is null.

        Raises:
            QualityInputError: the frame could not be had.
        """
        frame = self.take("quality", "file_id", "status", "traces", "score").filter(READ)
        reals = [name for name, kind in frame.schema.items() if kind.is_float()]
        return frame.with_columns(
            pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in reals
        ).sort("file_id")
