"""The HTTP service in front of a model."""

from seismic_assets.serving.app import create_app

__all__ = ["create_app"]
