from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from seismic_assets.judges import Sampling, prediction_samples, sample_predictions
from seismic_assets.judges.predictions import PredictionSample
from seismic_assets.lake import BRONZE_TRACES, TRACE_LABELS, Lake, predictions_table
from seismic_assets_tests.judges.building import CLASSES, GRID, WINDOWS, write_lake

ALL = Sampling(10_000)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return write_lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="module")
def samples(lake: Lake) -> dict[str, PredictionSample]:
    return {each.id: each for each in prediction_samples(sample_predictions(lake, ALL))}


def predictions(lake: Lake) -> pl.DataFrame:
    return lake.read(predictions_table(CLASSES), ["a.sgy"])


def name_at(table: pl.DataFrame, trace: int, window: int) -> str | None:
    (name,) = table.filter(pl.col("trace_index") == trace, pl.col("window_index") == window)["predicted_class_name"]
    return None if name is None else str(name)


def test_every_window_can_be_drawn_once(lake: Lake, samples: dict[str, PredictionSample]) -> None:
    assert len(samples) == 2 * GRID * GRID * WINDOWS
    assert {each.weight for each in samples.values()} == {1.0}


def test_the_traces_beside_are_those_on_the_same_lines(lake: Lake, samples: dict[str, PredictionSample]) -> None:
    table = predictions(lake)
    trace = 5 * GRID + 5

    assert samples[f"a.sgy/{trace}/3"].neighbours == {
        "crossline before": name_at(table, trace - 1, 3),
        "crossline after": name_at(table, trace + 1, 3),
        "inline before": name_at(table, trace - GRID, 3),
        "inline after": name_at(table, trace + GRID, 3),
    }


def test_at_a_corner_and_beside_a_dead_trace_there_are_fewer(samples: dict[str, PredictionSample]) -> None:
    assert set(samples["a.sgy/0/3"].neighbours) == {"crossline after", "inline after"}
    assert "crossline after" not in samples["a.sgy/6/3"].neighbours


def test_windows_above_and_below_and_changes_are_those_of_the_trace(
    lake: Lake, samples: dict[str, PredictionSample]
) -> None:
    table = predictions(lake)
    trace = 5 * GRID + 5
    names = [name_at(table, trace, at) for at in range(WINDOWS)]

    sample = samples[f"a.sgy/{trace}/3"]
    assert (sample.above, sample.below) == (names[2], names[4])
    assert sample.flips == sum(one != other for one, other in pairwise(names))
    assert (sample.windows, samples[f"a.sgy/{trace}/0"].above) == (WINDOWS, None)


def test_a_dead_trace_is_known_as_dead_and_has_no_class(samples: dict[str, PredictionSample]) -> None:
    sample = samples["a.sgy/7/2"]

    assert (sample.dead, sample.class_name, sample.confidence, sample.probabilities) == (True, None, None, {})
    assert not samples["a.sgy/8/2"].dead


def test_labels_folds_probabilities_and_amplitudes_come_along(lake: Lake, samples: dict[str, PredictionSample]) -> None:
    table = predictions(lake)
    trace = 5 * GRID + 5
    row = table.filter(pl.col("trace_index") == trace, pl.col("window_index") == 3).row(0, named=True)

    sample = samples[f"a.sgy/{trace}/3"]
    assert (sample.truth, sample.fold, sample.model_version) == ("anomaly", "train", "3")
    assert sample.probabilities == pytest.approx({name: row[f"prob_{name}"] for name in CLASSES})
    assert sample.amplitude_ratio == pytest.approx(1.2)
    assert samples["a.sgy/20/1"].amplitude_ratio == pytest.approx(50.0)


def test_a_part_of_the_windows_is_gathered_as_all_are(lake: Lake, samples: dict[str, PredictionSample]) -> None:
    part = prediction_samples(sample_predictions(lake, Sampling(40, strategy="random")))

    assert len(part) == 40
    assert all(samples[each.id] == each for each in part)


def test_without_positions_the_traces_beside_are_those_before_and_after(tmp_path: Path) -> None:
    lake = write_lake(tmp_path, files=("a.sgy",))
    headers = lake.read(BRONZE_TRACES).with_columns(inline=pl.lit(0, pl.Int32), crossline=pl.lit(0, pl.Int32))
    lake.replace_file(BRONZE_TRACES, "a.sgy", headers)

    samples = {each.id: each for each in prediction_samples(sample_predictions(lake, ALL))}

    table = predictions(lake)
    expected = {"trace before": name_at(table, 49, 3), "trace after": name_at(table, 51, 3)}
    assert samples["a.sgy/50/3"].neighbours == expected


def test_without_labels_headers_and_attributes_there_are_still_samples(tmp_path: Path) -> None:
    written = write_lake(tmp_path / "one", files=("a.sgy",))
    lake, table = Lake(tmp_path / "other"), predictions_table(CLASSES)
    lake.replace_file(table, "a.sgy", written.read(table))

    samples = prediction_samples(sample_predictions(lake, Sampling(20)))

    assert len(samples) == 20
    assert {(each.truth, each.fold, each.amplitude_ratio) for each in samples} == {(None, None, None)}
    assert not any(each.neighbours for each in samples)


def test_without_predictions_there_is_nothing(tmp_path: Path) -> None:
    frame = sample_predictions(Lake(tmp_path), Sampling(20))

    assert (frame.height, prediction_samples(frame)) == (0, [])
    assert "neighbours" in frame.columns


def test_a_label_of_another_survey_is_not_taken(tmp_path: Path) -> None:
    lake = write_lake(tmp_path)
    lake.delete_files(TRACE_LABELS, ["b.sgy"])

    samples = prediction_samples(sample_predictions(lake, Sampling(60)))

    assert {each.truth for each in samples if each.file_id == "b.sgy"} == {None}
    assert all(each.truth for each in samples if each.file_id == "a.sgy" and not each.dead)
