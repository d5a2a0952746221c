"""The quality of a file as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seismic_assets.quality.score import SCORE_PARTS

_COUNTS = {
    "dead_traces": "dead traces",
    "constant_traces": "of them constant, not zero",
    "nan_traces": "traces with samples that are not finite",
    "infinite_traces": "of them infinite",
    "clipped_traces": "clipped traces",
    "spiked_traces": "traces with a spike",
    "duplicate_traces": "traces that repeat another's samples",
    "rounded_samples": "samples rounded to 4-byte floats",
    "traces_without_position": "traces without a position",
    "repeated_positions": "traces at the position of another",
    "missing_positions": "positions of the grid without a trace",
}
_AMPLITUDES = {
    "mean_amplitude": "mean",
    "std_amplitude": "standard deviation",
    "min_amplitude": "smallest",
    "max_amplitude": "largest",
    "amplitude_scale": "robust scale",
}


def quality_page(file: str, row: Mapping[str, Any], found: Sequence[str]) -> str:
    """A row of the quality table as Markdown: the score and its parts, what is worth a look, counts, amplitudes.

    Args:
        file: the file's name.
        row: columns of the quality table.
        found: sentences of `findings`.
    """
    if row["status"] != "read":
        return f"# {file}\n\nNot read: {row['reason']}.\n"
    lines = [f"# {file}", "", f"Quality score **{row['score']:.1f}** of 100, the product of these parts:", ""]
    lines += _table("part", "share", [(name, f"{row[f'score_{name}']:.3f}") for name in SCORE_PARTS])
    notes = [*found, *filter(None, str(row["notes"]).split("; "))]
    lines += ["", *(f"- {note}" for note in notes)] if notes else ["", "Nothing is worth a look."]
    declared = row["source_interval_us"]
    if declared != row["sample_interval_us"]:
        lines += ["", f"Resampled from {declared} us."]
    lines += [
        "",
        f"{row['traces']:,} traces of {row['num_samples']:,} samples every {row['sample_interval_us']} us.",
        "",
    ]
    lines += _table("traces", "count", [(words, f"{row[name]:,}") for name, words in _COUNTS.items()])
    lines += ["", *_table("amplitude", "value", [(words, f"{row[name]:.6g}") for name, words in _AMPLITUDES.items()])]
    return "\n".join(lines) + "\n"


def _table(left: str, right: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    return [f"| {left} | {right} |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows)]
