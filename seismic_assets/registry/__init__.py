"""Serving bundles, and the MLflow registry that versions them."""

from seismic_assets.registry.bundle import Bundle, BundleManifest, load_bundle, write_bundle
from seismic_assets.registry.embedders import load_embedder, save_embedder
from seismic_assets.registry.errors import BundleError, RegistryError
from seismic_assets.registry.reference import reference_statistics
from seismic_assets.registry.store import PRODUCTION, STAGING, ModelRegistry

__all__ = [
    "PRODUCTION",
    "STAGING",
    "Bundle",
    "BundleError",
    "BundleManifest",
    "ModelRegistry",
    "RegistryError",
    "load_bundle",
    "load_embedder",
    "reference_statistics",
    "save_embedder",
    "write_bundle",
]
