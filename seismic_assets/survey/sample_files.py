"""Put the files of a sample in place: all of them or none, the metadata last."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy import SegyReader, write_segy
from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.impute import COORDINATE_COLUMNS, ImputedHeaders
from seismic_assets.survey.sample_report import METADATA_NAME, SampleReport, listed_files

Progress = Callable[[int, int], None]
PARTIAL_NAME = ".sample_partial"
"""Hidden, so that nothing takes a half-written sample for landed files."""


def write_sample(
    reader: SegyReader,
    headers: ImputedHeaders,
    parts: list[NDArray[np.int64]],
    *,
    report: SampleReport,
    out: Path,
    block: int,
    progress: Progress | None,
) -> None:
    """Write every part of a sample and its metadata, replacing an earlier sample in the folder.

    Args:
        reader: The survey.
        headers: Of all its traces, without holes.
        parts: Ascending trace indices per file of `report.files`.
        report: Becomes the metadata.
        out: An existing folder.
        block: Traces read at a time.
        progress: Called with (traces written, traces in all) after each file.

    Raises:
        SurveyError: The disk refuses.
    """
    partial = out / PARTIAL_NAME
    try:
        # A run killed while it put its files in place has left its metadata in the hidden folder.
        leftovers = listed_files(out) | listed_files(partial)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        written = 0
        for entry, part in zip(report.files, parts, strict=True):
            _write_part(reader, headers, part, path=partial / entry.name, report=report, block=block)
            written += entry.traces
            if progress:
                progress(written, report.sampled_traces)
        _write_metadata(partial, report)

        for name in sorted(leftovers):
            (out / name).unlink(missing_ok=True)
        (out / METADATA_NAME).unlink(missing_ok=True)
        for entry in report.files:
            (partial / entry.name).replace(out / entry.name)
        (partial / METADATA_NAME).replace(out / METADATA_NAME)
    except OSError as error:
        raise SurveyError(
            f"the sample cannot be written to {out} ({error.strerror}): make room or choose another folder"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_metadata(folder: Path, report: SampleReport) -> None:
    unfinished = folder / f"{METADATA_NAME}.part"
    unfinished.write_text(report.to_json())
    unfinished.replace(folder / METADATA_NAME)


def _write_part(
    reader: SegyReader,
    headers: ImputedHeaders,
    part: NDArray[np.int64],
    *,
    path: Path,
    report: SampleReport,
    block: int,
) -> None:
    picked = {name: values[part] for name, values in headers.values.items()}
    largest = max(np.abs(np.asarray(picked[name], dtype=np.float64)).max() for name in COORDINATE_COLUMNS)
    write_segy(
        path,
        np.concatenate(list(_traces_of(reader, part, block))),
        sample_interval_us=reader.sample_interval_us,
        start_ms=reader.start_ms,
        sample_format=report.sample_format,
        coordinate_scalar=_coordinate_scalar(largest),
        text=[
            f"Sample of {report.source}: {len(part)} of {report.source_traces} traces, {path.stem}",
            f"Random traces, seed {report.seed}" if report.window is None else f"Part: {report.window}",
            f"Source digest (BLAKE2b): {report.source_digest}",
            f"Missing header values were imputed: see {METADATA_NAME}",
        ],
        **picked,
    )


def _traces_of(reader: SegyReader, indices: NDArray[np.int64], block: int) -> Iterator[NDArray[np.float32]]:
    """Only the wanted traces, in stretches of consecutive ones, at most `block` at a time."""
    for stretch in np.split(indices, np.flatnonzero(np.diff(indices) > 1) + 1):
        stop = int(stretch[-1]) + 1
        for start in range(int(stretch[0]), stop, block):
            yield reader.traces(start, min(start + block, stop))


def _coordinate_scalar(largest: float) -> int:
    """The finest of 1/100, 1/10 and 1 that fits into the header's four bytes."""
    limit = np.iinfo(np.int32).max
    return next((-scale for scale in (100, 10) if largest * scale <= limit), 1)
