"""The version in production: there, whole, and what is predicted with."""

from __future__ import annotations

from pathlib import Path

from seismic_assets.registry import PRODUCTION, STAGING, Bundle, BundleError, ModelRegistry, RegistryError, load_bundle
from seismic_assets.validation.report import Finding

LAYER = "serving"


def serving_findings(registry: ModelRegistry, named: str) -> list[Finding]:
    """What is wrong with what the service would serve: its bundle is fetched, and every file held to its digest.

    Args:
        registry: of the deployment.
        named: what the service asks for: `production`, `staging`, a version's number, or the folder of a bundle.
    """
    try:
        found = _found(registry, named)
    except (BundleError, RegistryError) as error:
        remedy = "promote another with `seismic model promote`, or restore it from a backup"
        return [Finding(LAYER, "failed", str(error), remedy)]
    if found is None:
        remedy = "run `seismic run` on labelled files, or promote a version with `seismic model promote`"
        return [Finding(LAYER, "missing", f"no version of {registry.model_name} is in {named}", remedy)]
    what, manifest = found[0], found[1].manifest
    sentence = f"{what}: {manifest.family}, {len(manifest.classes)} classes, its bundle is whole"
    return [Finding(LAYER, "ok", sentence)]


def _found(registry: ModelRegistry, named: str) -> tuple[str, Bundle] | None:
    if named in (PRODUCTION, STAGING):
        version = registry.version_of(named)
        return None if version is None else (f"version {version} is in {named}", registry.bundle(version))
    if named.isdecimal():
        return f"version {named} is served", registry.bundle(named)
    return f"the bundle in {named} is served", load_bundle(Path(named))
