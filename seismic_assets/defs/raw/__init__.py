"""The Dagster layer: raw."""
