"""The Dagster layer: evaluation."""
