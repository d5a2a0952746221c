"""The plan of a deploy, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from seismic_assets.code_identity import code_identity
from seismic_assets.deployment import registry_of
from seismic_assets.driver.deploying.building import build_images, build_wheel, container_engine, source_folder
from seismic_assets.driver.deploying.checks import Check, checks_of, registry_check
from seismic_assets.driver.deploying.health import look_at_model, look_at_service
from seismic_assets.driver.deploying.migrating import migrate
from seismic_assets.driver.deploying.promoting import aliases_now, candidate_of, promote, take_back
from seismic_assets.driver.home import open_instance
from seismic_assets.driver.run import BusyError, materialise_stale
from seismic_assets.inference import PredictionError
from seismic_assets.lake import LakeError
from seismic_assets.registry import BundleError, RegistryError
from seismic_assets.releasing import Deploy, DeployRefusedError, Journal, Step, StepFailedError, UnfinishedError
from seismic_assets.releasing.carrying_out import carry_out
from seismic_assets.releasing.carrying_out import take_back as end_taken_back
from seismic_assets.releasing.journal import Target
from seismic_assets.segy import LandingFolderError
from seismic_assets.settings import Settings, SettingsError

_KNOWN = (BundleError, BusyError, LakeError, LandingFolderError, PredictionError, RegistryError, SettingsError, OSError)


@dataclass(frozen=True)
class Wishes:
    """What was asked for.

    Attributes:
        target: where to.
        by: who asks.
        skip_training: without a run.
        skip_build: without wheel and images.
        migrate_tables: bring tables of an older version to this one.
        url: of a service that is to serve the version at the end; None without one.
        wait: seconds that it is given.
    """

    target: Target
    by: str
    skip_training: bool = False
    skip_build: bool = False
    migrate_tables: bool = False
    url: str | None = None
    wait: float = 60.0


@dataclass(frozen=True)
class Planned:
    """What a deploy would do.

    Attributes:
        target: where to.
        code: which code.
        checks: what was looked at before.
        steps: in order.
    """

    target: Target
    code: str
    checks: tuple[Check, ...]
    steps: tuple[Step, ...]

    @property
    def wrong(self) -> tuple[Check, ...]:
        """What must be put right first."""
        return tuple(check for check in self.checks if not check.right)

    def as_dict(self) -> dict[str, Any]:
        """Plain types, for JSON."""
        checks = [{"check": each.name, "sentence": each.sentence, "right": each.right} for each in self.checks]
        steps = [step.as_dict() for step in self.steps]
        return {"target": self.target, "code": self.code, "right": not self.wrong, "checks": checks, "steps": steps}


def journal_of(settings: Settings) -> Journal:
    """The record of the deploys of a deployment."""
    return Journal(settings.dagster_dir / "deploys")


def plan_of(settings: Settings, wishes: Wishes, deploy_id: str = "plan") -> Planned:
    """What would be done, and what is in its way. Nothing is changed."""
    checks = checks_of(settings, wishes.target, training=not wishes.skip_training, migrating=wishes.migrate_tables)
    registry = all(check.right for check in checks if check.name == "registry")
    steps = _steps(settings, wishes, deploy_id, registry=registry)
    return Planned(wishes.target, code_identity(), tuple(checks), tuple(steps))


def start(settings: Settings, wishes: Wishes, progress: Callable[[str], None]) -> Deploy:
    """Begin a deploy and carry it out.

    Raises:
        UnfinishedError: an earlier one was killed.
        DeployRefusedError: a check failed; nothing was begun.
        RolledBackError: a step failed, and what was promoted was taken back.
    """
    journal = journal_of(settings)
    unfinished = journal.unfinished()
    if unfinished is not None:
        raise UnfinishedError(
            f"the deploy to {unfinished.target} of {unfinished.started:%Y-%m-%d %H:%M} UTC ended "
            f"{f'in the step {unfinished.step}' if unfinished.step else 'between two steps'}; go on with "
            f"`seismic deploy --env {unfinished.target} --resume`, or take it back with --roll-back"
        )
    wrong = plan_of(settings, wishes).wrong
    if wrong:
        raise DeployRefusedError(" ".join(f"{check.name}: {check.sentence}." for check in wrong))
    with _named_failures():
        before = aliases_now(registry_of(settings))
    return _go_on(settings, wishes, journal, journal.begin(wishes.target, code_identity(), wishes.by, before), progress)


def resume(settings: Settings, wishes: Wishes, progress: Callable[[str], None]) -> Deploy:
    """Go on with a deploy that was killed, with the step at which it was.

    Raises:
        DeployRefusedError: there is none, it was to another target, or the registry does not answer.
        RolledBackError: as of `start`.
    """
    journal = journal_of(settings)
    deploy = _unfinished(journal, wishes.target)
    _refuse_silent_registry(settings)
    return _go_on(settings, wishes, journal, deploy, progress)


def roll_back(settings: Settings, wishes: Wishes) -> Deploy:
    """Take back what a deploy that was killed had promoted.

    Raises:
        DeployRefusedError: there is none, it was to another target, or the registry does not answer.
        StepFailedError: it cannot be taken back now.
    """
    journal = journal_of(settings)
    deploy = _unfinished(journal, wishes.target)
    _refuse_silent_registry(settings)
    return end_taken_back(deploy, journal, _undo(settings, wishes))


def _refuse_silent_registry(settings: Settings) -> None:
    check = registry_check(settings)
    if not check.right:
        raise DeployRefusedError(f"{check.name}: {check.sentence}")


def _unfinished(journal: Journal, target: Target) -> Deploy:
    deploy = journal.unfinished()
    if deploy is None:
        raise DeployRefusedError("no deploy is unfinished; start one without --resume and --roll-back")
    if deploy.target != target:
        raise DeployRefusedError(f"the unfinished deploy is to {deploy.target}; give --env {deploy.target}")
    return deploy


def _go_on(
    settings: Settings, wishes: Wishes, journal: Journal, deploy: Deploy, progress: Callable[[str], None]
) -> Deploy:
    steps = list(_steps(settings, wishes, deploy.id))
    return carry_out(steps, deploy, journal, _undo(settings, wishes), progress)


def _undo(settings: Settings, wishes: Wishes) -> Callable[[Deploy], str]:
    def undo(deploy: Deploy) -> str:
        with _named_failures():
            return take_back(settings, registry_of(settings), deploy, wishes.by)

    return undo


def _steps(settings: Settings, wishes: Wishes, deploy_id: str, *, registry: bool = True) -> Iterator[Step]:
    yield from _builds(settings, wishes, deploy_id)
    yield _step("migrate", _what_is_migrated(wishes), lambda: migrate(settings, deploy_id))
    yield _step(
        "train",
        f"materialise what is missing or stale from {settings.landing_dir}, as `seismic run` does",
        lambda: _train(settings),
        "--skip-training was given" if wishes.skip_training else "",
    )
    promoted = _what_is_promoted(settings, wishes) if registry else f"let {wishes.target} name another version"
    yield _step("promote", promoted, lambda: _promote(settings, wishes, deploy_id))
    yield _step(
        "model", f"load the model that is served ({settings.api_model}) and predict a trace", lambda: _model(settings)
    )
    yield _step(
        "service",
        f"wait until {wishes.url} serves it, at most {wishes.wait:g} s, and ask for a prediction",
        lambda: _service(settings, wishes),
        "" if wishes.url else "no --url was given",
    )


def _builds(settings: Settings, wishes: Wishes, deploy_id: str) -> Iterator[Step]:
    source = source_folder()
    left_out = "--skip-build was given" if wishes.skip_build else "" if source else "the code is installed, no checkout"
    yield _step(
        "wheel",
        f"build the wheel of {source}",
        lambda: build_wheel(_there(source), settings.dagster_dir / "deploys" / deploy_id),
        left_out,
    )
    engine = None if left_out else container_engine()
    if not left_out:
        recipe = source is not None and (source / "Dockerfile").is_file()
        left_out = "" if engine and recipe else "no container engine answers" if recipe else "there is no Dockerfile"
    tag = code_identity().removeprefix("seismic-assets ")[:12]
    yield _step(
        "image", f"build the images with {engine}", lambda: build_images(_there(engine), _there(source), tag), left_out
    )


def _what_is_migrated(wishes: Wishes) -> str:
    tables = ", and tables of an older version" if wishes.migrate_tables else ""
    return f"bring the databases of Dagster and MLflow to the schema of this version{tables}"


def _what_is_promoted(settings: Settings, wishes: Wishes) -> str:
    with _named_failures():
        registry = registry_of(settings)
        now, candidate = registry.version_of(wishes.target), candidate_of(registry, wishes.target)
    through = " through the gate" if wishes.target == "production" else ""
    newest = "what is trained" if not wishes.skip_training else f"version {candidate}" if candidate else "nothing"
    return f"let {wishes.target} name {newest}{through} (now {f'version {now}' if now else 'none'})"


def _train(settings: Settings) -> str:
    with open_instance(settings) as instance:
        outcome = materialise_stale(settings, instance, lambda _: None)
    if outcome.errors:
        raise StepFailedError(" ".join(outcome.errors))
    made = ", ".join(outcome.assets)
    return f"made {made}" if made else "everything was up to date"


def _promote(settings: Settings, wishes: Wishes, deploy_id: str) -> str:
    reason = f"deploy {deploy_id} of {code_identity()}"
    return promote(settings, registry_of(settings), wishes.target, wishes.by, reason)


def _model(settings: Settings) -> str:
    return look_at_model(settings, registry_of(settings))


def _service(settings: Settings, wishes: Wishes) -> str:
    version, bundle = registry_of(settings).aliased(settings.api_model)
    key = None if settings.api_key is None else settings.api_key.get_secret_value()
    samples = 2 * bundle.manifest.window_samples
    return look_at_service(_there(wishes.url), version, key, wishes.wait, samples)


def _step(name: str, what: str, act: Callable[[], str], skipped: str = "") -> Step:
    def acted() -> str:
        with _named_failures():
            return act()

    return Step(name, what, acted, skipped)


@contextmanager
def _named_failures() -> Iterator[None]:
    """What other parts raise with a sentence is what a step fails of; anything else is a defect."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except _KNOWN as error:
        raise StepFailedError(str(error)) from error
    except SQLAlchemyError as error:
        raise StepFailedError(f"a database does not answer ({str(error).splitlines()[0]})") from error


def _there(value: Any) -> Any:
    """What a step that is not left out has; the plan leaves out the others."""
    if value is None:
        raise StepFailedError("the plan has changed since it was made; start again")
    return value
