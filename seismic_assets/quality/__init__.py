"""Figures that say whether a file's traces can be trusted."""

from seismic_assets.quality.figures import QualityFigures

__all__ = ["QualityFigures"]
