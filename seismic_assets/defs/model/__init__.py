"""The Dagster layer: model."""
