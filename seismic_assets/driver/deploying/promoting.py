"""Which version an environment gets, and back to the one before."""

from __future__ import annotations

from seismic_assets.defs.model.gate import judge_version
from seismic_assets.driver.decisions import tell_graph
from seismic_assets.lake import Lake
from seismic_assets.registry import PRODUCTION, STAGING, ModelRegistry
from seismic_assets.releasing import Aliases, Deploy
from seismic_assets.releasing.journal import Target
from seismic_assets.settings import Settings


def aliases_now(registry: ModelRegistry) -> Aliases:
    """Which versions the aliases name."""
    return Aliases(staging=registry.version_of(STAGING), production=registry.version_of(PRODUCTION))


def candidate_of(registry: ModelRegistry, target: Target) -> str | None:
    """The version that the target would get: the newest for staging, the one in staging for production."""
    if target == "production":
        return registry.version_of(STAGING) or registry.version_of(PRODUCTION)
    versions = [each.version for each in registry.versions() if each.rolled_back_because is None]
    return versions[-1] if versions else None


def promote(settings: Settings, registry: ModelRegistry, target: Target, by: str, reason: str) -> str:
    """Move the alias of the target; a version that the gate refuses leaves production as it is."""
    candidate, before = candidate_of(registry, target), registry.version_of(target)
    if candidate is None:
        return f"no version is there that {target} could get"
    if candidate == before:
        return f"version {before} is in {target} already"
    if target == "staging":
        registry.stage(candidate, by=by, reason=reason)
        return f"version {candidate} is in staging now{_instead_of(before)}"
    verdict = judge_version(Lake(settings.lake_dir), registry, settings, candidate)
    if not verdict.promote:
        stays = f"version {before} stays in production" if before else "production stays empty"
        return f"the gate refuses version {candidate} ({verdict.reason}); {stays}"
    registry.promote(candidate, by=by, reason=reason)
    tell_graph(settings, candidate, reason)
    return f"version {candidate} is in production now{_instead_of(before)}"


def take_back(settings: Settings, registry: ModelRegistry, deploy: Deploy, by: str) -> str:
    """Let the alias of the target name the version that it named when the deploy began; says what was done."""
    target, before = deploy.target, getattr(deploy.before, deploy.target)
    now = registry.version_of(target)
    if now == before:
        return (
            f"nothing was promoted, {f'version {before} is in {target}' if before else f'{target} is empty'} as before"
        )
    if before is None:
        return f"version {now} stays in {target}, as there was none before it"
    reason = f"deploy {deploy.id} failed: {deploy.error or 'it was taken back'}"
    if target == "staging":
        registry.stage(before, by=by, reason=reason)
    else:
        _back_in_production(registry, before, by, reason)
        tell_graph(settings, before, reason)
    return f"version {before} is in {target} again, instead of version {now}"


def _back_in_production(registry: ModelRegistry, before: str, by: str, reason: str) -> None:
    """By the registry's own rollback where it leads there, so that the version left is marked as rolled back."""
    promotions = [each for each in registry.history() if each.action == "promote" and each.took_effect]
    last = promotions[-1] if promotions else None
    if last is not None and (last.version, last.previous) == (registry.version_of(), before):
        registry.rollback(by=by, reason=reason)
    else:
        registry.promote(before, by=by, reason=reason)


def _instead_of(before: str | None) -> str:
    return "" if before is None else f", instead of version {before}"
