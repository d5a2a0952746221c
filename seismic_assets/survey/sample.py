"""Stage 0: a workable sample of one large SEG-Y, as several small SEG-Y files with complete headers."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy import SegyReader, digest_file, open_segy
from seismic_assets.segy.writer import SampleFormat
from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.impute import (
    COORDINATE_COLUMNS,
    INTEGER_COLUMNS,
    RUN_LENGTH,
    ImputedHeaders,
    impute_headers,
)
from seismic_assets.survey.sample_files import Progress, write_sample
from seismic_assets.survey.sample_report import SampledFile, SampleReport, SubVolume


@dataclass(frozen=True)
class _Selection:
    """Traces to write, ascending, and what a person should know about the choice."""

    indices: NDArray[np.int64]
    notes: tuple[str, ...]


def sample_survey(
    source: Path,
    out: Path,
    *,
    traces: int = 500,
    seed: int = 42,
    files: int = 5,
    window: SubVolume | None = None,
    block: int = 4096,
    sample_format: SampleFormat = "ibm",
    progress: Progress | None = None,
) -> SampleReport:
    """Write a random sample, or a contiguous part, of a survey as `sample_000.sgy`, `sample_001.sgy`, ...

    Headers are read first and completed over the whole survey; of the samples only those of the chosen traces are
    read, at most `block` traces at a time, so memory holds the headers and one output file. The files appear
    together, `sample_metadata.json` last; a killed run leaves a hidden folder that the next one removes. An earlier
    sample in the same folder is replaced. The same seed gives the same bytes.

    Args:
        source: The survey.
        out: Folder to write to; made if missing.
        traces: How many traces to draw without replacement; all are taken where there are fewer.
        seed: Of the drawing.
        files: How many files to write, each a stretch of the source's trace order.
        window: Takes every trace of this part instead of a random sample.
        block: Traces read at a time.
        sample_format: "ibm" or "ieee".
        progress: Called with (traces written, traces in all) after each file.

    Raises:
        SurveyError: A missing source, a folder that cannot be written, more files than traces, or a sub-volume
            outside the survey.
        SegyError: The source is not a readable SEG-Y file.
    """
    _check_request(source, out, traces=traces, files=files, block=block, window=window)
    with open_segy(source) as reader:
        headers = _complete_headers(reader, block)
        selection = _draw(reader.num_traces, traces, seed) if window is None else _cut_out(headers, window)
        if len(selection.indices) < files:
            raise SurveyError(
                f"{len(selection.indices)} traces of {source.name} do not fill {files} files: ask for fewer files"
            )
        parts = np.array_split(selection.indices, files)
        sampled = tuple(SampledFile(f"sample_{number:03d}.sgy", len(part)) for number, part in enumerate(parts))
        report = SampleReport(
            source=source.name,
            source_digest=digest_file(source),
            source_traces=reader.num_traces,
            mode="random traces" if window is None else "sub-volume",
            requested_traces=traces if window is None else None,
            sampled_traces=len(selection.indices),
            seed=seed,
            window=window,
            sample_format=sample_format,
            imputation=headers.report,
            imputation_method=_method(reader.num_traces),
            notes=selection.notes,
            files=sampled,
        )
        write_sample(reader, headers, parts, report=report, out=out, block=block, progress=progress)
    return report


def _check_request(source: Path, out: Path, *, traces: int, files: int, block: int, window: SubVolume | None) -> None:
    if not source.is_file():
        raise SurveyError(f"the survey {source} does not exist or is not a file: give the path of a SEG-Y file")
    for name, value in (("traces", traces), ("files", files), ("block", block)):
        if value < 1:
            raise SurveyError(f"{name} is {value}: ask for at least 1")
    if window is None and traces < files:
        raise SurveyError(f"{traces} traces do not fill {files} files: ask for fewer files or more traces")
    if window and (window.inline_min > window.inline_max or window.crossline_min > window.crossline_max):
        raise SurveyError(f"the sub-volume of {window} is empty: give the smaller number first")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SurveyError(f"the folder {out} cannot be made ({error.strerror}): choose another") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise SurveyError(f"no permission to write into the folder {out}: grant it or choose another")
    if source.resolve().parent == out.resolve() and source.name.startswith("sample_"):
        raise SurveyError(f"the sample would overwrite the survey {source}: choose another folder")


def _complete_headers(reader: SegyReader, block: int) -> ImputedHeaders:
    columns = (*INTEGER_COLUMNS, *COORDINATE_COLUMNS)
    blocks = [reader.headers(start, start + block) for start in range(0, reader.num_traces, block)]
    return impute_headers({name: np.concatenate([getattr(part, name) for part in blocks]) for name in columns})


def _draw(available: int, wanted: int, seed: int) -> _Selection:
    if wanted >= available:
        note = (f"{wanted} traces were asked for and the survey has {available}: all were taken",)
        return _Selection(np.arange(available), note if wanted > available else ())
    chosen = np.random.default_rng(seed).choice(available, size=wanted, replace=False)
    return _Selection(np.sort(chosen).astype(np.int64), ())


def _cut_out(headers: ImputedHeaders, window: SubVolume) -> _Selection:
    if headers.report["inline"].absent and headers.report["crossline"].absent:
        raise SurveyError("the survey has no inline and crossline numbers to cut by: take a random sample instead")
    inline, crossline = (np.asarray(headers.values[axis], dtype=np.int64) for axis in ("inline", "crossline"))
    whole = SubVolume(int(inline.min()), int(inline.max()), int(crossline.min()), int(crossline.max()))
    inside = (inline >= window.inline_min) & (inline <= window.inline_max)
    inside &= (crossline >= window.crossline_min) & (crossline <= window.crossline_max)
    if not inside.any():
        raise SurveyError(f"no trace lies in {window}: the survey covers {whole}")
    beyond = (
        window.inline_min < whole.inline_min
        or window.inline_max > whole.inline_max
        or window.crossline_min < whole.crossline_min
        or window.crossline_max > whole.crossline_max
    )
    note = (f"{window} reaches beyond the survey ({whole}): what there is was taken",)
    return _Selection(np.flatnonzero(inside), note if beyond else ())


def _method(num_traces: int) -> str:
    among = (
        "all traces"
        if num_traces <= RUN_LENGTH
        else f"runs of {RUN_LENGTH} consecutive traces, because the survey is large"
    )
    return (
        "mean of the 2 nearest traces by trace index and the other headers, each at unit variance, "
        f"among {among}; the column's median where a run has fewer than 2 values"
    )
