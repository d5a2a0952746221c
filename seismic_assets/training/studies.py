"""The study that Optuna keeps in a storage: opened, checked against what it was made with, read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, cast

from seismic_assets.training.errors import TrainingError
from seismic_assets.training.search import TrialReport

# A process that was killed gives no sign of life for so long; then its trial counts as failed.
_HEARTBEAT_SECONDS = 30
_GRACE_SECONDS = 90
_MADE_WITH = "made with"
_STATES: Mapping[str, Literal["complete", "pruned", "failed"]] = {
    "COMPLETE": "complete",
    "PRUNED": "pruned",
    "FAIL": "failed",
}


@contextmanager
def opened_study(storage: str, name: str, made_with: Mapping[str, str]) -> Iterator[Any]:
    """The study of that name, new or as it was left; Optuna is silent meanwhile.

    Args:
        storage: URL, such as `sqlite:////data/tuning.db`.
        name: of the study.
        made_with: what must be the same for its trials to be comparable, by what it is called.

    Raises:
        TrainingError: the storage cannot be opened, or the study was made with something else.
    """
    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            # Heartbeats and the grouped search space are marked experimental; both are covered by tests here.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            # RuntimeError: tables of another version of Optuna. ImportError: no driver for this kind of database.
            with storage_failures_told(storage, RuntimeError, ImportError):
                backend = optuna.storages.RDBStorage(
                    storage, heartbeat_interval=_HEARTBEAT_SECONDS, grace_period=_GRACE_SECONDS
                )
                pruner = optuna.pruners.MedianPruner(n_startup_trials=5)
                study = optuna.create_study(
                    storage=backend, study_name=name, direction="maximize", pruner=pruner, load_if_exists=True
                )
                _check_made_with(study, made_with)
            try:
                yield study
            finally:
                backend.remove_session()
                backend.engine.dispose()
    finally:
        optuna.logging.set_verbosity(verbosity)


@contextmanager
def storage_failures_told(storage: str, *also: type[Exception]) -> Iterator[None]:
    """Failures of the storage, and those in `also`, as a `TrainingError` that names it without its password."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    failures: tuple[type[Exception], ...] = (SQLAlchemyError, StorageInternalError, *also)
    try:
        yield
    except failures as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) and error.__cause__ else error
        said = str(getattr(cause, "orig", None) or cause).splitlines() or [type(cause).__name__]
        raise TrainingError(
            f"the storage of the study, {_without_password(storage)}, cannot be used ({said[0]}); name a place that "
            "can be written, as sqlite:////data/studies.db, or a database made by this program"
        ) from error


def reports_of(study: Any) -> list[TrialReport]:
    """The trials that came to an end of their own, in order; those of a process that was killed are left out."""
    return [report for trial in study.get_trials(deepcopy=False) if (report := _report(trial)) is not None]


def _report(trial: Any) -> TrialReport | None:
    told = trial.user_attrs
    state = _STATES.get(trial.state.name)
    if state is None or "seconds" not in told or (state == "failed" and not told["reason"]):
        return None
    family = trial.params["family"]
    return TrialReport(
        number=trial.number,
        state=state,
        family=family,
        parameters={name.removeprefix(f"{family}."): value for name, value in trial.params.items() if name != "family"},
        score=trial.value if state == "complete" else None,
        fold_scores=tuple(told["fold_scores"]),
        weighted_f1=told["weighted_f1"],
        seconds=told["seconds"],
        fit_seconds=told["fit_seconds"],
        reason=told["reason"],
        is_default="default of" in told,
    )


def _check_made_with(study: Any, made_with: Mapping[str, str]) -> None:
    recorded = cast("dict[str, str] | None", study.user_attrs.get(_MADE_WITH))
    if recorded is None and not study.get_trials(deepcopy=False):
        study.set_user_attr(_MADE_WITH, dict(made_with))
        return
    different = [what for what, value in made_with.items() if (recorded or {}).get(what) != value]
    if different:
        raise TrainingError(
            f"the study '{study.study_name}' was made with another {' and another '.join(different)}; "
            "choose another study name or delete the study"
        )


def _without_password(storage: str) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(storage).render_as_string(hide_password=True)
    except ArgumentError:
        return repr(storage)
