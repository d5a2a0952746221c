"""The Dagster layer: silver."""
