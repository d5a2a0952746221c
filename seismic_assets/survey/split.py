"""The spatial split of labelled windows: 64/16/20 by blocks of neighbouring traces, with a gap between folds.

Neighbouring traces are nearly the same trace. A random split puts such neighbours on both sides and reports how well a
model remembers; whole blocks with a gap between them report how well it recognises.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seismic_assets.survey.area import Area, SplitOptions, split_area
from seismic_assets.survey.blocks import SMALLEST_BLOCK, group_files
from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.folds import FEWEST_BLOCKS, FOLDS
from seismic_assets.survey.split_checks import check_split

KEY = ("file_id", "trace_index", "window_index")
COLUMNS = (*KEY, "inline", "crossline", "cdp_x", "cdp_y", "class")


@dataclass(frozen=True)
class SplitResult:
    """A split and how it was made.

    Attributes:
        frame: The labelled windows sorted by file_id, trace_index, window_index, with `block` and `fold`.
        areas: One entry per area, in the order of their names.
    """

    frame: pl.DataFrame
    areas: tuple[Area, ...]

    @property
    def buffers(self) -> dict[str, int]:
        """The effective buffer of each area, as `leakage` takes it."""
        return {area.name: area.buffer for area in self.areas}


def spatial_split(
    windows: pl.DataFrame,
    *,
    block: int | None = None,
    buffer: int = 3,
    seed: int = 42,
    min_windows_per_class: int = 10,
    class_names: Sequence[str] | None = None,
) -> SplitResult:
    """Divide labelled windows into train, validation, test and the buffer between them.

    The same place is always in the same fold, whichever file shows it. An area of fewer than five blocks only trains,
    as long as another area can be split. The result does not depend on the order of the rows.

    Args:
        windows: One row per labelled window with `COLUMNS`; class is an integer from 0.
        block: Traces along a block's edge (at least 4); None takes the largest that gives 25 blocks in an area.
        buffer: Traces of distance to keep between folds, at most a quarter of a block.
        seed: Repeats the same split for the same files.
        min_windows_per_class: What each class needs in each of train, validation and test.
        class_names: Names for the sentences of an error.

    Raises:
        SurveyError: No labelled window, a single class, no area of five blocks, or a class with too few windows.
    """
    _check_request(windows, block, buffer)
    rows = windows.sort(KEY)
    if rows.select(KEY).is_duplicated().any():
        raise SurveyError(
            "some labelled windows occur twice (same file_id, trace_index and window_index): remove the copies"
        )
    names = list(class_names) if class_names is not None else _numbered(rows)

    traces = rows.group_by("file_id", "trace_index", maintain_order=True).agg(
        pl.col("inline", "crossline").first(), pl.len().alias("windows")
    )
    counts = _windows_per_class(rows, traces)
    block_of_trace = np.empty(traces.height, dtype=object)
    fold_of_trace = np.empty(traces.height, dtype=np.int8)
    options = SplitOptions(block, buffer, seed, min_windows_per_class)
    areas = []
    for number, (file_ids, here) in enumerate(_traces_by_group(traces, buffer)):
        area, blocks, folds = split_area(f"area{number}", file_ids, traces[here], counts[here], options)
        areas.append(area)
        block_of_trace[here], fold_of_trace[here] = blocks, folds
    _check_areas(areas)

    per_trace = pl.DataFrame(
        {"block": pl.Series(block_of_trace.tolist(), dtype=pl.String), "fold": np.array(FOLDS)[fold_of_trace].tolist()}
    )
    repeats = np.repeat(np.arange(traces.height), traces["windows"].to_numpy())
    frame = rows.hstack(per_trace[repeats])
    problems = check_split(frame, names, min_windows_per_class)
    if problems:
        raise SurveyError("; ".join(problems))
    return SplitResult(frame, tuple(areas))


def training_digest(frame: pl.DataFrame, content: Mapping[str, str]) -> str:
    """Identity of a training set: equal for equal labelled windows, folds and file contents, in any row order.

    Args:
        frame: Labelled windows with file_id, trace_index, window_index, class and fold.
        content: Digest of the content of each file by file_id; files without a labelled window do not count.

    Returns:
        32 hexadecimal digits.

    Raises:
        SurveyError: A file of the frame has no content digest.
    """
    digest = hashlib.blake2b(digest_size=16)
    columns = frame.select(*KEY, "class", pl.col("fold").replace_strict(list(FOLDS), range(len(FOLDS)))).sort(KEY)
    for (file_id,), rows in columns.group_by("file_id", maintain_order=True):
        if str(file_id) not in content:
            raise SurveyError(f"{file_id} has labelled windows but no content digest: ingest the file again")
        digest.update(json.dumps([file_id, content[str(file_id)], rows.height]).encode())
        digest.update(np.ascontiguousarray(rows.drop("file_id").to_numpy().astype("<i8")).tobytes())
    return digest.hexdigest()


def _check_request(windows: pl.DataFrame, block: int | None, buffer: int) -> None:
    missing = [column for column in COLUMNS if column not in windows.columns]
    if missing:
        raise SurveyError(f"the labelled windows lack the columns {', '.join(missing)}: label the files again")
    if windows.is_empty():
        raise SurveyError("no labelled window to split: add labels (labels.yaml) that match the traces of a file")
    if windows["class"].null_count() or (windows["class"] < 0).any():
        raise SurveyError("some windows have no class (null or negative): give the labelled windows only")
    if block is not None and block < SMALLEST_BLOCK:
        raise SurveyError(f"a block of {block} traces leaves no room for a buffer: use at least {SMALLEST_BLOCK}")
    if buffer < 0:
        raise SurveyError(f"a buffer of {buffer} traces is not possible: use 0 or more")


def _numbered(rows: pl.DataFrame) -> list[str]:
    return [str(number) for number in range(int(rows["class"].to_numpy().max()) + 1)]


def _windows_per_class(rows: pl.DataFrame, traces: pl.DataFrame) -> NDArray[np.int64]:
    """(traces, classes) int64; the rows are sorted as the traces are."""
    trace_of_row = np.repeat(np.arange(traces.height), traces["windows"].to_numpy())
    classes = rows["class"].to_numpy().astype(np.int64)
    width = int(classes.max()) + 1
    counts = np.bincount(trace_of_row * width + classes, minlength=traces.height * width)
    return np.asarray(counts.reshape(traces.height, width), dtype=np.int64)


def _traces_by_group(traces: pl.DataFrame, buffer: int) -> Iterator[tuple[list[str], NDArray[np.int64]]]:
    """Each group of files that share a place, with the rows of its traces."""
    groups = group_files(traces, buffer)
    group_of_file = {file_id: number for number, file_ids in enumerate(groups) for file_id in file_ids}
    group = traces["file_id"].replace_strict(group_of_file, return_dtype=pl.Int64).to_numpy()
    ends = np.cumsum(np.bincount(group, minlength=len(groups)))
    yield from zip(groups, np.split(np.argsort(group, kind="stable"), ends[:-1]), strict=True)


def _check_areas(areas: list[Area]) -> None:
    if any(area.split for area in areas):
        return
    largest = max(areas, key=lambda area: area.blocks)
    smaller = f" or use blocks smaller than {largest.block}" if largest.block > SMALLEST_BLOCK else ""
    raise SurveyError(
        f"the labelled traces are too few to split: the largest area ({', '.join(largest.file_ids[:3])}, "
        f"{largest.traces} traces) has {largest.blocks} blocks of {largest.block} traces, and {FEWEST_BLOCKS} are "
        f"needed: label a larger area{smaller}"
    )
