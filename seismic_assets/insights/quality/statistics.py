"""The statistical analyser: what the figures of all files say."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import polars as pl

from seismic_assets.evaluation.document import Block
from seismic_assets.insights.quality.findings import (
    Finding,
    by_severity,
    finite,
    of_files,
    verdict_of,
)
from seismic_assets.insights.quality.inputs import QualityInputs
from seismic_assets.insights.quality.limits import QualityLimits
from seismic_assets.insights.quality.result import AgentResult
from seismic_assets.insights.quality.shown import agent_section, facts_table, number, short_table
from seismic_assets.insights.quality.snapshot import Snapshot, known_scales, snapshot_of
from seismic_assets.insights.quality.statistics_labels import label_blocks, label_facts, label_findings
from seismic_assets.llm.facts import Fact, Facts

TITLE = "Statistics"
_SHARES = (
    ("lost_traces", "dead or broken traces", ("dead_traces", "nan_traces"), "dead_share"),
    ("clipped_traces", "clipped traces", ("clipped_traces",), "clipped_share"),
    ("spiked_traces", "traces with a spike", ("spiked_traces",), "spiked_share"),
    ("duplicate_traces", "traces that repeat the samples of another", ("duplicate_traces",), "duplicate_share"),
)
_BANDS = ((0.0, 50.0), (50.0, 80.0), (80.0, 95.0), (95.0, 100.0))
_HEADERS = (
    ("numbered", "traces with an inline or crossline number"),
    ("located", "traces with coordinates"),
    ("with_cdp", "traces with a CDP number"),
)
_WORST = 10
_MOST_DECADES = 300


def analyse_statistics(inputs: QualityInputs, limits: QualityLimits) -> AgentResult:
    """Shares of unusable traces, amplitudes, scores, headers and labels over all files that were read.

    Raises:
        QualityInputError: a frame could not be had.
    """
    read, snapshot = inputs.read_files(), snapshot_of(inputs)
    positions = inputs.take("positions", "file_id", "traces", *(name for name, _ in _HEADERS))
    findings = by_severity(
        [
            *_volume_findings(read, snapshot),
            *_share_findings(read, snapshot, limits),
            *_score_findings(read, snapshot, limits),
            *label_findings(snapshot, limits),
        ]
    )
    survey = _survey_facts(read, snapshot, positions)
    labels = label_facts(inputs, snapshot)
    blocks: list[Block] = [
        facts_table(("figure", "value"), survey),
        *_bands(read),
        *_files(read),
        *label_blocks(inputs, labels),
    ]
    verdict, summary = verdict_of(findings), _summary(snapshot)
    figures = (figure for each in findings for figure in each.figures)
    facts = finite([Fact("verdict.statistics", "verdict on the statistics", verdict, "verdict"), *survey, *labels])
    return AgentResult(
        name="statistics",
        title=TITLE,
        verdict=verdict,
        summary=summary,
        findings=findings,
        facts=Facts([*facts, *_worst_facts(read), *figures]),
        sections=(agent_section(TITLE, verdict, summary, findings, blocks),),
        snapshot=snapshot,
    )


def _summary(snapshot: Snapshot) -> str:
    if snapshot.traces == 0:
        return "no trace could be read."
    lost = Fact("", "", snapshot.lost_share, "share").shown()
    return (
        f"{snapshot.traces:,} traces in {snapshot.files:,} {_files_word(snapshot.files)}, {lost} of them dead or "
        f"broken; mean quality score {number(snapshot.score_mean, 3)} of 100."
    )


def _files_word(count: int) -> str:
    return "file" if count == 1 else "files"


def _volume_findings(read: pl.DataFrame, snapshot: Snapshot) -> list[Finding]:
    if snapshot.files == 0:
        refused = snapshot.refused_files
        if refused:
            return [Finding("nothing_read", "fail", f"None of {refused:,} {_files_word(refused)} could be used.")]
        return [Finding("no_files", "warn", "No file has been read yet: there is nothing to judge.")]
    if snapshot.traces == 0:
        return [Finding("nothing_read", "fail", "The files that were read hold no trace.")]
    short = read.filter(pl.col("traces") < pl.col("traces_declared"))
    shares = {row["file_id"]: 1 - row["traces"] / row["traces_declared"] for row in short.iter_rows(named=True)}
    return of_files("missing_traces", "warn", "traces that the headers promise and the file does not hold", shares)


def _share_findings(read: pl.DataFrame, snapshot: Snapshot, limits: QualityLimits) -> list[Finding]:
    """Of each file beyond its limit, of files without a live trace, and of the whole beyond what it can bear."""
    found: list[Finding] = []
    for code, what, columns, limit in _SHARES:
        shares = shares_of(read, *columns)
        total = sum(int(read[name].sum()) for name in columns) / snapshot.traces if snapshot.traces else 0.0
        if total > limits.failing_share:
            figure = Fact(f"{code}.all", f"{what} of all traces", total, "share")
            sentence = f"{what[0].upper()}{what[1:]}: {figure.shown()} of all traces."
            found.append(Finding(f"{code}_overall", "fail", sentence, (), (figure,)))
        beyond = {file: share for file, share in shares.items() if share > getattr(limits.files, limit)}
        alive = {file: share for file, share in beyond.items() if code != "lost_traces" or share < 1}
        found += of_files(code, "warn", what, alive)
        if code == "lost_traces":
            found += _without_live(shares, snapshot)
    broken = {file: float(count) for file, count in read.select("file_id", "nan_traces").iter_rows() if count}
    return found + of_files(
        "broken_traces", "info", "traces with samples that are not finite or absurdly large", broken, "count"
    )


def _without_live(shares: Mapping[str, float], snapshot: Snapshot) -> list[Finding]:
    files = tuple(sorted(file for file, share in shares.items() if share >= 1))
    if not files:
        return []
    named = ", ".join(files[:3]) + (f" and {len(files) - 3:,} more" if len(files) > 3 else "")
    severity = "fail" if len(files) == snapshot.files else "warn"
    return [Finding("no_live_trace", severity, f"Not one live trace: {named}.", files)]  # type: ignore[arg-type]


def _score_findings(read: pl.DataFrame, snapshot: Snapshot, limits: QualityLimits) -> list[Finding]:
    scores = dict(read.select("file_id", "score").drop_nulls().iter_rows())
    low = {file: score for file, score in scores.items() if score < limits.files.score}
    found = of_files(
        "low_score", "warn", f"quality score below {limits.files.score:g}", low, "measure", unit="of 100", rising=False
    )
    if snapshot.score_mean < limits.failing_score:
        figure = Fact("score_mean.all", "mean quality score", snapshot.score_mean, "measure", "of 100")
        sentence = f"The mean quality score of all traces is {figure.shown()}, below {limits.failing_score:g}."
        found.append(Finding("low_score_overall", "fail", sentence, (), (figure,)))
    return found


def shares_of(read: pl.DataFrame, *columns: str) -> dict[str, float]:
    """Share of the traces that counts make up together, by file; files without traces are left out."""
    known = read.filter(pl.col("traces") > 0)
    share = pl.sum_horizontal(pl.col(name).fill_null(0) for name in columns) / pl.col("traces")
    return dict(known.select("file_id", share).iter_rows())


def _survey_facts(read: pl.DataFrame, snapshot: Snapshot, positions: pl.DataFrame) -> list[Fact]:
    scales = known_scales(read)["amplitude_scale"]
    facts = [
        Fact("files", "files that were read", snapshot.files, "count", "files"),
        Fact("traces", "traces", snapshot.traces, "count", "traces"),
        Fact("dead_traces", "dead traces", int(read["dead_traces"].sum()), "count", "traces"),
        Fact("nan_traces", "traces with samples that are not finite", int(read["nan_traces"].sum()), "count", "traces"),
        Fact("lost_share", "share of dead or broken traces", snapshot.lost_share, "share"),
        Fact("clipped_share", "share of clipped traces", snapshot.clipped_share, "share"),
        Fact("spiked_share", "share of traces with a spike", snapshot.spiked_share, "share"),
        Fact("duplicate_share", "share of traces that repeat another", snapshot.duplicate_share, "share"),
        Fact("score_mean", "mean quality score, by traces", snapshot.score_mean, "measure", "of 100"),
        Fact("score_lowest", "lowest quality score of a file", snapshot.score_lowest, "measure", "of 100"),
        Fact("amplitude_scale", "median amplitude scale of the files", snapshot.scale_median, "measure"),
    ]
    if len(scales) > 1:
        logs = np.log10(scales.to_numpy())
        deviation = 1.4826 * float(np.median(np.abs(logs - np.median(logs))))
        spread = 10**deviation if deviation < _MOST_DECADES else math.inf
        facts += [
            Fact("amplitude_range", "largest amplitude scale of a file over the smallest", _ratio(scales), "measure"),
            Fact("amplitude_spread", "robust spread of the amplitude scales, as a factor", spread, "measure"),
        ]
    placed = int(positions["traces"].sum())
    if placed:
        facts += [
            Fact(f"header_{name}", f"share of {what}", int(positions[name].sum()) / placed, "share")
            for name, what in _HEADERS
        ]
    return finite(facts)


def _ratio(scales: pl.Series) -> float:
    values = scales.to_numpy()
    return float(values.max()) / float(values.min())


def _bands(read: pl.DataFrame) -> list[Block]:
    """How many files have which scores."""
    scores = read["score"].drop_nulls().to_numpy()
    if scores.size == 0:
        return []
    rows = []
    for low, high in _BANDS:
        inside = (scores >= low) & ((scores < high) | (high == _BANDS[-1][1]))
        rows.append((f"{low:g} to {high:g}", f"{int(inside.sum()):,}"))
    return short_table(("quality score", "files"), rows)


def worst_first(read: pl.DataFrame) -> pl.DataFrame:
    """Files by quality score, the lowest first; those without a score before them."""
    return read.sort("score", "file_id", nulls_last=False)


def _files(read: pl.DataFrame) -> list[Block]:
    """Figures of the worst files."""
    rows = [
        (
            row["file_id"],
            number(row["score"]),
            f"{row['traces']:,}",
            *(f"{row[name]:,}" for name in ("dead_traces", "nan_traces", "clipped_traces", "spiked_traces")),
            f"{row['duplicate_traces']:,}",
            number(row["amplitude_scale"]),
        )
        for row in worst_first(read).iter_rows(named=True)
    ]
    header = ("file", "score", "traces", "dead", "not finite", "clipped", "spiked", "repeated", "amplitude scale")
    return short_table(header, rows)


def _worst_facts(read: pl.DataFrame) -> list[Fact]:
    """Scores of the worst files; of all, where they are few."""
    worst = worst_first(read.drop_nulls("score")).head(_WORST)
    return [
        Fact(f"score.{file}", f"quality score of {file}", float(score), "measure", "of 100")
        for file, score in worst.select("file_id", "score").iter_rows()
    ]
