"""Write a synthetic survey as an acquisition would leave it: SEG-Y files, a label volume and labels.yaml."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seismic_assets.segy.writer import SampleFormat, write_segy
from seismic_assets.survey.errors import SurveyError
from seismic_assets.survey.manifest import merge_label_sources, read_label_sources
from seismic_assets.survey.synthetic import SyntheticSurvey

Progress = Callable[[int, int], None]

# The archive's members carry this date, so that the same labels give the same bytes.
_ARCHIVE_DATE = (1980, 1, 1, 0, 0, 0)


def write_survey(
    survey: SyntheticSurvey,
    folder: Path | str,
    name: str,
    *,
    sample_format: SampleFormat = "ibm",
    files: int = 1,
    progress: Progress | None = None,
) -> list[Path]:
    """Write a survey into a folder; every file appears whole or not at all, labels.yaml last.

    `name.sgy` (or `name_000.sgy`, `name_001.sgy`, ... by ranges of inlines) holds the traces, `name.npz` the truth
    (`labels[inline, crossline, sample]` uint8, `ilines`, `xlines`), and labels.yaml of the folder gains a source for
    each SEG-Y file. Writing a survey of the same name again replaces its files.

    Args:
        survey: what to write.
        folder: where to; made if it does not exist.
        name: stem of the files.
        sample_format: 4-byte IBM or IEEE float.
        files: number of SEG-Y files, at most one an inline.
        progress: called with (files written, files in all) after each SEG-Y file.

    Returns:
        The SEG-Y files, in the order of their inlines.

    Raises:
        SurveyError: an impossible name or number of files, a folder that cannot be made, or a labels.yaml there
            that speaks of other classes or rules.
        SegyError: the traces cannot be written as SEG-Y.
    """
    folder = Path(folder)
    _check_request(survey, folder, name, files)
    known = read_label_sources(folder)
    volume = folder / f"{name}.npz"
    parts = np.array_split(np.arange(len(survey.inlines)), files)
    paths = [folder / (f"{name}.sgy" if files == 1 else f"{name}_{number:03d}.sgy") for number in range(files)]

    _write_label_volume(survey, volume)
    for done, (path, rows) in enumerate(zip(paths, parts, strict=True), start=1):
        _write_inlines(survey, path, rows, sample_format)
        if progress is not None:
            progress(done, files)
    merge_label_sources(folder, volume.name, [path.name for path in paths])
    _remove_replaced_files(folder, known.get(volume.name, []), paths)
    return paths


def _check_request(survey: SyntheticSurvey, folder: Path, name: str, files: int) -> None:
    if not name or name.startswith(".") or name != Path(name).name or "\\" in name:
        raise SurveyError(f"{name!r} cannot name a survey's files; give a plain name such as 'north'")
    if not 1 <= files <= len(survey.inlines):
        raise SurveyError(
            f"{len(survey.inlines)} inlines cannot be written as {files} files; give 1 to {len(survey.inlines)} files"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SurveyError(f"{folder}: the folder cannot be made ({error.strerror}); choose another") from error


def _write_inlines(survey: SyntheticSurvey, path: Path, rows: NDArray[np.int64], sample_format: SampleFormat) -> None:
    block = slice(int(rows[0]), int(rows[-1]) + 1)
    inline, crossline = np.meshgrid(survey.inlines[block], survey.crosslines, indexing="ij")
    write_segy(
        path,
        survey.traces[block].reshape(-1, survey.spec.samples),
        inline=inline.ravel(),
        crossline=crossline.ravel(),
        cdp_x=survey.cdp_x[block].ravel(),
        cdp_y=survey.cdp_y[block].ravel(),
        sample_interval_us=survey.spec.sample_interval_us,
        sample_format=sample_format,
        text=_text_header(survey, inline),
        cdp=1 + block.start * len(survey.crosslines) + np.arange(inline.size),
    )


def _text_header(survey: SyntheticSurvey, inline: NDArray[np.int32]) -> list[str]:
    spec = survey.spec
    x, y = spec.origin
    return [
        "SYNTHETIC SURVEY MADE BY SEISMIC_ASSETS: NO PART OF IT WAS MEASURED",
        f"SEED {spec.seed}",
        f"INLINES {inline.min()} TO {inline.max()}, CROSSLINES {survey.crosslines[0]} TO {survey.crosslines[-1]}",
        f"BIN SPACING {spec.bin_spacing_m:g} M, ORIGIN X {x:.1f} Y {y:.1f} M (LOCAL GRID)",
        f"{spec.samples} SAMPLES EVERY {spec.sample_interval_us} US",
        f"RICKER WAVELET, PEAK {spec.peak_frequency_hz:g} HZ AT HALF DEPTH",
        f"SIGNAL TO NOISE {spec.signal_to_noise:g} (POWER), GAIN {spec.gain:g}, DEAD SHARE {spec.dead_share:g}",
        "INLINE BYTES 189-192, CROSSLINE BYTES 193-196, CDP X 181-184, CDP Y 185-188",
    ]


def _write_label_volume(survey: SyntheticSurvey, path: Path) -> None:
    """Write what `numpy.savez_compressed` would, but with bytes that depend on the labels alone."""
    arrays: dict[str, NDArray[Any]] = {"labels": survey.labels, "ilines": survey.inlines, "xlines": survey.crosslines}
    temporary = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(temporary, "w") as archive:
            for key, array in arrays.items():
                member = zipfile.ZipInfo(f"{key}.npy", _ARCHIVE_DATE)
                member.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(member, "w", force_zip64=True) as handle:
                    np.lib.format.write_array(handle, array, allow_pickle=False)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_replaced_files(folder: Path, before: list[str], paths: list[Path]) -> None:
    """Remove the survey's SEG-Y files of an earlier writing that this one did not overwrite."""
    for name in before:
        if folder / name not in paths:
            (folder / name).unlink(missing_ok=True)
