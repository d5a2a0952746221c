import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seismic_assets.attributes import Surroundings
from seismic_assets.inference import PredictionError, Predictor
from seismic_assets.segy import SegyReader, file_scale, open_segy, resample_traces, robust_scale
from seismic_assets.serving.page import section as module
from seismic_assets.serving.page import section_of_file, section_of_traces
from seismic_assets.serving.page.lines import Positions
from seismic_assets.serving.page.picture import NO_ANSWER
from seismic_assets_tests.inference.building import CLASSES, INTERVAL_US, START_MS, build_bundle, make_traces, places
from seismic_assets_tests.serving.page.writing import segy_of


def grid(answer: dict[str, Any], name: str) -> np.ndarray:
    """(height, width) uint8 of an answer."""
    flat = np.frombuffer(base64.b64decode(answer[name]), np.uint8)
    return flat.reshape(answer["height"], answer["width"])


def expected(probabilities: np.ndarray, starts: np.ndarray, ends: np.ndarray, sample: int) -> tuple[int, int]:
    """Class and confidence of one sample of one trace, from the (k, classes) of its windows."""
    covering = [each for each, start, end in zip(probabilities, starts, ends, strict=True) if start <= sample < end]
    if not covering:
        return NO_ANSWER, 0
    mean = np.mean(covering, axis=0)
    return int(mean.argmax()), round(float(mean.max()) * 255)


def assert_like(answer: dict[str, Any], predicted: Any, columns: dict[int, int]) -> None:
    """Columns, given with their row in the predictions, show what the predictor says."""
    classes, confidence = grid(answer, "classes"), grid(answer, "confidence")
    for column, row in columns.items():
        for sample in range(0, answer["num_samples"], 7):
            at = sample // answer["sample_step"]
            middle = min(at * answer["sample_step"] + answer["sample_step"] // 2, answer["num_samples"] - 1)
            index, level = expected(predicted.probabilities[row], predicted.starts, predicted.ends, middle)
            assert classes[at, column] == index
            assert abs(int(confidence[at, column]) - level) <= 1


def test_each_sample_has_the_class_of_the_windows_that_cover_it(predictor: Predictor, tmp_path: Path) -> None:
    traces = make_traces(30)

    answer = section_of_file(predictor, segy_of(tmp_path / "a.sgy", traces)).as_dict()

    assert (answer["width"], answer["height"], answer["sample_step"]) == (30, 100, 1)
    assert_like(answer, predictor.predict(traces, INTERVAL_US), {row: row for row in range(30)})


def test_amplitudes_are_those_of_the_file(predictor: Predictor, tmp_path: Path) -> None:
    traces = make_traces(30)

    answer = section_of_file(predictor, segy_of(tmp_path / "a.sgy", traces)).as_dict()

    assert answer["clip"] == pytest.approx(np.percentile(np.abs(traces), 98), rel=1e-6)
    shown = (grid(answer, "amplitudes").T.astype(float) - 128) / 127 * answer["clip"]
    np.testing.assert_allclose(shown, np.clip(traces, -answer["clip"], answer["clip"]), atol=answer["clip"] / 250)


def test_an_answer_says_where_its_traces_lie(predictor: Predictor, tmp_path: Path) -> None:
    inline, crossline = places(30)

    answer = section_of_file(predictor, segy_of(tmp_path / "a.sgy", make_traces(30))).as_dict()

    assert (answer["inline"], answer["crossline"]) == (inline.tolist(), crossline.tolist())
    assert answer["lines"] == {"axis": "inline", "lines": [(100, 0, 19), (101, 20, 29)]}
    assert (answer["start_ms"], answer["sample_interval_us"]) == (START_MS, INTERVAL_US)


def test_an_answer_is_json(predictor: Predictor, tmp_path: Path) -> None:
    answer = section_of_file(predictor, segy_of(tmp_path / "a.sgy", make_traces(30))).as_dict()

    assert json.loads(json.dumps(answer))["class_names"] == list(CLASSES)


def test_shares_are_those_of_the_windows(predictor: Predictor, tmp_path: Path) -> None:
    traces = make_traces(30)
    found = np.bincount(predictor.predict(traces, INTERVAL_US).probabilities.argmax(axis=2).ravel(), minlength=4)

    section = section_of_file(predictor, segy_of(tmp_path / "a.sgy", traces))

    assert section.windows == 150
    assert list(section.as_dict()["class_shares"].values()) == pytest.approx((found / 150).tolist())
    assert sum(section.trace_classes.values()) == 30
    assert section.trace_classes["unseen"] == 0


def test_a_large_file_shows_every_so_many_traces(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_COLUMNS", 8)
    traces = make_traces(30)

    answer = section_of_file(predictor, segy_of(tmp_path / "a.sgy", traces)).as_dict()

    assert answer["traces_shown"] == {"first": 0, "last": 29, "step": 4}
    assert (answer["num_traces"], answer["width"]) == (30, 8)
    assert_like(answer, predictor.predict(traces, INTERVAL_US), {column: 4 * column for column in range(8)})


def test_only_the_traces_that_are_shown_are_read_and_predicted(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_COLUMNS", 8)
    asked: list[tuple[int, int]] = []
    read = SegyReader.read
    monkeypatch.setattr(
        SegyReader, "read", lambda self, start, stop: asked.append((start, stop)) or read(self, start, stop)
    )

    section = section_of_file(predictor, segy_of(tmp_path / "a.sgy", make_traces(30)))

    assert asked == [(each, each + 1) for each in range(0, 30, 4)]
    assert section.windows == 8 * 5


def test_long_traces_share_rows(predictor: Predictor, tmp_path: Path) -> None:
    traces = make_traces(3, num_samples=1501)

    answer = section_of_file(predictor, segy_of(tmp_path / "a.sgy", traces)).as_dict()

    assert (answer["sample_step"], answer["height"]) == (3, 501)
    assert_like(answer, predictor.predict(traces, INTERVAL_US), {0: 0, 1: 1, 2: 2})


def test_very_long_traces_give_fewer_columns(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_VALUES", 1000)

    section = section_of_file(predictor, segy_of(tmp_path / "a.sgy", make_traces(30)))

    assert len(section.inline) == 10


def test_a_range_of_traces_can_be_asked_for(predictor: Predictor, tmp_path: Path) -> None:
    traces = make_traces(50)

    answer = section_of_file(predictor, segy_of(tmp_path / "a.sgy", traces), first=20, last=39).as_dict()

    assert answer["traces_shown"] == {"first": 20, "last": 39, "step": 1}
    assert set(answer["inline"]) == {101}
    assert_like(answer, predictor.predict(traces, INTERVAL_US), {column: 20 + column for column in range(20)})


@pytest.mark.parametrize(("first", "last"), [(30, None), (5, 4)])
def test_a_range_without_traces_is_refused(predictor: Predictor, tmp_path: Path, first: int, last: int | None) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(30))

    with pytest.raises(PredictionError, match="the file has traces 0 to 29"):
        section_of_file(predictor, path, first=first, last=last)


def test_dead_and_broken_traces_have_no_class_and_a_note(predictor: Predictor, tmp_path: Path) -> None:
    traces = make_traces(30)
    traces[3], traces[9, 50] = 0, np.nan

    section = section_of_file(predictor, segy_of(tmp_path / "a.sgy", traces))
    answer = section.as_dict()

    assert (grid(answer, "classes")[:, [3, 9]] == NO_ANSWER).all()
    assert grid(answer, "amplitudes")[50, 9] == 0
    assert answer["notes"][0] == "2 of 30 traces shown have no class: dead, not finite or too large."
    assert section.windows == 28 * 5
    assert 0 < section.mean_confidence <= 1


def test_a_file_of_dead_traces_has_no_confidence(predictor: Predictor, tmp_path: Path) -> None:
    section = section_of_file(predictor, segy_of(tmp_path / "a.sgy", np.zeros((4, 100), np.float32)))

    assert section.mean_confidence is None
    assert set(section.as_dict()["class_shares"].values()) == {0.0}


def test_what_lies_behind_the_last_window_is_said(predictor: Predictor, tmp_path: Path) -> None:
    answer = section_of_file(predictor, segy_of(tmp_path / "a.sgy", make_traces(3, num_samples=101))).as_dict()

    assert (grid(answer, "classes")[96:] == NO_ANSWER).all()
    assert answer["notes"] == ["The last 20 ms of the traces have no class: no whole window fits in there."]


def test_another_sample_interval_is_refused_unless_it_may_be_resampled(predictor: Predictor, tmp_path: Path) -> None:
    traces = make_traces(6, num_samples=200)
    path = segy_of(tmp_path / "a.sgy", traces, sample_interval_us=2000)
    with pytest.raises(PredictionError, match="interval of 2000 us, the model was trained on 4000 us; ask for them"):
        section_of_file(predictor, path)

    answer = section_of_file(predictor, path, resample=True).as_dict()

    assert (answer["num_samples"], answer["sample_interval_us"]) == (100, INTERVAL_US)
    assert "Resampled from 2 ms to the 4 ms of the model." in answer["notes"]
    resampled = resample_traces(traces, 2000, INTERVAL_US)
    assert_like(answer, predictor.predict(resampled, INTERVAL_US), {row: row for row in range(6)})


def test_an_interval_of_no_reasonable_ratio_is_refused(predictor: Predictor, tmp_path: Path) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(3), sample_interval_us=3001)

    with pytest.raises(PredictionError, match="cannot be resampled"):
        section_of_file(predictor, path, resample=True)


def test_traces_that_would_become_too_long_are_refused(predictor: Predictor, tmp_path: Path) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(3, num_samples=20_000), sample_interval_us=20_000)

    with pytest.raises(PredictionError, match="100,000 samples, more than the 65,535"):
        section_of_file(predictor, path, resample=True)


def test_a_model_of_normalised_amplitudes_gets_the_scale_of_the_file(tmp_path: Path) -> None:
    predictor = Predictor(build_bundle(tmp_path / "bundle", normalise="robust"))
    traces = make_traces(30)
    path = segy_of(tmp_path / "a.sgy", traces)
    with open_segy(path) as reader:
        scale = file_scale(reader)

    answer = section_of_file(predictor, path, first=6).as_dict()

    assert_like(answer, predictor.predict(traces, INTERVAL_US, scale), {column: 6 + column for column in range(24)})


@pytest.mark.parametrize("most", [800, 7])
def test_a_model_that_looks_around_sees_the_neighbours_and_times_of_the_file(
    lateral: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(module, "MOST_COLUMNS", most)
    traces = make_traces(60)
    around = Surroundings.of_array(*places(60), traces).around(np.arange(60))
    predicted = lateral.predict(traces, INTERVAL_US, start_ms=np.full(60, START_MS, np.float32), neighbours=around)

    answer = section_of_file(lateral, segy_of(tmp_path / "a.sgy", traces)).as_dict()

    step = answer["traces_shown"]["step"]
    assert step == (1 if most == 800 else 9)
    assert_like(answer, predicted, {column: step * column for column in range(answer["width"])})


def test_traces_of_an_array_are_predicted_as_those_of_a_file(predictor: Predictor, tmp_path: Path) -> None:
    traces = make_traces(30)
    of_file = section_of_file(predictor, segy_of(tmp_path / "a.sgy", traces)).as_dict()

    of_array = section_of_traces(predictor, traces, INTERVAL_US, start_ms=START_MS).as_dict()

    for name in ("amplitudes", "classes", "confidence", "class_shares", "clip", "start_ms"):
        assert of_array[name] == of_file[name]
    assert of_array["lines"] is None


def test_pasted_traces_of_a_model_that_looks_around_count_as_one_line(lateral: Predictor) -> None:
    traces = make_traces(12)
    around = Surroundings.of_array(np.ones(12, np.int32), np.arange(12), traces).around(np.arange(12))
    predicted = lateral.predict(traces, INTERVAL_US, start_ms=np.zeros(12, np.float32), neighbours=around)

    answer = section_of_traces(lateral, traces, INTERVAL_US).as_dict()

    assert answer["notes"][0] == "The traces count as neighbours on one line, in the order given."
    assert_like(answer, predicted, {row: row for row in range(12)})


def test_given_positions_are_used(lateral: Predictor) -> None:
    traces = make_traces(40)
    inline, crossline = places(40)
    around = Surroundings.of_array(inline, crossline, traces).around(np.arange(40))
    predicted = lateral.predict(traces, INTERVAL_US, start_ms=np.zeros(40, np.float32), neighbours=around)

    answer = section_of_traces(lateral, traces, INTERVAL_US, positions=Positions(inline, crossline)).as_dict()

    assert not any("one line" in note for note in answer["notes"])
    assert_like(answer, predicted, {row: row for row in range(40)})


def test_pasted_traces_bring_their_own_scale(tmp_path: Path) -> None:
    predictor = Predictor(build_bundle(tmp_path / "bundle", normalise="robust"))
    traces = make_traces(12)

    answer = section_of_traces(predictor, traces, INTERVAL_US).as_dict()

    assert_like(answer, predictor.predict(traces, INTERVAL_US, robust_scale(traces)), {row: row for row in range(12)})


def test_different_start_times_are_said(predictor: Predictor, tmp_path: Path) -> None:
    path = segy_of(tmp_path / "a.sgy", make_traces(4))
    content = bytearray(path.read_bytes())
    second_trace = 3600 + 240 + 400
    content[second_trace + 108 : second_trace + 110] = (60).to_bytes(2, "big")
    path.write_bytes(content)

    answer = section_of_file(predictor, path).as_dict()

    assert any("start at different times" in note for note in answer["notes"])


@pytest.mark.real_data
def test_real_files_give_sections(predictor: Predictor, real_data: Path) -> None:
    files = sorted((real_data / "segy" / "real").rglob("*.s*gy"))
    assert files
    for path in files:
        answer = section_of_file(predictor, path, resample=True).as_dict()

        assert answer["width"] <= 800 and answer["height"] <= 600
        assert sum(answer["class_shares"].values()) == pytest.approx(1)
