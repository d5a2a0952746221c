"""The Dagster layer: thin assets over the packages beneath."""

import warnings

import dagster as dg

# Ranged runs need backfill_policy, which Dagster still calls beta; the pin in pyproject.toml guards against changes.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
