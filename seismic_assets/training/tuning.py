"""The search for the best family and parameters over spatial folds."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from seismic_assets.training.cross_validation import Fold, spatial_folds
from seismic_assets.training.data import FoldData, TrainingData
from seismic_assets.training.families import make_estimator
from seismic_assets.training.models import fit_model
from seismic_assets.training.sampling import sample_by_block
from seismic_assets.training.search import (
    DEFAULT_FAMILY,
    StoppedBecause,
    TrialReport,
    TuningOptions,
    TuningResult,
    best_of,
    trials_without_gain,
)
from seismic_assets.training.spaces import (
    DEFAULT_PARAMETERS,
    SEARCH_SPACES,
    SLOW_FAMILIES,
    OneOf,
    Range,
    Whole,
    space_digest,
)
from seismic_assets.training.studies import opened_study, reports_of, storage_failures_told

_RANDOM_TRIALS = 10
_TRIALS_FOR_IMPORTANCE = 10
# So that a rare class is still there in every fold of a sample.
_LEAST_OF_A_CLASS = 50


def ignore(report: TrialReport) -> None:
    """Take a report and do nothing."""


def tune(
    data: TrainingData, options: TuningOptions, storage: str, on_trial: Callable[[TrialReport], None] = ignore
) -> TuningResult:
    """Search families and parameters for the highest mean macro-F1 over spatial folds of the training windows.

    The first trials are the families' default parameters, histogram gradient boosting before the others, so the result
    is never worse on the folds than that default. Then Optuna's TPE proposes; a trial whose running mean falls behind
    the median of the others is pruned. Each trial draws from its own seed: a study that was interrupted and goes on
    makes the same trials as one that was not, and so does the same seed with the same data in another storage.
    The validation windows stop the boosting, as in the fit that follows, and are never scored on.

    Args:
        data: with `blocks` in its training windows (and `positions` for a buffer); test windows have no place here.
        options: how long and how.
        storage: URL of the database that keeps the study, such as `sqlite:////data/tuning.db`.
        on_trial: called with each new trial once it has finished.

    Raises:
        TrainingError: data that cannot be trained on or has no folds, a family whose package is missing, a storage that
            cannot be used, a study made with other data, another search space or scoring, or no trial that completed.
    """
    started = perf_counter()
    for family in options.families:
        make_estimator(family, options.seed)
    data = data.checked()
    sample = _sampled(data, options)
    objective = _Objective(sample, spatial_folds(sample.train, options.folds, options.buffer, options.seed), options)
    fit_seconds = 0.0
    with opened_study(storage, options.study_name, _made_with(data, options)) as study:
        with storage_failures_told(storage):
            reports = reports_of(study)
            _enqueue_defaults(study, reports, options)
            _enqueue_prior(study, options)
        while (reason := _reason_to_stop(reports, options, perf_counter() - started)) is None:
            with storage_failures_told(storage):
                study.sampler = _sampler(options.seed, len(reports))
                study.optimize(objective, n_trials=1, catch=(ValueError,))
                known = {each.number for each in reports}
                reports = reports_of(study)
            for report in reports:
                if report.number not in known:
                    fit_seconds += report.fit_seconds
                    on_trial(report)
        best = best_of(reports, options.study_name)
        importance = _importance(study, reports)
    defaults = [each.score for each in reports if each.is_default and each.family == DEFAULT_FAMILY]
    return TuningResult(
        best_family=best.family,
        best_parameters=best.parameters,
        best_score=best.score or 0.0,
        default_score=defaults[0] if defaults else None,
        trials=reports,
        parameter_importance=importance,
        stopped_because=reason,
        fit_seconds=fit_seconds,
        total_seconds=perf_counter() - started,
    )


def _reason_to_stop(reports: list[TrialReport], options: TuningOptions, elapsed: float) -> StoppedBecause | None:
    if len(reports) >= options.trials and not _default_is_owed(reports, options):
        return "trials"
    if options.patience is not None and trials_without_gain(reports) >= options.patience:
        return "plateau"
    one_is_complete = any(each.state == "complete" for each in reports)
    if options.seconds is not None and elapsed >= options.seconds and one_is_complete:
        return "time"
    return None


def _default_is_owed(reports: list[TrialReport], options: TuningOptions) -> bool:
    """A killed process may have had the default at work, whose turn then comes last: no search ends without it."""
    tried = any(each.is_default and each.family == DEFAULT_FAMILY for each in reports)
    return DEFAULT_FAMILY in options.families and not tried


@dataclass(frozen=True)
class _Objective:
    """Mean macro-F1 of a trial's model over the folds; tells Optuna the running mean after each."""

    data: TrainingData
    folds: list[Fold]
    options: TuningOptions

    def __call__(self, trial: Any) -> float:
        from optuna import TrialPruned

        started, scores, fits, reason = perf_counter(), list[tuple[float, float]](), list[float](), ""
        try:
            family, parameters = _suggested(trial, self.options.families)
            for number, fold in enumerate(self.folds):
                scores.append(self._score(family, parameters, fold, fits))
                trial.report(_means(scores)[0], number)
                if number + 1 < len(self.folds) and trial.should_prune():
                    reason = f"behind the median of the others after {number + 1} of {len(self.folds)} folds"
                    raise TrialPruned(reason)
            return _means(scores)[0]
        except ValueError as error:
            reason = str(error) or type(error).__name__
            raise
        finally:
            trial.set_user_attr("fold_scores", [macro for macro, _ in scores])
            trial.set_user_attr("weighted_f1", _means(scores)[1] if scores else None)
            trial.set_user_attr("fit_seconds", sum(fits))
            trial.set_user_attr("reason", reason)
            trial.set_user_attr("seconds", perf_counter() - started)

    def _score(self, family: str, parameters: dict[str, Any], fold: Fold, fits: list[float]) -> tuple[float, float]:
        """Macro and weighted F1 over the classes that the held-out windows have."""
        from sklearn.metrics import f1_score

        train, held_out = self.data.train.take(fold[0]), self.data.train.take(fold[1])
        if family in SLOW_FAMILIES:
            train = _at_most(train, self.options.slow_windows, self.options.seed)
        started = perf_counter()
        model = fit_model(family, replace(self.data, train=train), self.options.seed, parameters)
        fits.append(perf_counter() - started)
        predicted = np.array(model.trained_classes)[model.probabilities(held_out.features).argmax(axis=1)]
        present = np.unique(held_out.classes)
        macro, weighted = (
            float(f1_score(held_out.classes, predicted, labels=present, average=average, zero_division=0))
            for average in ("macro", "weighted")
        )
        return macro, weighted


def _means(scores: list[tuple[float, float]]) -> tuple[float, float]:
    macro, weighted = np.mean(scores, axis=0)
    return float(macro), float(weighted)


def _suggested(trial: Any, families: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    family = trial.suggest_categorical("family", sorted(set(families)))
    return family, {name: _suggest(trial, f"{family}.{name}", values) for name, values in SEARCH_SPACES[family].items()}


def _suggest(trial: Any, name: str, values: Range) -> Any:
    if isinstance(values, OneOf):
        return trial.suggest_categorical(name, values.values)
    if isinstance(values, Whole):
        return trial.suggest_int(name, values.low, values.high)
    return trial.suggest_float(name, values.low, values.high, log=values.log)


def _enqueue_defaults(study: Any, reports: list[TrialReport], options: TuningOptions) -> None:
    """Queue the families' defaults that have neither been tried nor wait from an earlier run."""
    waiting = {
        trial.user_attrs.get("default of")
        for trial in study.get_trials(deepcopy=False)
        if trial.state.name == "WAITING"
    }
    tried = {each.family for each in reports if each.is_default}
    for family in _in_order(options):
        defaults, space = DEFAULT_PARAMETERS[family], SEARCH_SPACES[family]
        inside = all(space[name].holds(value) for name, value in defaults.items())
        if inside and family not in tried | waiting:
            parameters = {"family": family, **{f"{family}.{name}": value for name, value in defaults.items()}}
            study.enqueue_trial(parameters, user_attrs={"default of": family})


def _in_order(options: TuningOptions) -> list[str]:
    """The default family, then the others as the prior has them, then by name."""
    wanted = list(dict.fromkeys(start["family"] for start in options.prior))
    place = {family: number for number, family in enumerate(wanted)}
    return sorted(set(options.families), key=lambda each: (each != DEFAULT_FAMILY, place.get(each, len(place)), each))


def _enqueue_prior(study: Any, options: TuningOptions) -> None:
    """Queue what to begin with, each once: a study that goes on has it already."""
    queued = {trial.user_attrs.get("prior") for trial in study.get_trials(deepcopy=False)}
    for start in options.prior:
        values = {name: value for name, value in start.items() if name != "family"}
        defaults = {f"{start['family']}.{name}": value for name, value in DEFAULT_PARAMETERS[start["family"]].items()}
        name = json.dumps(start, sort_keys=True)
        if values != defaults and name not in queued:
            study.enqueue_trial(dict(start), user_attrs={"prior": name})


def _sampler(seed: int, trials_done: int) -> Any:
    from optuna.samplers import TPESampler

    return TPESampler(
        seed=int(np.random.SeedSequence([seed, trials_done]).generate_state(1)[0]),
        n_startup_trials=_RANDOM_TRIALS,
        multivariate=True,
        group=True,
        constant_liar=False,  # trials that a killed process left running would otherwise count as bad ones
    )


def _importance(study: Any, reports: list[TrialReport]) -> dict[str, float]:
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    complete = [each for each in reports if each.state == "complete"]
    if len(complete) < _TRIALS_FOR_IMPORTANCE or len({each.score for each in complete}) < 2:
        return {}
    # The defaults of a family that was given up are one trial, which shows nothing of its parameters.
    tried = [each.family for each in complete]
    searched = [family for family in set(tried) if tried.count(family) >= _TRIALS_FOR_IMPORTANCE // 2]
    names = ["family", *(f"{family}.{name}" for family in sorted(searched) for name in SEARCH_SPACES[family])]
    with warnings.catch_warnings():
        # It says of few trials that the shares are rough; so does the docstring of the result.
        warnings.simplefilter("ignore", UserWarning)
        found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(), params=names)
    return {name: float(share) for name, share in found.items()}


def _sampled(data: TrainingData, options: TuningOptions) -> TrainingData:
    return replace(
        data,
        train=_at_most(data.train, options.most_windows, options.seed),
        validation=_at_most(data.validation, max(options.most_windows // 4, 100), options.seed),
    )


def _at_most(fold: FoldData, most: int, seed: int) -> FoldData:
    blocks = fold.blocks if fold.blocks is not None else np.zeros(len(fold), dtype=np.int32)
    return fold.take(sample_by_block(fold.classes, blocks, most, seed, least=_LEAST_OF_A_CLASS))


def _made_with(data: TrainingData, options: TuningOptions) -> dict[str, str]:
    """What must not change between the trials of a study."""
    scoring = ("folds", "buffer", "seed", "most_windows", "slow_windows")
    return {
        "search space": space_digest(options.families),
        "training data": _data_digest(data),
        "scoring": ", ".join(f"{name} {getattr(options, name)}" for name in scoring),
    }


def _data_digest(data: TrainingData) -> str:
    digest = xxhash.xxh3_128("\n".join(data.feature_names).encode())
    for fold in (data.train, data.validation):
        parts: list[NDArray[Any] | None] = [fold.features, fold.classes, fold.blocks, fold.positions]
        for part in parts:
            digest.update(b"none" if part is None else np.ascontiguousarray(part).data)
    return digest.hexdigest()
