"""The Dagster layer: bronze."""
