"""Reading label volumes, `.npz` or SEG-Y, with every value checked against the classes."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from seismic_assets.labels.errors import LabelError
from seismic_assets.labels.geometry import LINE_LIMIT
from seismic_assets.labels.volume import BLOCK, UNLABELLED, TimeAxis, Volume, labelled
from seismic_assets.segy import SegyError, open_segy


def load_volume(path: Path, class_names: Sequence[str]) -> Volume:
    """Load a label volume, `.npz` or SEG-Y, and check every value against the classes.

    An `.npz` holds `labels[il, xl, sample]` of an integer type, `ilines`, `xlines` and, both or neither,
    `start_ms` and `sample_interval_ms`. The samples of a SEG-Y volume are class indices.

    Raises:
        LabelError: if the file cannot be read, has another shape, or names an unknown class.
    """
    if path.suffix.lower() == ".npz":
        volume = _from_npz(path)
        for start in range(0, len(volume.values), BLOCK):
            values = volume.values[start : start + BLOCK]
            _refuse_unknown(volume, start, values, labelled(values), class_names)
        return volume
    return _from_segy(path, class_names)


def _from_npz(path: Path) -> Volume:
    arrays = _npz_arrays(path)
    labels, ilines, xlines = arrays["labels"], arrays["ilines"], arrays["xlines"]
    for name in ("labels", "ilines", "xlines"):
        if not np.issubdtype(arrays[name].dtype, np.integer):
            raise LabelError(f"{path}: the array '{name}' is {arrays[name].dtype}; store it as integers.")
    if labels.ndim != 3 or labels.shape[:2] != (ilines.size, xlines.size) or ilines.ndim != 1 or xlines.ndim != 1:
        raise LabelError(
            f"{path}: labels {labels.shape} do not fit {ilines.shape} ilines and {xlines.shape} xlines; store "
            "labels[inline, crossline, sample]."
        )
    if not labels.size:
        raise LabelError(f"{path}: holds no samples; export it again or remove it from labels.yaml.")
    for name in ("ilines", "xlines"):
        _refuse_bad_lines(path, name, arrays[name])
    return Volume(
        path=path,
        values=cast("NDArray[np.integer]", labels).reshape(-1, labels.shape[2]),
        inline=np.repeat(ilines.astype(np.int64), xlines.size),
        crossline=np.tile(xlines.astype(np.int64), ilines.size),
        axis=_npz_axis(path, arrays),
    )


def _npz_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    wanted = ("labels", "ilines", "xlines", "start_ms", "sample_interval_ms")
    try:
        # Opened here, as numpy leaves a cut archive open when it refuses it.
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise LabelError(f"{path}: is a single array, no .npz archive; store labels, ilines and xlines.")
            arrays = {name: archive[name] for name in wanted if name in archive.files}
    except (OSError, EOFError, ValueError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise LabelError(f"{path}: cannot be read as .npz without pickle ({error}); write it again.") from error
    for name in wanted[:3]:
        if name not in arrays:
            raise LabelError(f"{path}: the array '{name}' is missing; store labels, ilines and xlines.")
    return arrays


def _refuse_bad_lines(path: Path, name: str, lines: NDArray[np.generic]) -> None:
    numbers, count = np.unique(lines, return_counts=True)
    if (count > 1).any():
        raise LabelError(f"{path}: '{name}' holds {numbers[count > 1][0]} twice; keep each number once.")
    if int(numbers[0]) < -LINE_LIMIT or int(numbers[-1]) >= LINE_LIMIT:
        raise LabelError(f"{path}: '{name}' holds a number beyond 32 bits; use the numbers of the trace headers.")


def _npz_axis(path: Path, arrays: dict[str, NDArray[np.generic]]) -> TimeAxis | None:
    given = [name for name in ("start_ms", "sample_interval_ms") if name in arrays]
    if not given:
        return None
    if len(given) == 1:
        raise LabelError(f"{path}: has '{given[0]}' alone; store start_ms and sample_interval_ms, or neither.")
    try:
        axis = TimeAxis(*(float(arrays[name].item()) for name in given))
    except (TypeError, ValueError) as error:
        raise LabelError(f"{path}: start_ms and sample_interval_ms must be single numbers; correct them.") from error
    if not (np.isfinite(axis.start_ms) and np.isfinite(axis.interval_ms) and axis.interval_ms > 0):
        raise LabelError(f"{path}: start_ms or sample_interval_ms is out of range; correct them.")
    return axis


def _from_segy(path: Path, class_names: Sequence[str]) -> Volume:
    try:
        with open_segy(path) as reader:
            headers = reader.headers()
            volume = Volume(
                path=path,
                values=np.empty((reader.num_traces, reader.num_samples), dtype=np.uint8),
                inline=headers.inline.astype(np.int64),
                crossline=headers.crossline.astype(np.int64),
                axis=TimeAxis(reader.start_ms, reader.sample_interval_us / 1000.0),
            )
            for start in range(0, reader.num_traces, BLOCK):
                samples = reader.traces(start, start + BLOCK)
                valued = ~((samples < 0) | (samples == UNLABELLED))  # written so that NaN counts as a value
                _refuse_unknown(volume, start, samples, valued, class_names)
                volume.values[start : start + BLOCK] = np.where(valued, samples, UNLABELLED)
    except SegyError as error:
        raise LabelError(f"{path}: cannot be read as a label volume ({error}).") from error
    return volume


def _refuse_unknown(
    volume: Volume,
    start: int,
    values: NDArray[np.generic],
    valued: NDArray[np.bool_],
    class_names: Sequence[str],
) -> None:
    known = values < len(class_names)  # type: ignore[operator]
    if np.issubdtype(values.dtype, np.floating):
        known &= values == np.rint(values)
    wrong = np.argwhere(valued & ~known)
    if len(wrong):
        row, sample = wrong[0]
        raise LabelError(
            f"{volume.path}: unknown class {values[row, sample]} at inline {volume.inline[start + row]}, crossline "
            f"{volume.crossline[start + row]}, sample {sample}; labels.yaml names the classes 0 to "
            f"{len(class_names) - 1} ({', '.join(class_names)}), negative or 255 means unlabelled."
        )
