"""Data tests on every table, as asset checks; the checks of the split are part of the asset itself."""

import dagster as dg
import polars as pl
from deltalake import DeltaTable

from seismic_assets.defs.monitoring.door import DOOR_CHECKS
from seismic_assets.defs.raw.files import catalogue_entries
from seismic_assets.lake import (
    BRONZE_TRACES,
    SEGY_CATALOGUE,
    TRACE_ATTRIBUTES,
    TRACE_LABELS,
    TRACE_QUALITY,
    Lake,
    Table,
    audit_table,
    predictions_table,
    repeated_keys,
    trace_features_table,
)
from seismic_assets.quality import amplitude_outliers, findings
from seismic_assets.settings import Settings

_FEATURES, _PREDICTIONS = trace_features_table(()), predictions_table(())
_TABLES = (SEGY_CATALOGUE, BRONZE_TRACES, TRACE_QUALITY, TRACE_LABELS, TRACE_ATTRIBUTES, _FEATURES, _PREDICTIONS)
_KEYED = (SEGY_CATALOGUE, BRONZE_TRACES, TRACE_LABELS, TRACE_ATTRIBUTES, _FEATURES, _PREDICTIONS)


def _result(problems: list[str], **metadata: int | float | str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=not problems, description=" ".join(problems), metadata=metadata)


def _scan(lake: Lake, table: Table) -> pl.LazyFrame:
    return pl.scan_delta(str(lake.path(table)))


def _schema_check(table: Table) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table.name, name="schema", description="Columns and types are those of the contract.")
    def check(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
        if not lake.exists(table):
            return _result([])
        found = [field.name for field in DeltaTable(str(lake.path(table))).schema().fields]
        missing = [name for name in table.schema.names if name not in found]
        return _result([f"{table.name} lacks the columns {', '.join(missing)}."] if missing else [], columns=len(found))

    return check


def _key_check(table: Table) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table.name, name="key_unique", description=f"No two rows share {', '.join(table.key)}.")
    def check(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
        if not lake.exists(table):
            return _result([])
        if not table.per_file:
            repeated = _scan(lake, table).group_by(table.key).len().filter(pl.col("len") > 1).collect()
            problems = [f"{repeated.height} keys of {table.name} occur more than once."] if repeated.height else []
            return _result(problems, repeated=repeated.height)
        audits = audit_table(lake, table)
        wrong = [f"{key} has keys twice or out of order." for key, parts in audits.items() if repeated_keys(parts)]
        return _result(wrong, files=len(audits), rows=sum(part.rows for parts in audits.values() for part in parts))

    return check


@dg.asset_check(asset=BRONZE_TRACES.name, description="Each file has as many rows as its SEG-Y has traces.")
def counts_equal_the_file(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Bronze against the catalogue."""
    rows = lake.row_counts(BRONZE_TRACES)
    declared = {key: entry.traces for key, entry in catalogue_entries(lake).items() if entry.admitted and key in rows}
    wrong = [f"{key} has {rows[key]} of {traces} traces." for key, traces in declared.items() if rows[key] != traces]
    return _result(wrong, files=len(declared))


@dg.asset_check(asset=TRACE_QUALITY.name, description="Every admitted file could be read.")
def files_read(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Files that were admitted by their headers and failed afterwards; the others go on."""
    failed = lake.read(TRACE_QUALITY).filter(pl.col("status") != "read")
    return dg.AssetCheckResult(
        passed=failed.height == 0,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(f"{row['file_id']}: {row['reason']}." for row in failed.iter_rows(named=True)),
    )


@dg.asset_check(asset=TRACE_QUALITY.name, description="No file has figures beyond the thresholds of the settings.")
def traces_sound(lake: dg.ResourceParam[Lake], settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """Dead and broken traces are left out of features; many of them, or of other oddities, are worth a look."""
    figures = lake.read(TRACE_QUALITY).filter(pl.col("status") == "read")
    found = {row["file_id"]: findings(row, settings.thresholds) for row in figures.iter_rows(named=True)}
    named = [f"{key}: {'; '.join(sentences)}." for key, sentences in found.items() if sentences]
    return dg.AssetCheckResult(
        passed=not named,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(named),
        metadata={
            "dead": int(figures["dead_traces"].sum()),
            "not_finite": int(figures["nan_traces"].sum()),
            "lowest_score": float(figures["score"].min() or 0.0),  # type: ignore[arg-type]
        },
    )


@dg.asset_check(asset=TRACE_QUALITY.name, description="Amplitudes of the files are of the same order as the survey's.")
def amplitudes_alike(lake: dg.ResourceParam[Lake], settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """A file scaled otherwise is another world to a model."""
    figures = lake.read(TRACE_QUALITY, columns=["file_id", "status", "amplitude_scale"]).filter(
        pl.col("status") == "read"
    )
    scales = dict(figures.select("file_id", "amplitude_scale").iter_rows())
    outliers = amplitude_outliers(scales, settings.max_amplitude_ratio)
    return dg.AssetCheckResult(
        passed=not outliers,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(
            f"{key}: its amplitudes are {ratio:.3g} times the survey's median." for key, ratio in outliers.items()
        ),
        metadata={"files": len(scales)},
    )


@dg.asset_check(asset=TRACE_LABELS.name, description="Share of the windows that have a class.")
def label_coverage(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Coverage is a figure, not a demand: unlabelled windows are predicted, never trained on."""
    labelled, windows = lake.row_counts(TRACE_LABELS), lake.row_counts(TRACE_ATTRIBUTES)
    known = sum(labelled.values())
    return dg.AssetCheckResult(
        passed=all(count <= windows.get(key, count) for key, count in labelled.items()),
        metadata={"labelled": known, "share": known / max(sum(windows.values()), 1), "files": len(labelled)},
    )


def _finite_check(table: Table) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table.name, name="finite", description="All figures are finite.")
    def check(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
        if not lake.exists(table):
            return _result([])
        counts = {key: sum(part.not_finite for part in parts) for key, parts in audit_table(lake, table).items()}
        wrong = [f"{count} values of {key} are not finite." for key, count in counts.items() if count]
        return _result(wrong, files=len(counts))

    return check


def _windows_check(table: Table) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=table.name,
        name="windows_complete",
        description="Every window of every trace that is neither dead nor broken has a row.",
    )
    def check(lake: dg.ResourceParam[Lake], settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
        rows, wrong = lake.row_counts(table), []
        for file in lake.read(TRACE_QUALITY, list(rows)).iter_rows(named=True):
            usable = file["traces"] - file["dead_traces"] - file["nan_traces"]
            expected = usable * len(settings.window.starts(file["num_samples"]))
            if rows[file["file_id"]] != expected:
                wrong.append(f"{file['file_id']} has {rows[file['file_id']]} of {expected} windows.")
        return _result(wrong, files=len(rows))

    return check


@dg.asset_check(
    asset=_PREDICTIONS.name, description="Every trace of every file is predicted, each as often as the next."
)
def every_trace_predicted(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Dead and broken traces have rows too, with nulls."""
    rows, traces = lake.row_counts(_PREDICTIONS), lake.row_counts(BRONZE_TRACES)
    wrong = [
        f"{key} has {count} predictions of {traces.get(key, 0)} traces."
        for key, count in rows.items()
        if traces.get(key, 0) == 0 or count % traces[key]
    ]
    return _result(wrong, files=len(rows))


ALL_CHECKS = [
    *(_schema_check(table) for table in _TABLES),
    *(_key_check(table) for table in _KEYED),
    *(_finite_check(table) for table in (TRACE_ATTRIBUTES, _FEATURES)),
    *(_windows_check(table) for table in (TRACE_ATTRIBUTES, _FEATURES)),
    counts_equal_the_file,
    files_read,
    traces_sound,
    amplitudes_alike,
    label_coverage,
    every_trace_predicted,
    *DOOR_CHECKS,
]
