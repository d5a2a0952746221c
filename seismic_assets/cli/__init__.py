"""The `seismic` command: what a person types without opening Dagster."""

from seismic_assets.cli.main import main

__all__ = ["main"]
