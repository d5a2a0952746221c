"""Whether the version in staging takes the place of the one in production."""

from dataclasses import dataclass

import polars as pl

from seismic_assets.defs.evaluation.scoring import score_bundle, test_rows
from seismic_assets.frames import unseen_by
from seismic_assets.lake import DATASET_SPLIT, Lake
from seismic_assets.registry import PRODUCTION, STAGING, Bundle, ModelRegistry
from seismic_assets.settings import Settings


@dataclass(frozen=True)
class Decision:
    """The outcome of the gate.

    Attributes:
        challenger: the version in staging.
        promote: whether it goes to production.
        reason: why, with the figures.
    """

    challenger: str
    promote: bool
    reason: str


def decide(lake: Lake, registry: ModelRegistry, settings: Settings) -> Decision:
    """Compare the challenger with its baselines, then with the champion on test windows that neither was fitted on."""
    version, challenger = registry.aliased(STAGING)
    rows = test_rows(lake.read(DATASET_SPLIT))
    scores = score_bundle(lake, challenger, rows)
    floor = max(scores["majority"].f1_macro, scores["shuffled"].f1_macro)
    if scores["model"].f1_macro <= floor:
        return Decision(
            version, False, f"macro-F1 {scores['model'].f1_macro:.3f} does not exceed the baselines' {floor:.3f}"
        )
    present = registry.version_of(PRODUCTION)
    if present is None:
        return Decision(version, True, f"first version; macro-F1 {scores['model'].f1_macro:.3f}, baselines {floor:.3f}")
    if present == version:
        return Decision(version, True, "is in production already")
    return _against(lake, (version, challenger), (present, registry.bundle(present)), rows)


def _against(lake: Lake, new: tuple[str, Bundle], old: tuple[str, Bundle], rows: pl.DataFrame) -> Decision:
    (version, challenger), (present, champion) = new, old
    if _task(challenger) != _task(champion):
        return Decision(version, True, f"version {present} answers another question: other classes or windows")
    common = unseen_by(rows, champion.trained_on)
    if common.height == 0:
        return Decision(version, True, f"version {present} was fitted on every window that could compare them")
    ours = score_bundle(lake, challenger, common)["model"].f1_macro
    theirs = score_bundle(lake, champion, common)["model"].f1_macro
    figures = f"macro-F1 {ours:.3f} against {theirs:.3f} of version {present} on {common.height:,} test windows"
    return Decision(version, ours >= theirs, figures)


def _task(bundle: Bundle) -> tuple[object, ...]:
    manifest = bundle.manifest
    return manifest.classes, manifest.window_samples, manifest.window_step, manifest.sample_interval_us
