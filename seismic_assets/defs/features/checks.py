"""Checks of the spatial split."""

from collections.abc import Sequence

import dagster as dg
import polars as pl

from seismic_assets.survey import SplitOutcome

_ASSET = "dataset_split"
SPLIT_CHECKS = [
    dg.AssetCheckSpec(
        "trainable",
        asset=_ASSET,
        description="There are labelled windows, of two classes or more, enough in each fold.",
    ),
    dg.AssetCheckSpec(
        "no_leakage", asset=_ASSET, description="No training trace lies within the buffer of a trace of another fold."
    ),
    dg.AssetCheckSpec(
        "labels_accepted", asset=_ASSET, description="Every source of labels was accepted and matches a trace."
    ),
]


def split_check_results(
    outcome: SplitOutcome, matches: pl.DataFrame, waiting: Sequence[str]
) -> list[dg.AssetCheckResult]:
    """Results of `SPLIT_CHECKS`; having no labels at all is a warning, all else that stops training an error."""
    severity = dg.AssetCheckSeverity.WARN if outcome.nothing_to_train_on else dg.AssetCheckSeverity.ERROR
    refused = label_problems(matches, waiting)
    return [
        dg.AssetCheckResult(
            check_name="trainable",
            asset_key=_ASSET,
            passed=not outcome.problem,
            severity=severity,
            description=outcome.problem,
            metadata={"labelled_windows": outcome.labelled},
        ),
        dg.AssetCheckResult(
            check_name="no_leakage", asset_key=_ASSET, passed=outcome.leaking == 0, metadata={"traces": outcome.leaking}
        ),
        dg.AssetCheckResult(
            check_name="labels_accepted", asset_key=_ASSET, passed=not refused, description=" ".join(refused)
        ),
    ]


def label_problems(matches: pl.DataFrame, waiting: Sequence[str]) -> list[str]:
    """A sentence for each file whose labels were refused, and for each source that matches no trace of any file."""
    refused = matches.filter(pl.col("problem") != "")["problem"].to_list()
    totals = matches.filter(pl.col("source") != "").group_by("source").agg(pl.col("samples").sum()).sort("source")
    unmatched = totals.filter((pl.col("samples") == 0) & ~pl.col("source").is_in(list(waiting)))["source"].to_list()
    return refused + [
        f"{source}: its labels match no sample of any file; check its inline, crossline and time columns, or remove it "
        "from labels.yaml."
        for source in unmatched
    ]
