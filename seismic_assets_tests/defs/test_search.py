"""A search in one deployment: its trials are nested runs, its choice is trained, and it is not repeated for nothing."""

import json

import mlflow
import pytest

from seismic_assets.defs.model.choice import Choice, load_choice
from seismic_assets.deployment import registry_of
from seismic_assets_tests.defs.world import World
from seismic_assets_tests.surveys import add_labelled

pytestmark = [pytest.mark.slow]

MODEL_ASSETS = {
    "tuning_study",
    "seismic_classifier",
    "evaluation_report",
    "promotion_gate",
    "champion",
    "model_card",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("search") / "world")
    made.reconfigure(
        tuning_trials=4,
        tuning_windows=400,
        model_families=("decision_tree", "logistic_regression"),
        class_floor=0.0,
        shap=True,
    )
    for seed in (1, 2):
        add_labelled(made.landing, seed)
    made.settle()
    return made


def runs(world: World) -> list[mlflow.entities.Run]:
    client = mlflow.MlflowClient(world.settings.mlflow_uri)
    experiment = client.get_experiment_by_name("seismic_hyperparameter_tuning")
    assert experiment is not None
    return client.search_runs([experiment.experiment_id])


def test_every_trial_is_a_run_below_that_of_its_study(world: World) -> None:
    assert world.outcome.errors == []
    parents = [run for run in runs(world) if "mlflow.parentRunId" not in run.data.tags]
    trials = [run for run in runs(world) if "mlflow.parentRunId" in run.data.tags]

    assert len(parents) == 1
    assert {run.data.tags["mlflow.parentRunId"] for run in trials} == {parents[0].info.run_id}
    assert len(trials) == 4
    assert {run.data.params["model_type"] for run in trials} == {"decision_tree", "logistic_regression"}
    best = parents[0].data.metrics["best_cv_f1_macro"]
    assert best == pytest.approx(max(run.data.metrics.get("cv_f1_macro", 0) for run in trials))


def test_what_the_search_chose_is_what_was_trained_and_registered(world: World) -> None:
    choice = load_choice(world.settings)
    manifest = registry_of(world.settings).bundle("1").manifest

    assert choice.source == manifest.hyperparameters_source == "tuned"
    assert choice.family == manifest.family
    assert choice.parameters.items() <= manifest.hyperparameters.items()
    assert manifest.cv_f1_macro == choice.score
    report = world.settings.reports_dir / "evaluation" / "v1"
    assert json.loads((report / "evaluation_results.json").read_text())["scores"]["model"]["f1_macro"] > 0.4
    assert (report / "shapley_values.png").stat().st_size > 5000


def test_another_search_makes_models_anew_and_no_table(world: World) -> None:
    world.reconfigure(tuning_trials=0, model_families=("decision_tree",), shap=False)

    done = world.settle()

    assert set(done) >= MODEL_ASSETS
    assert not {"bronze_traces", "trace_attributes", "trace_labels", "trace_features", "dataset_split"} & set(done)
    assert load_choice(world.settings) == Choice(family="decision_tree")


def test_a_search_that_goes_on_fits_only_what_is_missing(world: World) -> None:
    before = len(runs(world))
    world.reconfigure(tuning_trials=6, model_families=("decision_tree", "logistic_regression"))

    world.settle()

    assert len(runs(world)) == before + 1 + 2


def test_a_study_of_another_search_space_is_refused_and_the_champion_stays(world: World) -> None:
    champion = registry_of(world.settings).version_of()
    world.reconfigure(tuning_study="mine")
    world.settle()
    assert world.outcome.errors == []

    world.reconfigure(tuning_study="mine", model_families=("logistic_regression",))
    world.settle()

    assert any("tuning_study" in error and "mine" in error for error in world.outcome.errors), world.outcome.errors
    assert registry_of(world.settings).version_of() is not None
    assert champion is not None
