"""The Dagster layer: features."""
