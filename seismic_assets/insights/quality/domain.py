"""The domain validator: whether the files are what seismic data are."""

from __future__ import annotations

import numpy as np
import polars as pl

from seismic_assets.evaluation.document import Block
from seismic_assets.insights.quality.domain_amplitudes import amplitude_findings
from seismic_assets.insights.quality.domain_places import place_findings
from seismic_assets.insights.quality.domain_sampling import sampling_findings
from seismic_assets.insights.quality.findings import Finding, by_severity, finite, naming, verdict_of
from seismic_assets.insights.quality.inputs import QualityInputs
from seismic_assets.insights.quality.limits import QualityLimits
from seismic_assets.insights.quality.result import AgentResult
from seismic_assets.insights.quality.shown import agent_section, facts_table, number, short_table
from seismic_assets.insights.quality.snapshot import refused_files
from seismic_assets.llm.facts import Fact, Facts

TITLE = "Domain"


def validate_domain(inputs: QualityInputs, limits: QualityLimits) -> AgentResult:
    """Amplitude ranges, sampling, positions, grids, and files that were refused.

    Raises:
        QualityInputError: a frame could not be had.
    """
    read, refused = inputs.read_files(), refused_files(inputs)
    positions = inputs.take("positions", "file_id", "traces", "located", "spacing")
    findings = by_severity(
        [
            *_file_findings(inputs, read, refused, limits),
            *amplitude_findings(read, limits),
            *sampling_findings(read, limits),
            *place_findings(read, positions, limits),
        ]
    )
    verdict, survey = verdict_of(findings), _survey_facts(read, positions, refused)
    summary = _summary(read, findings)
    blocks: list[Block] = [
        facts_table(("figure", "value"), survey),
        *_files(read, positions),
        *short_table(("refused file", "why"), list(refused.items()), words=2),
    ]
    figures = (figure for each in findings for figure in each.figures)
    checked = Fact("verdict.domain", "verdict on plausibility", verdict, "verdict")
    return AgentResult(
        name="domain",
        title=TITLE,
        verdict=verdict,
        summary=summary,
        findings=findings,
        facts=Facts([checked, *survey, *figures]),
        sections=(agent_section(TITLE, verdict, summary, findings, blocks),),
    )


def _summary(read: pl.DataFrame, findings: tuple[Finding, ...]) -> str:
    if read.is_empty():
        return "there is no file whose amplitudes, sampling and positions could be looked at."
    doubts = sum(each.severity != "info" for each in findings)
    if doubts == 0:
        return "amplitudes, sampling and positions are those of seismic data."
    return f"{doubts} {'thing is' if doubts == 1 else 'things are'} not as seismic data usually are."


def _file_findings(
    inputs: QualityInputs, read: pl.DataFrame, refused: dict[str, str], limits: QualityLimits
) -> list[Finding]:
    """Files that were refused, are waiting, say contradictory things, or are the same."""
    total = read.height + len(refused)
    found = naming("refused", "warn", "Quarantined or not readable", refused)
    if refused and len(refused) > limits.refused_share * total:
        share = Fact("refused_share.all", "share of the files that were refused", len(refused) / total, "share")
        sentence = f"{len(refused):,} of {total:,} files could not be used."
        found.append(Finding("mostly_refused", "fail", sentence, tuple(refused), (share,)))
    catalogue = inputs.take("catalogue", "file_id", "admitted", "digest", "notes")
    known = set(inputs.take("quality", "file_id")["file_id"])
    waiting = sorted(set(catalogue.filter("admitted")["file_id"]) - known)
    if waiting:
        sentence = f"{len(waiting):,} admitted {'file has' if len(waiting) == 1 else 'files have'} not been read yet."
        found.append(Finding("waiting", "info", sentence, tuple(waiting)))
    notes = {file: note for file, note in read.select("file_id", "notes").iter_rows() if note}
    return [*found, *_same_bytes(catalogue), *naming("odd_headers", "info", "Headers worth a look", notes)]


def _same_bytes(catalogue: pl.DataFrame) -> list[Finding]:
    """Files that are copies of each other: their traces count twice, and may be learned from and tested on."""
    admitted = catalogue.filter(pl.col("admitted") & (pl.col("digest") != ""))
    copies = admitted.group_by("digest").agg(pl.col("file_id").sort()).filter(pl.col("file_id").list.len() > 1)
    groups = sorted(copies["file_id"].to_list())
    if not groups:
        return []
    named = "; ".join(" = ".join(group[:3]) for group in groups[:3])
    files = tuple(file for group in groups for file in group)
    return [Finding("same_bytes", "warn", f"Files that are copies of each other: {named}.", files)]


def _survey_facts(read: pl.DataFrame, positions: pl.DataFrame, refused: dict[str, str]) -> list[Fact]:
    facts = [Fact("refused_files", "files that are quarantined or could not be read", len(refused), "count", "files")]
    intervals = read["source_interval_us"].drop_nulls()
    lasting = (read["num_samples"] * read["sample_interval_us"]).drop_nulls()
    spacing, located = positions.filter(pl.col("spacing") > 0)["spacing"], int(positions["located"].sum())
    if len(intervals):
        low, high = intervals.to_numpy().min() / 1000, intervals.to_numpy().max() / 1000
        facts += [
            Fact("interval_shortest", "shortest sample interval of a file", float(low), "measure", "ms", 4),
            Fact("interval_longest", "longest sample interval of a file", float(high), "measure", "ms", 4),
            Fact("record_shortest", "shortest record", float(lasting.to_numpy().min()) / 1000, "measure", "ms", 5),
            Fact("record_longest", "longest record", float(lasting.to_numpy().max()) / 1000, "measure", "ms", 5),
        ]
    traces = int(positions["traces"].sum())
    if traces:
        facts.append(Fact("located_share", "share of traces with coordinates", located / traces, "share"))
    if len(spacing):
        usual = float(np.median(spacing.to_numpy()))
        facts.append(
            Fact("spacing", "usual distance between neighbouring traces, in the unit of the headers", usual, "measure")
        )
    missing, held = int(read["missing_positions"].sum()), int(read["traces"].sum())
    if held:
        share = missing / (held + missing)
        facts.append(Fact("missing_positions_share", "share of the grids' positions without a trace", share, "share"))
    return finite(facts)


def _files(read: pl.DataFrame, positions: pl.DataFrame) -> list[Block]:
    """Sampling, amplitudes and positions of each file."""
    joined = read.join(positions.drop("traces"), on="file_id", how="left")
    rows = [
        (
            row["file_id"],
            f"{(row['source_interval_us'] or 0) / 1000:g}",
            f"{row['num_samples'] or 0:,}",
            number(row["mean_amplitude"]),
            number(row["min_amplitude"]),
            number(row["max_amplitude"]),
            number(row["spacing"]),
            f"{row['missing_positions'] or 0:,}",
        )
        for row in joined.iter_rows(named=True)
    ]
    header = ("file", "interval [ms]", "samples", "mean", "smallest", "largest", "spacing", "holes")
    return short_table(header, rows)
