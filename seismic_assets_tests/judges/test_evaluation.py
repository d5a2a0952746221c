"""Judgements on a real MLflow with a SQLite store."""

import os
from pathlib import Path

import mlflow
import pytest

from seismic_assets.judges import (
    AnswerSample,
    JudgementLog,
    Sampling,
    judge_answers,
    judge_predictions,
    prediction_samples,
    sample_predictions,
)
from seismic_assets.registry import RegistryError
from seismic_assets_tests.judges.building import Scripted, write_lake

pytestmark = pytest.mark.slow
SAMPLING = Sampling(60, by_model=3)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> JudgementLog:
    """Of one store for the tests of this module."""
    root = tmp_path_factory.mktemp("judgements")
    return JudgementLog(f"sqlite:///{root / 'store' / 'mlflow.db'}", root / "artifacts")


def test_a_judgement_in_mlflow_is_the_judgement(
    log: JudgementLog, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    frame = sample_predictions(write_lake(tmp_path, shuffled=0.5), SAMPLING)
    samples = prediction_samples(frame)
    reason = "4 neighbouring traces have the predicted class."
    model = Scripted(lambda question: {"verdict": "doubtful", "confidence": "low", "reason": reason})
    judgement = judge_predictions(frame, model, SAMPLING)
    before = dict(os.environ)
    log.experiment_id()
    capfd.readouterr()

    run_id = log.write(judgement, samples, {"strategy": "stratified"}, most=12)

    assert capfd.readouterr().out == ""
    changed = {name for name in {*os.environ, *before} if os.environ.get(name) != before.get(name)}
    assert changed <= {"MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"}
    assert len(model.asked) == 3  # the judge is not asked again
    run = mlflow.get_run(run_id)
    assert {name: run.data.metrics[name] for name in judgement.metrics} == pytest.approx(judgement.metrics)
    assert (run.info.status, run.data.tags["verdict"], run.data.tags["model"]) == ("FINISHED", "WARN", "scripted:1b")
    assert (run.data.params["strategy"], run.data.params["samples_shown"]) == ("stratified", "12")

    traces = mlflow.search_traces(locations=[log.experiment_id()], run_id=run_id, return_type="list")
    assert len(traces) == 12
    shown = {trace.data.spans[0].inputs["id"]: trace for trace in traces}
    assert set(judgement.worst) <= set(shown)
    for sample, trace in shown.items():
        said = {each.name: each for each in trace.info.assessments}
        rows = {row.scorer: row for row in judgement.scores.of_sample(sample)}
        assert {name: each.value for name, each in said.items()} == {name: row.value for name, row in rows.items()}
        assert {name: each.rationale for name, each in said.items()} == {name: row.reason for name, row in rows.items()}
        assert said["model_verdict"].source.source_type == "LLM_JUDGE"
        assert said["lateral_agreement"].source.source_type == "CODE"


def test_answers_are_written_with_question_and_answer(log: JudgementLog) -> None:
    samples = [AnswerSample(str(at), f"What is {at}?", f"It is {at}.", (f"It is {at} here.",)) for at in range(5)]
    judgement = judge_answers(samples, None)

    run_id = log.write(judgement, samples)

    traces = mlflow.search_traces(locations=[log.experiment_id()], run_id=run_id, return_type="list")
    asked = {trace.data.spans[0].inputs["question"]: trace.data.spans[0].outputs["answer"] for trace in traces}
    assert asked == {sample.question: sample.answer for sample in samples}


def test_a_judgement_of_nothing_is_a_run_without_samples(log: JudgementLog) -> None:
    run = mlflow.get_run(log.write(judge_answers([], None), []))

    assert (run.info.status, run.data.params["samples"]) == ("FINISHED", "0")


def test_a_store_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database, but long enough to look like one" * 50)
    log = JudgementLog(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "artifacts")

    with pytest.raises(RegistryError, match=r"mlflow\.db cannot be read: file is not a database"):
        log.write(judge_answers([], None), [])
