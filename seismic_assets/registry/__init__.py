"""Serving bundles, and the MLflow registry that versions them."""

from seismic_assets.registry.audit import AuditEntry
from seismic_assets.registry.bundle import Answers, Bundle, BundleManifest, load_bundle, write_bundle
from seismic_assets.registry.drift import DriftReferences
from seismic_assets.registry.embedders import load_embedder, save_embedder
from seismic_assets.registry.errors import BundleError, RegistryError
from seismic_assets.registry.genai import CallTracer, register_prompts
from seismic_assets.registry.reference import reference_statistics
from seismic_assets.registry.store import ModelRegistry
from seismic_assets.registry.studies import StudyLog
from seismic_assets.registry.versions import PRODUCTION, STAGING, ModelVersion, Stage

__all__ = [
    "PRODUCTION",
    "STAGING",
    "Answers",
    "AuditEntry",
    "Bundle",
    "BundleError",
    "BundleManifest",
    "CallTracer",
    "DriftReferences",
    "ModelRegistry",
    "ModelVersion",
    "RegistryError",
    "Stage",
    "StudyLog",
    "load_bundle",
    "load_embedder",
    "reference_statistics",
    "register_prompts",
    "save_embedder",
    "write_bundle",
]
