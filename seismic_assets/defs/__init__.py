"""The Dagster layer: thin assets over the packages beneath."""

import os
import warnings

import dagster as dg

# A thread that waits for another must sleep, not spin: with a busy neighbour on the same cores a fit of 6 seconds was
# seen to take 107. Read by OpenMP when scikit-learn is first imported, which nothing does before this.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# backfill_policy (ranged runs) is still called beta, map_asset_specs a preview; the pin in pyproject.toml guards
# against their changes.
for category in (dg.BetaWarning, dg.PreviewWarning):
    warnings.filterwarnings("ignore", category=category)
