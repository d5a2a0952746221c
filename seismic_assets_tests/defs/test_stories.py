"""What the graph does when files come, change and go: chapters of one story in one deployment, in order."""

import pytest

from seismic_assets.deployment import store_place_of
from seismic_assets.feature_store.lookup import backend_of
from seismic_assets.lake import BRONZE_TRACES, SEGY_CATALOGUE, predictions_table, trace_features_table
from seismic_assets_tests.defs.world import World
from seismic_assets_tests.surveys import add_labelled, add_unlabelled, label_everything_as_bands

pytestmark = [pytest.mark.slow]

TRAINING = {"embedder", "seismic_classifier", "evaluation_report", "champion"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("stories") / "world", feature_store=True)


def looked_up_files(world: World) -> dict[str, int]:
    """Windows that can be looked up, by file."""
    online = backend_of(store_place_of(world.settings))
    return {file_id: file.rows for file_id, file in online.files().items()}


def predicted_files(world: World) -> dict[str, int]:
    return world.lake.row_counts(predictions_table(()))


def test_an_empty_folder_asks_for_nothing_but_its_catalogues(world: World) -> None:
    done = world.settle()

    assert set(done) <= {"segy_catalogue", "label_catalogue", "dataset_split"}


def test_first_files_lead_to_one_training_and_to_their_predictions(world: World) -> None:
    for seed in (1, 2):
        add_labelled(world.landing, seed)

    done = world.settle()

    assert done["bronze_traces"] == done["trace_labels"] == done["predictions"] == 2
    assert done["seismic_classifier"] == done["champion"] == 1
    assert not world.outcome.errors
    assert set(predicted_files(world)) == {"survey_001.sgy", "survey_002.sgy"}
    assert (done["window_history"], done["feature_catalogue"], done["online_features"]) == (2, 1, 1)
    assert set(looked_up_files(world)) == {"survey_001.sgy", "survey_002.sgy"}


def test_nothing_new_asks_for_nothing(world: World) -> None:
    assert not world.settle()


def test_an_unlabelled_file_is_predicted_and_trains_nothing(world: World) -> None:
    add_unlabelled(world.landing, 11)

    done = world.settle()

    assert done["bronze_traces"] == done["predictions"] == 1
    assert not TRAINING & set(done)
    assert "unlabelled_011.sgy" in predicted_files(world)
    assert done["window_history"] == done["online_features"] == 1
    assert "unlabelled_011.sgy" in looked_up_files(world)


def test_a_batch_of_unlabelled_files_is_ingested_in_one_run(world: World) -> None:
    before = len(world.runs)
    for seed in (12, 13, 14):
        add_unlabelled(world.landing, seed)

    done = world.settle()

    assert done["bronze_traces"] == done["predictions"] == 3
    assert sum("bronze_traces" in run for run in world.runs[before:]) == 1
    assert not TRAINING & set(done)


def test_a_labelled_file_retrains_once_and_predicts_every_file_anew(world: World) -> None:
    add_labelled(world.landing, 3)

    done = world.settle()

    assert done["seismic_classifier"] == 1
    assert done["bronze_traces"] == 1
    promoted = world.outcome.asset("champion")
    assert not promoted.error
    # The new file by the champion of the time, and all seven by the new one if it was promoted.
    assert done["predictions"] in (1, 1 + 7)


def test_labels_for_a_file_that_is_there_retrain_without_reading_it_again(world: World) -> None:
    label_everything_as_bands(world.landing, world.landing / "unlabelled_011.sgy")

    done = world.settle()

    assert done["seismic_classifier"] == 1
    assert done["bronze_traces"] == 0


def test_a_changed_unlabelled_file_is_redone_alone(world: World) -> None:
    add_unlabelled(world.landing, 12, gain=2.0)

    done = world.settle()

    assert done["bronze_traces"] == done["trace_attributes"] == done["trace_features"] == done["predictions"] == 1
    assert not TRAINING & set(done)


def test_a_vanished_labelled_file_loses_its_rows_and_retrains_once(world: World) -> None:
    (world.landing / "survey_003.sgy").unlink()

    done = world.settle()

    assert done["seismic_classifier"] == 1
    assert done["bronze_traces"] == 0
    assert "survey_003.sgy" not in world.lake.file_ids(BRONZE_TRACES)
    assert "survey_003.sgy" not in predicted_files(world)
    assert "survey_003.sgy" not in world.instance.get_dynamic_partitions("segy_files")


def test_a_file_that_comes_back_is_ingested_again(world: World) -> None:
    add_labelled(world.landing, 3)

    done = world.settle()

    assert done["bronze_traces"] == 1
    assert world.lake.row_counts(BRONZE_TRACES)["survey_003.sgy"] == 24 * 32


def test_a_bad_file_is_quarantined_and_the_others_go_on(world: World) -> None:
    (world.landing / "broken.sgy").write_bytes((world.landing / "survey_001.sgy").read_bytes()[:-100])
    add_unlabelled(world.landing, 15)

    done = world.settle()

    assert done["bronze_traces"] == done["predictions"] == 1
    assert not TRAINING & set(done)
    catalogue = {row["file_id"]: row for row in world.lake.read(SEGY_CATALOGUE).iter_rows(named=True)}
    assert not catalogue["broken.sgy"]["admitted"]
    assert "bytes before the end of trace" in catalogue["broken.sgy"]["reason"]
    assert "broken.sgy" not in world.instance.get_dynamic_partitions("segy_files")


def test_a_quarantined_file_is_released_when_it_is_mended(world: World) -> None:
    (world.landing / "broken.sgy").unlink()
    add_unlabelled(world.landing, 16, name="broken.sgy")

    done = world.settle()

    assert done["bronze_traces"] == done["predictions"] == 1


def test_in_the_end_what_can_be_looked_up_is_what_the_lake_has(world: World) -> None:
    assert looked_up_files(world) == world.lake.row_counts(trace_features_table(()))


def test_every_chapter_ended_without_an_error(world: World) -> None:
    assert world.outcome.errors == []
