"""Judgements in MLflow: a run with the metrics and, through `mlflow.genai.evaluate`, every score of every sample."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from seismic_assets.judges.judgement import Judgement
from seismic_assets.judges.scoring import Sample, Score
from seismic_assets.objects import Place
from seismic_assets.registry.connection import Connection
from seismic_assets.registry.runs import RunLog

EXPERIMENT = "seismic_judgements"
MOST_SAMPLES = 50
# MLflow's own numbers of threads wait for each other at a SQLite file until connections time out and traces are lost.
_WHILE = {
    "MLFLOW_GENAI_EVAL_MAX_WORKERS": "1",
    "MLFLOW_GENAI_EVAL_MAX_SCORER_WORKERS": "1",
    "MLFLOW_GENAI_EVAL_PREDICT_RATE_LIMIT": "0",
    "MLFLOW_GENAI_EVAL_ENABLE_SCORER_TRACING": "false",
}


class JudgementLog(RunLog):
    """The experiment of the judgements of one deployment. Not for several threads: `mlflow.genai.evaluate` is not.

    Args:
        uri: of the deployment's MLflow.
        artifacts: folder of the experiment's artifacts, in a local store.
    """

    def __init__(self, uri: str, artifacts: Place) -> None:
        super().__init__(Connection(uri), EXPERIMENT, artifacts)

    def write(
        self,
        judgement: Judgement,
        samples: Sequence[Sample],
        params: Mapping[str, Any] | None = None,
        most: int = MOST_SAMPLES,
    ) -> str:
        """A run of a judgement; returns its id.

        The scores are those of the judgement: MLflow asks no judge again, and its figures are the same as without it.

        Args:
            judgement: of these samples.
            samples: that were judged.
            params: of the run, such as those of the sampling.
            most: samples that are written one by one, the worst first; a fifth of a second each.

        Raises:
            RegistryError: MLflow does not answer.
        """
        chosen = _worst_first(judgement, samples)[:most]
        tags = {"verdict": judgement.insight.verdict or "none", "model": judgement.asked.model or "none"}
        with self.run(judgement.insight.name, tags) as run_id:
            if chosen:
                with self._mlflow.answers():
                    self._evaluate(judgement, chosen)
            self.log(run_id, params={**(params or {}), "samples": len(samples), "samples_shown": len(chosen)})
            self.log(run_id, metrics={**judgement.metrics, **_outcome(judgement)})
        return run_id

    def _evaluate(self, judgement: Judgement, samples: Sequence[Sample]) -> None:
        mlflow = self._mlflow.mlflow()
        data = [{"inputs": _inputs(sample), "outputs": _outputs(sample)} for sample in samples]
        names = dict.fromkeys(row.scorer for row in judgement.scores.rows)
        held = {(row.scorer, row.sample): row for row in judgement.scores.rows}
        scorers = [_scorer(name, held, judgement.asked.model) for name in names]
        # It shows a progress bar, and prints where the results can be seen.
        aside = io.StringIO()
        with _set(_WHILE), contextlib.redirect_stdout(aside), contextlib.redirect_stderr(aside):
            mlflow.genai.evaluate(data=data, scorers=scorers, predict_fn=None)


def _scorer(name: str, held: Mapping[tuple[str, str], Score], model: str) -> Any:
    """A scorer of MLflow that gives what was said already."""
    from mlflow.entities import AssessmentSource, Feedback
    from mlflow.genai.scorers import scorer

    def said(inputs: dict[str, Any]) -> Any:
        row = held[name, inputs["id"]]
        kind, source = ("LLM_JUDGE", model or "model") if row.source == "model" else ("CODE", name)
        return Feedback(name=name, value=row.value, rationale=row.reason, source=AssessmentSource(kind, source))

    # Its means would not be weighted: the metrics of the judgement are logged instead.
    return scorer(said, name=name, aggregations=[])


def _worst_first(judgement: Judgement, samples: Sequence[Sample]) -> list[Sample]:
    """The worst, then those that a model judged, then the others."""
    place = {name: number for number, name in enumerate(judgement.worst)}
    asked = {row.sample for row in judgement.scores.rows if row.source == "model" and row.value is not None}
    return sorted(samples, key=lambda sample: (place.get(sample.id, len(place)), sample.id not in asked))


def _inputs(sample: Sample) -> dict[str, Any]:
    """What was judged, without what was said."""
    fields: dict[str, Any] = asdict(sample) if is_dataclass(sample) and not isinstance(sample, type) else {}
    return {**{name: value for name, value in fields.items() if name not in _ANSWERS}, "id": sample.id}


_ANSWERS = ("class_name", "confidence", "probabilities", "answer", "model", "weight")


def _outputs(sample: Sample) -> dict[str, Any]:
    return {name: getattr(sample, name) for name in _ANSWERS if hasattr(sample, name)}


def _outcome(judgement: Judgement) -> dict[str, float]:
    found = {"checks_not_met": float(sum(not each.passed for each in judgement.checks))}
    if judgement.agreement is not None:
        found["agreement"] = judgement.agreement.share
    return found | {"judged_by_model": float(judgement.asked.judged), "unusable": float(judgement.asked.unusable)}


@contextlib.contextmanager
def _set(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables of the environment during a block: MLflow knows no other way to be told."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
